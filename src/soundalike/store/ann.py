"""The search index: derived from the windows table, kept beside it, and safe to delete at any moment.

    LIBRARY/search-index/current.json   names the folder that counts, replaced as a whole
    LIBRARY/search-index/ID/about.json  what the index covers and how well it was measured to find
    .../ids.npy, num_windows.npy        text and int64 [recording], the recordings it covers
    .../recording.npy                   int32 [window], the recording of every window
    .../start_s.npy, end_s.npy          float64 [window]
    .../order.npy                       int32 [window], all windows by recording and start
    .../vectors.f32                     float32 [window, dim], the embeddings as they are in the library
    .../lengths_squared.npy             float32 [window]
    .../DISTANCE.faiss                  the same, a byte a number, sorted into cells
    .../DISTANCE-cell.npy, -spread.npy  int32 [window], the cell of every window; float32 [cell], see `Cells`

A recording is known by the hash of its content, and its windows never change. So the index needs no word from the
windows table: what it covers and the library still holds is found through it, the rest is compared one by one. All
files but `current.json` are written once and mapped into memory by readers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundalike.config import Distance
from soundalike.errors import LibraryError
from soundalike.store.cells import Allowed, Cells
from soundalike.store.header import LibraryHeader
from soundalike.store.storage import Folder, Storage

ANN_NAME = "search-index"
CURRENT_NAME = "current.json"
ABOUT_NAME = "about.json"
VECTORS_NAME = "vectors.f32"
ANN_FORMAT_VERSION = 2
# Share of the windows above which a mask leaves no cell empty, or few.
NEARLY_ALL = 0.9


@dataclass(frozen=True, kw_only=True)
class About:
    """What an index says of itself.

    Attributes:
        format_version: version of the layout on disk.
        generation: of the library's tables; it changes when the library moves to another encoder.
        fingerprint: of the encoder that made the vectors.
        hop_s: seconds between the starts of two windows.
        dim: numbers in a vector.
        num_vectors: windows in the index.
        num_learned: windows it had when its cells were last learned.
        distances: which file of cells serves a distance; one file serves both where all vectors have length 1.
        reach: for each file of cells, `Cells.reach`.
        recall_at_10: for each file of cells and each kind of question, the share of the 10 nearest windows that it
            found when it was built.
    """

    format_version: int
    generation: int
    fingerprint: str
    hop_s: float
    dim: int
    num_vectors: int
    num_learned: int
    distances: dict[str, str]
    reach: dict[str, float]
    recall_at_10: dict[str, dict[str, float]]

    def fits(self, header: LibraryHeader) -> bool:
        """Whether the vectors are those of the library's encoder and windows."""
        return (self.format_version, self.generation, self.fingerprint, self.hop_s, self.dim) == (
            ANN_FORMAT_VERSION,
            header.generation,
            header.encoder.fingerprint,
            header.hop_s,
            header.encoder.dim,
        )


