"""The contrastive loss against its slow twin, and its gradient."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reference import contrastive as reference
from soundalike.losses import contrastive_loss, squared_distances
from soundalike.pairs import unbalanced_epoch


def embeddings(
    num: int, dim: int, *, seed: int, scale: float = 1.0, dtype: torch.dtype = torch.float64
) -> torch.Tensor:
    return scale * torch.randn(num, dim, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    num=st.integers(2, 9),
    dim=st.integers(1, 6),
    scale=st.sampled_from([0.05, 0.5, 3.0]),
    margin=st.sampled_from([0.3, 1.0, 4.0]),
)
def test_matches_one_pair_at_a_time(seed: int, num: int, dim: int, scale: float, margin: float) -> None:
    points = embeddings(num, dim, seed=seed, scale=scale)
    labels = [clip % 3 for clip in range(num)]
    similar = torch.tensor([[a == b for b in labels] for a in labels])
    losses = contrastive_loss(squared_distances(points, points), similar, margin=margin)
    for i in range(num):
        for j in range(num):
            expected = reference.pair_loss(
                points[i].tolist(), points[j].tolist(), similar=labels[i] == labels[j], margin=margin
            )
            assert losses[i, j].item() == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_squared_distances_match_loops() -> None:
    left, right = embeddings(4, 3, seed=1), embeddings(5, 3, seed=2)
    squared = squared_distances(left, right)
    for i in range(4):
        for j in range(5):
            expected = reference.distance(left[i].tolist(), right[j].tolist()) ** 2
            assert squared[i, j].item() == pytest.approx(expected, rel=1e-9)


def test_squared_distances_are_never_negative() -> None:
    points = 1000 + embeddings(50, 8, seed=3, scale=1e-4, dtype=torch.float32)
    assert (squared_distances(points, points) >= 0).all()


@pytest.mark.parametrize("margin", [0.5, 2.0])
def test_gradient_matches_finite_differences(margin: float) -> None:
    similar = torch.tensor(
        [[True, False, False], [False, True, True], [False, False, True], [True, False, False]]
    )

    def loss(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return contrastive_loss(squared_distances(left, right), similar, margin=margin)

    left = embeddings(4, 5, seed=4, scale=0.5).requires_grad_()
    right = embeddings(3, 5, seed=5, scale=0.5).requires_grad_()
    assert torch.autograd.gradcheck(loss, (left, right))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("point", [0.0, 1.0, 123.456])
def test_equal_embeddings_of_different_labels_have_a_finite_gradient(
    dtype: torch.dtype, point: float
) -> None:
    points = torch.full((3, 7), point, dtype=dtype, requires_grad=True)
    similar = torch.eye(3, dtype=torch.bool)
    losses = contrastive_loss(squared_distances(points, points), similar, margin=1.0)
    losses.sum().backward()
    assert losses[0, 1].item() == pytest.approx(0.5)
    assert points.grad is not None
    assert points.grad.isfinite().all()


def test_negatives_beyond_the_margin_count_nothing_and_similar_pairs_always_do() -> None:
    squared = torch.tensor([0.25, 4.0])
    assert contrastive_loss(squared, torch.tensor([False, False]), margin=1.0).tolist() == [0.125, 0.0]
    assert contrastive_loss(squared, torch.tensor([True, True]), margin=1.0).tolist() == [0.125, 2.0]


@pytest.mark.parametrize(("num", "block_size"), [(23, 5), (23, 50), (40, 7)])
def test_sum_over_the_blocks_of_an_epoch_is_the_sum_over_pairs(num: int, block_size: int) -> None:
    points = embeddings(num, 16, seed=6, scale=0.3, dtype=torch.float32)
    labels = torch.tensor([(clip * clip) % 5 for clip in range(num)])
    total = 0.0
    for step in unbalanced_epoch(labels, block_size=block_size, generator=torch.Generator().manual_seed(7)):
        chosen, kinds = points[step.clips], labels[step.clips]
        losses = contrastive_loss(
            squared_distances(chosen, chosen), kinds[:, None] == kinds[None, :], margin=1.0
        )
        total += (losses * step.counts).sum().item()
    assert total == pytest.approx(
        reference.summed_loss(points.tolist(), labels.tolist(), margin=1.0), rel=1e-4
    )
