"""What commands print on stdout: JSON documents, and tables for people."""

from __future__ import annotations

import codecs
import json
import math
import sys
from typing import Any

import typer

from soundalike.printable import printable

# A pipe has no width: rows stay whole there. Longer than any path.
_PIPE_WIDTH = 10_000


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    # A Windows pipe is not UTF-8; JSON's own escapes survive it.
    is_utf8 = codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name == "utf-8"
    typer.echo(json.dumps(document, ensure_ascii=not is_utf8, indent=2))


def counted(number: int, noun: str) -> str:
    """A number and what it counts: "1 file", "2 files"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_text(text: str, *, for_people: bool) -> None:
    """Text on stdout as it is: in the terminal's encoding for people, in UTF-8 for other programs."""
    if for_people:
        typer.echo(text, nl=False)
        return
    if sys.stdout is None:  # closed by who started the program
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def print_table(columns: list[str], rows: list[list[str]], *, title: str | None = None) -> None:
    """A table on stdout. Text is printed as it is: a file name is no markup."""
    # rich takes longer to import than a small search takes.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=False)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    console.print(table)


def metric(value: Any) -> str:
    """A metric for a table: three decimals, a dash where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.3f}"
