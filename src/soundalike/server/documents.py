"""The documents that the API answers with, for its description at /openapi.json.

They are written by the library (`SearchResult.as_json` and the like). Tests hold the two together; nothing is copied
into these classes when a request is answered.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class _Document(BaseModel):
    # Columns of the user's own, whose names begin with x_, stand beside the others.
    model_config = ConfigDict(extra="allow")


class ProblemDocument(_Document):
    """Why a request was not answered (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class HealthDocument(_Document):
    """Whether the server is up."""

    status: Literal["ok"]
    version: str
    needs_token: bool


class RecordingDocument(_Document):
    """What is known of a recording."""

    recording_id: str
    path: str
    also: list[str]
    label: str
    duration_s: float
    sample_rate_hz: int
    channels: int
    format: str
    size_bytes: int
    windows: int
    silent_windows: int
    warning: str | None
    recorded_at: str | None
    title: str | None
    artist: str | None
    comment: str | None


class RecordingsDocument(_Document):
    """A page of recordings."""

    total: int
    recordings: list[RecordingDocument]


class HitDocument(_Document):
    """A stretch of a recording that sounds like the query."""

    rank: int
    recording_id: str
    path: str
    also: list[str]
    start_s: float
    end_s: float
    distance: float
    similarity: float | None
    label: str
    sample_rate_hz: int
    is_query: bool
    duration_s: float
    recorded_at: str | None
    title: str | None
    artist: str | None
    comment: str | None


class SearchDocument(_Document):
    """What a search found, nearest first."""

    query: str
    distance: Literal["euclidean", "cosine"]
    exact: bool
    hits: list[HitDocument]


class LabelDocument(_Document):
    """A label and how often it is there."""

    label: str
    recordings: int
    windows: int


class LabelsDocument(_Document):
    """Every label."""

    labels: list[LabelDocument]


class SpanDocument(_Document):
    """A window, in seconds."""

    start_s: float
    end_s: float


class WindowsDocument(_Document):
    """The windows of a recording."""

    windows: list[SpanDocument]


class NeighboursPart(SpanDocument):
    """A part of a recording, and what resembles it."""

    hits: list[HitDocument]


class NeighboursDocument(_Document):
    """What resembles each part of a recording."""

    windows: list[NeighboursPart]


class OutlineDocument(_Document):
    """The lowest and the highest sample in equal stretches."""

    minima: list[float]
    maxima: list[float]
    duration_s: float


class StatusDocument(_Document):
    """What the library holds; `indexing` and `map` say how far work in progress is."""

    name: str
    recordings: int
    windows: int
    audio_s: float
    skipped: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    missing: list[str]
    encoder: dict[str, Any]
    index: dict[str, Any]
    format_version: int
    indexing: dict[str, Any] | None
    map: dict[str, int] | None


class MapDocument(_Document):
    """The map; points and recordings are there once it is "ready"."""

    state: Literal["none", "computing", "ready"]


def answers(document: type[BaseModel], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What a route says of its answers: this document."""
    return {status: {"model": document}}
