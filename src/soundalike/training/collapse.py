"""Watch a metric network for collapse: everything mapped to one point, or output units that never fire."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# Of 2,000 random pairs the mean distance is known to a few per cent.
_NUM_PAIRS = 2_000
MOST_DEAD_UNITS = 0.5
SMALLEST_SPREAD = 0.1
_SLOWER = "Try a smaller learning rate (--set optimiser.learning_rate=...)"


@dataclass(frozen=True, kw_only=True)
class Health:
    """How an embedding space stands.

    Attributes:
        dead_units: share of output units that are zero for every clip.
        spread: mean euclidean distance of clips of different labels, as a share of the margin.
    """

    dead_units: float
    spread: float

    def complaint(self) -> str | None:
        """What is wrong, with what to try; None where nothing is."""
        if not math.isfinite(self.spread):
            return f"diverged: distances are no longer finite numbers. {_SLOWER}."
        if self.spread < SMALLEST_SPREAD:
            return (
                f"collapsing: clips of different labels are {self.spread:.2f} margins apart on average. "
                f"{_SLOWER}, or the unbalanced pairs: --set pairs.kind=unbalanced."
            )
        if self.dead_units > MOST_DEAD_UNITS:
            return (
                f"{self.dead_units:.0%} of the output units are zero for every clip. "
                f"{_SLOWER} or a larger margin: --set loss.margin=..."
            )
        return None


def measure_health(embeddings: Tensor, labels: Tensor, *, margin: float) -> Health:
    """Measure on embeddings of many clips.

    Args:
        embeddings: [clip, dim].
        labels: int64 [clip].
        margin: the loss's margin, the scale on which a distance is large or small.
    """
    generator = torch.Generator().manual_seed(0)
    left, right = torch.randint(len(labels), (2, _NUM_PAIRS), generator=generator)
    different = labels[left] != labels[right]
    distances = (embeddings[left] - embeddings[right]).norm(dim=1)[different]
    return Health(
        dead_units=(embeddings <= 0).all(dim=0).float().mean().item(),
        spread=distances.mean().item() / margin if len(distances) else 0.0,
    )
