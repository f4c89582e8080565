"""Forgets files of a library; the files themselves stay where they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from soundalike.errors import LibraryError
from soundalike.library.catalogue import Catalogue
from soundalike.library.roots import Roots
from soundalike.store import Store


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What a library forgot.

    Attributes:
        paths: files that it knew and now does not.
        num_gone: recordings of which no file is left.
        num_left: recordings that are still there under another path.
    """

    paths: tuple[str, ...]
    num_gone: int
    num_left: int


def remove(store: Store, paths: Iterable[str | Path]) -> Removal:
    """Forget files, or all files below folders.

    Args:
        store: the library, held for writing.
        paths: files and folders; they need not exist any more.
    Raises:
        LibraryError: the library knows nothing at one of the paths; then nothing is removed at all.
    """
    rows = store.recordings()
    catalogue, roots = Catalogue(rows), Roots(store.header.roots, rows)
    dropped = {}
    for path in paths:
        under = catalogue.under(roots.spelled(path))
        if not under:
            raise LibraryError(f"the library '{store.storage}' holds no recording at or below '{path}'.")
        dropped.update({row.file_id: row for row in under})
    store.drop_recordings(dropped.values())
    store.clear_orphans()
    contents = {row.recording_id for row in dropped.values() if row.status == "indexed"}
    kept = {row.recording_id for row in rows if row.status == "indexed" and row.file_id not in dropped}
    return Removal(
        paths=tuple(sorted(str(row.location) for row in dropped.values())),
        num_gone=len(contents - kept),
        num_left=len(contents & kept),
    )
