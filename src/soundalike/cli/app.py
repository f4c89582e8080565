"""All commands, gathered."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from soundalike.cli import demo, encoders, evaluate, index, reproduce, search, status, train
from soundalike.cli.guard import stop_cleanly

app = typer.Typer(
    help="Find recordings that sound like the one you give it.",
    epilog="Start with: soundalike index my-library FOLDER, then soundalike search my-library SOUND.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from soundalike import __version__

        typer.echo(f"soundalike {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find recordings that sound like the one you give it."""


_COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo.demo,
    "index": index.index,
    "search": search.search,
    "status": status.status,
    "remove": status.remove,
    "train": train.train,
    "evaluate": evaluate.evaluate,
    "reproduce": reproduce.reproduce,
    "encoders": encoders.encoders,
}
for name, command in _COMMANDS.items():
    app.command(name)(stop_cleanly(command))


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show is shown escaped, instead of ending the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="soundalike")
