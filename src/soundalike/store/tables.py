"""The two Lance tables of a library: recordings, and the windows of their sound with embeddings.

A window counts only while a recordings row with its `recording_id` is "indexed". Writers add the windows of a
recording first and its row afterwards; a row is removed or changed first and its windows afterwards. So a process that
dies anywhere leaves a library that reads as if the last step had not begun, plus windows that belong to nothing, which
`Store.clear_orphans` removes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from soundalike.errors import LibraryError
from soundalike.store.header import HEADER_NAME, LibraryHeader, read_header, write_header
from soundalike.store.lock import LOCK_NAME
from soundalike.store.recording import Recording, from_arrow, recordings_schema, to_arrow
from soundalike.store.windows import (
    Windows,
    concatenate,
    windows_from_arrow,
    windows_schema,
    windows_to_arrow,
)

if TYPE_CHECKING:
    import pyarrow as pa

RECORDINGS_NAME = "recordings.lance"
WINDOWS_NAME = "windows.lance"
# Every write adds a file and a version; beyond this many they are merged while indexing goes on.
COMPACT_AFTER_WRITES = 200
ROWS_PER_FRAGMENT = 65_536
# Old versions stay readable for as long as a search that began on them may take.
KEEP_VERSIONS = timedelta(minutes=10)
# Ids in one filter expression; the expression is text that Lance parses.
IDS_PER_FILTER = 1_000


class Store:
    """A library on disk. Any number of processes may read; one may write, under `only_writer`."""

    def __init__(self, folder: Path) -> None:
        """Open the library at `folder`.

        Raises:
            LibraryNotFoundError: there is none.
            LibraryError: it cannot be read.
        """
        import lance

        self.folder = folder
        self.header = read_header(folder)
        with _readable(folder):
            self._recordings = lance.dataset(str(folder / RECORDINGS_NAME))
            self._windows = lance.dataset(str(folder / WINDOWS_NAME))
        self._num_writes = 0

    @classmethod
    def create(cls, folder: Path, header: LibraryHeader) -> Store:
        """Make an empty library; `folder` is new, empty, or what an interrupted `create` left.

        Raises:
            LibraryError: `folder` holds other things, or cannot be written.
        """
        refuse_foreign_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with _writable(folder):
            _create_table(folder / RECORDINGS_NAME, recordings_schema())
            _create_table(folder / WINDOWS_NAME, windows_schema(header.encoder.dim))
            # The header comes last: without it there is no library.
            write_header(folder, header)
        return cls(folder)

    @property
    def version(self) -> tuple[int, int, int]:
        """Grows with every change that any process makes."""
        self.header = read_header(self.folder)
        with _readable(self.folder):
            return self.header.revision, self._recordings.latest_version, self._windows.latest_version

    def write_roots(self, roots: Mapping[str, str]) -> None:
        """Say where the roots are from now on; a root has to be known before rows in it are put."""
        header = read_header(self.folder)
        if header.roots != roots:
            header = replace(header, roots=dict(roots), revision=header.revision + 1)
            with _writable(self.folder):
                write_header(self.folder, header)
        self.header = header

    def recordings(self) -> list[Recording]:
        """All rows of the recordings table, by path."""
        with _readable(self.folder):
            self._recordings.checkout_latest()
            table = self._recordings.to_table()
        # A root is written before its first row and goes after its last one, maybe between the two reads.
        before, self.header = self.header.roots, read_header(self.folder)
        rows = from_arrow(table, before | self.header.roots)
        return sorted(rows, key=lambda row: (row.root, row.path, row.file_id))

    def windows(self, recording_ids: Iterable[str] | None = None) -> Windows:
        """Windows that count, by recording and start.

        Args:
            recording_ids: only theirs; None means those of every recording.
        """
        with _readable(self.folder):
            # Windows before rows: whatever a writer adds between the two reads is left out as a whole.
            self._windows.checkout_latest()
            if recording_ids is None:
                tables = [self._windows.to_table()]
            else:
                tables = [self._windows.to_table(filter=one) for one in _filters(recording_ids)]
            counted = self._indexed_ids()
        read = [windows_from_arrow(table, self.header.encoder.dim) for table in tables if table.num_rows]
        windows = concatenate(read, self.header.encoder.dim)
        windows = windows.take(np.isin(windows.recording_ids, np.array(sorted(counted), dtype=np.str_)))
        return windows.take(np.lexsort((windows.start_s, windows.recording_ids)))

    def num_windows(self) -> int:
        """How many windows count."""
        with _readable(self.folder):
            return sum(self._indexed_ids().values())

    def add_windows(self, windows: Windows) -> None:
        """Append windows; they count once a recording with their id is put."""
        if not len(windows):
            return
        table = windows_to_arrow(windows, self.header.encoder.dim)
        with _writable(self.folder):
            self._windows.insert(table)
        self._wrote()

    def put_recordings(self, recordings: Sequence[Recording]) -> None:
        """Add rows, or replace those of the same `file_id`, in one step."""
        if not recordings:
            return
        with _writable(self.folder):
            merge = self._recordings.merge_insert("file_id")
            merge.when_matched_update_all().when_not_matched_insert_all().execute(to_arrow(recordings))
        self._wrote()

    def drop_recordings(self, recordings: Iterable[Recording]) -> None:
        """Remove rows; windows that no row refers to any more go with `clear_orphans`."""
        with _writable(self.folder):
            for one in _filters((recording.file_id for recording in recordings), column="file_id"):
                self._recordings.delete(one)

    def drop_windows(self, recording_ids: Iterable[str]) -> None:
        """Remove all windows with these ids."""
        with _writable(self.folder):
            for one in _filters(recording_ids):
                self._windows.delete(one)

    def clear_orphans(self) -> int:
        """Remove the windows that belong to no indexed recording, and return how many they were."""
        with _writable(self.folder):
            self._recordings.checkout_latest()
            self._windows.checkout_latest()
            num_before = int(self._windows.count_rows())
            if num_before == sum(self._indexed_ids().values()):
                return 0
            owners = self._windows.to_table(columns=["recording_id"])["recording_id"].unique().to_pylist()
            for one in _filters(sorted(set(owners) - self._indexed_ids().keys())):
                self._windows.delete(one)
            return num_before - int(self._windows.count_rows())

    def compact(self) -> None:
        """Merge the many small files of many small writes, and drop versions nobody reads any more."""
        with _writable(self.folder):
            for table in (self._recordings, self._windows):
                table.checkout_latest()
                table.optimize.compact_files(target_rows_per_fragment=ROWS_PER_FRAGMENT)
                table.cleanup_old_versions(older_than=KEEP_VERSIONS)
        self._num_writes = 0

    def _indexed_ids(self) -> dict[str, int]:
        """Ids whose windows count, with how many windows they have."""
        self._recordings.checkout_latest()
        rows = self._recordings.to_table(columns=["recording_id", "num_windows"], filter="status = 'indexed'")
        return dict(zip(rows["recording_id"].to_pylist(), rows["num_windows"].to_pylist(), strict=True))

    def _wrote(self) -> None:
        self._num_writes += 1
        if self._num_writes >= COMPACT_AFTER_WRITES:
            self.compact()


def refuse_foreign_folder(folder: Path) -> None:
    """Keep a new library out of a folder that holds other things.

    Raises:
        LibraryError: `folder` is a file, or has entries that are not a library's.
    """
    ours = {HEADER_NAME, f"{HEADER_NAME}.tmp", LOCK_NAME, RECORDINGS_NAME, WINDOWS_NAME}
    try:
        others = sorted({entry.name for entry in folder.iterdir()} - ours)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise LibraryError(f"cannot make a library at '{folder}': {exc.strerror}.") from exc
    if others:
        raise LibraryError(
            f"'{folder}' is no library and holds other things ('{others[0]}'). "
            "Name a folder that is new or empty; the audio itself stays where it is."
        )


def _create_table(path: Path, schema: pa.Schema) -> None:
    import lance

    lance.write_dataset(schema.empty_table(), str(path), mode="overwrite" if path.exists() else "create")


def _filters(ids: Iterable[str], *, column: str = "recording_id") -> Iterator[str]:
    """Lance filter expressions that together match `ids`."""
    every = sorted(set(ids))
    for start in range(0, len(every), IDS_PER_FILTER):
        quoted = ", ".join(
            "'" + one.replace("'", "''") + "'" for one in every[start : start + IDS_PER_FILTER]
        )
        yield f"{column} IN ({quoted})"


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    with _lance_errors(f"cannot read the library '{folder}'"):
        yield


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    with _lance_errors(f"cannot write to the library '{folder}'"):
        yield


@contextmanager
def _lance_errors(what: str) -> Iterator[Any]:
    # Lance raises these three for everything from a missing file to a full disk.
    try:
        yield
    except (OSError, ValueError, RuntimeError) as exc:
        first_line = str(exc).split("\n", 1)[0]
        raise LibraryError(
            f"{what}: {first_line}. Check the folder's permissions and the free space."
        ) from exc