class AnnIndex:
    """An index on disk, opened for searching."""

    def __init__(self, folder: Path, about: About, *, mapped: bool = True) -> None:
        """Open the index in `folder`; `mapped` leaves the vectors on disk until they are looked at.

        Raises:
            OSError, ValueError, KeyError, LibraryError: it is not whole.
        """
        self.folder = folder
        self.about = about
        mode: Any = "r" if mapped else None

        def column(name: str) -> NDArray[Any]:
            # A plain view of what is mapped is quicker than NumPy's class for it.
            return np.asarray(np.load(folder / f"{name}.npy", mmap_mode=mode))

        self.recording_ids: list[str] = column("ids").tolist()
        self.num_windows: NDArray[np.int64] = column("num_windows")
        self.recording: NDArray[np.int32] = column("recording")
        self.start_s: NDArray[np.float64] = column("start_s")
        self.end_s: NDArray[np.float64] = column("end_s")
        self._order: NDArray[np.int32] = column("order")
        self._first = np.concatenate([[0], np.cumsum(self.num_windows)])
        self.lengths_squared: NDArray[np.float32] = column("lengths_squared")
        self.vectors: NDArray[np.float32] = np.asarray(
            np.memmap(folder / VECTORS_NAME, np.float32, "r", shape=(about.num_vectors, about.dim))
        )
        self.cells: dict[str, Cells] = {}
        self.cell_of: dict[str, NDArray[np.int32]] = {}
        for name in sorted(set(about.distances.values())):
            self.cell_of[name] = column(f"{name}-cell")
            self.cells[name] = Cells.read(
                folder / f"{name}.faiss",
                column(f"{name}-spread"),
                about.reach[name],
                mapped=mapped,
            )

    def __len__(self) -> int:
        return self.about.num_vectors

    def serves(self, distance: Distance) -> bool:
        """Whether there are cells for this distance."""
        return distance in self.about.distances

    def windows_of(self, recording: int) -> NDArray[np.int64]:
        """The numbers of a recording's windows, by start."""
        return self._order[self._first[recording] : self._first[recording + 1]].astype(np.int64)

    def blocks(self, size: int) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.float32]]]:
        """All windows: the number of a block's first, embeddings [window, dim], their squared lengths [window]."""
        for start in range(0, len(self), size):
            some = slice(start, start + size)
            yield start, self.vectors[some], self.lengths_squared[some]

    def nearest(
        self, query: NDArray[np.float32], n: int, distance: Distance, allowed: Allowed | None = None
    ) -> NDArray[np.int64] | None:
        """Numbers of windows among which are the n nearest ones, most likely.

        Args:
            query: float32 [dim].
            n: how many nearest ones are wanted, > 0.
            distance: one that `serves` is true for.
            allowed: which may be returned, see `allowed`; None for all.
        Returns:
            None where the index cannot tell, see `Cells.nearest`.
        """
        cells = self.cells[self.about.distances[distance]]
        query = unit(query[None])[0] if distance == "cosine" else query
        return cells.nearest(np.ascontiguousarray(query), n, allowed=allowed)

    def allowed(self, mask: NDArray[np.bool_], distance: Distance) -> Allowed:
        """A mask over windows in the form that `nearest` takes."""
        name = self.about.distances[distance]
        occupied = np.zeros(self.cells[name].num_cells, np.bool_)
        if np.count_nonzero(mask) > NEARLY_ALL * len(mask):
            # To look at a few cells in vain costs less than to find out which those are.
            occupied[:] = True
        else:
            occupied[self.cell_of[name][mask]] = True
        return Allowed(bits=np.packbits(mask, bitorder="little"), cells=occupied)


def index_home(storage: Storage) -> Path | None:
    """The folder for the index of a library; None where files cannot be mapped into memory: then it has none."""
    return storage.path / ANN_NAME if isinstance(storage, Folder) else None


def open_index(storage: Storage, header: LibraryHeader, *, mapped: bool = True) -> AnnIndex | None:
    """The index of a library; None if there is none that is whole and made with the library's encoder."""
    home = index_home(storage)
    if home is None:
        return None
    try:
        folder = home / current_name(home)
        about = About(**json.loads((folder / ABOUT_NAME).read_text(encoding="utf-8")))
        return AnnIndex(folder, about, mapped=mapped) if about.fits(header) else None
    except (OSError, ValueError, KeyError, TypeError, LibraryError):
        # Whatever is wrong with it: all that it holds stands in the tables.
        return None


def current_name(home: Path) -> str:
    """The folder in `home` that holds the index that counts.

    Raises:
        OSError, ValueError, KeyError: there is none.
    """
    return str(json.loads((home / CURRENT_NAME).read_text(encoding="utf-8"))["folder"])


def index_stamp(storage: Storage) -> int:
    """Changes when the library gets another index; 0 if it has none."""
    home = index_home(storage)
    try:
        return 0 if home is None else (home / CURRENT_NAME).stat().st_mtime_ns
    except OSError:
        return 0


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors scaled to length 1; those of length 0 stay."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms == 0, 1, norms), np.float32)
