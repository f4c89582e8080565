"""The map of the library, and its making."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from soundalike.library.gallery import Gallery
from soundalike.library.map import LibraryMap, num_missing, read_map
from soundalike.server.documents import MapDocument, answers
from soundalike.server.services import Served, Services

router = APIRouter(prefix="/api", tags=["map"])

_GZIP_LEVEL = 5


@router.get("/map", response_class=Response, responses=answers(MapDocument))
async def library_map(request: Request, services: Served) -> Response:
    """Every window as a point, near those that sound like it; of a large library one point a recording.

    `state` is "none" where no map has been made (`POST /api/map`), "computing" while the first one is being made, and
    else "ready". `missing` windows came to the library since, and find their places soon.
    """
    content = await services.looking_up.do(lambda: _document(services))
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(content, media_type="application/json", headers={"Content-Encoding": "gzip"})
    return Response(gzip.decompress(content), media_type="application/json")


@router.post("/map", status_code=202)
async def make_map(services: Served) -> JSONResponse:
    """Make the map, or bring it up to date; `map` in /api/status says how far that is."""

    def begin() -> None:
        with services.library.open() as library:
            library.gallery()  # without a library there is no map either
        services.map_maker.start()

    await services.looking_up.do(begin)
    return JSONResponse({"map": services.map_maker.progress}, status_code=202)


def _document(services: Services) -> bytes:
    """The answer, compressed: 100,000 points are 3 MB of text."""
    with services.library.open() as library:
        gallery = library.gallery()
    storage = services.library.storage
    key = ("map", gallery.snapshot.version, storage.stamp(["map.npz"]))
    known = services.pictures.get(key) if key[2] is not None else None
    if known is not None:
        return known
    found = read_map(storage)
    progress = services.map_maker.progress
    if found is None or found.fingerprint != gallery.snapshot.header.encoder.fingerprint:
        state = "none" if progress is None else "computing"
        return gzip.compress(json.dumps({"state": state, "error": services.map_maker.error}).encode())
    missing = num_missing(found, gallery)
    if missing and services.map_maker.error is None:
        services.map_maker.start()
    content = gzip.compress(
        json.dumps({"state": "ready", "missing": missing, **_points(found, gallery)}).encode(), _GZIP_LEVEL
    )
    if not missing:
        services.pictures.put(key, content)
    return content


def _points(found: LibraryMap, gallery: Gallery) -> dict[str, Any]:
    """What is on the map and still in the library."""
    names, owner = np.unique(found.points.recording_ids, return_inverse=True)
    ids = names.tolist()
    numbers = [gallery.files.number_of(one) for one in ids]
    files = gallery.files.of([number for number in numbers if number is not None])
    labels = sorted({own[0].label for own in files.values()})
    label_number = {label: number for number, label in enumerate(labels)}
    recordings: list[dict[str, str]] = []
    label_of, place_of = np.zeros(len(ids), np.int64), np.full(len(ids), -1)
    for place, (recording_id, number) in enumerate(zip(ids, numbers, strict=True)):
        if number is not None:
            first = files[number][0]
            place_of[place], label_of[place] = len(recordings), label_number[first.label]
            recordings.append({"recording_id": recording_id, "path": str(first.location)})
    is_there = place_of[owner] >= 0
    places = found.places[is_there].round(3).astype(np.float64)
    return {
        "points": {
            "x": places[:, 0].round(3).tolist(),
            "y": places[:, 1].round(3).tolist(),
            "recording": place_of[owner][is_there].tolist(),
            "start_s": found.points.start_s[is_there].round(3).tolist(),
            "label": label_of[owner][is_there].tolist(),
        },
        "recordings": recordings,
        "labels": labels,
        "window_s": gallery.snapshot.header.encoder.window_s,
    }
