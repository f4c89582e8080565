"""Progress bars on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
from rich.text import Text

from soundalike.printable import printable

stderr = Console(stderr=True)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} {task.fields['unit']}/s")


@contextmanager
def progress_bar(stage: str, *, unit: str) -> Iterator[Callable[..., None]]:
    """A bar on stderr with rate and time left; gives `update(done, total, note="", stage=None, unit=unit)`.

    A new `stage` starts the bar again under that name, counting in its own `unit`.
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

        def update(done: int, total: int, note: str = "", stage: str | None = None, unit: str = unit) -> None:
            if stage is not None and stage != progress.tasks[task].description:
                progress.reset(task, description=stage, unit=unit, note=printable(note))
            progress.update(task, completed=done, total=total, note=printable(note))

        yield update
