"""The paper's network from the spectrogram's frames on, with everything linear before the first ReLU made one layer."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from soundalike.models.mlp import PaperMlp

# Clips whose stretched features are in memory at once while their spread is measured.
_BATCH = 256
# A bin that never changes carries nothing; it must not be blown up.
_SMALLEST_SCALE = 1e-3


class PaperNetwork(nn.Module):
    """Frames of the log-frequency spectrogram [batch, 79, frames] -> embeddings [batch, dim].

    The same function as three steps one after another: stretch the frames to 171 time bins, standardise the 79 x 171
    numbers, run the MLP on them. Stretching, standardising and the MLP's first layer are all linear, so here they are
    one layer on 79 x 61 numbers. Outputs and gradients are those of the three steps, for a third of the arithmetic.

        (frames @ to_times - mean) / scale @ W   =   (frames - mean of frames) @ folded
        folded[row, frame] = sum over times of to_times[frame, time] * W[row, time] / scale[row, time]

    Args:
        mlp: takes 79 x 171 numbers; it is what is trained.
        to_times: [frames, 171], see `features.logfreq.time_weights`.
        mean: mean frames of the training clips, [79, frames].
        scale: standard deviation of their stretched frames, [79, 171].
    """

    to_times: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, mlp: PaperMlp, *, to_times: Tensor, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.mlp = mlp
        self.register_buffer("to_times", to_times)
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    @classmethod
    def standardised_by(cls, frames: Tensor, mlp: PaperMlp, *, to_times: Tensor) -> PaperNetwork:
        """A network with the statistics of these training clips.

        Args:
            frames: [clip, 79, frames], at least two clips.
            mlp: see the class.
            to_times: see the class.
        """
        mean = frames.mean(0)
        squares = torch.zeros(frames.shape[1], to_times.shape[1], dtype=torch.float64)
        for batch in torch.split(frames, _BATCH):
            squares += (((batch - mean) @ to_times).double() ** 2).sum(0)
        scale = (squares / (len(frames) - 1)).sqrt().float().clamp_min(_SMALLEST_SCALE)
        return cls(mlp, to_times=to_times, mean=mean, scale=scale)

    def forward(self, frames: Tensor) -> Tensor:
        """Embeddings, none of them negative."""
        hidden = F.linear((frames - self.mean).flatten(1), self._folded_weight(), self.mlp.first.bias)
        embeddings: Tensor = self.mlp.rest(hidden)
        return embeddings

    @torch.no_grad()
    def folded(self) -> nn.Module:
        """The same function for export: plain layers, the first of them already folded."""
        weight = self._folded_weight()
        first = nn.Linear(weight.shape[1], weight.shape[0])
        first.weight.copy_(weight)
        first.bias.copy_(self.mlp.first.bias)
        return nn.Sequential(
            OrderedDict(centre=_Centre(self.mean), flat=nn.Flatten(), first=first, rest=self.mlp.rest)
        )

    def _folded_weight(self) -> Tensor:
        weight = self.mlp.first.weight.view(-1, *self.scale.shape) / self.scale
        return (weight @ self.to_times.T).flatten(1)


class _Centre(nn.Module):
    mean: Tensor

    def __init__(self, mean: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)

    def forward(self, frames: Tensor) -> Tensor:
        return frames - self.mean
