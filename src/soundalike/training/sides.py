"""One side of a split, read and turned into features: windows cut beforehand, or whole recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from soundalike import audio
from soundalike.config import ClipMode
from soundalike.data import Clip, Manifest, load_clips, map_waveforms, waveform_digest
from soundalike.errors import Skipped
from soundalike.features.logmel import HOP_SAMPLES, NUM_FRAMES, NUM_SAMPLES, SAMPLE_RATE_HZ, MelPower
from soundalike.models import in_batches
from soundalike.training.examples import Examples, Recordings, TrainingSet

WINDOW_S = NUM_SAMPLES / SAMPLE_RATE_HZ
# A clip takes about a megabyte in the front end.
_FRONT_END_BATCH = 64
# A window this much quieter than the loudest one of its recording, in power, is no example of what is heard there.
_SMALLEST_POWER = 0.01

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Side:
    """The clips of one side that could be read.

    Attributes:
        clips: in the order of the manifest.
        examples: their features.
        sounds: clips, each with the `waveform_digest` of a window of it.
        skipped: those that could not be read.
    """

    clips: tuple[Clip, ...]
    examples: TrainingSet
    sounds: list[tuple[Clip, bytes]]
    skipped: tuple[Skipped, ...]


def load_windows(
    manifest: Manifest,
    front_end: nn.Module,
    *,
    names: Sequence[str],
    mode: ClipMode,
    one_window_a_clip: bool = False,
    progress: Progress | None = None,
) -> tuple[Side, Examples]:
    """Cut windows and run the front end on them.

    Args:
        front_end: waveforms [batch, samples] -> features.
        names: all labels; a clip's is a position here.
        mode: the loudest window of each clip, or all of them.
        one_window_a_clip: see `Examples`.
        progress: told (clips done, clips in all).
    """
    heard = load_clips(
        manifest, sample_rate_hz=SAMPLE_RATE_HZ, window_s=WINDOW_S, clip=mode, progress=progress
    )
    examples = Examples(
        features=in_batches(front_end, torch.from_numpy(heard.waveforms), batch_size=_FRONT_END_BATCH),
        owners=torch.from_numpy(heard.owners),
        labels=labels_of(heard.clips, names),
        one_window_a_clip=one_window_a_clip,
    )
    sounds = [
        (heard.clips[owner], waveform_digest(window))
        for owner, window in zip(heard.owners, heard.waveforms, strict=True)
    ]
    return Side(clips=heard.clips, examples=examples, sounds=sounds, skipped=heard.skipped), examples


def load_recordings(
    manifest: Manifest, *, names: Sequence[str], taken_frames: int, progress: Progress | None = None
) -> Side:
    """Keep the mel power of whole recordings, an eighth of the room that their windows would take.

    Args:
        names: all labels; a clip's is a position here.
        taken_frames: see `Recordings`.
        progress: told (clips done, clips in all).
    """
    front_end = MelPower()

    def frames_of(waveform: NDArray[np.float32]) -> _Frames:
        return _frames_of(waveform, front_end)

    clips, made, skipped = map_waveforms(
        manifest, frames_of, sample_rate_hz=SAMPLE_RATE_HZ, progress=progress
    )
    lengths = torch.tensor([len(one.frames) for one in made])
    firsts = lengths.cumsum(0) - lengths
    recordings = Recordings(
        frames=torch.cat([one.frames for one in made]),
        owners=torch.arange(len(made)).repeat_interleave(lengths),
        labels=labels_of(clips, names),
        starts=torch.cat([first + one.starts for first, one in zip(firsts, made, strict=True)]),
        even_starts=torch.cat([first + one.even_starts for first, one in zip(firsts, made, strict=True)]),
        window_frames=NUM_FRAMES,
        taken_frames=taken_frames,
    )
    sounds = [(clip, digest) for clip, one in zip(clips, made, strict=True) for digest in one.digests]
    return Side(clips=clips, examples=recordings, sounds=sounds, skipped=skipped)


@dataclass(frozen=True, kw_only=True)
class _Frames:
    """A recording's mel power [frame, mel], and starts of windows in it, as in `Recordings`."""

    frames: Tensor
    starts: Tensor
    even_starts: Tensor
    digests: list[bytes]


@torch.no_grad()
def _frames_of(waveform: NDArray[np.float32], front_end: nn.Module) -> _Frames:
    windows = audio.cut_windows(
        waveform, sample_rate_hz=SAMPLE_RATE_HZ, window_s=WINDOW_S, hop_s=WINDOW_S / 2
    )
    heard = np.flatnonzero([not audio.is_silent(window) for window in windows])
    hop_samples = NUM_SAMPLES // 2
    padded = np.zeros(NUM_SAMPLES + hop_samples * (len(windows) - 1), np.float32)
    padded[: len(waveform)] = waveform
    frames: Tensor = front_end(torch.from_numpy(padded)[None])[0].T.contiguous()
    power = frames.double().sum(1).cumsum(0)
    before = torch.cat([power.new_zeros(1), power[:-NUM_FRAMES]])
    of_windows = power[NUM_FRAMES - 1 :] - before
    return _Frames(
        frames=frames,
        starts=(of_windows >= _SMALLEST_POWER * of_windows.max()).nonzero().flatten(),
        even_starts=torch.from_numpy(heard) * (hop_samples // HOP_SAMPLES),
        digests=[waveform_digest(windows[index]) for index in heard],
    )


def labels_of(clips: Sequence[Clip], names: Sequence[str]) -> Tensor:
    """The label of each clip as its position among `names`, int64 [clip]."""
    positions = {name: position for position, name in enumerate(names)}
    return torch.tensor([positions[clip.label] for clip in clips])
