"""Search against distances computed the plain way."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from band_encoder import RATE_HZ, WINDOW_S, BandEncoder, sound, write_sound

from soundalike.audio import cut_windows, load
from soundalike.config import Distance
from soundalike.encoders import Calibration
from soundalike.errors import AudioError, AudioNotFoundError, LibraryError, LibraryNotFoundError, UsageError
from soundalike.library import Library, index, open_library

HOP_S = 0.25


@pytest.fixture
def library(audio: Path, lib: Path, encoder: BandEncoder) -> Library:
    for seed in range(12):
        write_sound(audio / f"label{seed % 3}" / f"{seed:02}.wav", seed)
    index(lib, [audio], encoder=encoder, hop_s=HOP_S)
    return open_library(lib, encoder=encoder)


def windows_of(path: Path, *, hop_s: float) -> np.ndarray:
    waveform = load(path, sample_rate_hz=RATE_HZ).waveform
    return BandEncoder().embed(cut_windows(waveform, sample_rate_hz=RATE_HZ, window_s=WINDOW_S, hop_s=hop_s))


def distance_between(query: np.ndarray, window: np.ndarray, distance: Distance) -> float:
    if distance == "euclidean":
        return min(float(np.sqrt(np.sum((one - window) ** 2))) for one in query.astype(np.float64))
    return min(
        float(1 - one @ window / np.linalg.norm(one) / np.linalg.norm(window)) for one in query.astype(float)
    )


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_every_window_in_the_right_order(library: Library, audio: Path, distance: Distance) -> None:
    query = audio / "label2" / "05.wav"
    expected = sorted(
        (distance_between(windows_of(query, hop_s=WINDOW_S / 2), window, distance), path.name, number * HOP_S)
        for path in audio.glob("*/*.wav")
        for number, window in enumerate(windows_of(path, hop_s=HOP_S))
    )
    result = library.search(query, k=10_000, per="window", distance=distance)
    assert (result.distance, result.exact, result.query) == (distance, True, str(query))
    assert [hit.rank for hit in result.hits] == list(range(1, len(expected) + 1))
    np.testing.assert_allclose(
        [hit.distance for hit in result.hits], [one[0] for one in expected], rtol=1e-5, atol=1e-5
    )
    found = {(Path(hit.path).name, hit.start_s) for hit in result.hits}
    assert found == {(name, start_s) for _, name, start_s in expected}
    firsts = [(Path(hit.path).name, hit.start_s) for hit in result.hits if hit.distance > 1e-3][:5]
    assert firsts == [(name, start_s) for away, name, start_s in expected if away > 1e-3][:5]


@pytest.mark.parametrize("per", ["span", "recording", "window"])
def test_k_hits_where_the_library_holds_them(library: Library, audio: Path, per: str) -> None:
    for k in (1, 3, 12):
        assert len(library.search(audio / "label0" / "03.wav", k=k, per=per).hits) == k  # type: ignore[arg-type]


def test_own_recording_is_marked_or_left_out(library: Library, audio: Path, tmp_path: Path) -> None:
    copy = shutil.copy(audio / "label1" / "04.wav", tmp_path / "copy.wav")
    first, *others = library.search(copy, k=12, per="recording").hits
    assert (Path(first.path).name, first.is_query, first.distance, first.label) == (
        "04.wav",
        True,
        0,
        "label1",
    )
    assert len(others) == 11
    assert not any(hit.is_query for hit in others)
    without = library.search(copy, k=12, per="recording", skip_self=True).hits
    assert [hit.path for hit in without] == [hit.path for hit in others]
    assert len(library.search(copy, k=8, skip_self=True).hits) == 8


def test_bytes_and_file_give_the_same(library: Library, audio: Path) -> None:
    path = audio / "label0" / "00.wav"
    from_file, from_bytes = library.search(path), library.search(path.read_bytes())
    assert from_bytes.hits == from_file.hits
    assert from_bytes.query == "-"
    assert library.search(str(path)).hits == from_file.hits


def test_recording_of_the_library_as_query(library: Library, audio: Path) -> None:
    path = audio / "label1" / "07.wav"
    from_file = library.search(path, k=20)
    path.unlink()  # its embeddings are enough
    by_id = library.search(f"id:{from_file.hits[0].recording_id}", k=20)
    assert [hit.path for hit in by_id.hits] == [hit.path for hit in from_file.hits]
    part = library.search(f"id:{from_file.hits[0].recording_id}", start_s=0.25, end_s=0.75, per="window", k=1)
    assert (part.hits[0].start_s, part.hits[0].distance) == (0.25, 0)
    short = library.search(f"id:{from_file.hits[0].recording_id}", start_s=0.48, end_s=0.5, per="window", k=1)
    assert short.hits[0].start_s == 0.25
    with pytest.raises(LibraryError, match="no recording 'id:beef'"):
        library.search("id:beef")


def test_part_of_a_query(library: Library, audio: Path, tmp_path: Path) -> None:
    one, two = sound(30, duration_s=1.0), sound(31, duration_s=1.0)
    soundfile.write(tmp_path / "both.wav", np.concatenate([one, two]), RATE_HZ)
    soundfile.write(audio / "second.wav", two, RATE_HZ)
    library.index([audio / "second.wav"])
    hit = library.search(tmp_path / "both.wav", start_s=1.0, end_s=2.0, k=1).hits[0]
    assert (Path(hit.path).name, round(hit.distance, 3)) == ("second.wav", 0)
    for start_s, end_s in ((2.0, 1.0), (-1.0, None), (1.0, 1.0)):
        with pytest.raises(UsageError, match=r"the end comes after the start|give 0 or more"):
            library.search(tmp_path / "both.wav", start_s=start_s, end_s=end_s)


def test_similarity_comes_from_the_calibration(audio: Path, lib: Path) -> None:
    calibration = Calibration(distance="euclidean", distances=(0.0, 100.0), shares=(0.8, 0.2), source="test")
    encoder = BandEncoder(calibration=calibration)
    for seed in range(5):
        write_sound(audio / f"{seed}.wav", seed)
    index(lib, [audio], encoder=encoder)
    library = open_library(lib, encoder=encoder)
    hits = library.search(audio / "0.wav", per="recording").hits
    for hit in hits:
        assert hit.similarity == pytest.approx(0.8 - 0.006 * min(hit.distance, 100))
    assert all(hit.similarity is None for hit in library.search(audio / "0.wav", distance="cosine").hits)


def test_result_has_the_documented_form(library: Library, audio: Path) -> None:
    result = library.search(audio / "label0" / "00.wav", k=1).as_json()
    (hit,) = result.pop("hits")
    assert result == {"query": str(audio / "label0" / "00.wav"), "distance": "euclidean", "exact": True}
    recording_id = hit.pop("recording_id")
    assert len(recording_id) == 16
    assert hit == {
        "rank": 1,
        "path": str(audio / "label0" / "00.wav"),
        "also": [],
        "start_s": 0.0,
        "end_s": 0.4,
        "distance": 0.0,
        "similarity": None,
        "label": "label0",
        "sample_rate_hz": RATE_HZ,
        "is_query": True,
        "duration_s": 0.4,
        "recorded_at": None,
        "title": None,
        "artist": None,
        "comment": None,
    }


def test_query_that_cannot_be_used(library: Library, tmp_path: Path) -> None:
    with pytest.raises(AudioNotFoundError, match=r"no.*x\.wav"):
        library.search(tmp_path / "x.wav")
    with pytest.raises(AudioError, match="is a folder"):
        library.search(tmp_path)
    with pytest.raises(AudioError):
        library.search(b"these are no sounds")
    with pytest.raises(AudioError):
        library.search(b"")
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE_HZ), RATE_HZ)
    with pytest.raises(AudioError, match="silent from end to end"):
        library.search(tmp_path / "silent.wav")
    with pytest.raises(UsageError, match="'euclidean' or 'cosine'"):
        library.search(tmp_path / "x.wav", distance="manhattan")  # type: ignore[arg-type]


def test_open_library_sees_what_is_added_later(library: Library, audio: Path, lib: Path) -> None:
    path = write_sound(audio / "new.wav", 99)
    assert library.search(path, k=1).hits[0].distance > 0
    index(lib, [audio], encoder=BandEncoder())
    assert library.search(path, k=1).hits[0].path == str(path)


def test_remove_forgets_files_and_folders(library: Library, audio: Path, lib: Path) -> None:
    assert len(library.remove([audio / "label0", audio / "label1" / "01.wav"])) == 5
    status = library.status()
    assert status["recordings"] == 7
    assert status["windows"] == len(library.search(audio / "label0" / "00.wav", k=999, per="window").hits)
    assert (audio / "label0" / "00.wav").exists()
    with pytest.raises(LibraryError, match="no recording at or below"):
        library.remove([audio / "label2", audio / "label0"])
    assert library.status() == status
    assert index(lib, [audio], encoder=BandEncoder()).recordings == {"added": 5, "unchanged": 7}


def test_status_has_the_documented_form(library: Library, lib: Path) -> None:
    status = library.status()
    assert sorted(status) == [
        "audio_s",
        "encoder",
        "format_version",
        "index",
        "missing",
        "recordings",
        "roots",
        "silent",
        "size_bytes",
        "skipped",
        "warnings",
        "windows",
    ]
    assert (status["recordings"], status["missing"], status["skipped"]) == (12, [], [])
    assert status["audio_s"] == pytest.approx(sum(0.4 + 0.17 * (seed % 9) for seed in range(12)), abs=0.01)
    assert status["encoder"]["fingerprint"] == "bands-1"


def test_no_library(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFoundError, match="soundalike index"):
        open_library(tmp_path / "nothing")
