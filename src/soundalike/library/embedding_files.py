"""Embeddings with their paths and times in a file: Parquet, written in pieces, or NPZ.

Both hold the same columns, a row a window: `path`, `recording_id`, `label`, `start_s`, `end_s`, `embedding`. What they
were made with stands beside them: in Parquet as JSON under the key "soundalike" of the schema, in NPZ as JSON in the
array "soundalike".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from soundalike.errors import OutputError, UsageError

if TYPE_CHECKING:
    from soundalike.encoders import Encoder
    from soundalike.store import EncoderRecord

SUFFIXES = (".npz", ".parquet")
METADATA_KEY = "soundalike"
_TEXTS = ("path", "recording_id", "label")
# Row groups of fewer rows make a Parquet file large and slow to read.
ROWS_PER_GROUP = 16_384


@dataclass(frozen=True, kw_only=True)
class EmbeddedWindows:
    """Windows with their embeddings.

    Attributes:
        path: of the file that holds each window.
        recording_id: names its content.
        label: name of the folder that holds the file.
        start_s: float64 [window].
        end_s: float64 [window].
        embedding: float32 [window, dim].
    """

    path: list[str]
    recording_id: list[str]
    label: list[str]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    embedding: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.path)


class EmbeddingWriter(Protocol):
    """Takes windows; the file is complete when its context ends."""

    def write(self, windows: EmbeddedWindows) -> None:
        """Append windows."""
        ...


def metadata_of(encoder: Encoder | EncoderRecord, hop_s: float) -> dict[str, Any]:
    """What embeddings were made with, for whoever reads them later."""
    return {
        "encoder": encoder.name,
        "fingerprint": encoder.fingerprint,
        "sample_rate_hz": encoder.sample_rate_hz,
        "window_s": encoder.window_s,
        "hop_s": hop_s,
        "dim": encoder.dim,
        "distance": encoder.distance,
    }


def check_out(out: str | Path) -> Path:
    """The path of a file of embeddings.

    Raises:
        UsageError: its ending is neither .npz nor .parquet.
    """
    out = Path(out)
    if out.suffix.lower() not in SUFFIXES:
        raise UsageError(f"'{out}' ends in neither .npz nor .parquet. Name the file by what it shall be.")
    return out


@contextmanager
def embedding_file(out: str | Path, metadata: dict[str, Any]) -> Iterator[EmbeddingWriter]:
    """A file to write embeddings to; it appears whole, or not at all.

    Args:
        out: where; a file that is there is replaced. Parquet takes memory for one piece at a time, NPZ for everything.
        metadata: what `metadata_of` gives.
    Raises:
        UsageError: the ending is unknown.
        OutputError: the file cannot be written.
    """
    out = check_out(out)
    partial = out.with_name(f"{out.name}.partial")
    try:
        with partial.open("wb") as file:
            if out.suffix.lower() == ".parquet":
                with _parquet(file, metadata) as writer:
                    yield writer
            else:
                arrays = _Arrays(metadata)
                yield arrays
                arrays.save(file)
        partial.replace(out)
    except OSError as exc:
        raise OutputError(f"cannot write '{out}': {exc.strerror or exc}.") from exc
    finally:
        with suppress(OSError):
            partial.unlink()


@contextmanager
def _parquet(file: IO[bytes], metadata: dict[str, Any]) -> Iterator[EmbeddingWriter]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            *(pa.field(name, pa.string()) for name in _TEXTS),
            pa.field("start_s", pa.float64()),
            pa.field("end_s", pa.float64()),
            pa.field("embedding", pa.list_(pa.float32(), metadata["dim"])),
        ],
        metadata={METADATA_KEY: json.dumps(metadata)},
    )
    # Random numbers do not get smaller, and a dictionary of them would only be larger.
    with pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=list(_TEXTS)) as rows:
        writer = _Parquet(rows, schema)
        yield writer
        writer.flush()


class _Parquet:
    def __init__(self, rows: Any, schema: Any) -> None:
        self._rows = rows
        self._schema = schema
        self._waiting: list[Any] = []
        self._num_waiting = 0

    def write(self, windows: EmbeddedWindows) -> None:
        """Append windows, which wait until they fill a row group."""
        import pyarrow as pa

        vectors = np.ascontiguousarray(windows.embedding, dtype=np.float32)
        columns = [
            *(pa.array(getattr(windows, name), pa.string()) for name in _TEXTS),
            pa.array(windows.start_s),
            pa.array(windows.end_s),
            pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1]),
        ]
        self._waiting.append(pa.Table.from_arrays(columns, schema=self._schema))
        self._num_waiting += len(windows)
        if self._num_waiting >= ROWS_PER_GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        import pyarrow as pa

        if self._num_waiting:
            self._rows.write_table(pa.concat_tables(self._waiting), row_group_size=ROWS_PER_GROUP)
        self._waiting, self._num_waiting = [], 0


class _Arrays:
    def __init__(self, metadata: dict[str, Any]) -> None:
        self._metadata = metadata
        self._parts: list[EmbeddedWindows] = []

    def write(self, windows: EmbeddedWindows) -> None:
        """Append windows."""
        self._parts.append(windows)

    def save(self, file: IO[bytes]) -> None:
        """Write everything; no array needs pickle to be read."""

        def texts(name: str) -> NDArray[np.str_]:
            return np.array([one for part in self._parts for one in getattr(part, name)], dtype=np.str_)

        np.savez(
            file,
            path=texts("path"),
            recording_id=texts("recording_id"),
            label=texts("label"),
            start_s=np.concatenate([np.empty(0), *(part.start_s for part in self._parts)]),
            end_s=np.concatenate([np.empty(0), *(part.end_s for part in self._parts)]),
            embedding=np.concatenate(
                [np.empty((0, self._metadata["dim"]), np.float32), *(part.embedding for part in self._parts)]
            ),
            soundalike=np.array(json.dumps(self._metadata)),
        )
