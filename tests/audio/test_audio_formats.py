"""Every kind of file is decoded: containers, codecs, sample rates, numbers of channels, paths and bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from reference.audio_files import KINDS, Kind, main_frequency_hz, tone, write_kind
from soundalike.audio import load, open_audio


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def test_every_kind_keeps_sound_length_and_description(kind: Kind, tmp_path: Path) -> None:
    rate = kind.sample_rate_hz
    stereo = np.stack(
        [tone(duration_s=2.0, sample_rate_hz=rate), tone(duration_s=2.0, sample_rate_hz=rate) / 2], axis=1
    )
    path = write_kind(tmp_path, kind, stereo)
    audio = load(path, sample_rate_hz=rate)
    assert audio.waveform.dtype == np.float32
    assert audio.waveform.ndim == 1
    assert (audio.sample_rate_hz, audio.info.sample_rate_hz, audio.info.channels) == (rate, rate, 2)
    assert audio.warnings == ()
    # Codecs that work in packets fill up the last one and may delay the sound by a few.
    assert len(audio.waveform) == pytest.approx(2.0 * rate, abs=1 if kind.error in (0.0, 2**-15) else 5000)
    assert audio.info.duration_s == len(audio.waveform) / rate
    assert main_frequency_hz(audio.waveform, rate) == pytest.approx(440, abs=2)
    middle = audio.waveform[rate // 2 : rate]
    # LAME, where FFmpeg calls it, makes everything a twentieth quieter so that nothing clips.
    assert float(np.sqrt(np.mean(middle**2))) == pytest.approx(0.375 / np.sqrt(2), rel=0.06)
    if kind.error is not None:
        # Lossy codecs take a moment to get going, and to stop.
        expected = stereo.mean(axis=1)
        first = 0 if kind.error < 0.01 else rate // 10
        last = min(len(expected), len(audio.waveform)) - first
        np.testing.assert_allclose(
            audio.waveform[first:last], expected[first:last], rtol=0, atol=kind.error + 1e-7
        )


def test_bytes_give_what_the_file_gives(kind: Kind, tmp_path: Path) -> None:
    path = write_kind(tmp_path, kind, tone(duration_s=1.0, sample_rate_hz=kind.sample_rate_hz))
    from_path = load(path, sample_rate_hz=16000)
    from_bytes = load(path.read_bytes(), sample_rate_hz=16000)
    np.testing.assert_array_equal(from_bytes.waveform, from_path.waveform)
    assert from_bytes.info == from_path.info
    assert from_bytes.warnings == from_path.warnings


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("to_hz", [8000, 16000, 48000])
def test_every_sample_rate_gives_the_length_and_the_tone(rate_hz: int, to_hz: int, tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, tone(frequency_hz=1000, sample_rate_hz=rate_hz), rate_hz, subtype="FLOAT")
    audio = load(path, sample_rate_hz=to_hz)
    assert len(audio.waveform) == pytest.approx(to_hz, abs=1)
    assert main_frequency_hz(audio.waveform, to_hz) == pytest.approx(1000, abs=2)


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8, 40])
@pytest.mark.parametrize(("suffix", "subtype"), [(".wav", "FLOAT"), (".w64", "PCM_24"), (".caf", "PCM_16")])
def test_every_number_of_channels_becomes_their_mean(
    channels: int, suffix: str, subtype: str, tmp_path: Path
) -> None:
    sound = np.random.default_rng(channels).uniform(-1, 1, (5000, channels)).astype(np.float32)
    path = tmp_path / f"sound{suffix}"
    soundfile.write(path, sound, 44100, subtype=subtype)
    audio = load(path, sample_rate_hz=44100)
    assert audio.info.channels == channels
    np.testing.assert_allclose(audio.waveform, sound.mean(axis=1), rtol=0, atol=2**-15 + 1e-6)


def test_equal_rates_are_bit_exact(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).uniform(-1, 1, 300_000).astype(np.float32)
    path = tmp_path / "sound.wav"
    soundfile.write(path, sound, 16000, subtype="FLOAT")
    np.testing.assert_array_equal(load(path, sample_rate_hz=16000).waveform, sound)


@pytest.mark.parametrize(
    "name", ["été 日本 🎵", "two  spaces", "x" * 200, "100% [a] {b} 'c'", "-dash", "http:__x"]
)
@pytest.mark.parametrize("kind_name", ["wav-16", "m4a-aac", "mp3"])
def test_any_file_name_is_fine(name: str, kind_name: str, tmp_path: Path) -> None:
    kind = KINDS[kind_name]
    path = write_kind(tmp_path, kind, tone(sample_rate_hz=kind.sample_rate_hz)).rename(
        tmp_path / (name + kind.suffix)
    )
    assert len(load(str(path), sample_rate_hz=16000).waveform) == pytest.approx(16000, abs=2000)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".raw", ".txt", ".jpg", ".m3u8", ""])
@pytest.mark.parametrize("kind_name", ["wav-16", "mp3", "flac-16", "ogg-vorbis", "m4a-aac"])
def test_the_suffix_does_not_matter(kind_name: str, suffix: str, tmp_path: Path) -> None:
    kind = KINDS[kind_name]
    path = write_kind(tmp_path, kind, tone(sample_rate_hz=kind.sample_rate_hz))
    expected = load(path, sample_rate_hz=16000)
    renamed = load(path.rename(tmp_path / f"other{suffix}"), sample_rate_hz=16000)
    np.testing.assert_array_equal(renamed.waveform, expected.waveform)
    assert renamed.info == expected.info


@pytest.mark.parametrize("kind_name", ["ogg-vorbis", "ogg-opus"])
def test_recordings_that_follow_one_another_in_an_ogg_file_are_all_read(
    kind_name: str, tmp_path: Path
) -> None:
    kind = KINDS[kind_name]
    one = write_kind(tmp_path, kind, tone(sample_rate_hz=kind.sample_rate_hz), name="one").read_bytes()
    two = write_kind(
        tmp_path, kind, tone(sample_rate_hz=kind.sample_rate_hz, frequency_hz=880), name="two"
    ).read_bytes()
    audio = load(one + two, sample_rate_hz=16000)
    assert len(audio.waveform) == pytest.approx(32000, abs=1000)
    assert main_frequency_hz(audio.waveform[20000:], 16000) == pytest.approx(880, abs=5)


def test_a_stream_can_be_read_once_and_closes_the_file(tmp_path: Path) -> None:
    path = write_kind(tmp_path, KINDS["wav-16"], tone(sample_rate_hz=44100))
    with open_audio(path, sample_rate_hz=16000) as stream:
        assert sum(len(block) for block in stream.blocks()) == 16000
        with pytest.raises(RuntimeError, match="once"):
            next(stream.blocks())
    path.unlink()  # Windows would refuse while the file is open


def test_blocks_belong_to_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    sound = np.random.default_rng(0).uniform(-1, 1, (400_000, 2)).astype(np.float32)
    soundfile.write(path, sound, 16000, subtype="FLOAT")
    with open_audio(path, sample_rate_hz=16000) as stream:
        kept = list(stream.blocks())
    assert len(kept) > 1
    np.testing.assert_allclose(np.concatenate(kept), sound.mean(axis=1), rtol=0, atol=1e-6)
