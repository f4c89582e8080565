"""Copies are found together, everything else is kept apart, and nothing is touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from band_encoder import BandEncoder

from soundalike.audio.candidates import candidate_pairs
from soundalike.data.synthetic import synthesise
from soundalike.library import Library, index, open_library
from soundalike.library.duplicates import DuplicatesReport

RATE_HZ = 16_000


def recording(seed: int, *, duration_s: float = 3.0) -> np.ndarray:
    """Bursts of noise in bands that come and go."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(round(duration_s * RATE_HZ)))
    spectrum[: round(len(spectrum) * rng.uniform(0.05, 0.2))] *= 0.1
    sound = np.fft.irfft(spectrum, round(duration_s * RATE_HZ))
    loudness = np.interp(np.arange(len(sound)), np.linspace(0, len(sound), 12), rng.uniform(0.05, 1.0, 12))
    return 0.2 * sound * loudness


@pytest.fixture
def sounds(audio: Path) -> Path:
    for seed in range(6):
        soundfile.write(audio / f"take {seed}.wav", recording(seed), RATE_HZ)
    return audio


def library_of(lib: Path, audio: Path) -> Library:
    index(lib, [audio], encoder=BandEncoder())
    return open_library(lib, encoder=BandEncoder())


def names_in(report: DuplicatesReport) -> list[tuple[str, list[str]]]:
    return [
        (group.kind, [Path(path).name for one in group.recordings for path in one.paths])
        for group in report.groups
    ]


def test_other_recordings_are_kept_apart(sounds: Path, lib: Path) -> None:
    report = library_of(lib, sounds).duplicates()
    assert (report.groups, report.unchecked) == ((), ())


def test_takes_of_one_siren_are_no_copies(audio: Path, lib: Path) -> None:
    # By their fingerprints, some of them agree as copies do.
    for seed in (81, 441, 501, 561, 681, 771, 1041, 1131):
        siren = synthesise("siren", seed=seed, duration_s=2.0, sample_rate_hz=RATE_HZ)
        soundfile.write(audio / f"siren {seed}.wav", siren, RATE_HZ)
    soundfile.write(audio / "copy.ogg", siren, RATE_HZ, format="OGG")
    report = library_of(lib, audio).duplicates()
    assert names_in(report) == [("near", ["siren 1131.wav", "copy.ogg"])]


def test_a_quiet_part_of_a_loud_recording_is_found(audio: Path, lib: Path) -> None:
    quiet = 0.06 * recording(0, duration_s=4.0)
    soundfile.write(audio / "quiet.wav", quiet, RATE_HZ, subtype="PCM_24")
    loud = [recording(seed, duration_s=4.0) for seed in range(1, 5)]
    soundfile.write(audio / "long.wav", np.concatenate([*loud, quiet]), RATE_HZ, subtype="PCM_24")
    (group,) = library_of(lib, audio).duplicates().groups
    assert (group.kind, Path(group.recordings[1].paths[0]).name) == ("contained", "quiet.wav")
    assert group.recordings[1].offset_s == pytest.approx(16, abs=0.04)


def test_same_bytes_and_copies(sounds: Path, lib: Path) -> None:
    shutil.copy(sounds / "take 0.wav", sounds / "take 0 again.wav")
    one, two = recording(1), recording(2)
    soundfile.write(sounds / "take 1.ogg", one, RATE_HZ, format="OGG")
    soundfile.write(sounds / "take 1 quiet.flac", one / 4, RATE_HZ)
    soundfile.write(sounds / "take 2 trimmed.wav", two[round(0.5 * RATE_HZ) : round(2.6 * RATE_HZ)], RATE_HZ)
    before = {path: path.stat().st_mtime_ns for path in sounds.iterdir()}
    stages = []
    report = library_of(lib, sounds).duplicates(progress=lambda *at: stages.append(at))
    assert [(kind, sorted(names)) for kind, names in names_in(report)] == [
        ("same", ["take 0 again.wav", "take 0.wav"]),
        ("near", ["take 1 quiet.flac", "take 1.ogg", "take 1.wav"]),
        ("near", ["take 2 trimmed.wav", "take 2.wav"]),
    ]
    whole, trimmed = report.groups[2].recordings
    assert (whole.duration_s, whole.offset_s, whole.agreement) == (3.0, 0.0, 1.0)
    assert (trimmed.duration_s, trimmed.offset_s) == (2.1, pytest.approx(0.5, abs=0.04))
    assert stages[-1][0] == "comparing"
    assert stages[-1][1] == stages[-1][2] == report.num_compared
    assert {path: path.stat().st_mtime_ns for path in sounds.iterdir()} == before
    document = report.as_json()
    assert sorted(document) == ["compared", "groups", "min_agreement", "unchecked"]
    assert document["groups"][0]["reference"] is None
    assert document["groups"][0]["recordings"][0]["paths"] == sorted(
        str(sounds / name) for name in ("take 0 again.wav", "take 0.wav")
    )
    assert document["groups"][2]["reference"] == str(sounds / "take 2.wav")
    assert set(document["groups"][2]["recordings"][1]) == {
        *("recording_id", "paths", "duration_s", "offset_s", "agreement")
    }


def test_the_same_bytes_stay_a_group_of_their_own(sounds: Path, lib: Path) -> None:
    shutil.copy(sounds / "take 0.wav", sounds / "take 0 again.wav")
    soundfile.write(sounds / "take 0 quiet.flac", recording(0) / 4, RATE_HZ)
    same, near = library_of(lib, sounds).duplicates().groups
    assert (same.kind, same.reference) == ("same", None)
    assert [Path(path).name for path in same.recordings[0].paths] == ["take 0 again.wav", "take 0.wav"]
    assert near.kind == "near"
    assert near.recordings[0].paths == same.recordings[0].paths  # the larger of two files of one length
    assert near.recordings[1].paths == (str(sounds / "take 0 quiet.flac"),)


