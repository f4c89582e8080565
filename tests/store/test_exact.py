"""The reference of every store against three lines of NumPy, on vectors that are not unit vectors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from soundalike.config import Distance
from soundalike.store.exact import QUERY_BLOCK, nearest, pairwise_distances

DISTANCES: tuple[Distance, ...] = ("euclidean", "cosine")


def _slow_distance(left: NDArray[np.floating], right: NDArray[np.floating], distance: Distance) -> float:
    left, right = left.astype(np.longdouble), right.astype(np.longdouble)
    if distance == "euclidean":
        return float(np.sqrt(np.sum((left - right) ** 2)))
    norms = np.sqrt(np.sum(left**2)) * np.sqrt(np.sum(right**2))
    return 1.0 if norms == 0 else float(1 - np.sum(left * right) / norms)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_matches_one_pair_at_a_time(distance: Distance, scale: float) -> None:
    generator = np.random.default_rng(0)
    queries = (scale * (3 + generator.normal(size=(7, 5)))).astype(np.float32)
    gallery = (scale * generator.normal(size=(11, 5))).astype(np.float32)
    expected = [[_slow_distance(query, item, distance) for item in gallery] for query in queries]
    np.testing.assert_allclose(pairwise_distances(queries, gallery, distance), expected, rtol=1e-6)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("step", [1e-1, 1e-3, 1e-5])
def test_keeps_its_digits_between_near_duplicates(distance: Distance, step: float) -> None:
    generator = np.random.default_rng(1)
    vector = 100 + generator.normal(size=128)
    moved = vector + step * generator.normal(size=128)
    expected = _slow_distance(vector, moved, distance)
    # The slow cosine is the poorer one here: it subtracts two numbers near 1.
    rtol = 1e-6 if distance == "euclidean" else 1e-6 + 1e-18 / expected
    found = pairwise_distances(vector[None], moved[None], distance)
    np.testing.assert_allclose(found, [[expected]], rtol=rtol)


@pytest.mark.parametrize("distance", DISTANCES)
def test_identical_vectors_have_distance_zero_everywhere_in_the_matrix(distance: Distance) -> None:
    vectors = np.random.default_rng(2).normal(size=(40, 128)).astype(np.float32) * 50
    assert np.all(np.diag(pairwise_distances(vectors, vectors, distance)) == 0)


def test_cosine_of_same_opposite_and_orthogonal_directions() -> None:
    axes = np.array([[2.0, 0.0]])
    gallery = np.array([[0.5, 0.0], [0.0, 9.0], [-3.0, 0.0]])
    np.testing.assert_allclose(pairwise_distances(axes, gallery, "cosine"), [[0.0, 1.0, 2.0]], atol=1e-15)


def test_a_zero_vector_has_cosine_distance_one_to_everything() -> None:
    vectors = np.array([[0.0, 0.0], [1.0, 2.0]])
    np.testing.assert_array_equal(pairwise_distances(vectors, vectors, "cosine"), [[1.0, 1.0], [1.0, 0.0]])


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("num_queries", [0, 1, QUERY_BLOCK - 1, QUERY_BLOCK, QUERY_BLOCK + 3])
def test_nearest_sorts_by_distance_then_index(distance: Distance, num_queries: int) -> None:
    generator = np.random.default_rng(3)
    queries = generator.integers(-1, 2, size=(num_queries, 3)).astype(np.float32)
    gallery = generator.integers(-1, 2, size=(50, 3)).astype(np.float32)  # many equal vectors
    distances, indices = nearest(queries, gallery, 9, distance)
    assert distances.shape == indices.shape == (num_queries, 9)
    to_all = pairwise_distances(queries, gallery, distance)
    for row in range(num_queries):
        expected = sorted(range(50), key=lambda item: (to_all[row, item], item))[:9]
        assert indices[row].tolist() == expected
        assert distances[row].tolist() == to_all[row, expected].tolist()


@pytest.mark.parametrize("distance", DISTANCES)
def test_copies_of_one_vector_tie_wherever_they_stand(distance: Distance) -> None:
    generator = np.random.default_rng(4)
    gallery = np.tile(generator.normal(size=128).astype(np.float32), (67, 1))
    queries = generator.normal(size=(20, 128)).astype(np.float32)
    _, indices = nearest(queries, gallery, 67, distance)
    assert (indices == np.arange(67)).all()


def test_k_larger_than_the_gallery_gives_the_whole_gallery() -> None:
    distances, indices = nearest(np.ones((2, 3)), np.zeros((4, 3)), 10, "euclidean")
    assert distances.shape == (2, 4)
    assert indices.tolist() == [[0, 1, 2, 3]] * 2


def test_an_empty_gallery_gives_no_neighbours() -> None:
    distances, indices = nearest(np.ones((2, 3)), np.empty((0, 3)), 5, "cosine")
    assert distances.shape == indices.shape == (2, 0)
