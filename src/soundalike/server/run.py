"""Runs a server until it is told to stop."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable

from soundalike.errors import ServerError, UsageError
from soundalike.server.settings import ServerSettings

# Answers in progress may go on for so long once the server is told to stop.
GRACE_S = 2
BACKLOG = 256


def serve(library: str, settings: ServerSettings, *, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve a library until Ctrl-C.

    Args:
        library: folder of the library, or s3://bucket/prefix; it need not be there yet.
        settings: of the server.
        on_ready: called with the address once it can be asked.
    Raises:
        ServerError: the address cannot be listened on.
        KeyboardInterrupt: the server was stopped.
    """
    import uvicorn

    from soundalike.server.app import make_app

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if on_ready is not None and not self.should_exit:
                on_ready(address)

    app = make_app(library, settings)
    with _listening(settings) as listener:
        address = _address(listener, settings)
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level=logging.ERROR,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
            http="h11",
            ws="none",
        )
        Server(config).run(sockets=[listener])


def _listening(settings: ServerSettings) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as exc:
        raise UsageError(f"'{settings.host}' is no address of this computer.") from exc
    family, *_, place = found[0]
    try:
        return socket.create_server(place, family=family, backlog=BACKLOG)
    except OSError as exc:
        where = f"port {settings.port} of {settings.host}"
        if exc.errno == errno.EADDRINUSE:
            raise ServerError(
                f"{where} is taken by another program. Choose another one: --port 8001"
            ) from exc
        raise ServerError(f"cannot listen on {where}: {exc.strerror}.") from exc


def _address(listener: socket.socket, settings: ServerSettings) -> str:
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{name}:{listener.getsockname()[1]}"
