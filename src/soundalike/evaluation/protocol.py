"""The retrieval experiment on embeddings: who searches what, what counts as right, and what came out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from soundalike.config import ClipMode, Distance
from soundalike.data import Clip, recording_key
from soundalike.embedding import EmbeddedClips
from soundalike.errors import DataError, Skipped, UsageError
from soundalike.evaluation import chance
from soundalike.evaluation.interval import bootstrap_interval
from soundalike.evaluation.metrics import mean
from soundalike.evaluation.ranking import BlockMask, Ranking, rank

K_MAX = 30
K = 25  # where the paper's MP^K is largest


@dataclass(frozen=True, kw_only=True)
class LabelScore:
    """Mean values of one label's queries, NaN if none of them is answerable."""

    label: str
    precision_at_k: float
    average_precision: float
    num_queries: int


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One encoder, one distance, one gallery: every value of every query, and the means over them.

    A query with nothing relevant in the gallery is left out of every mean and counted in `num_unanswerable`.

    Attributes:
        queries: the clips that searched.
        gallery: the clips that were searched; the same object as `queries` in a search of a collection with
            itself.
        distance: what ranked the gallery.
        ranking: per-query values and neighbours.
        k: the K of MP^K in tables.
        interval: metric name to the lower and upper end of its 95 % interval; NaN where none can be given.
        precision_interval: float64 [k_max, 2], the interval of MP^K for every K.
        clip: how a clip became one vector, where that is known.
        encoder: what is known of the encoder, as in JSON.
        synonyms: whether labels were first replaced by the names of a synonyms file.
    """

    queries: EmbeddedClips
    gallery: EmbeddedClips
    distance: Distance
    ranking: Ranking
    k: int
    interval: Mapping[str, tuple[float, float]]
    precision_interval: NDArray[np.float64]
    clip: ClipMode | None = None
    encoder: Mapping[str, object] = field(default_factory=dict)
    synonyms: bool = False

    @cached_property
    def query_labels(self) -> tuple[str, ...]:
        """The first label of each query."""
        return tuple(one.label for one in self.queries.clips)

    @cached_property
    def gallery_labels(self) -> tuple[str, ...]:
        """The first label of each gallery clip."""
        return tuple(one.label for one in self.gallery.clips)

    @property
    def is_self_search(self) -> bool:
        """Whether the gallery was searched with its own clips."""
        return self.gallery is self.queries

    @property
    def num_unanswerable(self) -> int:
        """Queries with nothing relevant in the gallery."""
        return int(np.sum(self.ranking.num_relevant == 0))

    @cached_property
    def mean_average_precision(self) -> float:
        """MAP."""
        return float(mean(self.ranking.average_precision))

    @cached_property
    def mean_reciprocal_rank(self) -> float:
        """The paper's MP¹, precision at the first positive hit."""
        return float(mean(self.ranking.reciprocal_rank))

    @cached_property
    def mean_precision(self) -> NDArray[np.float64]:
        """MP^K, float64 [k_max], element K - 1 for K."""
        return mean(self.ranking.precision)

    @property
    def precision_at_1(self) -> float:
        """P1, the share of queries whose nearest neighbour is correct."""
        return float(self.mean_precision[0])

    @property
    def precision_at_k(self) -> float:
        """MP^K at the K of the tables."""
        return float(self.mean_precision[self.k - 1])

    @cached_property
    def chance_precision(self) -> NDArray[np.float64]:
        """MP^K of a random ranking, float64 [k_max]."""
        ranking = self.ranking
        k_max = ranking.precision.shape[1]
        return mean(chance.expected_precision_at(ranking.num_relevant, ranking.num_ranked, k_max))

    @cached_property
    def chance(self) -> dict[str, float]:
        """Metric name to its value under a random ranking."""
        sizes = self.ranking.num_relevant, self.ranking.num_ranked
        return {
            "MAP": float(mean(chance.expected_average_precision(*sizes))),
            "MP1": float(mean(chance.expected_reciprocal_rank(*sizes))),
            "P1": float(self.chance_precision[0]),
        }

    @cached_property
    def per_label(self) -> tuple[LabelScore, ...]:
        """Means over the queries of each label, by label; a query of several labels counts for each."""
        queries_of: defaultdict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self.queries.clips):
            for label in one.all_labels:
                queries_of[label].append(number)
        scores = []
        for label, own in sorted(queries_of.items()):
            scores.append(
                LabelScore(
                    label=label,
                    precision_at_k=float(mean(self.ranking.precision[own])[self.k - 1]),
                    average_precision=float(mean(self.ranking.average_precision[own])),
                    num_queries=len(own),
                )
            )
        return tuple(scores)

    def as_json(self) -> dict[str, object]:
        """The document that `evaluate --json` prints; values that do not exist are null."""
        document: dict[str, object] = {
            "distance": self.distance,
            "clip": self.clip,
            "num_queries": len(self.queries),
            "num_unanswerable": self.num_unanswerable,
            "num_gallery": len(self.gallery),
            "num_labels": len(self.per_label),
            "MAP": _finite(self.mean_average_precision),
            "MP1": _finite(self.mean_reciprocal_rank),
            "P1": _finite(self.precision_at_1),
            "MPK": {str(k): _finite(value) for k, value in enumerate(self.mean_precision, start=1)},
            "interval": {name: [_finite(end) for end in ends] for name, ends in self.interval.items()},
            "chance": {name: _finite(value) for name, value in self.chance.items()},
            "per_label": {
                score.label: {
                    f"MPK{self.k}": _finite(score.precision_at_k),
                    "MAP": _finite(score.average_precision),
                    "num_queries": score.num_queries,
                }
                for score in self.per_label
            },
            "encoder": dict(self.encoder),
        }
        if self.synonyms:
            document["synonyms"] = True
        return document


