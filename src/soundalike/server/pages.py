"""The page in the browser, and the documentation of the API; both are files inside the package."""

from __future__ import annotations

import secrets
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from soundalike.server.guard import CONTENT_POLICY
from soundalike.server.refusals import UnknownPathError

router = APIRouter(include_in_schema=False)

STATIC = Path(__file__).with_name("static")
# Where the page wants to set styles of its own, it names them by a number that is drawn for every answer.
NONCE_PLACE = "__CSP_NONCE__"
_DOCS = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>soundalike: HTTP API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
"""
_START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true});\n'
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DOCS_FILES = ("swagger-ui.css", "swagger-ui-bundle.js")


@router.get("/docs")
async def docs() -> Response:
    """Try the API in the browser; no file comes from elsewhere."""
    return HTMLResponse(_DOCS, headers={"Content-Security-Policy": _DOCS_POLICY})


@router.get("/docs/start.js")
async def docs_start() -> Response:
    """Start Swagger UI; a script of its own, since the page allows none inside it."""
    return Response(_START, media_type="text/javascript")


@router.get("/docs/{name}")
async def docs_file(name: str) -> Response:
    """A file of Swagger UI, as the package fastapi-offline has it."""
    if name not in _DOCS_FILES:
        raise UnknownPathError(f"there is no /docs/{name}.")
    return FileResponse(Path(str(files("fastapi_offline"))) / "static" / name)


async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what no route is for: with a file of the page, or with the page itself, whose places have paths too.

    Raises:
        UnknownPathError: it is no place on the page either.
    """
    path = scope["path"].removeprefix("/")
    if path.partition("/")[0] in ("api", "docs") or scope["method"] not in ("GET", "HEAD"):
        raise UnknownPathError(f"there is no /{path}; /docs lists what the API has.")
    await _page(path)(scope, receive, send)


def _page(path: str) -> Response:
    file = _static_files().get(path)
    if file is None or path == "index.html":
        nonce = secrets.token_urlsafe(16)
        text = (STATIC / "index.html").read_text(encoding="utf-8").replace(NONCE_PLACE, nonce)
        policy = CONTENT_POLICY.format(styles=f" 'nonce-{nonce}'")
        return HTMLResponse(text, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})
    # Vite puts a hash of the content into the names of what the page loads.
    is_named_by_content = path.startswith("assets/")
    kept = "public, max-age=31536000, immutable" if is_named_by_content else "no-cache"
    return FileResponse(file, headers={"Cache-Control": kept})


@cache
def _static_files() -> dict[str, Path]:
    """The files that there are, by their path: no path from outside is ever joined to a folder."""
    return {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}
