"""The two Lance tables of a library: recordings, and the windows of their sound with embeddings.

A window counts only while a recordings row with its `recording_id` is "indexed". Writers add the windows of a
recording first and its row afterwards; a row is removed or changed first and its windows afterwards. So a process that
dies anywhere leaves a library that reads as if the last step had not begun, plus windows that belong to nothing, which
`Store.clear_orphans` removes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soundalike.errors import LibraryError
from soundalike.store.filters import filters_of
from soundalike.store.fragments import append_fragments
from soundalike.store.header import (
    HEADER_NAME,
    NEXT_HEADER_NAME,
    RECORDINGS,
    WINDOWS,
    LibraryHeader,
    find_header,
    read_header,
    table_name,
    write_header,
)
from soundalike.store.lance_errors import readable, writable
from soundalike.store.recording import Recording, recordings_schema, to_arrow
from soundalike.store.snapshot import Snapshot, Version
from soundalike.store.storage import Storage, storage_at
from soundalike.store.windows import (
    Windows,
    concatenate,
    windows_from_arrow,
    windows_schema,
    windows_to_arrow,
)

if TYPE_CHECKING:
    import pyarrow as pa

# What may lie at a place where a library is made: what is left of one that was not finished.
_TABLE = re.compile(r"(recordings|windows)(-\d+)?\.lance")
_OURS = re.compile(rf"library(-next)?\.json(\.tmp)?|library\.lock|{_TABLE.pattern}|search-index")
# Every write adds a file and a version; beyond this many they are merged while indexing goes on.
COMPACT_AFTER_WRITES = 200
ROWS_PER_FRAGMENT = 65_536
# Old versions stay readable for as long as a search that began on them may take.
KEEP_VERSIONS = timedelta(minutes=10)
# A writer commits a few times a second; a reader needs a quiet moment of some milliseconds.
SNAPSHOT_TRIES = 20


class Store:
    """A library on disk. Any number of processes may read; one may write, under `only_writer`."""

    def __init__(self, library: str | Path | Storage, *, header_name: str = HEADER_NAME) -> None:
        """Open a library.

        Args:
            library: a folder, or "s3://bucket/prefix".
            header_name: another header than the library's own, to reach tables that are not its own yet.
        Raises:
            LibraryNotFoundError: there is none.
            LibraryError: it cannot be read.
        """
        self.storage = storage_at(library)
        self._seen: tuple[tuple[int, ...], Version] | None = None
        self.header_name = header_name
        self.header = read_header(self.storage, name=header_name)
        self._open_tables()
        self._num_writes = 0

    @classmethod
    def create(
        cls, library: str | Path | Storage, header: LibraryHeader, *, header_name: str = HEADER_NAME
    ) -> Store:
        """Make an empty library where nothing is, or what an interrupted `create` left.

        Raises:
            LibraryError: the place holds other things, or cannot be written.
        """
        storage = storage_at(library)
        if header_name == HEADER_NAME:
            refuse_foreign_place(storage)
            storage.make()
        with writable(storage):
            _create_table(storage, table_name(RECORDINGS, header), recordings_schema())
            _create_table(storage, table_name(WINDOWS, header), windows_schema(header.encoder.dim))
        # The header comes last: without it there is no library.
        write_header(storage, header, name=header_name)
        return cls(storage, header_name=header_name)

    @property
    def version(self) -> Version:
        """Grows with every change that any process makes."""
        tables = (table_name(RECORDINGS, self.header), table_name(WINDOWS, self.header))
        # Asked for first: a change after it makes the next stamp another one.
        stamp = self.storage.stamp([self.header_name, *(f"{table}/_versions" for table in tables)])
        if stamp is None or self._seen is None or self._seen[0] != stamp:
            self._read_header()
            with readable(self.storage):
                version = self.header.revision, self._recordings.latest_version, self._windows.latest_version
            if stamp is None:
                return version
            self._seen = stamp, version
        return self._seen[1]

    def snapshot(self) -> Snapshot:
        """The library as it is now."""
        for _ in range(SNAPSHOT_TRIES):
            before = self.header.roots
            self._read_header()
            with readable(self.storage):
                self._recordings.checkout_latest()
                self._windows.checkout_latest()
                # Had a writer been busy in between, rows could be there whose windows are not.
                if self._recordings.latest_version == self._recordings.version:
                    break
        return Snapshot(
            version=(self.header.revision, self._recordings.version, self._windows.version),
            # A root that went while this was read may still have rows here.
            header=replace(self.header, roots=before | self.header.roots),
            recordings_table=self._recordings.checkout_version(self._recordings.version),
            windows_table=self._windows.checkout_version(self._windows.version),
        )

    def write_roots(self, roots: Mapping[str, str]) -> None:
        """Say where the roots are from now on; a root has to be known before rows in it are put."""
        self._read_header()
        if self.header.roots != roots:
            self.storage.check_hold()
            header = replace(self.header, roots=dict(roots), revision=self.header.revision + 1)
            write_header(self.storage, header, name=self.header_name)
            self.header = header

    def recordings(self) -> list[Recording]:
        """All rows of the recordings table, by place."""
        return self.snapshot().rows()

    def windows(self, recording_ids: Iterable[str] | None = None) -> Windows:
        """Windows that count, by recording and start.

        Args:
            recording_ids: only theirs; None means those of every recording.
        """
        snapshot, dim = self.snapshot(), self.header.encoder.dim
        filters = [None] if recording_ids is None else filters_of(recording_ids)
        tables = [snapshot.windows(where=one) for one in filters]
        windows = concatenate([windows_from_arrow(table, dim) for table in tables if table.num_rows], dim)
        return windows.take(np.lexsort((windows.start_s, windows.recording_ids)))

    def num_windows(self) -> int:
        """How many windows count."""
        return self.snapshot().num_windows()

    def add_windows(self, windows: Windows) -> None:
        """Append windows; they count once a recording with their id is put."""
        if not len(windows):
            return
        table = windows_to_arrow(windows, self.header.encoder.dim)
        with self._writing():
            self._windows.insert(table)
        self._wrote()

    def add_fragments(self, fragments: Sequence[str]) -> None:
        """Append windows that other processes wrote with `write_fragments`, in one step; see `add_windows`."""
        if fragments:
            with self._writing():
                append_fragments(self._windows, fragments, self.storage)
            self._wrote()

    def put_recordings(self, recordings: Sequence[Recording]) -> None:
        """Add rows, or replace those of the same `file_id`, in one step."""
        if not recordings:
            return
        with self._writing():
            merge = self._recordings.merge_insert("file_id")
            merge.when_matched_update_all().when_not_matched_insert_all().execute(to_arrow(recordings))
        self._wrote()

    def drop_recordings(self, recordings: Iterable[Recording]) -> None:
        """Remove rows; windows that no row refers to any more go with `clear_orphans`."""
        with self._writing():
            for one in filters_of((recording.file_id for recording in recordings), column="file_id"):
                self._recordings.delete(one)

    def drop_windows(self, recording_ids: Iterable[str]) -> None:
        """Remove all windows with these ids."""
        with self._writing():
            for one in filters_of(recording_ids):
                self._windows.delete(one)

    def clear_orphans(self) -> int:
        """Remove the windows that belong to no indexed recording, and return how many they were."""
        snapshot = self.snapshot()
        counted = snapshot.counted_ids()
        with self._writing():
            num_before = int(self._windows.count_rows())
            if num_before == sum(counted["num_windows"].to_pylist()):
                return 0
            owners = self._windows.to_table(columns=["recording_id"])["recording_id"].unique().to_pylist()
            for one in filters_of(set(owners) - set(counted["recording_id"].to_pylist())):
                self._windows.delete(one)
            return num_before - int(self._windows.count_rows())

    def switch_to(self, new: Store) -> None:
        """Let the tables of `new` take the place of this library's own, in one step, and remove those."""
        self._read_header()
        self.storage.check_hold()
        write_header(self.storage, replace(new.header, revision=self.header.revision + 1))
        self._read_header()
        self.storage.delete(NEXT_HEADER_NAME)
        self.clear_leftovers()

    def clear_leftovers(self) -> None:
        """Remove tables that neither the library nor a move to another encoder needs any more."""
        self._read_header()
        coming = find_header(self.storage, name=NEXT_HEADER_NAME)
        headers = [self.header] if coming is None else [self.header, coming]
        needed = {table_name(what, header) for what in (RECORDINGS, WINDOWS) for header in headers}
        for name in self.storage.entries():
            if _TABLE.fullmatch(name) and name not in needed:
                self.storage.delete(name)

    def compact(self) -> None:
        """Merge the many small files of many small writes, and drop versions nobody reads any more."""
        with self._writing():
            for table in (self._recordings, self._windows):
                table.checkout_latest()
                table.optimize.compact_files(target_rows_per_fragment=ROWS_PER_FRAGMENT)
                table.cleanup_old_versions(older_than=KEEP_VERSIONS)
        self._num_writes = 0

    def clear_fragments(self) -> None:
        """Remove files that were written to be added and never were; nobody may be writing any."""
        with self._writing():
            self._windows.cleanup_old_versions(older_than=KEEP_VERSIONS, delete_unverified=True)

    def _read_header(self) -> None:
        before, self.header = self.header, read_header(self.storage, name=self.header_name)
        if self.header.generation != before.generation:
            self._open_tables()

    def _open_tables(self) -> None:
        import lance

        with readable(self.storage):
            self._recordings, self._windows = (
                lance.dataset(
                    self.storage.table(table_name(what, self.header)),
                    storage_options=self.storage.lance_options,
                )
                for what in (RECORDINGS, WINDOWS)
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.storage.check_hold()
        with writable(self.storage):
            yield

    def _wrote(self) -> None:
        self._num_writes += 1
        if self._num_writes >= COMPACT_AFTER_WRITES:
            self.compact()


def refuse_foreign_place(storage: Storage) -> None:
    """Keep a new library out of a place that holds other things.

    Raises:
        LibraryError: it is a file, or has entries that are not a library's.
    """
    others = sorted(name for name in storage.entries() if not _OURS.fullmatch(name))
    if others:
        raise LibraryError(
            f"'{storage}' is no library and holds other things ('{others[0]}'). "
            "Name a place that is new or empty; the audio itself stays where it is."
        )


def _create_table(storage: Storage, name: str, schema: pa.Schema) -> None:
    import lance

    storage.delete(name)
    lance.write_dataset(schema.empty_table(), storage.table(name), storage_options=storage.lance_options)
