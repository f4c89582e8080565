"""Batches of several clips of each of several labels."""

from __future__ import annotations

import pytest
import torch

from soundalike.pairs import label_batches

LABELS = torch.tensor([0] * 7 + [1] * 12 + [3] * 1 + [4] * 20)


def drawn(*, clips_a_label: int = 2, batch_size: int = 8, seed: int = 0) -> list[torch.Tensor]:
    steps = label_batches(
        LABELS,
        clips_a_label=clips_a_label,
        batch_size=batch_size,
        generator=torch.Generator().manual_seed(seed),
    )
    return [step.clips for step in steps]


@pytest.mark.parametrize("clips_a_label", [1, 2, 5, 100])
@pytest.mark.parametrize("batch_size", [2, 8, 500])
def test_every_clip_is_in_one_batch(clips_a_label: int, batch_size: int) -> None:
    batches = drawn(clips_a_label=clips_a_label, batch_size=batch_size)
    assert sorted(torch.cat(batches).tolist()) == list(range(len(LABELS)))
    sizes = [len(batch) for batch in batches]
    assert max(sizes) - min(sizes) <= 1
    assert len(batches) == max(1, round(len(LABELS) / batch_size))


def test_no_label_drowns_the_others_and_its_clips_take_turns() -> None:
    seen = set()
    for seed in range(30):
        steps = label_batches(
            LABELS,
            clips_a_label=2,
            batch_size=8,
            most_of_a_label=5,
            generator=torch.Generator().manual_seed(seed),
        )
        clips = torch.cat([step.clips for step in steps])
        assert LABELS[clips].bincount().tolist() == [5, 5, 0, 1, 5]
        assert len(clips.unique()) == len(clips)
        seen |= set(clips.tolist())
    assert seen == set(range(len(LABELS)))


def test_clips_of_a_label_stand_together() -> None:
    fellows = 0
    for batch in drawn():
        counts = LABELS[batch].bincount()
        fellows += int((counts[counts > 1]).sum())
    assert fellows > 0.85 * len(LABELS)


def test_all_pairs_count() -> None:
    steps = label_batches(LABELS, clips_a_label=2, batch_size=8, generator=torch.Generator())
    assert all(step.counts is None for step in steps)


def test_same_seed_same_batches_and_another_seed_others() -> None:
    first, again, other = (torch.cat(drawn(seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
