"""From distance to the share of right hits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from soundalike.evaluation.ranking import NO_NEIGHBOUR, Ranking
from soundalike.training.calibrate import calibrate


def ranking(distances: ArrayLike, hits: ArrayLike) -> Ranking:
    """Of every query its neighbours' distances and whether they are right; infinite: no neighbour."""
    neighbour_distances = np.asarray(distances, np.float32)
    num = len(neighbour_distances)
    return Ranking(
        average_precision=np.zeros(num),
        reciprocal_rank=np.zeros(num),
        precision=np.zeros(neighbour_distances.shape),
        num_relevant=np.ones(num, np.int64),
        num_ranked=np.ones(num, np.int64),
        neighbours=np.where(np.isfinite(neighbour_distances), 0, NO_NEIGHBOUR),
        neighbour_distances=neighbour_distances,
        neighbour_hits=np.asarray(hits, np.bool_),
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), num_queries=st.integers(1, 30), k=st.integers(1, 10))
def test_falls_with_distance_and_stays_a_share(seed: int, num_queries: int, k: int) -> None:
    random = np.random.default_rng(seed)
    distances = np.sort(random.gamma(2.0, size=(num_queries, k)), axis=1)
    curve = calibrate(
        ranking(distances, random.random((num_queries, k)) < 0.4), distance="euclidean", source="test"
    )
    assert curve is not None
    assert (np.diff(curve.distances) > 0).all()
    assert (np.diff(curve.shares) <= 1e-12).all()
    assert min(curve.shares) >= 0
    assert max(curve.shares) <= 1
    assert curve.distances[0] == pytest.approx(distances.min(), rel=1e-6)
    assert curve.distances[-1] == pytest.approx(distances.max(), rel=1e-6)


def test_finds_the_share_that_was_put_in() -> None:
    random = np.random.default_rng(0)
    distances = np.sort(random.uniform(0, 2, size=(2000, 10)), axis=1)
    right = random.random(distances.shape) < 1 - distances / 2
    curve = calibrate(ranking(distances, right), distance="cosine", source="test")
    assert curve is not None
    np.testing.assert_allclose(curve.shares[1:-1], 1 - np.array(curve.distances[1:-1]) / 2, atol=0.1)
    assert (curve.distance, curve.source) == ("cosine", "test")


def test_perfect_separation_is_a_step() -> None:
    distances = [[0.1, 0.2, 0.8, 0.9]] * 3
    curve = calibrate(ranking(distances, [[True, True, False, False]] * 3), distance="euclidean", source="")
    assert curve is not None
    shares = dict(zip(np.round(curve.distances, 3), curve.shares, strict=True))
    assert shares[0.1] == shares[0.2] == 1
    assert shares[0.8] == shares[0.9] == 0


def test_equal_distances_give_one_point_with_their_share() -> None:
    curve = calibrate(ranking([[0.5] * 4], [[True, False, False, False]]), distance="euclidean", source="")
    assert curve is not None
    assert (curve.distances, curve.shares) == ((0.5,), (0.25,))


def test_places_without_a_neighbour_do_not_count() -> None:
    distances = [[0.5, np.inf], [0.6, np.inf]]
    curve = calibrate(ranking(distances, [[True, False], [True, False]]), distance="euclidean", source="")
    assert curve is not None
    assert set(curve.shares) == {1.0}
    assert max(curve.distances) == pytest.approx(0.6)


def test_nothing_found_gives_no_curve() -> None:
    assert calibrate(ranking([[np.inf]], [[False]]), distance="euclidean", source="") is None
