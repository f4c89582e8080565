"""What the library holds, recording by recording."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query

from soundalike.library import Library
from soundalike.library.query import Example
from soundalike.library.recordings import files_of, list_recordings, recording_as_json, windows_of
from soundalike.server.documents import (
    NeighboursDocument,
    RecordingDocument,
    RecordingsDocument,
    WindowsDocument,
    answers,
)
from soundalike.server.services import MOST_FILTER, Served
from soundalike.store import Windows

router = APIRouter(prefix="/api/recordings", tags=["recordings"])

MOST_LISTED = 1_000
# Parts that a long recording is cut into, to say what resembles each.
MOST_PARTS = 60


@router.get("", responses=answers(RecordingsDocument))
async def recordings(
    services: Served,
    where: Annotated[str | None, Query(max_length=MOST_FILTER)] = None,
    text: Annotated[str | None, Query(max_length=1_000, description="In path, label, title...")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> dict[str, Any]:
    """Recordings by path."""

    def look() -> dict[str, Any]:
        with services.library.open() as library:
            found = list_recordings(
                library.gallery(), where=where or None, text=text, offset=offset, limit=limit
            )
            return found.as_json()

    return await services.looking_up.do(look)


@router.get("/{recording_id}", responses=answers(RecordingDocument))
async def recording(services: Served, recording_id: str) -> dict[str, Any]:
    """One recording with all that is known of it."""

    def look() -> dict[str, Any]:
        with services.library.open() as library:
            return recording_as_json(files_of(library.gallery(), recording_id))

    return await services.looking_up.do(look)


@router.get("/{recording_id}/windows", responses=answers(WindowsDocument))
async def windows(services: Served, recording_id: str) -> dict[str, Any]:
    """The windows of a recording, in seconds."""

    def look() -> dict[str, Any]:
        with services.library.open() as library:
            found = windows_of(library.gallery(), recording_id)
        spans = zip(found.start_s.tolist(), found.end_s.tolist(), strict=True)
        return {"windows": [{"start_s": round(start, 6), "end_s": round(end, 6)} for start, end in spans]}

    return await services.looking_up.do(look)


@router.get("/{recording_id}/neighbours", responses=answers(NeighboursDocument))
async def neighbours(
    services: Served,
    recording_id: str,
    k: Annotated[int, Query(ge=1, le=100)] = 3,
    start_s: Annotated[float, Query(ge=0, allow_inf_nan=False)] = 0.0,
    end_s: Annotated[float | None, Query(gt=0, allow_inf_nan=False)] = None,
) -> dict[str, Any]:
    """Other recordings that resemble each part of this one; a long stretch has fewer and longer parts."""

    def look() -> dict[str, Any]:
        with services.library.open() as library:
            own = windows_of(library.gallery(), recording_id)
            asked = (own.end_s > start_s) & (own.start_s < (np.inf if end_s is None else end_s))
            inside = np.flatnonzero(asked)
            parts = np.array_split(inside, min(MOST_PARTS, max(1, len(inside))))
            return {"windows": [_neighbours(library, own.take(part), k) for part in parts if len(part)]}

    return await services.decoding.do(look)


def _neighbours(library: Library, part: Windows, k: int) -> dict[str, Any]:
    """What resembles some neighbouring windows of a recording."""
    recording_id = str(part.recording_ids[0])
    asked = Example(name=recording_id, recording_id=recording_id, embeddings=part.embeddings)
    found = library.search(asked, k=k, per="recording", skip_self=True)
    return {
        "start_s": round(float(part.start_s[0]), 6),
        "end_s": round(float(part.end_s.max()), 6),
        "hits": found.as_json()["hits"],
    }
