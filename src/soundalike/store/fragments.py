"""Windows written by several processes at once: each writes files of its own, and one process makes them count.

A fragment is a file of the windows table that no version of the table knows yet. To be added, only what describes it
travels to the process that holds the library; the embeddings do not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from soundalike.store.header import WINDOWS, LibraryHeader, table_name
from soundalike.store.lance_errors import writable
from soundalike.store.storage import Storage
from soundalike.store.windows import Windows, windows_schema, windows_to_arrow

if TYPE_CHECKING:
    import lance

# Sorts embeddings of a few minutes of sound into one file and those of days into several.
_ROWS_PER_FILE = 1 << 20


def write_fragments(storage: Storage, header: LibraryHeader, windows: Sequence[Windows]) -> list[str]:
    """Write windows to files that do not count yet.

    Args:
        storage: of the library; it need not be held for writing.
        header: of the library.
        windows: to be written, in pieces.
    Returns:
        What describes the files, for `Store.add_fragments`; none for no windows.
    Raises:
        LibraryError: they cannot be written.
    """
    import pyarrow as pa
    from lance.fragment import write_fragments

    dim = header.encoder.dim
    tables = [windows_to_arrow(piece, dim) for piece in windows if len(piece)]
    if not tables:
        return []
    with writable(storage):
        written = write_fragments(
            pa.concat_tables(tables),
            storage.table(table_name(WINDOWS, header)),
            windows_schema(dim),
            mode="append",
            max_rows_per_file=_ROWS_PER_FILE,
            storage_options=storage.lance_options,
        )
    return [json.dumps(one.to_json()) for one in written]


def append_fragments(table: lance.LanceDataset, fragments: Sequence[str], storage: Storage) -> None:
    """Add fragments to a table in one step, and bring it up to date."""
    import lance

    append = lance.LanceOperation.Append([lance.FragmentMetadata.from_json(one) for one in fragments])
    lance.LanceDataset.commit(
        table, append, read_version=table.latest_version, storage_options=storage.lance_options
    )
    table.checkout_latest()
