"""Opens a library for its one writer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from soundalike.errors import LibraryError
from soundalike.store.header import LibraryHeader, find_header
from soundalike.store.storage import Storage, storage_at
from soundalike.store.tables import Store, refuse_foreign_place


@contextmanager
def writer(library: str | Path | Storage, header: LibraryHeader) -> Iterator[Store]:
    """A library for writing, made if it is not there; what dead writers left is cleared.

    Args:
        library: where it is.
        header: of a new library.
    Raises:
        LibraryError: it cannot be written, or another process writes to it.
    """
    storage = storage_at(library)
    if find_header(storage) is None:
        refuse_foreign_place(storage)
        storage.make()
    with storage.only_writer():
        store = Store.create(storage, header) if find_header(storage) is None else Store(storage)
        store.clear_orphans()
        try:
            yield store
        except BaseException:
            # Also Ctrl-C. The next run would do the same; here it only keeps the disk tidy.
            with contextlib.suppress(LibraryError):
                store.clear_orphans()
            raise
