"""What a network trains on and is validated with: windows cut beforehand, or recordings to draw windows from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, Self

import torch
from torch import Tensor, nn

from soundalike.models import in_batches

_EMBED_BATCH = 512


class TrainingSet(Protocol):
    """Clips with labels, of which every epoch sees some windows."""

    @property
    def labels(self) -> Tensor:
        """int64 [clip]."""
        ...

    def draw(self, generator: torch.Generator) -> Tensor:
        """The windows of one epoch, int64 [drawn]; what the numbers mean is the set's own business."""
        ...

    def labels_of(self, windows: Tensor) -> Tensor:
        """The label of each window, int64 [window]."""
        ...

    def take(self, windows: Tensor) -> Tensor:
        """The features of windows, [window, ...], on the set's device."""
        ...

    def embed(self, network: nn.Module) -> Tensor:
        """The mean embedding of each clip's windows, [clip, dim], on the CPU; the same windows every time."""
        ...

    def to(self, device: torch.device) -> Self:
        """The same set with its features on a device."""
        ...


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Windows cut beforehand.

    Attributes:
        features: [window, ...].
        owners: int64 [window], the clip that each window is cut from, rising; every clip has one window at least.
        labels: int64 [clip].
        one_window_a_clip: train an epoch on one window of each clip, drawn anew every time, instead of on all.
    """

    features: Tensor
    owners: Tensor
    labels: Tensor
    one_window_a_clip: bool = False

    def draw(self, generator: torch.Generator) -> Tensor:
        """All windows, or one of each clip."""
        if not self.one_window_a_clip:
            return torch.arange(len(self.owners))
        num_windows = self.owners.bincount()
        return _first_of_each(num_windows) + _one_of_each(num_windows, generator)

    def labels_of(self, windows: Tensor) -> Tensor:
        """The label of each window, int64 [window]."""
        return self.labels[self.owners[windows]]

    def take(self, windows: Tensor) -> Tensor:
        """[window, ...]."""
        return self.features[windows.to(self.features.device)]

    def embed(self, network: nn.Module) -> Tensor:
        """The mean embedding of each clip's windows, [clip, dim]."""
        embeddings = in_batches(network, self.features, batch_size=_EMBED_BATCH, device=self.features.device)
        return _mean_of_each(embeddings, self.owners, num_clips=len(self.labels))

    def to(self, device: torch.device) -> Self:
        """The same windows on a device."""
        return replace(self, features=self.features.to(device))

    def select(self, clips: Tensor) -> Self:
        """Only these clips; bool [clip]."""
        kept = clips[self.owners]
        positions = clips.cumsum(0) - 1
        return replace(
            self,
            features=self.features[kept],
            owners=positions[self.owners[kept]],
            labels=self.labels[clips],
        )


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """Whole recordings as frames one after another, from which every epoch draws one window a clip, at any frame.

    Attributes:
        frames: [frame, mel], the recordings one after another, each at least `window_frames` long.
        owners: int64 [frame], the clip that each frame belongs to, rising.
        labels: int64 [clip].
        starts: int64 [start], frames where a window may be drawn that is not silent, rising; one a clip at least.
        even_starts: int64 [window], where the windows lie by which a clip is embedded, rising; likewise.
        window_frames: frames in a window.
        taken_frames: frames that `take` gives, at least `window_frames`: more leave room for a change of speed.
    """

    frames: Tensor
    owners: Tensor
    labels: Tensor
    starts: Tensor
    even_starts: Tensor
    window_frames: int
    taken_frames: int

    def draw(self, generator: torch.Generator) -> Tensor:
        """One start a clip."""
        num_starts = self.owners[self.starts].bincount()
        return self.starts[_first_of_each(num_starts) + _one_of_each(num_starts, generator)]

    def labels_of(self, windows: Tensor) -> Tensor:
        """The label of each window, int64 [window]."""
        return self.labels[self.owners[windows]]

    def take(self, windows: Tensor) -> Tensor:
        """[window, mel, `taken_frames`], silence after the end of a recording."""
        return self._cut(windows, self.taken_frames)

    @torch.no_grad()
    def embed(self, network: nn.Module) -> Tensor:
        """The mean embedding of each clip's evenly spaced windows, [clip, dim]."""
        owners = self.owners[self.even_starts]
        embeddings = torch.cat(
            [
                network(self._cut(windows, self.window_frames)).cpu()
                for windows in torch.split(self.even_starts, _EMBED_BATCH)
            ]
        )
        return _mean_of_each(embeddings, owners, num_clips=len(self.labels))

    def to(self, device: torch.device) -> Self:
        """The same recordings on a device."""
        return replace(self, frames=self.frames.to(device))

    @cached_property
    def _ends(self) -> Tensor:
        """After which frame each clip is over, int64 [clip]."""
        return self.owners.bincount().cumsum(0)

    def _cut(self, windows: Tensor, num_frames: int) -> Tensor:
        positions = windows[:, None] + torch.arange(num_frames)
        ends = self._ends[self.owners[windows]]
        inside = (positions < ends[:, None]).to(self.frames.device)
        frames = self.frames[positions.clamp_max(len(self.frames) - 1).to(self.frames.device)]
        return (frames * inside[..., None]).transpose(1, 2)


def _first_of_each(counts: Tensor) -> Tensor:
    """Where each group begins, of groups of so many items one after another."""
    return counts.cumsum(0) - counts


def _one_of_each(counts: Tensor, generator: torch.Generator) -> Tensor:
    """A random number below each count."""
    return (torch.rand(len(counts), generator=generator) * counts).long()


def _mean_of_each(embeddings: Tensor, owners: Tensor, *, num_clips: int) -> Tensor:
    sums = torch.zeros(num_clips, embeddings.shape[1]).index_add_(0, owners, embeddings)
    return sums / owners.bincount()[:, None]
