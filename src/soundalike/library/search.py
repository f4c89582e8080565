"""Ranks the windows of a library by their distance to a query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundalike.config import Distance
from soundalike.library.query import Example, Query
from soundalike.library.spans import Per, Span, select
from soundalike.store import Recording, Windows, pairwise_distances

if TYPE_CHECKING:
    from soundalike.encoders import Calibration

# Windows compared at once, of the library and of a long query; the matrix of distances stays under 150 MB.
GALLERY_BLOCK = 65_536
QUERY_BLOCK = 256


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A stretch of a recording that sounds like the query.

    Attributes:
        rank: 1 for the nearest.
        recording_id: names the content.
        path: absolute path of the file.
        also: absolute paths of other files with the same bytes.
        start_s: where the stretch begins.
        end_s: where it ends.
        distance: of its nearest window to the nearest window of the query. With several examples, the mean over the
            plus examples less half the mean over the minus examples; it may be negative.
        similarity: share of hits at this distance that carried the label of validation queries, in [0, 1];
            None if the encoder is not calibrated for the distance, or there are minus examples.
        label: name of the folder that holds the file.
        sample_rate_hz: samples per second in the file.
        is_query: whether the recording is the query itself, or another plus example.
    """

    rank: int
    recording_id: str
    path: str
    also: tuple[str, ...]
    start_s: float
    end_s: float
    distance: float
    similarity: float | None
    label: str
    sample_rate_hz: int
    is_query: bool

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `search --json` prints it."""
        return {
            **vars(self),
            "also": list(self.also),
            "start_s": round(self.start_s, 6),
            "end_s": round(self.end_s, 6),
        }


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search found.

    Attributes:
        query: what the user asked with.
        distance: "euclidean" or "cosine".
        exact: whether every window of the library was compared.
        hits: nearest first.
    """

    query: str
    distance: Distance
    exact: bool
    hits: tuple[Hit, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `search --json` prints it."""
        return {**vars(self), "hits": [hit.as_json() for hit in self.hits]}


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """The searchable content of a library at one moment.

    Attributes:
        windows: all windows that count, by the path of their recording and their start, which is how ties are broken.
        files: the indexed rows of every `recording_id`, by path; the first one names the recording.
    """

    windows: Windows
    files: Mapping[str, Sequence[Recording]]

    @classmethod
    def of(cls, recordings: Sequence[Recording], windows: Windows) -> Gallery:
        """Bring rows and windows together."""
        files: dict[str, list[Recording]] = {}
        for row in sorted(recordings, key=lambda row: str(row.location)):
            if row.status == "indexed":
                files.setdefault(row.recording_id, []).append(row)
        place = {recording_id: number for number, recording_id in enumerate(files)}
        # A writer may have dropped rows between the two reads.
        windows = windows.take(
            np.array([one in place for one in windows.recording_ids.tolist()], dtype=np.bool_)
        )
        places = np.array([place[one] for one in windows.recording_ids.tolist()], dtype=np.int64)
        return cls(windows=windows.take(np.lexsort((windows.start_s, places))), files=files)


def rank(
    gallery: Gallery,
    query: Query,
    *,
    k: int,
    distance: Distance,
    per: Per,
    skip_self: bool,
    calibration: Calibration | None,
) -> SearchResult:
    """The k best hits for a query, every window of the library compared.

    Raises:
        UsageError: `k` or `per` cannot be used.
    """
    windows = gallery.windows
    if skip_self:
        own = np.isin(windows.recording_ids, np.array(sorted(query.recording_ids), dtype=np.str_))
        windows = windows.take(~own)
    spans = select(_Ranked(windows, _distances(query, windows, distance)), k=k, per=per)
    if calibration is not None and (calibration.distance != distance or query.minus):
        calibration = None
    hits = [
        _hit(number, span, gallery.files[span.recording_id], query, calibration)
        for number, span in enumerate(spans, start=1)
    ]
    return SearchResult(query=query.name, distance=distance, exact=True, hits=tuple(hits))


class _Ranked:
    """Windows nearest first, made one by one: few of them are looked at."""

    def __init__(self, windows: Windows, distances: NDArray[np.float32]) -> None:
        self._windows = windows
        self._distances = distances
        self._order = np.argsort(distances, kind="stable")

    def __iter__(self) -> Iterator[Span]:
        for index in self._order:
            yield Span(
                recording_id=str(self._windows.recording_ids[index]),
                start_s=float(self._windows.start_s[index]),
                end_s=float(self._windows.end_s[index]),
                distance=float(self._distances[index]),
            )


def _distances(query: Query, windows: Windows, distance: Distance) -> NDArray[np.float32]:
    """Distance of every window to the query, float32 [window].

    The mean over the plus examples less half the mean over the minus examples; the distance to an example is that to
    its nearest window.
    """
    distances = np.zeros(len(windows))
    for one in query.plus:
        distances += _to_example(one, windows, distance) / len(query.plus)
    for one in query.minus:
        distances -= _to_example(one, windows, distance) / len(query.minus) / 2
    return distances.astype(np.float32)


def _to_example(example: Example, windows: Windows, distance: Distance) -> NDArray[np.float64]:
    nearest = np.full(len(windows), np.inf)
    for start in range(0, len(windows), GALLERY_BLOCK):
        block = slice(start, start + GALLERY_BLOCK)
        for first in range(0, len(example.embeddings), QUERY_BLOCK):
            asked = example.embeddings[first : first + QUERY_BLOCK]
            found = pairwise_distances(asked, windows.embeddings[block], distance).min(axis=0)
            nearest[block] = np.minimum(nearest[block], found)
    return nearest


def _hit(
    number: int, span: Span, files: Sequence[Recording], query: Query, calibration: Calibration | None
) -> Hit:
    similarity = None
    if calibration is not None:
        similarity = float(np.interp(span.distance, calibration.distances, calibration.shares))
    return Hit(
        rank=number,
        recording_id=span.recording_id,
        path=str(files[0].location),
        also=tuple(str(row.location) for row in files[1:]),
        start_s=span.start_s,
        end_s=span.end_s,
        distance=span.distance,
        similarity=similarity,
        label=files[0].label,
        sample_rate_hz=files[0].sample_rate_hz,
        is_query=any(span.recording_id == one.recording_id for one in query.plus),
    )
