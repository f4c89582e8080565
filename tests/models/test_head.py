"""A head beside frozen embeddings: what its blend does to distances."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from soundalike.models import BlendedHead, make_head
from soundalike.models.head import whitening_within


def blended(
    *, share: float, widths: tuple[int, ...] = (7, 5), seed: int = 0, whiten: bool = False
) -> BlendedHead:
    generator = torch.Generator().manual_seed(seed)
    frozen = 3.0 + torch.randn(20, 6, generator=generator)
    layers = make_head(6, widths=widths, dropout=0.3, generator=generator)
    labels = torch.arange(20) % 4 if whiten else None
    head = BlendedHead.standardised_by(frozen, layers, labels=labels, num_clips=20)
    return head.with_share(share).eval()


def cosine(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cosine_similarity(one, other, dim=1)


@settings(max_examples=40, deadline=None)
@given(
    share=st.floats(0, 1),
    seed=st.integers(0, 1000),
    widths=st.sampled_from([(5,), (7, 5), (9, 8, 3)]),
    loudness=st.floats(0.01, 100),
    whiten=st.booleans(),
)
def test_distances_are_blended_as_the_share_says(
    share: float, seed: int, widths: tuple[int, ...], loudness: float, whiten: bool
) -> None:
    head = blended(share=share, widths=widths, seed=seed, whiten=whiten)
    generator = torch.Generator().manual_seed(seed + 1)
    one, other = torch.randn(2, 4, 6, generator=generator)
    with torch.no_grad():
        left, right = head(one), head(loudness * other)
        centred = [torch.nn.functional.normalize(side, dim=1) - head.mean for side in (one, other)]
        heads = [head.layers(side / head.scale) for side in centred]
    bases = [one, other] if head.whitening is None else [side @ head.whitening for side in centred]
    assert (head.whitening is not None) == whiten
    base, learned = cosine(*bases), cosine(*heads)
    wanted = share * base + (1 - share) * learned
    np.testing.assert_allclose(left.norm(dim=1), 1, atol=1e-5)
    np.testing.assert_allclose(cosine(left, right), wanted, atol=1e-5)
    squared = ((left - right) ** 2).sum(1)
    np.testing.assert_allclose(squared, share * (2 - 2 * base) + (1 - share) * (2 - 2 * learned), atol=1e-5)


def test_all_frozen_ranks_as_the_backbone_does() -> None:
    head = blended(share=1.0)
    frozen = torch.randn(5, 6, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        embeddings = head(frozen)
    np.testing.assert_allclose(embeddings[:, :6], torch.nn.functional.normalize(frozen, dim=1), atol=1e-6)
    assert not embeddings[:, 6:].any()


def test_another_share_leaves_the_layers_as_they_are() -> None:
    head = blended(share=0.5)
    other = head.with_share(0.2)
    assert other.layers is head.layers
    assert (float(head.share), float(other.share)) == pytest.approx((0.5, 0.2))
    assert (other.num_frozen, other.dim) == (6, 11)


def test_frozen_embeddings_of_zeros_or_without_spread_stay_finite() -> None:
    layers = make_head(6, widths=(5,), dropout=0.0, generator=torch.Generator().manual_seed(0))
    for labels in (None, torch.tensor([0, 0, 1, 1])):
        head = BlendedHead.standardised_by(torch.ones(4, 6), layers, labels=labels, num_clips=4).eval()
        with torch.no_grad():
            assert torch.isfinite(head(torch.cat([torch.zeros(1, 6), torch.ones(1, 6)]))).all()


def test_whitening_makes_the_spread_within_labels_alike_where_there_are_many_clips() -> None:
    generator = torch.Generator().manual_seed(0)
    spread = torch.tensor([5.0, 1.0, 0.2])
    labels = torch.arange(3000) % 3
    windows = 10 * torch.randn(3, 3, generator=generator)[labels]
    windows = windows + spread * torch.randn(3000, 3, generator=generator)
    whitened = windows @ whitening_within(windows, labels, num_clips=3_000_000)
    rest = [whitened[labels == label] - whitened[labels == label].mean(0) for label in range(3)]
    covariance = torch.cat(rest).T.cov()
    np.testing.assert_allclose(covariance / covariance[0, 0], np.eye(3), atol=0.01)
    few = windows @ whitening_within(windows, labels, num_clips=1)
    spreads = few[labels == 0].std(0)
    assert spreads[0] > 3 * spreads[2]


def test_first_weights_are_drawn_from_the_generator_alone() -> None:
    state = torch.random.get_rng_state()
    one, same, other = (blended(share=0.5, seed=seed).layers[0].weight for seed in (4, 4, 5))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(state, torch.random.get_rng_state())
