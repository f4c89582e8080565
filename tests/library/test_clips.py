"""Hits as files of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from band_encoder import RATE_HZ, BandEncoder, sound

from soundalike.audio import copy_excerpt
from soundalike.errors import AudioError, OutputError
from soundalike.library import SearchResult, index, open_library
from soundalike.library.clips import copy_clips, readable_stem


def stereo(seed: int, *, duration_s: float) -> np.ndarray:
    return np.stack([sound(seed, duration_s=duration_s), sound(seed + 100, duration_s=duration_s)], axis=1)


@pytest.fixture
def result(audio: Path, lib: Path) -> SearchResult:
    for seed in range(3):
        soundfile.write(audio / f"owl {seed}.wav", stereo(seed, duration_s=2.0 + seed), RATE_HZ)
    index(lib, [audio], encoder=BandEncoder(), hop_s=0.25)
    return open_library(lib, encoder=BandEncoder()).search(audio / "owl 0.wav", k=5, per="window")


def test_clips_hold_the_sound_of_the_hits(result: SearchResult, tmp_path: Path) -> None:
    copied = copy_clips(result, tmp_path / "new" / "clips")
    assert copied.skipped == ()
    assert [rank for rank, _ in copied.clips] == [1, 2, 3, 4, 5]
    for hit, (_, path) in zip(result.hits, copied.clips, strict=True):
        clip, rate_hz = soundfile.read(path, always_2d=True)
        whole, _ = soundfile.read(hit.path, always_2d=True)
        assert rate_hz == RATE_HZ
        np.testing.assert_array_equal(clip, whole[round(hit.start_s * RATE_HZ) : round(hit.end_s * RATE_HZ)])
        assert path.name == f"{hit.rank:03} {Path(hit.path).stem} {hit.start_s:.1f}-{hit.end_s:.1f} s.wav"
    document = copied.as_json()
    assert document["clips"][0] == {"rank": 1, "path": str(copied.clips[0][1])}


def test_nothing_is_overwritten(result: SearchResult, tmp_path: Path) -> None:
    first = copy_clips(result, tmp_path / "clips").clips
    before = [path.read_bytes() for _, path in first]
    second = copy_clips(result, tmp_path / "clips").clips
    third = copy_clips(result, tmp_path / "clips").clips
    assert len({path for _, path in (*first, *second, *third)}) == 15
    assert [path.read_bytes() for _, path in first] == before
    assert second[0][1].name.endswith(" s (2).wav")


def test_recordings_that_are_offline_are_told(result: SearchResult, audio: Path, tmp_path: Path) -> None:
    Path(result.hits[0].path).unlink()
    copied = copy_clips(result, tmp_path / "clips")
    gone = [hit.rank for hit in result.hits if hit.path == result.hits[0].path]
    assert [one.path for one in copied.skipped] == [result.hits[0].path] * len(gone)
    assert "there is no file" in copied.skipped[0].reason
    assert "relocate" in copied.skipped[0].reason
    assert {rank for rank, _ in copied.clips} == set(range(1, 6)) - set(gone)
    assert len(list((tmp_path / "clips").iterdir())) == len(copied.clips)


def test_a_copy_stands_in_for_a_file_that_is_offline(audio: Path, lib: Path, tmp_path: Path) -> None:
    soundfile.write(audio / "a.wav", sound(1), RATE_HZ)
    shutil.copy(audio / "a.wav", audio / "b.wav")
    index(lib, [audio], encoder=BandEncoder())
    found = open_library(lib, encoder=BandEncoder()).search(audio / "a.wav", k=1)
    (audio / "a.wav").unlink()
    ((_, path),) = copy_clips(found, tmp_path / "clips").clips
    assert path.name.startswith("001 b ")


def test_folder_that_cannot_be_written(result: SearchResult, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot write clips to"):
        copy_clips(result, tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("owl.wav", "owl"),
        ('a<b>c:d"e|f?g*h.wav', "a_b_c_d_e_f_g_h"),
        ("tab\tline\n.wav", "tab_line_"),
        ("Ka\u0308uzchen.flac", "Käuzchen"),
        ("梟.ogg", "梟"),
        (" . .wav", "clip"),
        ("x" * 300 + ".wav", "x" * 48),
    ],
)
def test_readable_names(name: str, stem: str) -> None:
    assert readable_stem(Path(name)) == stem


@pytest.mark.parametrize("suffix", ["flac", "ogg"])
def test_excerpt_of_other_formats_and_past_the_end(suffix: str, tmp_path: Path) -> None:
    whole = stereo(5, duration_s=3.0)
    path = tmp_path / f"long.{suffix}"
    soundfile.write(path, whole, RATE_HZ)
    copy_excerpt(path, tmp_path / "clip.wav", start_s=2.5, end_s=9.0)
    clip, _ = soundfile.read(tmp_path / "clip.wav")
    np.testing.assert_allclose(clip, soundfile.read(path)[0][round(2.5 * RATE_HZ) :], atol=1e-4)
    with pytest.raises(FileExistsError):
        copy_excerpt(path, tmp_path / "clip.wav", start_s=0.0, end_s=1.0)
    with pytest.raises(AudioError, match="no audio from 5 s on"):
        copy_excerpt(path, tmp_path / "other.wav", start_s=5.0, end_s=6.0)
    assert not (tmp_path / "other.wav").exists()


def test_excerpt_over_many_blocks(tmp_path: Path) -> None:
    """libsndfile gives blocks of 131,072 frames of two channels."""
    rng = np.random.default_rng(0)
    whole = rng.uniform(-0.5, 0.5, (400_000, 2))
    soundfile.write(tmp_path / "long.wav", whole, 8_000, subtype="PCM_24")
    copy_excerpt(tmp_path / "long.wav", tmp_path / "clip.wav", start_s=1.0, end_s=45.0)
    clip, _ = soundfile.read(tmp_path / "clip.wav")
    np.testing.assert_array_equal(clip, soundfile.read(tmp_path / "long.wav")[0][8_000:360_000])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs POSIX limits")
def test_full_disk_leaves_no_half_clip(audio: Path, tmp_path: Path) -> None:
    soundfile.write(audio / "a.wav", sound(1, duration_s=9.0), RATE_HZ)
    (tmp_path / "clips").mkdir()
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from soundalike.audio import copy_excerpt\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))\n"
        "try:\n    copy_excerpt(Path(sys.argv[1]), Path(sys.argv[2]), start_s=0, end_s=9)\n"
        "except OSError as exc:\n    print(exc.strerror)\n"
    )
    command = [sys.executable, "-c", code, str(audio / "a.wav"), str(tmp_path / "clips" / "a.wav")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("File too large\n", "")
    assert list((tmp_path / "clips").iterdir()) == []
