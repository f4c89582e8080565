"""Expectations of a random ranking against every order there is, and against many random ones."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundalike.evaluation.chance import (
    expected_average_precision,
    expected_precision_at,
    expected_reciprocal_rank,
)
from soundalike.evaluation.metrics import average_precision, precision_at, reciprocal_rank


@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 2), (2, 2), (1, 7), (3, 8), (7, 8), (5, 5)])
def test_equals_the_mean_over_every_placement_of_the_hits(m: int, n: int) -> None:
    placements = np.array([[rank in chosen for rank in range(n)] for chosen in combinations(range(n), m)])
    num_relevant, num_ranked = np.array([m]), np.array([n])
    close = {"rtol": 1e-12}
    np.testing.assert_allclose(
        expected_average_precision(num_relevant, num_ranked), average_precision(placements).mean(), **close
    )
    np.testing.assert_allclose(
        expected_reciprocal_rank(num_relevant, num_ranked), reciprocal_rank(placements).mean(), **close
    )
    np.testing.assert_allclose(
        expected_precision_at(num_relevant, num_ranked, 10)[0],
        precision_at(placements, 10).mean(axis=0),
        **close,
    )


def test_lies_within_the_error_of_a_simulation() -> None:
    num_draws, m, n = 4000, 12, 300
    order = np.argsort(np.random.default_rng(0).random((num_draws, n)), axis=1)
    hits = order < m
    for values, expected in (
        (average_precision(hits), expected_average_precision(np.array([m]), np.array([n]))[0]),
        (reciprocal_rank(hits), expected_reciprocal_rank(np.array([m]), np.array([n]))[0]),
        (precision_at(hits, 30)[:, 29], expected_precision_at(np.array([m]), np.array([n]), 30)[0, 29]),
    ):
        standard_error = values.std() / np.sqrt(num_draws)
        assert abs(values.mean() - expected) < 4 * standard_error


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=20))
def test_queries_do_not_disturb_one_another(sizes: list[tuple[int, int]]) -> None:
    num_relevant = np.array([min(pair) for pair in sizes])
    num_ranked = np.array([max(pair) for pair in sizes])
    for expectation in (expected_average_precision, expected_reciprocal_rank):
        together = expectation(num_relevant, num_ranked)
        alone = [expectation(num_relevant[[index]], num_ranked[[index]])[0] for index in range(len(sizes))]
        np.testing.assert_array_equal(together, alone)
        assert (np.isnan(together) == (num_relevant == 0)).all()
        assert np.all((together[num_relevant > 0] > 0) & (together[num_relevant > 0] <= 1 + 1e-12))