def evaluate_embeddings(
    queries: EmbeddedClips,
    gallery: EmbeddedClips | None = None,
    *,
    distance: Distance,
    k_max: int = K_MAX,
    k: int = K,
    seed: int = 0,
    relevant: NDArray[np.bool_] | None = None,
    clip: ClipMode | None = None,
    encoder: Mapping[str, object] | None = None,
    synonyms: bool = False,
) -> Evaluation:
    """Search the gallery with every query and measure how well the labels agree.

    Without a gallery the queries search one another. A query never finds a clip of its own recording.

    Args:
        queries: the clips that search.
        gallery: the clips to be searched; None for the queries themselves.
        distance: "euclidean" or "cosine".
        k_max: largest K of MP^K, >= 1.
        k: the K of tables and intervals, 1..k_max.
        seed: of the bootstrap.
        relevant: bool [query, item], what counts as right; by default a label in common.
        clip: how the clips were embedded, for the record.
        encoder: what embedded them, for the record.
        synonyms: whether the clips' labels come from a synonyms file, for the record.
    Raises:
        DataError: there are no queries, or no gallery to search.
        UsageError: k lies outside 1..k_max.
    """
    if not 1 <= k <= k_max:
        raise UsageError(f"k = {k} lies outside 1 to {k_max}.")
    searched = queries if gallery is None else gallery
    if len(queries) == 0 or len(searched) == 0:
        side = "queries" if len(queries) == 0 else "gallery"
        raise DataError(f"the {side} hold no clip that could be embedded, so there is nothing to evaluate.")

    excluded_left, excluded_right = _codes(
        [recording_key(one) for one in queries.clips], [recording_key(one) for one in searched.clips]
    )
    ranking = rank(
        queries.embeddings,
        searched.embeddings,
        distance=distance,
        relevant=shared_labels(queries.clips, searched.clips) if relevant is None else relevant.__getitem__,
        excluded=lambda block: np.asarray(excluded_left[block, None] == excluded_right),
        k_max=k_max,
    )
    columns = np.column_stack([ranking.average_precision, ranking.reciprocal_rank, ranking.precision])
    ends = bootstrap_interval(columns, [recording_key(one) for one in queries.clips], seed=seed)
    return Evaluation(
        queries=queries,
        gallery=searched,
        distance=distance,
        ranking=ranking,
        k=k,
        interval={
            name: (float(ends[column, 0]), float(ends[column, 1]))
            for name, column in (("MAP", 0), ("MP1", 1), ("P1", 2), (f"MPK{k}", 1 + k))
        },
        precision_interval=ends[2:],
        clip=clip,
        encoder=encoder or {},
        synonyms=synonyms,
    )


def skipped_once(evaluations: Iterable[Evaluation]) -> tuple[Skipped, ...]:
    """Every clip that was left out, once, however many evaluations met it."""
    met = (one for each in evaluations for one in (*each.gallery.skipped, *each.queries.skipped))
    return tuple({one.path: one for one in met}.values())


def shared_labels(left: Sequence[Clip], right: Sequence[Clip]) -> BlockMask:
    """What tells, for a block of the clips on the left, which on the right have a label in common with them."""
    if not any(one.other_labels for one in (*left, *right)):
        codes_left, codes_right = _codes([one.label for one in left], [one.label for one in right])
        return lambda block: np.asarray(codes_left[block, None] == codes_right)
    known = {label for one in left for label in one.all_labels}
    columns = {label: column for column, label in enumerate(sorted(known))}

    def table(clips: Sequence[Clip]) -> NDArray[np.float32]:
        has = np.zeros((len(clips), len(columns)), dtype=np.float32)
        for row, one in enumerate(clips):
            has[row, [columns[label] for label in one.all_labels if label in columns]] = 1.0
        return has

    has_left, has_right = table(left), table(right)
    return lambda block: np.asarray(has_left[block] @ has_right.T > 0)


def _codes(left: Sequence[str], right: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same integer for the same string on either side, so that a block of pairs is compared at once."""
    _, codes = np.unique([*left, *right], return_inverse=True)
    return codes[: len(left)], codes[len(left) :]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
