"""Whole recordings from which windows are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from torch import nn

from soundalike.data import Clip, Manifest, waveform_digest
from soundalike.features.logmel import HOP_SAMPLES, NUM_FRAMES, SAMPLE_RATE_HZ, MelPower
from soundalike.training.examples import Recordings
from soundalike.training.sides import Side, load_recordings

TAKEN = 110


def noise(length_s: float, seed: int) -> NDArray[np.float32]:
    num = round(length_s * SAMPLE_RATE_HZ)
    return (0.1 * np.random.default_rng(seed).normal(size=num)).astype(np.float32)


SOUNDS = {
    "short": noise(0.7, 0),
    "long": noise(5.3, 1),
    "silent at the end": np.concatenate([noise(2.2, 2), np.zeros(5 * SAMPLE_RATE_HZ, np.float32)]),
    "exactly one window": noise(2.0, 3),
}


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Side:
    folder = tmp_path_factory.mktemp("recordings")
    clips = []
    for name, waveform in SOUNDS.items():
        path = folder / f"{name}.wav"
        soundfile.write(path, waveform, SAMPLE_RATE_HZ, subtype="FLOAT")
        clips.append(Clip(path=path, label=name[:1], recording=name))
    clips.insert(2, Clip(path=folder / "gone.wav", label="l", recording="gone"))
    return load_recordings(
        Manifest(name="four", clips=tuple(clips)), names=["e", "l", "s"], taken_frames=TAKEN
    )


@pytest.fixture
def recordings(side: Side) -> Recordings:
    assert isinstance(side.examples, Recordings)
    return side.examples


def padded(name: str, length_s: float) -> NDArray[np.float32]:
    waveform = np.zeros(round(length_s * SAMPLE_RATE_HZ), np.float32)
    waveform[: len(SOUNDS[name])] = SOUNDS[name][: len(waveform)]
    return waveform


def test_clips_that_could_be_read_keep_their_order_and_labels(side: Side, recordings: Recordings) -> None:
    assert [clip.recording for clip in side.clips] == list(SOUNDS)
    assert [Path(skipped.path).name for skipped in side.skipped] == ["gone.wav"]
    assert recordings.labels.tolist() == [2, 1, 2, 0]


def test_a_drawn_window_is_the_mel_power_of_its_samples(recordings: Recordings) -> None:
    first = int((recordings.owners == 0).sum())  # the first frame of "long"
    start = 60
    window = recordings.take(torch.tensor([first + start]))[0]
    assert window.shape == (64, TAKEN)
    samples = padded("long", 9.0)[start * HOP_SAMPLES :]
    expected = MelPower()(torch.from_numpy(samples)[None])[0, :, :TAKEN]
    torch.testing.assert_close(window, expected, rtol=1e-4, atol=1e-6)


def test_what_lies_after_the_end_is_silence_and_not_the_next_recording(recordings: Recordings) -> None:
    window = recordings.take(torch.tensor([0]))[0]
    assert window[:, :34].min() > 0  # 0.7 s are 35 frames, the last of them cut off
    assert window[:, 35:].max() == 0


def test_every_epoch_draws_one_window_a_clip_at_any_frame(recordings: Recordings) -> None:
    random = torch.Generator().manual_seed(0)
    drawn = torch.stack([recordings.draw(random) for _ in range(400)])
    assert (recordings.owners[drawn] == torch.arange(4)).all()
    assert recordings.labels_of(drawn[0]).tolist() == recordings.labels.tolist()
    offsets = drawn - (recordings.owners == 0).sum()
    of_long = offsets[:, 1]
    assert len(of_long.unique()) > 100
    assert of_long.min() == 0


def test_drawn_windows_avoid_silence(recordings: Recordings) -> None:
    random = torch.Generator().manual_seed(0)
    starts = torch.stack([recordings.draw(random) for _ in range(200)])[:, 2]
    windows = recordings.take(starts)[:, :, :NUM_FRAMES]
    power = windows.sum(dim=(1, 2))
    assert power.min() >= 0.01 * power.max() * 0.9
    assert power.max() > 10 * power.min()  # but edges of sounds are drawn


def test_a_clip_is_embedded_as_the_mean_of_its_windows_that_are_not_silent(recordings: Recordings) -> None:
    class Level(nn.Module):
        def forward(self, power: torch.Tensor) -> torch.Tensor:
            assert power.shape[1:] == (64, NUM_FRAMES)
            return power.mean(dim=(1, 2))[:, None]

    embeddings = recordings.embed(Level())[:, 0].tolist()
    for clip, name in enumerate(SOUNDS):
        waveform = padded(name, 9.0)
        windows = [waveform[second * SAMPLE_RATE_HZ :][: 2 * SAMPLE_RATE_HZ] for second in range(7)]
        count = {"short": 1, "long": 5, "exactly one window": 1, "silent at the end": 3}[name]
        levels = [
            MelPower()(torch.from_numpy(window)[None]).mean().item()
            for window in windows[:count]
            if np.abs(window).max() > 0
        ]
        assert embeddings[clip] == pytest.approx(np.mean(levels), rel=1e-4)


def test_windows_are_known_by_their_sound(side: Side) -> None:
    of_short = [digest for clip, digest in side.sounds if clip.recording == "short"]
    assert of_short == [waveform_digest(padded("short", 2.0))]
    assert sum(clip.recording == "silent at the end" for clip, _ in side.sounds) == 3
