"""Every loss that a recipe can name, and those of ours against slow twins."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reference import supcon as reference
from soundalike.errors import ConfigError
from soundalike.losses import (
    ContrastiveLoss,
    Loss,
    LossName,
    LossSettings,
    contrastive_loss,
    make_loss,
    squared_distances,
    supervised_contrastive_loss,
)

NUM_LABELS, DIM = 4, 6


def named(kind: str, *, seed: int = 0, **knobs: float) -> Loss:
    return make_loss(
        LossSettings(kind=kind, **knobs),
        num_labels=NUM_LABELS,
        dim=DIM,
        generator=torch.Generator().manual_seed(seed),
    )


def batch(num: int = 16, *, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    embeddings = torch.randn(num, DIM, generator=torch.Generator().manual_seed(seed))
    return embeddings, torch.nn.functional.one_hot(torch.arange(num) % NUM_LABELS, NUM_LABELS).float()


def mixed_shares(num: int, *, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    pure = torch.nn.functional.one_hot(
        torch.randint(NUM_LABELS, (2, num), generator=generator), NUM_LABELS
    ).float()
    own = torch.rand(num, 1, generator=generator).round(decimals=1)
    return own * pure[0] + (1 - own) * pure[1]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), num=st.integers(2, 8), temperature=st.sampled_from([0.07, 0.5, 2.0]))
def test_supcon_matches_one_clip_at_a_time(seed: int, num: int, temperature: float) -> None:
    embeddings = 3 * torch.randn(num, DIM, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    shares = mixed_shares(num, seed=seed).double()
    loss = supervised_contrastive_loss(embeddings, shares, temperature=temperature)
    expected = reference.loss(embeddings.tolist(), shares.tolist(), temperature=temperature)
    assert loss.item() == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_supcon_of_pure_clips_is_that_of_pytorch_metric_learning() -> None:
    from pytorch_metric_learning.losses import SupConLoss

    embeddings, shares = batch()
    ours = supervised_contrastive_loss(embeddings, shares, temperature=0.1)
    assert ours.item() == pytest.approx(
        SupConLoss(temperature=0.1)(embeddings, shares.argmax(1)).item(), rel=1e-5
    )


def test_supcon_without_any_fellow_is_zero_and_has_a_gradient() -> None:
    embeddings = torch.randn(3, DIM, requires_grad=True)
    loss = supervised_contrastive_loss(embeddings, torch.eye(3, NUM_LABELS), temperature=0.1)
    loss.backward()
    assert loss.item() == 0
    assert embeddings.grad is not None
    assert embeddings.grad.abs().sum() == 0


def test_eq_2_as_a_loss_is_the_mean_over_the_pairs_that_count() -> None:
    embeddings, shares = batch(6)
    counts = torch.zeros(6, 6)
    counts[0, 4], counts[1, 2] = 1.0, 3.0
    pairs = contrastive_loss(squared_distances(embeddings, embeddings), shares @ shares.T > 0, margin=4.0)
    expected = (pairs[0, 4] + 3 * pairs[1, 2]) / 4
    loss = ContrastiveLoss(margin=4.0)
    assert loss(embeddings, shares, counts).item() == pytest.approx(expected.item(), rel=1e-6)
    assert loss(embeddings, shares, torch.zeros(6, 6)).item() == 0
    every_pair = pairs.triu(1).sum() / 15
    assert loss(embeddings, shares).item() == pytest.approx(every_pair.item(), rel=1e-6)


@pytest.mark.parametrize("kind", get_args(LossName))
def test_every_loss_pulls_labels_apart(kind: str) -> None:
    embeddings, shares = batch()
    loss = named(kind, margin=1.0)
    points = torch.nn.Parameter(embeddings)
    optimiser = torch.optim.Adam([points, *loss.parameters()], lr=0.05)
    labels = shares.argmax(1)
    same = (labels[:, None] == labels[None, :]) & ~torch.eye(len(labels), dtype=torch.bool)

    def mean_cosines() -> tuple[float, float]:
        directions = torch.nn.functional.normalize(points.detach(), dim=1)
        cosines = directions @ directions.T
        return cosines[same].mean().item(), cosines[labels[:, None] != labels[None, :]].mean().item()

    before, _ = mean_cosines()
    for _ in range(60):
        optimiser.zero_grad()
        loss(points, shares).backward()
        optimiser.step()
    within, between = mean_cosines()
    assert within > before + 0.3
    assert within > between + 0.4


@pytest.mark.parametrize("kind", get_args(LossName))
def test_first_values_are_those_of_the_generator_and_no_others(kind: str) -> None:
    state = torch.get_rng_state()
    first, again, other = named(kind, seed=1), named(kind, seed=1), named(kind, seed=2)
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    learned = dict(first.named_parameters())
    assert all(
        not torch.equal(value, dict(other.named_parameters())[name]) for name, value in learned.items()
    )


def test_auxiliary_cross_entropy_is_added_with_its_weight() -> None:
    embeddings, shares = batch()
    both = named("supcon", auxiliary=0.5)(embeddings, shares)
    parts = named("supcon")(embeddings, shares) + 0.5 * named("cross-entropy")(embeddings, shares)
    assert both.item() == pytest.approx(parts.item(), rel=1e-6)


@pytest.mark.parametrize("knob", ["margin", "temperature", "scale"])
def test_knobs_that_cannot_be(knob: str) -> None:
    with pytest.raises(ConfigError, match=f"loss: '{knob}' is 0.0; it should be over 0"):
        LossSettings(**{knob: 0.0})
    with pytest.raises(ConfigError, match="'auxiliary' is -1; it should not be negative"):
        LossSettings(auxiliary=-1)
