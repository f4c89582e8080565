"""The application: settings and a library in, something that answers HTTP out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.types import ASGIApp

from soundalike.server import about, clips, example_sets, library_map, media, pages, recordings, search
from soundalike.server.guard import Guard
from soundalike.server.openapi import describe, operation_id
from soundalike.server.problems import answer_with_problems
from soundalike.server.services import Services
from soundalike.server.settings import ServerSettings

_DESCRIPTION = """\
Find recordings that sound like the one you give. The documents are those of the command line with `--json`; errors are
problem documents (RFC 9457, `application/problem+json`). On a server with a token every request carries it:
`Authorization: Bearer TOKEN`.
"""


def make_app(library: str, settings: ServerSettings) -> ASGIApp:
    """Everything that a server answers.

    Args:
        library: folder of the library, or s3://bucket/prefix; it need not be there yet.
        settings: of the server.
    """
    services = Services(library, settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        services.stop()

    app = FastAPI(
        title="soundalike",
        version=version("soundalike"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
    )
    app.state.services = services
    answer_with_problems(app)
    for part in (about, search, recordings, media, clips, library_map, example_sets, pages):
        app.include_router(part.router)
    app.router.default = pages.elsewhere
    app.router.redirect_slashes = False
    describe(app, needs_token=settings.token is not None)
    return Guard(app, settings)
