"""Writes the search index, from scratch or around an older one."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundalike.errors import LibraryError
from soundalike.store.ann import (
    ABOUT_NAME,
    ANN_FORMAT_VERSION,
    CURRENT_NAME,
    VECTORS_NAME,
    About,
    AnnIndex,
    current_name,
    unit,
)
from soundalike.store.calibrate_cells import calibrate
from soundalike.store.cells import LEARN_PER_CELL, Cells, num_cells_for
from soundalike.store.snapshot import Snapshot

# Vectors in memory at once while they are read from disk.
BLOCK = 65_536
# Lengths that differ by less than this are rounding.
UNIT_TOLERANCE = 1e-4

logger = logging.getLogger(__name__)


def write_index(
    home: Path, snapshot: Snapshot, ids: list[str], old: AnnIndex | None, *, seed: int = 0
) -> None:
    """Write an index beside the current one, and let it take its place.

    Args:
        home: where the indexes of the library lie.
        snapshot: the library.
        ids: the recordings to take in, besides those of the old index.
        old: the index to extend, opened unmapped; None to build one anew.
        seed: of the samples that cells are learned from and measured with.
    Raises:
        LibraryError: it cannot be written.
    """
    folder = home / f"{uuid.uuid4().hex[:12]}.new"
    try:
        _clear(home, keep=None if old is None else old.folder.name)
        folder.mkdir(parents=True)
        about = _Writer(snapshot, folder, old, seed).write(ids)
        _write_json(folder / ABOUT_NAME, asdict(about))
        _take_place(home, folder)
    except (OSError, RuntimeError, MemoryError) as exc:
        shutil.rmtree(folder, ignore_errors=True)
        raise LibraryError(
            f"cannot write the search index '{home}': {exc}. The library itself is whole; "
            "free some space and run: soundalike optimize"
        ) from exc
    except BaseException:  # also Ctrl-C
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _take_place(home: Path, folder: Path) -> None:
    final = folder.with_suffix("")
    folder.rename(final)
    _write_json(home / f"{CURRENT_NAME}.new", {"folder": final.name})
    (home / f"{CURRENT_NAME}.new").replace(home / CURRENT_NAME)
    _clear(home, keep=final.name)


def _clear(home: Path, *, keep: str | None) -> None:
    """Remove what other runs left, the index that counts excepted."""
    if not home.exists():
        return
    kept = {CURRENT_NAME, keep}
    if keep is None:
        with contextlib.suppress(OSError, ValueError, KeyError):
            kept.add(current_name(home))
    for entry in home.iterdir():
        if entry.name not in kept:
            # On Windows, files that a reader has open stay; the next run tries again.
            shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)


def _write_json(path: Path, plain: dict[str, Any]) -> None:
    path.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")


class _Writer:
    """Writes the files of one index."""

    def __init__(self, snapshot: Snapshot, folder: Path, old: AnnIndex | None, seed: int) -> None:
        self._snapshot = snapshot
        self._folder = folder
        self._old = old
        self._random = np.random.default_rng(seed)
        self._reach: dict[str, float] = {}
        self._dim = snapshot.header.encoder.dim

    def write(self, ids: list[str]) -> About:
        """Write everything but what the index says of itself, and return that.

        Args:
            ids: the recordings to take in, besides those of the old index.
        """
        old, header = self._old, self._snapshot.header
        all_ids = ids if old is None else old.recording_ids + ids
        first = 0 if old is None else len(old)
        lengths = self._write_windows(all_ids, len(all_ids) - len(ids))
        num_vectors = len(self._recording)
        if old is None:
            distances, recalls = _distances(lengths), {}
        else:
            # Vectors of another length than 1 end what one file of cells did for both distances.
            new = _distances(lengths)
            still = {one: name for one, name in old.about.distances.items() if new.get(one) == name}
            distances, recalls = still, dict(old.about.recall_at_10)
        for name in sorted(set(distances.values())):
            recalls[name] = self._write_cells(name, first, num_vectors) or recalls[name]
        return About(
            format_version=ANN_FORMAT_VERSION,
            generation=header.generation,
            fingerprint=header.encoder.fingerprint,
            hop_s=header.hop_s,
            dim=self._dim,
            num_vectors=num_vectors,
            num_learned=num_vectors if old is None else old.about.num_learned,
            distances=distances,
            reach=self._reach,
            recall_at_10=recalls,
        )

    def _write_windows(self, ids: list[str], num_old: int) -> tuple[float, float]:
        """Write all windows, old ones first; returns the shortest and the longest length of a new vector."""
        old = self._old
        recordings, starts, ends = [np.empty(0, np.int32)], [np.empty(0)], [np.empty(0)]
        lengths = [np.empty(0, np.float32)]
        shortest, longest = np.inf, 0.0
        if old is not None:
            recordings, starts, ends = [old.recording], [old.start_s], [old.end_s]
            lengths = [old.lengths_squared]
            shutil.copyfile(old.folder / VECTORS_NAME, self._folder / VECTORS_NAME)
        number_of = {one: number for number, one in enumerate(ids) if number >= num_old}
        with (self._folder / VECTORS_NAME).open("ab") as file:
            for block in self._snapshot.window_blocks(number_of):
                np.ascontiguousarray(block.embeddings, "<f4").tofile(file)
                lengths.append(np.einsum("ij,ij->i", block.embeddings, block.embeddings))
                shortest = min(shortest, float(lengths[-1].min()) ** 0.5)
                longest = max(longest, float(lengths[-1].max()) ** 0.5)
                recordings.append(block.recordings)
                # Copies: a view would keep all that Arrow read with it, embeddings too.
                starts.append(block.start_s.copy())
                ends.append(block.end_s.copy())
        self._recording = np.concatenate(recordings)
        np.save(self._folder / "recording.npy", self._recording)
        np.save(self._folder / "lengths_squared.npy", np.concatenate(lengths))
        start_s = np.concatenate(starts)
        np.save(self._folder / "start_s.npy", start_s)
        np.save(self._folder / "order.npy", np.lexsort((start_s, self._recording)).astype(np.int32))
        np.save(self._folder / "end_s.npy", np.concatenate(ends))
        # What was read counts, not what the rows promise: a recording that is not whole here is not covered.
        counts = np.bincount(self._recording, minlength=len(ids))
        np.save(self._folder / "ids.npy", np.array(ids, np.str_))
        np.save(self._folder / "num_windows.npy", counts)
        return shortest, longest

    def _write_cells(self, name: str, first: int, num_vectors: int) -> dict[str, float] | None:
        """Write the cells for a distance; returns what new cells were measured to find, None for extended ones."""
        old, recall = self._old, None
        if old is None:
            num_cells = num_cells_for(num_vectors)
            size = min(num_vectors, num_cells * LEARN_PER_CELL)
            chosen = np.sort(self._random.choice(num_vectors, size, replace=False))
            cells = Cells.learn(self._some(name, chosen), num_cells)
            cell_of = cells.add(self._blocks(name, 0, num_vectors))
            recall = calibrate(
                cells,
                cell_of,
                self._recording,
                lambda: self._blocks(name, 0, num_vectors),
                lambda numbers: self._some(name, numbers),
                self._random,
            )
            logger.info("search index: %d windows in %d cells, recall@10 %s", num_vectors, num_cells, recall)
        else:
            cells = old.cells[name]
            cell_of = np.concatenate([old.cell_of[name], cells.add(self._blocks(name, first, num_vectors))])
        cells.write(self._folder / f"{name}.faiss")
        np.save(self._folder / f"{name}-cell.npy", cell_of)
        np.save(self._folder / f"{name}-spread.npy", cells.spread_squared)
        self._reach[name] = cells.reach
        return recall

    def _some(self, name: str, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        # Read, not mapped: pages of a mapped file would count as memory of this process.
        vectors: NDArray[np.float32] = np.empty((len(numbers), self._dim), "<f4")
        with (self._folder / VECTORS_NAME).open("rb", buffering=0) as file:
            for vector, number in zip(vectors, numbers.tolist(), strict=True):
                file.seek(number * self._dim * 4)
                file.readinto(vector.data)
        return self._prepared(name, vectors)

    def _blocks(self, name: str, first: int, num_vectors: int) -> Iterator[NDArray[np.float32]]:
        for start in range(first, num_vectors, BLOCK):
            size = min(BLOCK, num_vectors - start)
            block = np.fromfile(
                self._folder / VECTORS_NAME, "<f4", size * self._dim, offset=start * self._dim * 4
            )
            yield self._prepared(name, block.reshape(size, self._dim))

    def _prepared(self, name: str, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return unit(vectors) if name == "cosine" else np.ascontiguousarray(vectors)


def _distances(lengths: tuple[float, float]) -> dict[str, str]:
    """Which cells serve which distance, from the shortest and the longest length of a vector."""
    shortest, longest = lengths
    if abs(shortest - 1) < UNIT_TOLERANCE and abs(longest - 1) < UNIT_TOLERANCE:
        return {"euclidean": "euclidean", "cosine": "euclidean"}
    # A vector of length 0 has cosine distance 1 to everything, which no place among unit vectors has.
    return {"euclidean": "euclidean"} if shortest == 0 else {"euclidean": "euclidean", "cosine": "cosine"}
