"""A part of a recording equals the same part of the whole, in samples of the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference.audio_files import KINDS, write_kind
from soundalike.audio import load, resample
from soundalike.errors import AudioEmptyError, UsageError

# Decoders of some lossy codecs fill bands with noise that depends on what was decoded before: AAC does, and AC-3.
TOLERANCE = {"m4a-aac": 0.02, "aac": 0.02, "mp4-aac-video": 0.02, "ac3": 0.02}


def sound(num_samples: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    sine = 0.3 * np.sin(np.arange(num_samples) * 0.05)
    return (sine + 0.05 * rng.standard_normal(num_samples)).astype(np.float32)


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(0.0, 0.5), (0.7, 1.1), (2.4, 3.0), (2.9, None), (1.23456, 1.3)]
)
@pytest.mark.parametrize("kind_name", sorted(KINDS))
def test_a_part_equals_the_slice(kind_name: str, start_s: float, end_s: float | None, tmp_path: Path) -> None:
    kind = KINDS[kind_name]
    rate = kind.sample_rate_hz
    path = write_kind(tmp_path, kind, sound(3 * rate))
    whole = load(path, sample_rate_hz=rate).waveform
    part = load(path, sample_rate_hz=rate, start_s=start_s, end_s=end_s).waveform
    expected = whole[round(start_s * rate) : None if end_s is None else round(end_s * rate)]
    assert len(part) == len(expected)
    np.testing.assert_allclose(part, expected, rtol=0, atol=TOLERANCE.get(kind_name, 0.0))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("range") / "sound.flac"
    soundfile.write(path, sound(50_000), 44100)
    return path


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(0, 49_999), length=st.integers(1, 60_000), to_hz=st.sampled_from([16000, 44100, 48000])
)
def test_the_part_is_cut_before_it_is_resampled(recording: Path, start: int, length: int, to_hz: int) -> None:
    whole = load(recording, sample_rate_hz=44100).waveform
    part = load(
        recording, sample_rate_hz=to_hz, start_s=start / 44100, end_s=(start + length) / 44100
    ).waveform
    expected = resample(whole[start : start + length], from_hz=44100, to_hz=to_hz)
    np.testing.assert_allclose(part, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind_name", ["wav-16", "flac-16", "mp3", "m4a-alac", "ogg-vorbis"])
def test_a_start_behind_the_end_is_refused(kind_name: str, tmp_path: Path) -> None:
    kind = KINDS[kind_name]
    path = write_kind(tmp_path, kind, sound(kind.sample_rate_hz))
    with pytest.raises(AudioEmptyError, match=rf"sound\{kind.suffix}.* holds no audio from 7 s on"):
        load(path, sample_rate_hz=16000, start_s=7.0)


def test_an_end_behind_the_end_is_the_end(recording: Path) -> None:
    audio = load(recording, sample_rate_hz=44100, start_s=1.0, end_s=100.0)
    assert len(audio.waveform) == 50_000 - 44_100
    assert audio.info.duration_s == 50_000 / 44_100
    assert audio.warnings == ()


def test_a_part_keeps_the_length_of_the_whole_in_its_description(recording: Path) -> None:
    assert load(recording, sample_rate_hz=16000, end_s=0.5).info.duration_s == 50_000 / 44_100


@pytest.mark.parametrize(
    ("start_s", "end_s"),
    [(-1.0, None), (float("nan"), None), (float("inf"), None), (1.0, 1.0), (2.0, 1.0), (0.0, float("nan"))],
)
def test_impossible_parts_are_wrong_usage(recording: Path, start_s: float, end_s: float | None) -> None:
    with pytest.raises(UsageError, match=r"start|end"):
        load(recording, sample_rate_hz=16000, start_s=start_s, end_s=end_s)


@pytest.mark.parametrize("sample_rate_hz", [0, -1, 999, 768_001])
def test_impossible_sample_rates_are_wrong_usage(recording: Path, sample_rate_hz: int) -> None:
    with pytest.raises(UsageError, match="sample rate"):
        load(recording, sample_rate_hz=sample_rate_hz)


@pytest.mark.parametrize("end_s", [1e9, 1e308, float("inf")])
def test_an_end_far_away_is_the_end(end_s: float, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, sound(8000), 8000)
    whole = load(path, sample_rate_hz=8000).waveform
    np.testing.assert_array_equal(load(path, sample_rate_hz=8000, end_s=end_s).waveform, whole)


def test_a_start_far_away_is_after_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, sound(8000), 8000)
    with pytest.raises(AudioEmptyError):
        load(path, sample_rate_hz=8000, start_s=1e300)
