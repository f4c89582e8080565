"""The searchable content of a library at one moment: files, windows, and the search index where there is one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from soundalike.library.scores import squared_lengths
from soundalike.store import (
    AnnIndex,
    IndexedFiles,
    NumberedWindows,
    Snapshot,
    Store,
    Windows,
    coverage,
    open_index,
    why_no_index,
)

logger = logging.getLogger(__name__)

# Windows read from the index at once where all of them are compared.
INDEX_BLOCK = 65_536
# So many windows tell what distance is usual.
SAMPLE = 256


class Gallery:
    """Windows, numbered: first those of the search index, then those in memory ("loaded").

    Recordings have the numbers of `files`, which follow their paths.

    Attributes:
        snapshot: the state of the library.
        files: the indexed files.
        index: the search index, None if the library has none.
        loaded: the windows that the index does not cover, by recording and start.
        loaded_lengths_squared: float32 [loaded window], squared lengths of their embeddings.
    """

    def __init__(
        self, snapshot: Snapshot, files: IndexedFiles, index: AnnIndex | None, loaded: NumberedWindows
    ) -> None:
        self.snapshot = snapshot
        self.files = files
        self.index = index
        self.loaded = loaded
        self.loaded_lengths_squared = squared_lengths(loaded.embeddings)
        self.num_indexed = 0 if index is None else len(index)
        # The number in `files` of every recording of the index, -1 for those that the library no longer holds.
        self._number_of_indexed = np.empty(0, np.int32)
        # The number in the index of every recording, -1 for those that are in memory.
        self._indexed_as = np.full(len(files), -1, np.int32)
        self._alive: NDArray[np.bool_] | None = None
        if index is not None:
            covered, num_dead = coverage(index, files)
            self._number_of_indexed = np.full(len(index.recording_ids), -1, np.int32)
            for recording_id, own in covered.items():
                number = files.numbers()[recording_id]
                self._number_of_indexed[own], self._indexed_as[number] = number, own
            if num_dead:
                self._alive = self._number_of_indexed[index.recording] >= 0

    @classmethod
    def of(cls, store: Store) -> Gallery:
        """Read what a library holds now."""
        snapshot = store.snapshot()
        files = IndexedFiles(snapshot)
        index = open_index(store.storage, snapshot.header)
        number_of = files.numbers()
        if index is not None:
            covered, _ = coverage(index, files)
            number_of = {one: number for one, number in number_of.items() if one not in covered}
        loaded = _joined(list(snapshot.window_blocks(number_of)), snapshot.header.encoder.dim)
        loaded = loaded.take(np.lexsort((loaded.start_s, loaded.recordings)))
        if why := why_no_index(store.storage, len(loaded)):
            logger.warning("%s", why)
        return cls(snapshot, files, index, loaded)

    def __len__(self) -> int:
        """Windows, those of the index that count no more included."""
        return self.num_indexed + len(self.loaded)

    @cached_property
    def alive(self) -> NDArray[np.bool_] | None:
        """Bool [window], which ones count; None if all do."""
        if self._alive is None:
            return None
        return np.concatenate([self._alive, np.ones(len(self.loaded), np.bool_)])

    @cached_property
    def recordings(self) -> NDArray[np.int32]:
        """Int32 [window], the number of every window's recording; -1 for windows that count no more."""
        if self.index is None:
            return self.loaded.recordings
        return np.concatenate([self._number_of_indexed[self.index.recording], self.loaded.recordings])

    @property
    def start_s(self) -> NDArray[np.float64]:
        """Float64 [window], where every window starts in its recording."""
        if self.index is None:
            return self.loaded.start_s
        return np.concatenate([self.index.start_s, self.loaded.start_s])

    @property
    def end_s(self) -> NDArray[np.float64]:
        """Float64 [window], where every window ends in its recording."""
        if self.index is None:
            return self.loaded.end_s
        return np.concatenate([self.index.end_s, self.loaded.end_s])

    def take(self, numbers: NDArray[np.int64]) -> NumberedWindows:
        """The windows with these numbers."""
        if self.index is None:
            return self.loaded.take(numbers)
        is_indexed = numbers < self.num_indexed
        indexed = numbers[is_indexed]
        inside = NumberedWindows(
            recordings=self._number_of_indexed[self.index.recording[indexed]],
            start_s=self.index.start_s[indexed],
            end_s=self.index.end_s[indexed],
            embeddings=np.asarray(self.index.vectors[indexed]),
        )
        if is_indexed.all():
            return inside
        beside = self.loaded.take(numbers[~is_indexed] - self.num_indexed)
        joined = _joined([inside, beside], beside.embeddings.shape[1])
        where = np.concatenate([np.flatnonzero(is_indexed), np.flatnonzero(~is_indexed)])
        return joined.take(np.argsort(where))

    def numbers_of(self, recording: int) -> NDArray[np.int64]:
        """The numbers of a recording's windows, by start."""
        own = int(self._indexed_as[recording])
        if self.index is not None and own >= 0:
            return self.index.windows_of(own)
        first, last = np.searchsorted(self.loaded.recordings, [recording, recording + 1])
        return np.arange(self.num_indexed + first, self.num_indexed + last)

    def times_s(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where windows of one recording start and end, float64 [window] each."""
        if self.index is not None and len(numbers) and numbers[0] < self.num_indexed:
            return self.index.start_s[numbers], self.index.end_s[numbers]
        return self.loaded.start_s[numbers - self.num_indexed], self.loaded.end_s[numbers - self.num_indexed]

    @cached_property
    def sample(self) -> NDArray[np.float32]:
        """Float32 [window, dim], embeddings from all over the library, the same whether or not it has an index."""
        ends = np.cumsum(self.files.num_windows)
        num_windows = int(ends[-1]) if len(ends) else 0
        chosen = np.unique(np.linspace(0, num_windows - 1, min(SAMPLE, num_windows)).astype(np.int64))
        recordings = np.searchsorted(ends, chosen, side="right")
        places = chosen - (ends - self.files.num_windows)[recordings]
        numbers = [np.empty(0, np.int64)]
        for recording in np.unique(recordings).tolist():
            own = self.numbers_of(recording)
            wanted = places[recordings == recording]
            numbers.append(own[wanted[wanted < len(own)]])
        return self.take(np.concatenate(numbers)).embeddings

    def windows_of(self, recording_id: str) -> Windows | None:
        """The windows of a recording, by start; None if the library does not hold it."""
        number = self.files.number_of(recording_id)
        if number is None:
            return None
        own = self.take(self.numbers_of(number))
        return Windows(
            recording_ids=np.full(len(own), recording_id),
            start_s=own.start_s,
            end_s=own.end_s,
            embeddings=own.embeddings,
        )

    def blocks(self) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.float32]]]:
        """All windows: the number of a block's first, embeddings [window, dim], their squared lengths [window]."""
        if self.index is not None:
            yield from self.index.blocks(INDEX_BLOCK)
        yield self.num_indexed, self.loaded.embeddings, self.loaded_lengths_squared


def _joined(parts: list[NumberedWindows], dim: int) -> NumberedWindows:
    return NumberedWindows(
        recordings=np.concatenate([np.empty(0, np.int32), *(part.recordings for part in parts)]),
        start_s=np.concatenate([np.empty(0), *(part.start_s for part in parts)]),
        end_s=np.concatenate([np.empty(0), *(part.end_s for part in parts)]),
        embeddings=np.concatenate([np.empty((0, dim), np.float32), *(part.embeddings for part in parts)]),
    )
