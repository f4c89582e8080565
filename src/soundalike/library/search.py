"""Ranks the windows of a library by their distance to a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundalike.config import Distance
from soundalike.library.gallery import Gallery
from soundalike.library.query import Query
from soundalike.library.ranking import Ranking
from soundalike.library.spans import Per, Span, select
from soundalike.library.where import allowed_by, filterable
from soundalike.store import Recording

if TYPE_CHECKING:
    from soundalike.encoders import Calibration

# So many windows make ten spans most of the time; where they do not, more are looked for. The number does not follow k:
# an index that is asked for more may find others.
FIRST_LOOK = 64


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
        label: name of the folder that holds the file, or what a table of metadata says.
        sample_rate_hz: samples per second in the file.
        is_query: whether the recording is the query itself, or another plus example.
        duration_s: length of the recording.
        recorded_at: when the recording began, by the recorder's clock; None if nothing says.
        title: of the recording, from its tags or a table of metadata; None if neither says.
        artist: likewise.
        comment: likewise.
        extra: the columns of such a table that are the user's own; their names begin with `x_`.
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
    duration_s: float
    recorded_at: datetime | None = None
    title: str | None = None
    artist: str | None = None
    comment: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `search --json` prints it."""
        plain: dict[str, Any] = {
            **vars(self),
            "also": list(self.also),
            "start_s": round(self.start_s, 6),
            "end_s": round(self.end_s, 6),
            "duration_s": round(self.duration_s, 6),
            "recorded_at": self.recorded_at and self.recorded_at.isoformat(),
        }
        extra = plain.pop("extra")
        return {**plain, **extra}


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search found.

    Attributes:
        query: what the user asked with.
        distance: "euclidean" or "cosine".
        exact: whether every window that could be found was compared with the query.
        hits: nearest first.
        where: the filter; None if there was none.
        num_allowed: windows for which the filter is true; None if there was none.
        asked: recording_id, start_s and end_s of the plus examples.
    """

    query: str
    distance: Distance
    exact: bool
    hits: tuple[Hit, ...]
    where: str | None = None
    num_allowed: int | None = None
    asked: tuple[tuple[str, float, float], ...] = ()

    def is_of_query(self, hit: Hit) -> bool:
        """Whether a hit overlaps what was asked with, and does not merely lie in the same recording."""
        return any(
            hit.recording_id == recording_id and hit.start_s < end_s and start_s < hit.end_s
            for recording_id, start_s, end_s in self.asked
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `search --json` prints it."""
        plain: dict[str, Any] = {"query": self.query, "distance": self.distance, "exact": self.exact}
        if self.where is not None:
            plain |= {"where": self.where, "num_allowed": self.num_allowed}
        return {**plain, "hits": [hit.as_json() for hit in self.hits]}


def rank(
    gallery: Gallery,
    query: Query,
    *,
    k: int,
    distance: Distance,
    per: Per,
    skip_self: bool,
    calibration: Calibration | None,
    where: str | None = None,
    exact: bool = False,
) -> SearchResult:
    """The k best hits for a query.

    Args:
        gallery: where to look.
        query: what is asked for.
        k: how many hits; there are k whenever the gallery holds that many.
        distance: "euclidean" or "cosine".
        per: what counts as a hit: "span", "recording" or "window".
        skip_self: leave the recordings of all examples out.
        calibration: from distance to similarity.
        where: only windows for which this SQL expression is true.
        exact: compare every window, also in a large library.
    Raises:
        UsageError: `k`, `per` or `where` cannot be used.
    """
    allowed = None if where is None else allowed_by(where, filterable(gallery))
    mask = None if allowed is None else allowed.windows
    num_allowed = None if mask is None else int(mask.sum())
    if skip_self:
        mask = _without(gallery, query.recording_ids, mask)
    first = max(1, k) if per == "window" else FIRST_LOOK
    ranking = Ranking(gallery, query, distance, mask=mask, exact=exact, first=first)
    # No window is looked at after the last recording has come.
    wanted = min(k, max(1, ranking.num_recordings())) if per == "recording" else k
    spans = select(
        ranking, k=wanted, per=per, timeline_of=ranking.timeline, typical_distance=ranking.typical_distance
    )
    if calibration is not None and (calibration.distance != distance or query.minus):
        calibration = None
    files = gallery.files.of(span.recording for span in spans)
    if allowed is not None:
        # The file that fits the filter names the recording; one with the same bytes elsewhere may not fit.
        for number, own in files.items():
            fits = allowed.files[gallery.files.rows_of(number)].tolist()
            files[number] = [
                row for _, row in sorted(zip(fits, own, strict=True), key=lambda one: not one[0])
            ]
    hits = [
        _hit(place, span, files[span.recording], query, calibration)
        for place, span in enumerate(spans, start=1)
    ]
    return SearchResult(
        query=query.name,
        distance=distance,
        exact=ranking.exact,
        hits=tuple(hits),
        where=where,
        num_allowed=num_allowed,
        asked=tuple((one.recording_id, one.start_s, one.end_s) for one in query.plus),
    )


def _without(
    gallery: Gallery, recording_ids: Iterable[str], mask: NDArray[np.bool_] | None
) -> NDArray[np.bool_] | None:
    """The mask without some recordings."""
    numbers = [number for one in recording_ids if (number := gallery.files.number_of(one)) is not None]
    if not numbers:
        return mask
    recordings = gallery.recordings
    others = np.ones(len(gallery), np.bool_) if mask is None else mask.copy()
    for number in numbers:
        others &= recordings != number
    return others


def _hit(
    number: int, span: Span, files: Sequence[Recording], query: Query, calibration: Calibration | None
) -> Hit:
    similarity = None
    if calibration is not None:
        similarity = float(np.interp(span.distance, calibration.distances, calibration.shares))
    return hit_of(
        files,
        rank=number,
        start_s=span.start_s,
        end_s=span.end_s,
        distance=span.distance,
        similarity=similarity,
        is_query=any(files[0].recording_id == one.recording_id for one in query.plus),
    )


def hit_of(
    files: Sequence[Recording],
    *,
    rank: int,
    start_s: float,
    end_s: float,
    distance: float,
    similarity: float | None,
    is_query: bool = False,
) -> Hit:
    """A stretch of a recording as a hit.

    Args:
        files: that carry the recording, the one that names it first.
        rank: and all else as in `Hit`.
        start_s: likewise.
        end_s: likewise.
        distance: likewise.
        similarity: likewise.
        is_query: likewise.
    """
    first = files[0]
    return Hit(
        rank=rank,
        recording_id=first.recording_id,
        path=str(first.location),
        also=tuple(str(row.location) for row in files[1:]),
        start_s=start_s,
        end_s=end_s,
        distance=distance,
        similarity=similarity,
        label=first.label,
        sample_rate_hz=first.sample_rate_hz,
        is_query=is_query,
        duration_s=first.duration_s,
        recorded_at=first.recorded_at,
        title=first.title or None,
        artist=first.artist or None,
        comment=first.comment or None,
        extra=first.extra,
    )
