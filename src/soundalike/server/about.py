"""Whether the server is up, what the library holds, and signing in."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from soundalike.library.indexing_progress import read_indexing_progress
from soundalike.library.recordings import count_labels
from soundalike.server.documents import HealthDocument, LabelsDocument, StatusDocument, answers
from soundalike.server.guard import COOKIE, is_token, session_of
from soundalike.server.refusals import NotSignedInError
from soundalike.server.services import Served
from soundalike.store import Folder, Storage

router = APIRouter(prefix="/api", tags=["about"])


@router.get("/health", responses=answers(HealthDocument))
async def health(services: Served) -> dict[str, Any]:
    """Say that the server is up, and whether it wants a token."""
    return {
        "status": "ok",
        "version": version("soundalike"),
        "needs_token": services.settings.token is not None,
    }


@router.get("/status", responses=answers(StatusDocument))
async def status(services: Served) -> dict[str, Any]:
    """What the library holds, what was skipped and why, and how far work in progress is."""

    def look() -> dict[str, Any]:
        told = services.library.status()
        return {
            "name": _name_of(services.library.storage),
            **told,
            "indexing": read_indexing_progress(services.library.storage),
            "map": services.map_maker.progress,
        }

    return await services.looking_up.do(look)


@router.get("/labels", responses=answers(LabelsDocument))
async def labels(services: Served) -> dict[str, Any]:
    """Every label, with its recordings and windows."""

    def look() -> dict[str, Any]:
        with services.library.open() as library:
            return {"labels": count_labels(library.gallery())}

    return await services.looking_up.do(look)


@router.post("/session", status_code=204)
async def sign_in(services: Served, token: Annotated[str, Body(embed=True)]) -> Response:
    """Exchange the token for a cookie, so that a browser can show pictures and play sounds."""
    own = services.settings.token
    answer = Response(status_code=204)
    if own is None:
        return answer
    if not is_token(token, own):
        raise NotSignedInError("this is not the token of the server.")
    answer.set_cookie(COOKIE, session_of(own), httponly=True, samesite="strict", path="/")
    return answer


def _name_of(storage: Storage) -> str:
    """What people call a library: the last part of where it lies."""
    place = storage.path.resolve().as_posix() if isinstance(storage, Folder) else str(storage)
    return place.rstrip("/").rpartition("/")[2]
