"""The rows of a library in memory while it is being indexed: found by place and by content."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from soundalike.locations import Location, location_of
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
        self._at.setdefault(_key(row.root_path, row.path), {})[row.file_id] = None
        self._with.setdefault(row.content_hash, {})[row.file_id] = None

    def drop(self, row: Recording) -> None:
        """Forget a row, if it is there."""
        old = self._rows.pop(row.file_id, None)
        if old is not None:
            del self._at[_key(old.root_path, old.path)][old.file_id]
            del self._with[old.content_hash][old.file_id]

    def at(self, root_path: str, path: str) -> Recording | None:
        """The row of a file.

        Two spellings of one name, composed and decomposed Unicode, are the same file where the file system says so.

        Args:
            root_path: absolute path of a folder.
            path: the file relative to it, with `/` between the parts.
        """
        rows = [self._rows[file_id] for file_id in self._at.get(_key(root_path, path), ())]
        for row in rows:
            if (row.root_path, row.path) == (root_path, path):
                return row
        location = location_of(root_path) / path
        for row in rows:
            if row.location == location:
                return row
        for row in rows:
            try:
                if row.location.samefile(str(location)):
                    return row
            except OSError:
                continue
        return None

    def indexed_with(self, content_hash: str) -> list[Recording]:
        """The indexed rows whose files have this content."""
        rows = [self._rows[file_id] for file_id in self._with.get(content_hash, ())]
        return [row for row in rows if row.status == "indexed"]

    def under(self, location: Location) -> list[Recording]:
        """The rows of the file at `location`, or of all files below it."""
        wanted = _key(str(location), "")
        below = f"{wanted}/"
        return [
            self._rows[file_id]
            for key, file_ids in self._at.items()
            if key == wanted or key.startswith(below)
            for file_id in file_ids
        ]


def _key(folder: str, path: str) -> str:
    """One text for all spellings of a place; paths as text, for a library may have a million rows."""
    return unicodedata.normalize("NFC", f"{_slashed(folder)}/{path}".rstrip("/"))


@lru_cache(maxsize=1024)
def _slashed(folder: str) -> str:
    return Path(folder).as_posix().rstrip("/")
