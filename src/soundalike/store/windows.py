"""Windows of sound with their embeddings: columns in memory, rows of the windows table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.errors import LibraryError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Windows with their embeddings, column by column.

    Attributes:
        recording_ids: text [window].
        start_s: float64 [window], from the start of the recording.
        end_s: float64 [window], where the sound of the window ends; padding is not counted.
        embeddings: float32 [window, dim].
    """

    recording_ids: NDArray[np.str_]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    embeddings: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.recording_ids)

    def take(self, indices: NDArray[np.int64] | NDArray[np.bool_]) -> Windows:
        """The windows at `indices`, or those where a mask is true."""
        return Windows(
            recording_ids=self.recording_ids[indices],
            start_s=self.start_s[indices],
            end_s=self.end_s[indices],
            embeddings=self.embeddings[indices],
        )


@dataclass(frozen=True, kw_only=True)
class NumberedWindows:
    """Windows whose recordings have numbers, column by column.

    Attributes:
        recordings: int32 [window], the number of its recording.
        start_s: float64 [window], from the start of the recording.
        end_s: float64 [window], where the sound of the window ends; padding is not counted.
        embeddings: float32 [window, dim].
    """

    recordings: NDArray[np.int32]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    embeddings: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.recordings)

    def take(self, indices: NDArray[np.int64]) -> NumberedWindows:
        """The windows at `indices`."""
        return NumberedWindows(
            recordings=self.recordings[indices],
            start_s=self.start_s[indices],
            end_s=self.end_s[indices],
            embeddings=self.embeddings[indices],
        )


def windows_schema(dim: int) -> pa.Schema:
    """Arrow schema of the windows table for embeddings of `dim` numbers."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("recording_id", pa.string()),
            pa.field("start_s", pa.float64()),
            pa.field("end_s", pa.float64()),
            pa.field("embedding", pa.list_(pa.float32(), dim)),
        ]
    )


def windows_to_arrow(windows: Windows, dim: int) -> pa.Table:
    """Windows as rows of the windows table.

    Raises:
        LibraryError: the embeddings do not have `dim` numbers each.
    """
    import pyarrow as pa

    numbers = np.ascontiguousarray(windows.embeddings, dtype=np.float32)
    if numbers.shape != (len(windows), dim):
        raise LibraryError(f"embeddings of shape {numbers.shape} do not fit a library of dim {dim}.")
    columns = [
        pa.array(windows.recording_ids.tolist(), pa.string()),
        pa.array(windows.start_s, pa.float64()),
        pa.array(windows.end_s, pa.float64()),
        pa.FixedSizeListArray.from_arrays(pa.array(numbers.ravel()), dim),
    ]
    return pa.Table.from_arrays(columns, schema=windows_schema(dim))


def windows_from_arrow(table: pa.Table, dim: int) -> Windows:
    """Rows of the windows table as windows."""
    embeddings = table["embedding"].combine_chunks().flatten().to_numpy().reshape(-1, dim)
    return Windows(
        recording_ids=table["recording_id"].to_numpy().astype(np.str_),
        start_s=table["start_s"].to_numpy(),
        end_s=table["end_s"].to_numpy(),
        embeddings=embeddings,
    )


def concatenate(parts: Sequence[Windows], dim: int) -> Windows:
    """The windows of all parts, one part after another; none for no parts."""
    none = Windows(
        recording_ids=np.empty(0, dtype=np.str_),
        start_s=np.empty(0),
        end_s=np.empty(0),
        embeddings=np.empty((0, dim), dtype=np.float32),
    )
    parts = [none, *parts]
    return Windows(
        recording_ids=np.concatenate([part.recording_ids for part in parts]),
        start_s=np.concatenate([part.start_s for part in parts]),
        end_s=np.concatenate([part.end_s for part in parts]),
        embeddings=np.concatenate([part.embeddings for part in parts]),
    )


def numbers_from_arrow(recording_ids: pa.Array, number_of: Mapping[str, int]) -> NDArray[np.int32]:
    """The number of every recording id, -1 where it has none."""
    coded = recording_ids.dictionary_encode()
    numbers = np.array([number_of.get(one, -1) for one in coded.dictionary.to_pylist()], dtype=np.int32)
    return np.asarray(numbers[coded.indices.to_numpy()])


def numbered_from_arrow(table: pa.Table, recordings: NDArray[np.int32], dim: int) -> NumberedWindows:
    """Rows of the windows table, all columns but the id, as windows of recordings with these numbers."""
    return NumberedWindows(
        recordings=recordings,
        start_s=table["start_s"].to_numpy(),
        end_s=table["end_s"].to_numpy(),
        embeddings=table["embedding"].combine_chunks().flatten().to_numpy().reshape(-1, dim),
    )
