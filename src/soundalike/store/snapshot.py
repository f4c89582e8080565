"""What a library holds at one moment, read column by column: 200,000 rows are quick as columns and slow as objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundalike.store.header import LibraryHeader
from soundalike.store.lance_errors import readable
from soundalike.store.recording import Recording, from_arrow
from soundalike.store.windows import NumberedWindows, numbered_from_arrow, numbers_from_arrow

if TYPE_CHECKING:
    import lance
    import pyarrow as pa

# Windows in memory at once while many are read.
ROWS_PER_BLOCK = 65_536

# Revision of the header, version of the recordings table, version of the windows table.
Version = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One state of a library; whatever others write, it stays the same.

    Columns are read when they are asked for. A snapshot is for minutes: the versions of the tables that it reads are
    dropped some time after they were replaced (`tables.KEEP_VERSIONS`).

    Attributes:
        version: two snapshots of one version hold the same.
        header: encoder, hop and roots.
        recordings_table: the Lance table of recordings at this version.
        windows_table: the Lance table of windows at this version; it may hold windows that do not count.
    """

    version: Version
    header: LibraryHeader
    recordings_table: lance.LanceDataset
    windows_table: lance.LanceDataset

    def recordings(self, columns: Sequence[str] | None = None, *, where: str | None = None) -> pa.Table:
        """Columns of the recordings table.

        Args:
            columns: their names; None for all.
            where: only the rows for which this Lance filter holds.
        """
        with readable(self.recordings_table.uri):
            return self.recordings_table.to_table(columns=_list(columns), filter=where)

    def rows(self, *, where: str | None = None) -> list[Recording]:
        """Rows of the recordings table as objects, by place; for few of them, or for all if need be.

        Args:
            where: only the rows for which this Lance filter holds.
        """
        rows = from_arrow(self.recordings(where=where), self.header.roots)
        return sorted(rows, key=lambda row: (row.root, row.path, row.file_id))

    def windows(self, columns: Sequence[str] | None = None, *, where: str | None = None) -> pa.Table:
        """Columns of the windows that count, in the order of the table.

        Args:
            columns: their names; None for all.
            where: only the windows for which this Lance filter holds.
        """
        import pyarrow.compute as pc

        asked = _list(columns)
        read = asked if asked is None or "recording_id" in asked else ["recording_id", *asked]
        with readable(self.windows_table.uri):
            table = self.windows_table.to_table(columns=read, filter=where)
        counted = self.counted_ids()["recording_id"].combine_chunks()
        does_count = pc.is_in(table["recording_id"], value_set=counted)
        if not pc.all(does_count).as_py():
            table = table.filter(does_count)
        return table if asked is None else table.select(asked)

    def window_blocks(self, number_of: Mapping[str, int]) -> Iterator[NumberedWindows]:
        """Windows of some recordings, block by block, in the order of the table.

        Args:
            number_of: the recordings wanted, each with the number that its windows are to have.
        """
        if not number_of:
            return
        dim, position = self.header.encoder.dim, 0
        with readable(self.windows_table.uri):
            for ids in self.windows_table.to_batches(columns=["recording_id"], batch_size=ROWS_PER_BLOCK):
                numbers = numbers_from_arrow(ids["recording_id"], number_of)
                wanted = np.flatnonzero(numbers >= 0)
                if len(wanted):
                    table = self.windows_table.take(
                        wanted + position, columns=["start_s", "end_s", "embedding"]
                    )
                    yield numbered_from_arrow(table, numbers[wanted], dim)
                position += len(numbers)

    def counted_ids(self) -> pa.Table:
        """`recording_id` and `num_windows` of every content whose windows count, once each."""
        table = self.recordings(["recording_id", "num_windows"], where="status = 'indexed'")
        return (
            table.group_by("recording_id")
            .aggregate([("num_windows", "max")])
            .rename_columns(table.column_names)
        )

    def num_windows(self) -> int:
        """How many windows count."""
        return sum(self.counted_ids()["num_windows"].to_pylist())


def _list(columns: Sequence[str] | None) -> Any:
    return None if columns is None else list(columns)
