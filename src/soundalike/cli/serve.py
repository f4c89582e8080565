"""`soundalike serve`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from soundalike.errors import EXIT_INTERRUPTED, LibraryNotFoundError, UsageError


def serve(
    library: Annotated[
        str, typer.Argument(metavar="LIBRARY", help="Folder of the library, or s3://bucket/prefix.")
    ],
    host: Annotated[
        str, typer.Option(help="Address to listen on. Others than this computer need a token.")
    ] = ("127.0.0.1"),
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any that is free.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SOUNDALIKE_TOKEN",
            help="What clients have to show. Other users see it in the list of processes;"
            " the environment variable keeps it to yourself.",
        ),
    ] = None,
    no_token: Annotated[
        bool,
        typer.Option("--no-token", help="Let everybody in who reaches the address. Only behind a guard."),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Another name of the server, such as that of a proxy; may be given often."
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    max_upload_mb: Annotated[float, typer.Option(help="Largest upload.")] = 512.0,
    max_decoded_s: Annotated[float, typer.Option(help="Most sound that one request has decoded.")] = 3600.0,
    workers: Annotated[
        int | None, typer.Option(help="Requests that decode at the same time. Default: one on each core.")
    ] = None,
    max_queue: Annotated[int, typer.Option(help="Requests that wait for a worker.")] = 64,
    max_wait_s: Annotated[float, typer.Option(help="How long one waits before it is refused.")] = 30.0,
) -> None:
    """Search a library in the browser, and over HTTP."""
    from soundalike.library.workers import usable_cores
    from soundalike.server import ServerSettings
    from soundalike.server import serve as run_server
    from soundalike.store import read_header

    settings = ServerSettings(
        host=host,
        port=port,
        token=token or None,
        allowed_hosts=tuple(allow_host or ()),
        max_upload_bytes=round(max_upload_mb * 1e6),
        max_decoded_s=max_decoded_s,
        num_workers=workers or usable_cores(),
        max_queue=max_queue,
        max_wait_s=max_wait_s,
    )
    if not settings.is_local and settings.token is None:
        if not no_token:
            raise UsageError(
                f"others can reach {host}: give a token that they have to show, --token TOKEN, or let everybody in "
                "with --no-token."
            )
        typer.echo(f"WARNING: everybody who reaches {host} can search and hear this library.", err=True)
    try:
        read_header(library)
    except LibraryNotFoundError as error:
        typer.echo(f"{error} It is served as soon as it is there.", err=True)

    def tell(address: str) -> None:
        typer.echo(f"Serving {library} at {address} (Ctrl-C ends it)")
        if open_page:
            typer.launch(address)

    try:
        run_server(library, settings, on_ready=tell)
    except KeyboardInterrupt:
        typer.echo("stopped.", err=True)
        sys.stdout.flush()
        sys.stderr.flush()
        # Python would wait for what is being decoded, however long it is; nothing of it is kept anyway.
        os._exit(EXIT_INTERRUPTED)
