"""What commands print: JSON on stdout, tables for people, progress bars on stderr."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

stderr = Console(stderr=True)

# A pipe has no width: rows stay whole there. Longer than any path.
_PIPE_WIDTH = 10_000


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    # A Windows pipe is not UTF-8; JSON's own escapes survive it.
    is_utf8 = codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name == "utf-8"
    typer.echo(json.dumps(document, ensure_ascii=not is_utf8, indent=2))


def print_table(columns: list[str], rows: list[list[str]], *, title: str | None = None) -> None:
    """A table on stdout. Text is printed as it is: a file name is no markup."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    console.print(table)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} {task.fields['unit']}/s")


@contextmanager
def progress_bar(stage: str, *, unit: str) -> Iterator[Callable[..., None]]:
    """A bar on stderr with rate and time left; gives `update(done, total, note="", stage=None)`.

    A new `stage` starts the bar again under that name.
    """
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=stderr,
    ) as progress:
        task = progress.add_task(stage, total=None, unit=unit, note="")

        def update(done: int, total: int, note: str = "", stage: str | None = None) -> None:
            if stage is not None and stage != progress.tasks[task].description:
                progress.reset(task, description=stage)
            progress.update(task, completed=done, total=total, note=note)

        yield update


def metric(value: Any) -> str:
    """A metric for a table: three decimals, a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"
