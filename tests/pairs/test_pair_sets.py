"""Which pairs an epoch visits: counted one by one."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from soundalike.pairs import (
    EPOCHS,
    PairSet,
    balanced_epoch,
    block_steps,
    draw_balanced_pairs,
    unbalanced_epoch,
)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def visited(steps) -> Counter[tuple[int, int]]:
    """How often every pair of clips counts over an epoch."""
    pairs: Counter[tuple[int, int]] = Counter()
    for step in steps:
        assert len(set(step.clips.tolist())) == len(step.clips)
        assert not step.counts.tril().any()
        for row, column in step.counts.nonzero().tolist():
            pair = sorted((int(step.clips[row]), int(step.clips[column])))
            pairs[pair[0], pair[1]] += int(step.counts[row, column])
    return pairs


def all_pairs(num_clips: int) -> Counter[tuple[int, int]]:
    return Counter(combinations(range(num_clips), 2))


label_lists = st.lists(st.integers(0, 4), min_size=2, max_size=40).filter(lambda labels: len(set(labels)) > 1)


@settings(max_examples=30, deadline=None)
@given(num_clips=st.integers(2, 40), block_size=st.integers(1, 50), seed=st.integers(0, 1000))
def test_unbalanced_epoch_visits_every_pair_once(num_clips: int, block_size: int, seed: int) -> None:
    labels = torch.arange(num_clips) % 3
    steps = unbalanced_epoch(labels, block_size=block_size, generator=generator(seed))
    assert visited(steps) == all_pairs(num_clips)


@settings(max_examples=25, deadline=None)
@given(num_clips=st.integers(2, 60), block_size=st.integers(4, 30), seed=st.integers(0, 1000))
def test_a_step_holds_about_two_blocks(num_clips: int, block_size: int, seed: int) -> None:
    sizes = [len(s.clips) for s in block_steps(num_clips, block_size=block_size, generator=generator(seed))]
    # Rounding the number of blocks makes a block at most half as large again, and one clip more for the rest.
    assert max(sizes) <= 2 * (1.5 * block_size + 1)
    assert max(sizes) - min(sizes) <= 2


@settings(max_examples=25, deadline=None)
@given(labels=label_lists, block_size=st.integers(1, 50), seed=st.integers(0, 1000))
def test_balanced_epoch_has_every_positive_once_and_as_many_negatives(
    labels: list[int], block_size: int, seed: int
) -> None:
    pairs = visited(balanced_epoch(torch.tensor(labels), block_size=block_size, generator=generator(seed)))
    positives = {pair: count for pair, count in pairs.items() if labels[pair[0]] == labels[pair[1]]}
    negatives = {pair: count for pair, count in pairs.items() if labels[pair[0]] != labels[pair[1]]}
    assert positives == {p: 1 for p in combinations(range(len(labels)), 2) if labels[p[0]] == labels[p[1]]}
    assert sum(negatives.values()) == len(positives)


@settings(max_examples=40, deadline=None)
@given(labels=label_lists, seed=st.integers(0, 1000))
def test_drawn_negatives_keep_a_clip_of_their_positive(labels: list[int], seed: int) -> None:
    first, second = draw_balanced_pairs(torch.tensor(labels), generator=generator(seed))
    half = len(first) // 2
    assert len(first) == len(second) == 2 * half
    for index in range(half):
        positive = {int(first[index]), int(second[index])}
        anchor, other = int(first[half + index]), int(second[half + index])
        assert anchor in positive
        assert labels[anchor] != labels[other]


def test_negatives_are_drawn_over_all_clips_of_other_labels() -> None:
    labels = torch.tensor([0] * 30 + [1] * 20 + [2] * 10)
    first, second = draw_balanced_pairs(labels, generator=generator(0))
    half = len(first) // 2
    anchors, others = first[half:], second[half:]
    of_label_0 = others[labels[anchors] == 0]
    counts = torch.bincount(of_label_0, minlength=60)[30:]
    assert counts.sum() == 30 * 29 / 2
    expected = counts.sum() / 30
    chi_squared = ((counts - expected) ** 2 / expected).sum().item()
    # 29 degrees of freedom: 59 is the 99.9th percentile.
    assert chi_squared < 59
    assert counts.min() > 0
    # Either clip of a positive pair may be the one that is kept.
    kept_first = (anchors == first[:half]).double().mean().item()
    assert abs(kept_first - 0.5) < 4 * 0.5 / half**0.5


@pytest.mark.parametrize("kind", ["balanced", "unbalanced"])
def test_seed_decides_and_the_next_epoch_differs(kind: PairSet) -> None:
    labels = torch.arange(24) % 4

    def trace(random: torch.Generator) -> list[tuple[list[int], list[list[float]]]]:
        steps = EPOCHS[kind](labels, block_size=6, generator=random)
        return [(step.clips.tolist(), step.counts.tolist()) for step in steps]

    one, same, other = generator(1), generator(1), generator(2)
    first_epoch = trace(one)
    assert trace(same) == first_epoch
    assert trace(other) != first_epoch
    assert trace(one) != first_epoch


def test_next_balanced_epoch_draws_other_negatives() -> None:
    labels, random = torch.arange(24) % 4, generator(3)
    epochs = [visited(balanced_epoch(labels, block_size=6, generator=random)) for _ in range(2)]
    assert epochs[0] != epochs[1]


def test_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    visited(balanced_epoch(torch.arange(24) % 4, block_size=6, generator=generator(4)))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_clip_is_embedded_once_for_every_other_block() -> None:
    steps = list(block_steps(40, block_size=10, generator=generator(5)))
    times = Counter(clip for step in steps for clip in step.clips.tolist())
    assert len(steps) == 6
    assert set(times.values()) == {3}
