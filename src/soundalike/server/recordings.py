"""What the library holds, recording by recording."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from soundalike.library.recordings import files_of, list_recordings, recording_as_json, windows_of
from soundalike.server.services import Served

router = APIRouter(prefix="/api/recordings", tags=["recordings"])

MOST_LISTED = 1_000


@router.get("")
async def recordings(
    services: Served,
    where: Annotated[str | None, Query(max_length=10_000)] = None,
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


@router.get("/{recording_id}")
async def recording(services: Served, recording_id: str) -> dict[str, Any]:
    """One recording with all that is known of it."""

    def look() -> dict[str, Any]:
        with services.library.open() as library:
            return recording_as_json(files_of(library.gallery(), recording_id))

    return await services.looking_up.do(look)


@router.get("/{recording_id}/windows")
async def windows(services: Served, recording_id: str) -> dict[str, Any]:
    """The windows of a recording, in seconds."""

    def look() -> dict[str, Any]:
        with services.library.open() as library:
            found = windows_of(library.gallery(), recording_id)
        spans = zip(found.start_s.tolist(), found.end_s.tolist(), strict=True)
        return {"windows": [{"start_s": round(start, 6), "end_s": round(end, 6)} for start, end in spans]}

    return await services.looking_up.do(look)
