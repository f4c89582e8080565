"""From manifests to evaluations, on sound files."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import soundfile

from soundalike.data import Clip, Manifest
from soundalike.encoders import load_encoder
from soundalike.errors import ConfigError, LeakError
from soundalike.evaluation import evaluate

RATE_HZ = 16_000
PITCHES_HZ = {"low": 150, "middle": 800, "high": 4000}


def _tones(
    folder: Path, name: str, *, num_clips: int = 3, labels: tuple[str, ...] = tuple(PITCHES_HZ)
) -> Manifest:
    """Tones that the encoder tells apart with ease, a little out of tune from clip to clip."""
    generator = np.random.default_rng(sum(map(ord, name)))
    clips = []
    for label in labels:
        for index in range(num_clips):
            pitch_hz = PITCHES_HZ[label] * generator.uniform(0.97, 1.03)
            tone = 0.3 * np.sin(2 * np.pi * pitch_hz * np.arange(RATE_HZ) / RATE_HZ)
            path = folder / f"{name}-{label}-{index}.wav"
            soundfile.write(path, tone + 0.001 * generator.normal(size=RATE_HZ), RATE_HZ)
            clips.append(Clip(path=path, label=label, recording=path.name))
    return Manifest(name=name, clips=tuple(clips))


def test_queries_find_their_kind_in_a_gallery(tmp_path: Path) -> None:
    encoder = load_encoder("spectral-averages")
    (evaluation,) = evaluate([encoder], _tones(tmp_path, "gallery"), _tones(tmp_path, "queries"))
    document = evaluation.as_json()
    assert document["MAP"] == pytest.approx(1)
    assert document["num_gallery"] == document["num_queries"] == 9
    assert document["distance"] == encoder.distance
    assert document["clip"] == encoder.clip
    assert document["encoder"]["fingerprint"] == encoder.fingerprint  # type: ignore[index]


def test_options_override_the_card_and_progress_covers_all_encoders(tmp_path: Path) -> None:
    encoder = load_encoder("spectral-averages")
    calls: list[tuple[int, int]] = []
    evaluations = evaluate(
        [encoder, encoder],
        _tones(tmp_path, "gallery"),
        _tones(tmp_path, "queries", num_clips=1),
        distance="cosine",
        clip="whole",
        k=5,
        progress=lambda done, total: calls.append((done, total)),
    )
    assert [(one.distance, one.clip, one.k) for one in evaluations] == [("cosine", "whole", 5)] * 2
    assert calls[-1] == (24, 24)
    assert calls == sorted(calls)


def test_encoders_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    default = Path(load_encoder.__code__.co_filename).with_name("default")
    copies = [shutil.copytree(default, tmp_path / way) for way in ("a/first", "b/first", "b/second")]
    tones = _tones(tmp_path, "gallery", num_clips=2, labels=("low",))
    name = load_encoder("default").name

    def names(*encoders: Path | str) -> list[object]:
        return [one.encoder["name"] for one in evaluate([load_encoder(one) for one in encoders], tones)]

    assert names("spectral-averages", copies[0]) == ["spectral-averages", name]
    assert names(copies[1], copies[2]) == [f"{name} (first)", f"{name} (second)"]
    assert names(copies[0], copies[1]) == [f"{name} ({copies[0]})", f"{name} ({copies[1]})"]


def test_a_recording_on_both_sides_is_refused_unless_allowed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tones = _tones(tmp_path, "both")
    encoder = load_encoder("spectral-averages")
    with pytest.raises(LeakError, match="--allow-leaks"):
        evaluate([encoder], tones, tones)
    with caplog.at_level(logging.WARNING):
        (evaluation,) = evaluate([encoder], tones, tones, allow_leaks=True)
    assert "both sides" in caplog.text
    assert (evaluation.ranking.num_ranked == 8).all()  # the very same clip is never its own answer


@pytest.mark.parametrize("clip", ["loudest", "whole"])
def test_the_same_sound_in_another_format_is_refused_unless_allowed(
    tmp_path: Path, clip: Literal["loudest", "whole"], caplog: pytest.LogCaptureFixture
) -> None:
    gallery, queries = _tones(tmp_path, "gallery"), _tones(tmp_path, "queries", num_clips=1)
    samples, _ = soundfile.read(gallery.clips[4].path, dtype="int16")
    soundfile.write(tmp_path / "copy.flac", samples, RATE_HZ)
    copy = Clip(path=tmp_path / "copy.flac", label="middle", recording="copy.flac")
    queries = replace(queries, clips=(*queries.clips, copy))
    encoder = load_encoder("spectral-averages")
    with pytest.raises(LeakError, match=r"1 clips .*copy\.flac.*the same sound.*--allow-leaks"):
        evaluate([encoder], gallery, queries, clip=clip)
    with caplog.at_level(logging.WARNING):
        evaluate([encoder], gallery, queries, clip=clip, allow_leaks=True)
    assert "the same sound" in caplog.text


def test_synonyms_are_reported_beside_the_labels_as_they_are(tmp_path: Path) -> None:
    synonyms = tmp_path / "synonyms.csv"
    synonyms.write_text("label,canonical\nlow,dark\nmiddle,dark\n", encoding="utf-8")
    plain, joined = evaluate([load_encoder("spectral-averages")], _tones(tmp_path, "all"), synonyms=synonyms)
    assert [score.label for score in plain.per_label] == ["high", "low", "middle"]
    assert [score.label for score in joined.per_label] == ["dark", "high"]
    assert "synonyms" not in plain.as_json()
    assert joined.as_json()["synonyms"] is True
    assert joined.chance["MAP"] > plain.chance["MAP"]


def test_unanswerable_queries_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gallery = _tones(tmp_path, "gallery", labels=("low", "high"))
    with caplog.at_level(logging.WARNING):
        (evaluation,) = evaluate([load_encoder("spectral-averages")], gallery, _tones(tmp_path, "queries"))
    assert evaluation.num_unanswerable == 3
    assert "3 of 9 queries" in caplog.text


def test_k_is_no_larger_than_the_gallery(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (evaluation,) = evaluate([load_encoder("spectral-averages")], _tones(tmp_path, "gallery"), k=10**9)
    assert evaluation.k == 30
    assert "MPK30" in evaluation.as_json()["interval"]  # type: ignore[operator]
    assert "MP@1000000000" in caplog.text


def test_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="seed is -1"):
        evaluate([load_encoder("spectral-averages")], _tones(tmp_path, "gallery"), seed=-1)
