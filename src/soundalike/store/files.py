"""The indexed files of a library at one moment, column by column: rows are made only of those that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.store.recording import Recording, from_arrow, paths_of
from soundalike.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

# Rows kept as objects once they were asked for.
MOST_REMEMBERED = 20_000


class IndexedFiles:
    """Recordings, numbered by the path of their first file, with the files that carry each.

    Attributes:
        recording_ids: text, the id of every recording number.
        num_windows: int64 [recording].
    """

    def __init__(self, snapshot: Snapshot) -> None:
        """Read the rows of indexed files."""
        import pyarrow.compute as pc

        table, self._roots = snapshot.recordings(where="status = 'indexed'"), snapshot.header.roots
        by_path = table.take(_path_order(table, self._roots)).combine_chunks()
        coded = by_path["recording_id"].combine_chunks().dictionary_encode()
        # A dictionary is filled in the order of first appearance, so the numbers follow the paths.
        self.recording_ids: list[str] = coded.dictionary.to_pylist()
        self._number_of = {one: number for number, one in enumerate(self.recording_ids)}
        # Indices that stay with Arrow: for those of NumPy it would import numpy.ma, a tenth of a small search.
        order = pc.array_sort_indices(coded.indices)
        self._rows = by_path.take(order).combine_chunks()
        numbers = coded.indices.take(order).to_numpy()
        self._first = np.searchsorted(numbers, np.arange(len(self.recording_ids) + 1))
        self.num_windows: NDArray[np.int64] = self._rows["num_windows"].to_numpy()[self._first[:-1]]
        self._remembered: dict[int, list[Recording]] = {}

    def __len__(self) -> int:
        return len(self.recording_ids)

    def number_of(self, recording_id: str) -> int | None:
        """The number of a recording, None if there is none with this id."""
        return self._number_of.get(recording_id)

    def numbers(self) -> dict[str, int]:
        """Every recording id with its number."""
        return self._number_of

    @property
    def number_of_row(self) -> NDArray[np.int64]:
        """Int64 [file], the recording number of every file, in the order of `columns`."""
        return np.repeat(np.arange(len(self)), np.diff(self._first))

    def rows_of(self, number: int) -> slice:
        """Where the files of a recording stand in `columns`."""
        return slice(self._first[number], self._first[number + 1])

    def columns(self, names: Sequence[str]) -> pa.Table:
        """Columns of the recordings table, a row a file, always in the same order."""
        return self._rows.select(names)

    def of(self, numbers: Iterable[int]) -> dict[int, list[Recording]]:
        """The files of some recordings, by path; the first one names the recording."""
        import pyarrow as pa

        wanted = set(numbers)
        # Held here, so that another thread that starts afresh takes nothing away.
        remembered = self._remembered
        new = sorted(wanted - remembered.keys())
        if new:
            if len(remembered) + len(new) > MOST_REMEMBERED:
                self._remembered = remembered = {}
                new = sorted(wanted)
            rows = [range(self._first[number], self._first[number + 1]) for number in new]
            asked = pa.array([row for own in rows for row in own], pa.int64())
            made = iter(from_arrow(self._rows.take(asked), self._roots))
            for number, own in zip(new, rows, strict=True):
                remembered[number] = [next(made) for _ in own]
        return {number: remembered[number] for number in wanted}


def _path_order(table: pa.Table, roots: Mapping[str, str]) -> pa.Array:
    """The order of rows by the absolute path of their files."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not table.num_rows:
        return pa.array([], pa.int64())
    coded = table["root"].combine_chunks().dictionary_encode()
    folders = pa.array(paths_of(coded.dictionary.to_pylist(), roots))
    paths = pc.binary_join_element_wise(folders.take(coded.indices), table["path"].combine_chunks(), "/")
    keyed = pa.table({"path": paths, "file_id": table["file_id"]})
    return pc.sort_indices(keyed, sort_keys=[("path", "ascending"), ("file_id", "ascending")])
