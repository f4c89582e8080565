"""Where an intake puts what it makes: a library on disk, or what gathers it for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from soundalike.store import LibraryHeader, Recording, Windows


class Sink(Protocol):
    """What an intake needs of a `Store`."""

    @property
    def header(self) -> LibraryHeader:
        """How recordings are cut."""
        ...

    def add_windows(self, windows: Windows) -> None:
        """Take windows; they count once a row with their id follows."""
        ...

    def put_recordings(self, recordings: Sequence[Recording]) -> None:
        """Take rows whose windows were taken before."""
        ...

    def drop_windows(self, recording_ids: Iterable[str]) -> None:
        """Let go of windows whose row will not come."""
        ...
