"""How far windows of a library are from a query: exactly, or quickly with a bound on the error.

The distance to an example is that to its nearest window. The score of a window is the mean distance to the plus
examples less half the mean distance to the minus examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike.config import Distance
from soundalike.library.query import Example, Query
from soundalike.store import pairwise_distances

# Windows compared at once; the matrix of distances stays small beside the embeddings.
GALLERY_BLOCK = 65_536
QUERY_BLOCK = 256
# Squared lengths below this have lost their digits in float32.
TINY = 1e-30


def exact_scores(query: Query, embeddings: NDArray[np.float32], distance: Distance) -> NDArray[np.float32]:
    """The score of every window, exact to float32 rounding; float32 [window]."""
    scores = np.zeros(len(embeddings))
    for example, weight in _weighted(query):
        scores += weight * _to_example(example, embeddings, distance)
    return scores.astype(np.float32)


@dataclass(frozen=True)
class RoughScores:
    """Something that grows with the score, for every window, and how far it may be off.

    Attributes:
        scores: float32 [window].
        errors: float32 [window], an upper bound.
    """

    scores: NDArray[np.float32]
    errors: NDArray[np.float32]

    def candidates(self, n: int) -> NDArray[np.int64]:
        """Windows among which are the n with the smallest scores, ties at the end included."""
        if n >= len(self.scores):
            return np.arange(len(self.scores))
        worst = self.scores + self.errors
        return np.flatnonzero(self.scores - self.errors <= np.partition(worst, n - 1)[n - 1])


def rough_scores(
    query: Query,
    embeddings: NDArray[np.float32],
    distance: Distance,
    lengths_squared: NDArray[np.float32] | None = None,
) -> RoughScores:
    """Scores in float32, from products of matrices.

    Args:
        query: with one plus example and no minus example, squared distances serve as scores.
        embeddings: float32 [window, dim].
        distance: "euclidean" or "cosine".
        lengths_squared: float32 [window], squared lengths of the embeddings, if they are known.
    """
    if lengths_squared is None:
        lengths_squared = squared_lengths(embeddings)
    unit_error = np.float32((embeddings.shape[1] + 8) * np.finfo(np.float32).eps)
    if distance == "cosine":
        # A vector of length 0 has distance 1 to everything.
        is_tiny = lengths_squared < TINY
        scale = (1 / np.sqrt(np.where(is_tiny, 1, lengths_squared))).astype(np.float32)
        scores = np.zeros(len(embeddings), np.float32)
        for example, weight in _weighted(query):
            asked = _unit(example.embeddings)
            scores += np.float32(weight) * (1 - _largest_product(embeddings, asked) * scale)
        errors: NDArray[np.float32] = np.where(is_tiny, 4, 4 * unit_error).astype(np.float32)
        return RoughScores(scores, errors)

    error = np.zeros(len(embeddings), np.float32)
    scores = np.zeros(len(embeddings), np.float32)
    is_simple = len(query.plus) == 1 and not query.minus
    for example, weight in _weighted(query):
        squared = _smallest_squared(embeddings, lengths_squared, example.embeddings)
        off = (unit_error * (lengths_squared + squared_lengths(example.embeddings).max())).astype(np.float32)
        if is_simple:
            return RoughScores(squared, off)
        scores += np.float32(weight) * np.sqrt(np.maximum(squared, 0))
        error += np.float32(abs(weight)) * np.sqrt(off)
    error += unit_error * np.abs(scores)
    return RoughScores(scores, error)


def squared_lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared length of every vector; float32 [vector]."""
    return np.asarray(np.einsum("ij,ij->i", vectors, vectors))


def _weighted(query: Query) -> list[tuple[Example, float]]:
    plus = [(one, 1 / len(query.plus)) for one in query.plus]
    return plus + [(one, -0.5 / len(query.minus)) for one in query.minus]


def _to_example(example: Example, embeddings: NDArray[np.float32], distance: Distance) -> NDArray[np.float64]:
    nearest = np.full(len(embeddings), np.inf)
    for start in range(0, len(embeddings), GALLERY_BLOCK):
        block = slice(start, start + GALLERY_BLOCK)
        for first in range(0, len(example.embeddings), QUERY_BLOCK):
            asked = example.embeddings[first : first + QUERY_BLOCK]
            found = pairwise_distances(asked, embeddings[block], distance).min(axis=0)
            nearest[block] = np.minimum(nearest[block], found)
    return nearest


def _smallest_squared(
    embeddings: NDArray[np.float32], lengths_squared: NDArray[np.float32], asked: NDArray[np.float32]
) -> NDArray[np.float32]:
    if len(asked) == 1:
        products = embeddings @ (-2 * asked[0])
        products += lengths_squared
        products += asked[0] @ asked[0]
        return np.asarray(products)
    smallest = np.full(len(embeddings), np.inf, np.float32)
    for first in range(0, len(asked), QUERY_BLOCK):
        some = asked[first : first + QUERY_BLOCK]
        products = embeddings @ (-2 * some.T)
        products += squared_lengths(some)
        np.minimum(smallest, products.min(axis=1), out=smallest)
    return smallest + lengths_squared


def _largest_product(embeddings: NDArray[np.float32], asked: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(asked) == 1:
        return np.asarray(embeddings @ asked[0])
    largest = np.full(len(embeddings), -np.inf, np.float32)
    for first in range(0, len(asked), QUERY_BLOCK):
        products = embeddings @ asked[first : first + QUERY_BLOCK].T
        np.maximum(largest, products.max(axis=1), out=largest)
    return largest


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    return (exact / np.where(lengths == 0, 1, lengths)).astype(np.float32)
