"""Places for embeddings in the plane, so that what sounds alike lies together.

t-SNE places a sample; every other embedding goes among those of the sample that it is nearest to. So a large library
takes little longer than the sample, and a recording that comes later finds its place while all others keep theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike.config import Distance

SAMPLE = 5_000
PERPLEXITY = 30.0
EARLY_ITERATIONS, ITERATIONS = 250, 500
TOLD_EVERY = 10
# Among how many of the sample another embedding goes.
NUM_NEIGHBOURS = 8
BLOCK = 4096
# t-SNE says nothing of fewer.
FEWEST = 5

# Told the work done and all the work.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The embeddings that t-SNE placed.

    Attributes:
        embeddings: float32 [item, dim].
        places: float32 [item, 2], without units.
    """

    embeddings: NDArray[np.float32]
    places: NDArray[np.float32]


def fit(embeddings: NDArray[np.float32], *, distance: Distance, seed: int = 0, progress: Progress) -> Sample:
    """Place embeddings by t-SNE.

    Args:
        embeddings: float32 [item, dim].
        distance: the neighbourhood to keep; "cosine" compares directions.
        seed: of the optimisation.
        progress: told the iterations done, and all of them.
    """
    points = _comparable(embeddings, distance)
    if len(points) < FEWEST or not np.ptp(points, axis=0).any():
        circle = np.linspace(0, 2 * np.pi, len(points), endpoint=False)
        places = np.stack([np.cos(circle), np.sin(circle)], axis=1).astype(np.float32)
        return Sample(embeddings=embeddings, places=places)
    from openTSNE import TSNEEmbedding, affinity, initialization

    done = 0
    total = EARLY_ITERATIONS + ITERATIONS

    def tell(iteration: int, _error: float, _places: object) -> None:
        progress(min(total, done + iteration), total)

    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    affinities = affinity.PerplexityBasedNN(points, perplexity=perplexity, n_jobs=1, random_state=seed)
    start = (
        initialization.pca(points, random_state=seed)
        if points.shape[1] >= 2
        else initialization.random(len(points), random_state=seed)
    )
    placed = TSNEEmbedding(start, affinities, n_jobs=1, random_state=seed)
    told = {"callbacks": tell, "callbacks_every_iters": TOLD_EVERY}
    placed = placed.optimize(n_iter=EARLY_ITERATIONS, exaggeration=12, momentum=0.5, **told)
    done = EARLY_ITERATIONS
    placed = placed.optimize(n_iter=ITERATIONS, momentum=0.8, **told)
    return Sample(embeddings=embeddings, places=np.asarray(placed, dtype=np.float32))


def place(
    embeddings: NDArray[np.float32], sample: Sample, *, distance: Distance, progress: Progress
) -> NDArray[np.float32]:
    """Place embeddings among those of a sample: the mean of their nearest ones, the nearer the weightier.

    Args:
        embeddings: float32 [item, dim].
        sample: what t-SNE placed.
        distance: as for `fit`.
        progress: told the embeddings done, and all of them.
    Returns:
        float32 [item, 2].
    """
    known, others = _comparable(sample.embeddings, distance), _comparable(embeddings, distance)
    lengths = (known**2).sum(axis=1)
    places = np.empty((len(others), 2), np.float32)
    num_neighbours = min(NUM_NEIGHBOURS, len(known))
    for first in range(0, len(others), BLOCK):
        block = others[first : first + BLOCK]
        squared = np.maximum(lengths + (block**2).sum(axis=1)[:, None] - 2 * block @ known.T, 0)
        nearest = np.argpartition(squared, num_neighbours - 1, axis=1)[:, :num_neighbours]
        near = np.take_along_axis(squared, nearest, axis=1)
        # As far again as the nearest one counts a third as much; one that coincides counts alone.
        scale = np.maximum(near.min(axis=1, keepdims=True), 1e-12)
        weights = np.exp(-(near / scale - 1))
        weights /= weights.sum(axis=1, keepdims=True)
        places[first : first + BLOCK] = (weights[..., None] * sample.places[nearest]).sum(axis=1)
        progress(min(len(others), first + BLOCK), len(others))
    return places


def _comparable(embeddings: NDArray[np.float32], distance: Distance) -> NDArray[np.float32]:
    """Embeddings whose euclidean distance is the one wanted."""
    if distance == "euclidean":
        return np.ascontiguousarray(embeddings, np.float32)
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.where(lengths == 0, 1, lengths), np.float32)
