"""The watch for collapse, on embeddings made for it."""

from __future__ import annotations

import pytest
import torch

from soundalike.training.collapse import Health, measure_health

LABELS = torch.arange(40) % 4


def corners(distance: float, *, dim: int = 8) -> torch.Tensor:
    """Every label on an axis of its own, `distance` from every other label."""
    return torch.nn.functional.one_hot(LABELS, dim).float() * distance / 2**0.5


@pytest.mark.parametrize("margin", [0.5, 1.0, 20.0])
def test_spread_is_the_mean_distance_of_labels_in_margins(margin: float) -> None:
    health = measure_health(corners(0.7 * margin), LABELS, margin=margin)
    assert health.spread == pytest.approx(0.7, rel=1e-5)
    assert health.dead_units == 0.5  # four axes of eight are used
    assert health.complaint() is None


def test_one_point_is_a_collapse() -> None:
    health = measure_health(torch.ones(40, 8), LABELS, margin=1.0)
    assert health.spread == pytest.approx(0, abs=1e-6)
    assert (health.complaint() or "").startswith("collapsing: ")


def test_units_that_never_fire_are_counted() -> None:
    health = measure_health(corners(1.0, dim=16), LABELS, margin=1.0)
    assert health.dead_units == 0.75
    complaint = health.complaint() or ""
    assert "75% of the output units are zero for every clip" in complaint
    assert "--set loss.margin=" in complaint


def test_embeddings_that_are_no_numbers_are_noticed() -> None:
    health = measure_health(torch.full((40, 8), torch.nan), LABELS, margin=1.0)
    assert (health.complaint() or "").startswith("diverged: ")


def test_one_label_has_no_spread() -> None:
    health = measure_health(torch.rand(10, 4), torch.zeros(10, dtype=torch.int64), margin=1.0)
    assert health.spread == 0.0


def test_borders() -> None:
    assert Health(dead_units=0.5, spread=0.1).complaint() is None
    assert Health(dead_units=0.51, spread=0.1).complaint() is not None
    assert Health(dead_units=0.0, spread=0.099).complaint() is not None


def test_measuring_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    measure_health(corners(1.0), LABELS, margin=1.0)
    assert torch.equal(torch.get_rng_state(), before)
