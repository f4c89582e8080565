"""The two training sets of the paper: which pairs an epoch is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor

from soundalike.pairs.blocks import Step, block_steps

PairSet = Literal["balanced", "unbalanced"]


def unbalanced_epoch(labels: Tensor, *, block_size: int, generator: torch.Generator) -> Iterator[Step]:
    """Every pair of clips once: all pairs of the same label and all pairs of different ones.

    Args:
        labels: int64 [clip].
        block_size: clips in a block.
        generator: draws the order.
    """
    yield from block_steps(len(labels), block_size=block_size, generator=generator)


def balanced_epoch(labels: Tensor, *, block_size: int, generator: torch.Generator) -> Iterator[Step]:
    """Every pair of the same label once, and as many random pairs of different labels, drawn anew each epoch.

    The pairs are visited through the same blocks as those of the unbalanced set. A negative pair that was drawn twice
    counts twice.

    Args:
        labels: int64 [clip].
        block_size: clips in a block.
        generator: draws the negatives and the order.
    """
    first, second = draw_balanced_pairs(labels, generator=generator)
    position = torch.full((len(labels),), -1)
    for step in block_steps(len(labels), block_size=block_size, generator=generator):
        position[step.clips] = torch.arange(len(step.clips))
        row, column = position[first], position[second]
        present = (row >= 0) & (column >= 0)
        row, column = row[present], column[present]
        assert step.counts is not None
        drawn = torch.zeros_like(step.counts)
        drawn.index_put_(
            (torch.minimum(row, column), torch.maximum(row, column)), torch.ones(len(row)), accumulate=True
        )
        position[step.clips] = -1
        # A block's own pairs are present in each of its steps; `step.counts` keeps them to one.
        yield Step(clips=step.clips, counts=drawn * step.counts)


def draw_balanced_pairs(labels: Tensor, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """All positive pairs, followed by one random negative for each: one clip of it kept, the other of another label.

    Args:
        labels: int64 [clip], at least two different ones.
    Returns:
        Two int64 tensors [pair], the clips of each pair.
    """
    kinds = sorted(set(labels.tolist()))
    positives = [torch.combinations((labels == kind).nonzero().flatten()) for kind in kinds]
    first, second = torch.cat(positives).T
    keep_first = torch.rand(len(first), generator=generator) < 0.5
    anchors = torch.where(keep_first, first, second)
    others = torch.empty_like(anchors)
    for kind in kinds:
        mine = labels[anchors] == kind
        candidates = (labels != kind).nonzero().flatten()
        others[mine] = candidates[torch.randint(len(candidates), (int(mine.sum()),), generator=generator)]
    return torch.cat([first, anchors]), torch.cat([second, others])


EPOCHS: dict[PairSet, Callable[..., Iterator[Step]]] = {
    "balanced": balanced_epoch,
    "unbalanced": unbalanced_epoch,
}
