"""Files in trouble: all the audio that is there and a named warning, or a named error; never a traceback or noise."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from reference.audio_files import KINDS, changed, cut, main_frequency_hz, tone, write_kind, write_with_ffmpeg
from soundalike.audio import load, open_audio
from soundalike.errors import (
    AudioDecodeError,
    AudioEmptyError,
    AudioError,
    AudioNotFoundError,
    AudioPermissionError,
)


@pytest.fixture(autouse=True)
def no_noise(capfd: pytest.CaptureFixture[str]):
    yield
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def healthy(kind_name: str, folder: Path) -> Path:
    kind = KINDS[kind_name]
    sound = tone(duration_s=4.0, sample_rate_hz=kind.sample_rate_hz)
    noise = np.random.default_rng(0).normal(0, 0.05, len(sound))  # so that codecs need some bytes for it
    return write_kind(folder, kind, (sound + noise).astype(np.float32))


CUT_KINDS = sorted(
    set(KINDS)
    - {"m4a-aac", "m4a-alac"}  # their table of contents stands at the end: nothing is left to decode
)
# No length in the header, so nothing to compare with; the cut is inaudible to the reader too.
SILENTLY_CUT = {"aac", "ac3", "mpegts-mp2-video", "voc-16"}


@pytest.mark.parametrize("kind_name", CUT_KINDS)
def test_a_cut_file_gives_what_is_there_and_a_warning(kind_name: str, tmp_path: Path) -> None:
    path = cut(healthy(kind_name, tmp_path))
    audio = load(path, sample_rate_hz=16000)
    least_s = (
        0.9 if kind_name in ("ogg-opus", "tta", "ogg-vorbis", "wma") else 1.7
    )  # large packets are lost whole
    held_s = len(audio.waveform) / 16000
    assert least_s < held_s < 2.6
    assert audio.info.duration_s == pytest.approx(held_s, abs=0.001)
    assert main_frequency_hz(audio.waveform, 16000) == pytest.approx(440, abs=2)
    if kind_name not in SILENTLY_CUT:
        warning = next(w for w in audio.warnings if w.startswith("truncated: "))
        numbers = [float(n) for n in re.findall(r"([0-9.]+) s", warning)]
        assert "Ogg" in warning or numbers == pytest.approx([4.0, held_s], abs=0.15)


@pytest.mark.parametrize(
    "kind_name", ["flac-16", "ogg-vorbis", "mp3", "aac", "mp4-aac-video", "mkv-flac-video"]
)
def test_damage_in_the_middle_does_not_end_the_recording(kind_name: str, tmp_path: Path) -> None:
    def damage(content: bytearray) -> None:
        middle = len(content) // 2
        content[middle : middle + 3000] = bytes(3000)

    path = changed(healthy(kind_name, tmp_path), damage)
    audio = load(path, sample_rate_hz=16000)
    assert len(audio.waveform) / 16000 > 2.9
    assert main_frequency_hz(audio.waveform[-16000:], 16000) == pytest.approx(440, abs=5)
    assert np.isfinite(audio.waveform).all()


def test_an_mp4_without_its_table_of_contents_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = cut(healthy("m4a-aac", tmp_path))
    with pytest.raises(
        AudioDecodeError, match=r"cut sound\.m4a.*table of contents is missing.*Copy it again"
    ):
        load(path, sample_rate_hz=16000)


@pytest.mark.parametrize(
    "content", [b"", b"hello, this is text\n" * 100, b"RIFF", bytes(10_000), b"\xff\xfb\x90" * 999]
)
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".txt"])
def test_what_is_no_audio_is_refused(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"strange{suffix}"
    path.write_bytes(content)
    expected = AudioDecodeError if content else AudioEmptyError
    with pytest.raises(expected, match=r"strange") as caught:
        load(path, sample_rate_hz=16000)
    assert "0x7" not in str(caught.value)
    with pytest.raises(expected, match="bytes"):
        load(content, sample_rate_hz=16000)


@pytest.mark.parametrize("kind_name", ["wav-16", "flac-16", "aiff-16", "w64-16", "rf64-24"])
def test_a_file_without_samples_is_empty(kind_name: str, tmp_path: Path) -> None:
    path = write_kind(tmp_path, KINDS[kind_name], np.zeros(0, dtype=np.float32))
    with pytest.raises(AudioEmptyError, match=r"sound.* (holds no samples|is empty)"):
        load(path, sample_rate_hz=16000)


def test_there_must_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(AudioNotFoundError, match=r"no file '.*rain\.wav'"):
        load(tmp_path / "rain.wav", sample_rate_hz=16000)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(AudioNotFoundError, match=r"rain\.wav"):
        load(tmp_path / "file" / "rain.wav", sample_rate_hz=16000)
    with pytest.raises(AudioNotFoundError, match=r"cannot be opened|no file"):
        load("zero\0byte.wav", sample_rate_hz=16000)


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(AudioDecodeError, match="is a folder"):
        load(tmp_path, sample_rate_hz=16000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(AudioDecodeError, match=r"pipe\.wav' is a pipe or a device"):
        load(tmp_path / "pipe.wav", sample_rate_hz=16000)


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="permissions are not bits here")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = healthy("wav-16", tmp_path)
    path.chmod(0)
    if os.getuid() != 0:
        with pytest.raises(AudioPermissionError, match=r"sound\.wav' may not be read"):
            load(path, sample_rate_hz=16000)
        return
    # The administrator may read everything, so the attempt is made as nobody.
    program = (
        "import os, sys; from soundalike.audio import load; from soundalike.errors import AudioPermissionError\n"
        "os.setuid(65534)\n"
        "try: load(sys.argv[1], sample_rate_hz=16000)\n"
        "except AudioPermissionError as error: print(error)"
    )
    for folder in [tmp_path, *tmp_path.parents[:2]]:
        folder.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert "sound.wav' may not be read" in done.stdout


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    path = tmp_path / "silent film.mp4"
    write_with_ffmpeg(path, KINDS["mp4-aac-video"], None)
    with pytest.raises(AudioDecodeError, match=r"silent film\.mp4': it is a video without an audio track"):
        load(path, sample_rate_hz=16000)


@pytest.mark.parametrize("channels", [1, 2])
def test_samples_that_are_no_numbers_become_zero_and_are_counted(channels: int, tmp_path: Path) -> None:
    sound = np.full((50_000, channels), 0.5, dtype=np.float32)
    sound[100] = np.nan
    sound[200] = np.inf
    sound[300] = -np.inf
    sound[400] = 3e38
    path = tmp_path / "nan.wav"
    soundfile.write(path, sound, 16000, subtype="FLOAT")
    audio = load(path, sample_rate_hz=16000)
    assert audio.warnings == (
        f"damaged samples: {4 * channels} were not numbers or absurdly large; they became 0",
    )
    np.testing.assert_array_equal(np.flatnonzero(audio.waveform == 0), [100, 200, 300, 400])
    assert np.isfinite(load(path, sample_rate_hz=8000).waveform).all()


def test_silence_is_no_trouble(tmp_path: Path) -> None:
    path = write_kind(tmp_path, KINDS["wav-16"], np.zeros(44100, dtype=np.float32))
    audio = load(path, sample_rate_hz=16000)
    assert audio.warnings == ()
    np.testing.assert_array_equal(audio.waveform, np.zeros(16000))


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
    ],
)
def test_a_playlist_does_not_open_other_files(playlist: str, tmp_path: Path) -> None:
    other = healthy("aac", tmp_path)
    text = playlist.format(path=other)
    path = tmp_path / "list.wav"
    path.write_text(text)
    with pytest.raises(AudioDecodeError, match=r"list\.wav"):
        load(path, sample_rate_hz=16000)


FIELDS = {
    "codec": (20, "<H"),
    "channels": (22, "<H"),
    "rate": (24, "<I"),
    "block": (32, "<H"),
    "bits": (34, "<H"),
}


@pytest.mark.parametrize("field", sorted(FIELDS))
@pytest.mark.parametrize("value", [0, 1, 7, 1025, 0x7FFF, 0xFFFF])
@pytest.mark.parametrize("length", [None, 0, 0xFFFFFFFF])
def test_absurd_headers_are_survived(field: str, value: int, length: int | None, tmp_path: Path) -> None:
    def change(content: bytearray) -> None:
        at, layout = FIELDS[field]
        struct.pack_into(layout, content, at, value)
        if length is not None:
            struct.pack_into("<I", content, 40, length)

    path = changed(healthy("wav-16", tmp_path), change)
    problem = ""
    try:
        waveform = load(path, sample_rate_hz=16000).waveform
    except AudioError as error:
        waveform, problem = np.zeros(0), str(error)
    assert np.isfinite(waveform).all()
    assert len(waveform) > 0 or path.name in problem


def test_a_disk_that_fails_ends_the_audio_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_kind(tmp_path, KINDS["mp3"], tone(duration_s=120.0, sample_rate_hz=44100))
    with open_audio(path, sample_rate_hz=16000) as stream:
        source = stream._source

        class FailingFile:
            def seek(self, position: int) -> None:
                raise OSError(5, "Input/output error")

            def close(self) -> None: ...

        for view in source._views:
            view._file.close()
            monkeypatch.setattr(view, "_file", FailingFile())
        blocks = list(stream.blocks())
    assert sum(map(len, blocks)) > 0
    assert "reading stopped early: Input/output error" in stream.warnings
