"""The rows of a library in memory while it is being indexed: found by place and by content."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from soundalike.store import Recording


class Catalogue:
    """Every row, kept up to date as files are visited."""

    def __init__(self, rows: Iterable[Recording]) -> None:
        self._rows: dict[str, Recording] = {}
        self._at: dict[str, dict[str, None]] = {}
        self._with: dict[str, dict[str, None]] = {}
        for row in rows:
            self.put(row)

    def __iter__(self) -> Iterator[Recording]:
        return iter(list(self._rows.values()))

    def get(self, file_id: str) -> Recording | None:
        """The row with this `file_id`."""
        return self._rows.get(file_id)

    def put(self, row: Recording) -> None:
        """Add a row, or replace the one of the same `file_id`."""
        self.drop(row)
        self._rows[row.file_id] = row
        self._at.setdefault(_composed(row.location), {})[row.file_id] = None
        self._with.setdefault(row.content_hash, {})[row.file_id] = None

    def drop(self, row: Recording) -> None:
        """Forget a row, if it is there."""
        old = self._rows.pop(row.file_id, None)
        if old is not None:
            del self._at[_composed(old.location)][old.file_id]
            del self._with[old.content_hash][old.file_id]

    def at(self, location: Path) -> Recording | None:
        """The row of the file at `location`.

        Two spellings of one name, composed and decomposed Unicode, are the same file where the file system says so.
        """
        rows = [self._rows[file_id] for file_id in self._at.get(_composed(location), ())]
        for row in rows:
            if row.location == location:
                return row
        for row in rows:
            try:
                if row.location.samefile(location):
                    return row
            except OSError:
                continue
        return None

    def indexed_with(self, content_hash: str) -> list[Recording]:
        """The indexed rows whose files have this content."""
        rows = [self._rows[file_id] for file_id in self._with.get(content_hash, ())]
        return [row for row in rows if row.status == "indexed"]

    def under(self, location: Path) -> list[Recording]:
        """The rows of the file at `location`, or of all files below it."""
        wanted = Path(_composed(location))
        return [
            row for row in self if (one := Path(_composed(row.location))) == wanted or wanted in one.parents
        ]


def _composed(location: Path) -> str:
    return unicodedata.normalize("NFC", str(location))
