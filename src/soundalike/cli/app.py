"""All commands, gathered."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from soundalike.cli.guard import stop_cleanly, told

# The name of every command -> its module in this package; the function has the command's name.
_COMMANDS = {
    "demo": "demo",
    "index": "index",
    "search": "search",
    "serve": "serve",
    "status": "status",
    "remove": "status",
    "relocate": "status",
    "optimize": "status",
    "duplicates": "duplicates",
    "embed": "embed",
    "export": "embed",
    "train": "train",
    "evaluate": "evaluate",
    "reproduce": "reproduce",
    "encoders": "encoders",
    "collect": "collect",
    "datasets": "datasets",
}


def _version(wanted: bool) -> None:
    if wanted:
        from soundalike import __version__

        typer.echo(f"soundalike {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find recordings that sound like the one you give it."""


def make_app(names: Iterable[str] = tuple(_COMMANDS)) -> typer.Typer:
    """The program with these commands; the modules of no others are imported."""
    app = typer.Typer(
        help="Find recordings that sound like the one you give it.",
        epilog="Start with: soundalike index my-library FOLDER, then soundalike search my-library SOUND.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(_options)
    for name in names:
        command = getattr(import_module(f"soundalike.cli.{_COMMANDS[name]}"), name)
        app.command(name)(stop_cleanly(command))
    return app


def run() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show is shown escaped, instead of ending the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # A search should not wait for what other commands import.
    asked = sys.argv[1:2]
    app = make_app(asked) if asked and asked[0] in _COMMANDS else make_app()
    try:
        app(prog_name="soundalike")
    except OSError as error:  # such as help on a full disk; commands see to their own
        typer.echo(f"error: {told(error)}", err=True)
        sys.exit(1)