def test_clips_do_not_come_together_in_the_file_that_joins_them(sounds: Path, lib: Path) -> None:
    takes = [recording(seed) for seed in range(6)]
    soundfile.write(sounds / "all.wav", np.concatenate(takes), RATE_HZ)
    soundfile.write(sounds / "all.ogg", np.concatenate(takes), RATE_HZ, format="OGG")
    soundfile.write(sounds / "take 3 quiet.flac", takes[3] / 4, RATE_HZ)
    shutil.copy(sounds / "take 0.wav", sounds / "take 0 again.wav")
    report = library_of(lib, sounds).duplicates()
    assert [(kind, sorted(names)) for kind, names in names_in(report)] == [
        ("same", ["take 0 again.wav", "take 0.wav"]),
        ("near", ["all.ogg", "all.wav"]),
        ("near", ["take 3 quiet.flac", "take 3.wav"]),
        # Copies of the whole and of a part are told once, by their references.
        ("contained", ["all.wav", "take 0 again.wav", *(f"take {seed}.wav" for seed in range(6))]),
    ]
    contained = report.as_json()["groups"][-1]
    assert contained["reference"] == str(sounds / "all.wav")
    whole, *parts = contained["recordings"]
    assert "start_s" not in whole
    assert [one["start_s"] for one in parts] == pytest.approx([0, 3, 6, 9, 12, 15], abs=0.04)
    assert [one["end_s"] for one in parts] == pytest.approx([3, 6, 9, 12, 15, 18], abs=0.04)


def test_recordings_that_share_a_part_are_no_copies(sounds: Path, lib: Path) -> None:
    long = recording(20, duration_s=6.0)
    soundfile.write(sounds / "first.wav", long[: 4 * RATE_HZ], RATE_HZ)
    soundfile.write(sounds / "second.wav", long[2 * RATE_HZ :], RATE_HZ)
    assert library_of(lib, sounds).duplicates().groups == ()


def test_pieces_of_one_recording_are_parts_of_it_and_nothing_to_each_other(sounds: Path, lib: Path) -> None:
    long = recording(21, duration_s=6.0)
    soundfile.write(sounds / "piece 1.wav", long[: 3 * RATE_HZ], RATE_HZ)
    soundfile.write(sounds / "piece 2.wav", long[3 * RATE_HZ :], RATE_HZ)
    library = library_of(lib, sounds)
    assert library.duplicates().groups == ()
    soundfile.write(sounds / "whole.wav", long, RATE_HZ)
    library.index([sounds])
    (group,) = library.duplicates().groups
    assert group.kind == "contained"
    assert group.reference == str(sounds / "whole.wav")
    assert [round(one.offset_s, 1) for one in group.recordings] == [0.0, 0.0, 3.0]


def test_files_that_are_not_there_are_told(sounds: Path, lib: Path) -> None:
    shutil.copy(sounds / "take 0.wav", sounds / "take 0 again.wav")
    soundfile.write(sounds / "take 1 quiet.flac", recording(1) / 4, RATE_HZ)
    library = library_of(lib, sounds)
    (sounds / "take 1.wav").unlink()
    (sounds / "take 0.wav").unlink()
    report = library.duplicates()
    assert [Path(one.path).name for one in report.unchecked] == ["take 1.wav"]
    # The same bytes need no audio; the other file stands in for it.
    assert [kind for kind, _ in names_in(report)] == ["same"]


def test_small_and_silent_libraries(audio: Path, lib: Path) -> None:
    soundfile.write(audio / "silent.wav", np.zeros(RATE_HZ), RATE_HZ)
    assert library_of(lib, audio).duplicates().groups == ()
    soundfile.write(audio / "silence.wav", np.zeros(RATE_HZ), RATE_HZ)
    soundfile.write(audio / "longer silence.wav", np.zeros(2 * RATE_HZ), RATE_HZ)
    library = library_of(lib, audio)
    assert [sorted(names) for _, names in names_in(library.duplicates())] == [["silence.wav", "silent.wav"]]
    soundfile.write(audio / "sound.wav", recording(1), RATE_HZ)
    library.index([audio])
    assert len(library.duplicates().groups) == 1


def test_candidates_are_those_of_a_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    vectors = {
        f"{number:02}": rng.standard_normal((1 + number % 4, 5)).astype(np.float32) for number in range(30)
    }
    vectors["none"] = np.zeros((0, 5), np.float32)
    for own in vectors.values():
        own /= np.linalg.norm(own, axis=1, keepdims=True)
    monkeypatch.setattr("soundalike.audio.candidates.NUM_PROBES", 2)
    monkeypatch.setattr("soundalike.audio.candidates.NUM_NEIGHBOURS", 3)
    monkeypatch.setattr("soundalike.audio.candidates._PROBE_BLOCK", 7)
    monkeypatch.setattr("soundalike.audio.candidates._GALLERY_BLOCK", 11)
    expected = set()
    for mine, own in vectors.items():
        for probe in own[:2]:
            best = {one: max(v @ probe for v in other) for one, other in vectors.items() if len(other)}
            del best[mine]
            nearest = sorted(best, key=lambda one: -best[one])[:3]
            expected |= {tuple(sorted((mine, one))) for one in nearest if best[one] >= 0.6}
    assert candidate_pairs(vectors, least=0.6) == expected
