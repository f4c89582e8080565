"""Errors over HTTP: one table from class to status, and RFC 9457 problem documents for all of them."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import compile_path

from soundalike import errors
from soundalike.server import refusals

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2

# A class stands for its subclasses that have no line of their own.
STATUS: dict[type[errors.SoundalikeError], int] = {
    errors.SoundalikeError: 500,
    errors.UsageError: 422,
    errors.MissingExtraError: 501,
    errors.AudioError: 422,
    errors.AudioNotFoundError: 404,
    errors.AudioPermissionError: 403,
    errors.DataError: 422,
    errors.EncoderError: 500,
    errors.LibraryError: 500,
    errors.LibraryNotFoundError: 503,
    errors.RecordingNotFoundError: 404,
    errors.SetNotFoundError: 404,
    errors.OutputError: 507,
    errors.TrainingError: 500,
    errors.ServerError: 500,
    refusals.NotSignedInError: 401,
    refusals.ForeignRequestError: 403,
    refusals.UnknownPathError: 404,
    refusals.UploadStalledError: 408,
    refusals.RecordingChangedError: 409,
    refusals.UploadTooLargeError: 413,
    refusals.UnknownRangeError: 416,
    refusals.TooManyRequestsError: 429,
    refusals.OverloadedError: 503,
}


def status_of(error: errors.SoundalikeError) -> int:
    """The HTTP status of an error: that of its class, or of the nearest class above it."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem_of(error: errors.SoundalikeError) -> JSONResponse:
    """The answer that tells of an error."""
    status = status_of(error)
    headers = {}
    if status in (429, 503):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    title = (type(error).__doc__ or "").partition("\n")[0].rstrip(".")
    return _document(status, str(error), title=title, kind=_kind(type(error)), headers=headers)


def answer_with_problems(app: FastAPI) -> None:
    """Let an app answer every error with a problem document, those of FastAPI itself included."""

    async def of_family(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, errors.SoundalikeError)
        if status_of(error) >= 500:
            logger.warning("%s %s: %s", request.method, request.url.path, error)
        return problem_of(error)

    async def of_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if isinstance(error.__cause__, errors.SoundalikeError):
            return problem_of(error.__cause__)
        headers, detail = dict(error.headers or {}), error.detail
        if error.status_code == 405:
            # Starlette names the methods of one route; a path may have several.
            methods = ", ".join(_methods_of(app, request.url.path)) or headers.get("Allow", "")
            headers, detail = {"Allow": methods}, f"{request.url.path} takes {methods}, not {request.method}."
        return _document(error.status_code, detail, headers=headers)

    async def of_validation(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        found = [
            {"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]}
            for one in error.errors()
        ]
        detail = "; ".join(f"{one['where']}: {one['what']}" for one in found)
        return _document(422, detail, errors=found)

    async def of_anything(_request: Request, _error: Exception) -> JSONResponse:
        # Starlette passes the error on, and uvicorn writes it to the log.
        return _document(500, "the server failed; its log says why.")

    app.add_exception_handler(errors.SoundalikeError, of_family)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_validation)
    app.add_exception_handler(Exception, of_anything)


def _methods_of(app: FastAPI, path: str) -> list[str]:
    """The methods that a path of the API takes."""
    paths = app.openapi()["paths"].items()
    return sorted(
        method.upper()
        for template, operations in paths
        if compile_path(template)[0].fullmatch(path)
        for method in operations
    )


def _kind(kind: type[errors.SoundalikeError]) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__.removesuffix("Error")).lower()
    return f"urn:soundalike:problem:{words}"


def _document(
    status: int,
    detail: str,
    *,
    title: str | None = None,
    kind: str = "about:blank",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    title = title or HTTPStatus(status).phrase
    document = {"type": kind, "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(document, status_code=status, headers=headers, media_type=MEDIA_TYPE)
