"""Visit pairs of clips by blocks: embed a block once, compare everything in it.

Running both twins for each pair embeds every clip thousands of times an epoch. The twins share their weights, so a
clip has one embedding however many pairs it stands in: clips are dealt into blocks, two blocks are embedded together,
and every pair between them is one entry of a distance matrix.

                 block 0   block 1   block 2
    block 0         a         A         B        step A takes blocks 0 and 1, and with them their own pairs a and b
    block 1                   b         C        step B takes 0 and 2, and the own pairs c of block 2
    block 2                             c        step C takes 1 and 2

Each of the N(N-1)/2 pairs is in exactly one step. K blocks embed every clip K-1 times an epoch, instead of N-1 times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one optimiser step looks at.

    Attributes:
        clips: int64 [n], positions of the clips to embed.
        counts: float32 [n, n], how often the pair (row, column) counts in this step; zero on and below the diagonal.
            None where every pair counts once.
    """

    clips: Tensor
    counts: Tensor | None


def block_steps(num_clips: int, *, block_size: int, generator: torch.Generator) -> Iterator[Step]:
    """All pairs of clips, each in exactly one step, in random order.

    Args:
        num_clips: N, at least 2.
        block_size: clips in a block, about; the blocks of an epoch differ by at most one clip.
        generator: draws the blocks and the order of the steps.
    """
    num_blocks = max(1, round(num_clips / block_size))
    blocks = torch.randperm(num_clips, generator=generator).tensor_split(num_blocks)
    couples: list[tuple[int, ...]] = [*combinations(range(num_blocks), 2)] or [(0,)]
    order = torch.randperm(len(couples), generator=generator)
    own_pairs_done: set[int] = set()
    for couple in (couples[i] for i in order):
        clips = torch.cat([blocks[block] for block in couple])
        counts = torch.ones(len(clips), len(clips)).triu(1)
        start = 0
        for block in couple:
            end = start + len(blocks[block])
            if block in own_pairs_done:
                counts[start:end, start:end] = 0.0
            own_pairs_done.add(block)
            start = end
        yield Step(clips=clips, counts=counts)
