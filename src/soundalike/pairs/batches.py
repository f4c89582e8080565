"""Batches of several clips of each of several labels, for losses that look at a batch as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from soundalike.pairs.blocks import Step


def label_batches(
    labels: Tensor,
    *,
    clips_a_label: int,
    batch_size: int,
    generator: torch.Generator,
    most_of_a_label: int | None = None,
) -> Iterator[Step]:
    """Every clip once, in batches that hold a few clips of each label they hold any of, in random order.

    Each label's clips are dealt into groups of `clips_a_label`, the last of which may be smaller, and the groups are
    shuffled. With more labels than groups fit into a batch, two groups of one label seldom meet.

    Args:
        labels: int64 [clip].
        clips_a_label: clips in a group.
        batch_size: clips in a step; the batches of an epoch differ by at most one clip.
        generator: draws the groups and their order.
        most_of_a_label: labels with more clips than this give so many, drawn anew, so that they do not drown the
            others. None: all.
    """
    order = torch.randperm(len(labels), generator=generator)
    # Equal labels side by side, each label's clips still in random order.
    by_label = order[labels[order].argsort(stable=True)]
    groups = [
        group
        for clips in torch.split(by_label, [n for n in labels.bincount().tolist() if n])
        for group in torch.split(clips[:most_of_a_label], clips_a_label)
    ]
    shuffled = torch.cat([groups[i] for i in torch.randperm(len(groups), generator=generator)])
    num_batches = max(1, round(len(shuffled) / batch_size))
    for clips in shuffled.tensor_split(num_batches):
        yield Step(clips=clips, counts=None)
