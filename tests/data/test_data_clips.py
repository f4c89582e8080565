from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundalike.data import Clip, Manifest, load_clips
from soundalike.errors import DataError

RATE_HZ = 16000


def write_tone(path: Path, parts: list[tuple[float, float]], *, frequency_hz: float = 440.0) -> Path:
    """A tone whose loudness changes: (duration_s, amplitude) part by part."""
    amplitude = np.concatenate([np.full(round(duration_s * RATE_HZ), level) for duration_s, level in parts])
    time_s = np.arange(len(amplitude)) / RATE_HZ
    soundfile.write(path, amplitude * np.sin(2 * np.pi * frequency_hz * time_s), RATE_HZ, subtype="FLOAT")
    return path


def manifest_of(*clips: Clip) -> Manifest:
    return Manifest(name="made", clips=clips)


def clip(path: Path, **values) -> Clip:
    return Clip(path=path, label="tone", recording=path.name, **values)


def test_the_loudest_window_of_each_clip_in_order(tmp_path):
    paths = [
        write_tone(tmp_path / f"{number}.wav", [(number * 0.25, 0.1), (1.0, 0.5), (1.0, 0.1)])
        for number in range(8)
    ]
    loaded = load_clips(manifest_of(*map(clip, paths)), sample_rate_hz=RATE_HZ, window_s=1.0)
    assert [clip.path for clip in loaded.clips] == paths
    assert loaded.waveforms.dtype == np.float32
    assert loaded.waveforms.shape == (8, RATE_HZ)
    for number, waveform in enumerate(loaded.waveforms):
        start = number * RATE_HZ // 4
        expected, _ = soundfile.read(paths[number], start=start, frames=RATE_HZ, dtype="float32")
        # The first sample of a sine is near zero: a window may begin a few samples beside the loud part.
        assert np.sum(waveform**2) == pytest.approx(np.sum(expected**2), rel=1e-3)


def test_the_part_of_a_clip_first_then_the_loudest_inside_it(tmp_path):
    path = write_tone(tmp_path / "a.wav", [(1.0, 0.9), (1.0, 0.1), (1.0, 0.3), (1.0, 0.8)])
    loaded = load_clips(manifest_of(clip(path, start_s=1.0, end_s=3.0)), sample_rate_hz=RATE_HZ, window_s=0.5)
    assert np.abs(loaded.waveforms).max() == pytest.approx(0.3, abs=1e-3)


def test_a_short_clip_is_padded_at_its_end(tmp_path):
    path = write_tone(tmp_path / "a.wav", [(0.25, 0.5)])
    waveform = load_clips(manifest_of(clip(path)), sample_rate_hz=RATE_HZ, window_s=1.0).waveforms[0]
    assert np.abs(waveform[: RATE_HZ // 4]).max() > 0.4
    assert not waveform[RATE_HZ // 4 :].any()


def test_what_cannot_be_read_is_skipped_with_its_reason(tmp_path):
    good = write_tone(tmp_path / "good.wav", [(1.0, 0.5)])
    silent = write_tone(tmp_path / "silent.wav", [(1.0, 0.0)])
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no audio at all, only words" * 20)
    missing = tmp_path / "missing.wav"
    counted = []
    loaded = load_clips(
        manifest_of(*map(clip, (missing, good, silent, broken, good))),
        sample_rate_hz=RATE_HZ,
        window_s=0.5,
        progress=lambda done, total: counted.append((done, total)),
    )
    assert [clip.path for clip in loaded.clips] == [good, good]
    assert [skipped.path for skipped in loaded.skipped] == [str(missing), str(silent), str(broken)]
    assert loaded.skipped[1].reason == "silent"
    assert all(skipped.reason for skipped in loaded.skipped)
    assert loaded.waveforms.shape == (2, RATE_HZ // 2)
    assert counted == [(done, 5) for done in range(1, 6)]


def test_silence_around_a_sound_is_no_reason_to_skip_it_but_a_silent_part_is(tmp_path):
    path = write_tone(tmp_path / "a.wav", [(1.0, 0.0), (1.0, 0.5)])
    both = manifest_of(clip(path), clip(path, end_s=0.9))
    loaded = load_clips(both, sample_rate_hz=RATE_HZ, window_s=0.5)
    assert len(loaded.clips) == 1
    assert [skipped.reason for skipped in loaded.skipped] == ["silent"]


def test_nothing_that_could_be_read(tmp_path):
    with pytest.raises(DataError, match=r"none of the 1 clips of 'made' could be loaded.*gone\.wav"):
        load_clips(manifest_of(clip(tmp_path / "gone.wav")), sample_rate_hz=RATE_HZ, window_s=1.0)
    with pytest.raises(DataError, match="none of the 0 clips"):
        load_clips(manifest_of(), sample_rate_hz=RATE_HZ, window_s=1.0)


def test_a_mistake_in_the_caller_is_not_hidden_as_a_skipped_file(tmp_path):
    path = write_tone(tmp_path / "a.wav", [(1.0, 0.5)])

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_clips(manifest_of(clip(path)), sample_rate_hz=RATE_HZ, window_s=1.0, progress=stop)
