"""From files to rows on disk: decode, embed in batches across files, commit; all three at once.

Worker threads decode and embed, one more thread writes. What is decided, in which order and what belongs together, is
decided in the thread that owns the intake, between the jobs; the jobs share nothing.

    file -> Reading -> windows -> batch -> embeddings -> windows on disk -> row on disk
            (worker)             (worker)               (writing thread)
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import Window
from soundalike.encoders import embed_on_threads
from soundalike.errors import AudioError, EncoderError, reason_of
from soundalike.library.metadata import with_sound
from soundalike.library.reading import Cut, Reading, Sound
from soundalike.library.sink import Sink
from soundalike.library.workers import Workers
from soundalike.locations import Location
from soundalike.store import Recording, Windows

if TYPE_CHECKING:
    from soundalike.encoders import Device, Encoder

logger = logging.getLogger(__name__)

# Windows in a call of the encoder. More are not faster where a call has one thread, and each call at work needs memory
# for its batch.
BATCH = 16
# A killed process loses what it did since the last commit; a commit takes about 30 ms on a disk and longer on a
# network. Where it takes long it is done less often: it may take this share of the time.
COMMIT_EVERY_S = 0.5
COMMIT_SHARE = 0.05
# Embeddings that wait to be written: where the disk is slower than the encoder, decoding waits for it.
MAX_UNWRITTEN = 1 << 16


@dataclass(eq=False)
class _Entry:
    """A row on its way to the disk, with the windows that have to be there before it."""

    row: Recording
    named: Location | str = ""
    then: Callable[[Recording], None] | None = None
    reading: Reading | None = None
    embedded: list[tuple[Window, NDArray[np.float32]]] = field(default_factory=list)
    num_waiting: int = 0
    num_written: int = 0
    read_s: float = 0.0

    @property
    def is_complete(self) -> bool:
        return self.reading is None and self.num_waiting == 0


class Intake:
    """Takes files in the order in which they are visited.

    A row reaches the disk once its windows are there and no row of the same content that came before it is still on
    its way. That is what makes duplicates safe: the row of a second file never stands on disk before the windows that
    both share.

    Args:
        store: the library, open for writing, or what else takes windows and rows.
        encoder: the library's.
        workers: do the work; while they do, nobody else may use the store for writing.
        on_read: called whenever a piece of a file was decoded, with its row and the seconds of sound in the piece.
        device: where the encoder computes.
    """

    def __init__(
        self,
        store: Sink,
        encoder: Encoder,
        workers: Workers,
        *,
        on_read: Callable[[Recording, float], None],
        device: Device = "cpu",
    ) -> None:
        self._store = store
        self._on_read = on_read
        self._encoder = encoder
        self._embed = embed_on_threads(encoder, device=device)
        self._workers = workers
        self._entries: dict[_Entry, None] = {}  # in the order in which they came
        self._to_read: deque[_Entry] = deque()  # open files whose next piece is not asked for yet
        self._batch: list[tuple[_Entry, Cut]] = []
        self._num_open = self._num_held = self._num_unwritten = 0
        self._max_open = 2 * workers.num_threads
        self._max_held = 2 * (workers.num_threads + 1) * BATCH
        self._commit_at_s = 0.0
        self._is_writing = self._is_handing_over = False

    @property
    def is_full(self) -> bool:
        """Whether the next file should wait for a `Workers.step`."""
        return self._num_open >= self._max_open or (self._is_writing and self._num_unwritten >= MAX_UNWRITTEN)

    def put(self, row: Recording) -> None:
        """Write a row whose windows exist already, or that has none."""
        self._entries[_Entry(row)] = None
        self._commit_if_due()

    def embed(self, row: Recording, named: Location, then: Callable[[Recording], None]) -> None:
        """Decode and embed a file, and write its row.

        Args:
            row: the row, knowing the file but nothing of its sound.
            named: the file as the user would write it, for messages.
            then: called when the file is decoded, with the row as it will be written: "indexed", or "skipped" with the
                reason.
        """
        reading = Reading(
            named,
            sample_rate_hz=self._encoder.sample_rate_hz,
            window_s=self._encoder.window_s,
            hop_s=self._store.header.hop_s,
        )
        entry = _Entry(row, named, then=then, reading=reading)
        self._entries[entry] = None
        self._num_open += 1
        self._to_read.append(entry)
        self._read_on()

    def finish(self) -> None:
        """Decode, embed and write everything that is left."""
        while self._num_open:
            self._workers.step()
        self._embed_batch()
        self._workers.finish()
        self._commit()
        self._workers.finish()

    def abandon(self) -> None:
        """Write what is complete, and let go of the rest; for a run that ends early. The workers have stopped."""
        for entry in self._entries:
            if entry.reading is not None:
                entry.reading.close()
        # What broke off while it was being written may be there or not; the next run starts from what is.
        if not (self._is_writing or self._is_handing_over):
            windows, rows = self._hand_over()
            _write(self._store, windows, rows)

    def _read_on(self) -> None:
        """Ask for further pieces of the open files, as long as there is room for their windows."""
        while self._to_read and self._num_held + BATCH <= self._max_held:
            entry = self._to_read.popleft()
            self._num_held += BATCH  # as many as the piece may hold; corrected when it is there
            self._workers.submit(
                lambda entry=entry: _read(entry.reading),  # type: ignore[misc]
                lambda piece, entry=entry: self._take_piece(entry, piece),  # type: ignore[misc]
            )

    def _take_piece(self, entry: _Entry, piece: tuple[list[Cut], Sound | AudioError | None]) -> None:
        cuts, end = piece
        assert entry.reading is not None
        self._num_held += len(cuts) - BATCH
        self._on_read(entry.row, entry.reading.reached_s - entry.read_s)
        entry.read_s = entry.reading.reached_s
        for cut in cuts:
            entry.num_waiting += 1
            self._batch.append((entry, cut))
            if len(self._batch) == BATCH:
                self._embed_batch()
        if end is None:
            # In front of files that are not begun: those that came first end first.
            self._to_read.appendleft(entry)
        else:
            self._end(entry, end)
        self._read_on()
        self._commit_if_due()

    def _end(self, entry: _Entry, end: Sound | AudioError) -> None:
        self._num_open -= 1
        if isinstance(end, AudioError):
            logger.info("skipped %s: %s", entry.row.location, end)
            self._discard(entry)
            entry.row = replace(entry.row, status="skipped", reason=reason_of(end, entry.named))
        else:
            entry.row = with_sound(entry.row, end)
        entry.reading = None
        if entry.then is not None:
            entry.then(entry.row)

    def _discard(self, entry: _Entry) -> None:
        kept = [one for one in self._batch if one[0] is not entry]
        self._num_held -= len(self._batch) - len(kept)
        entry.num_waiting -= len(self._batch) - len(kept)
        self._batch = kept
        self._num_unwritten -= len(entry.embedded)
        entry.embedded = []
        if entry.num_written:
            lost = entry.row.recording_id
            self._workers.write(lambda: self._store.drop_windows([lost]), lambda _: None)

    def _embed_batch(self) -> None:
        if not self._batch:
            return
        batch, self._batch = self._batch, []
        self._workers.submit(
            lambda: self._embed(np.stack([waveform for _, (_, waveform) in batch])),
            lambda embeddings: self._take_embeddings(batch, embeddings),
        )

    def _take_embeddings(self, batch: list[tuple[_Entry, Cut]], embeddings: NDArray[np.float32]) -> None:
        if not np.isfinite(embeddings).all():
            raise EncoderError(
                f"encoder '{self._encoder.name}' returned values that are not finite for "
                f"'{batch[0][0].row.location}' or a file after it. Use another checkpoint of it."
            )
        for (entry, (window, _)), embedding in zip(batch, embeddings, strict=True):
            if entry.row.status == "indexed":
                entry.embedded.append((window, embedding))
                self._num_unwritten += 1
            entry.num_waiting -= 1
        self._num_held -= len(batch)
        self._read_on()
        self._commit_if_due()

    def _commit_if_due(self) -> None:
        is_due = time.monotonic() >= self._commit_at_s or self._num_unwritten >= MAX_UNWRITTEN
        if is_due and not self._is_writing:
            self._commit()

    def _commit(self) -> None:
        """Have the windows written that are embedded, then the rows whose windows are all written.

        The windows of a long recording are written while it is still being decoded, so memory stays bounded; until
        its row follows, they do not count.
        """
        # Ctrl-C in here must not let a row go without its windows.
        self._is_handing_over = True
        windows, rows = self._hand_over()
        if windows is not None or rows:
            self._is_writing = True
            began_s = time.monotonic()
            self._workers.write(lambda: _write(self._store, windows, rows), lambda _: self._written(began_s))
        self._is_handing_over = False

    def _written(self, began_s: float) -> None:
        self._is_writing = False
        now_s = time.monotonic()
        self._commit_at_s = began_s + max(COMMIT_EVERY_S, (now_s - began_s) / COMMIT_SHARE)

    def _hand_over(self) -> tuple[Windows | None, list[Recording]]:
        ids: list[str] = []
        embedded: list[tuple[Window, NDArray[np.float32]]] = []
        rows: dict[str, Recording] = {}
        on_their_way: set[str] = set()
        for entry in list(self._entries):
            ids += [entry.row.recording_id] * len(entry.embedded)
            embedded += entry.embedded
            entry.num_written += len(entry.embedded)
            entry.embedded = []
            if entry.is_complete and entry.row.recording_id not in on_their_way:
                rows[entry.row.file_id] = entry.row
                del self._entries[entry]
            else:
                on_their_way.add(entry.row.recording_id)
        self._num_unwritten = 0
        return (_columns(ids, embedded) if embedded else None), list(rows.values())


def _read(reading: Reading) -> tuple[list[Cut], Sound | AudioError | None]:
    try:
        return reading.read(BATCH)
    except AudioError as exc:
        reading.close()
        return [], exc


def _write(store: Sink, windows: Windows | None, rows: Sequence[Recording]) -> None:
    if windows is not None:
        store.add_windows(windows)
    store.put_recordings(rows)


def _columns(ids: list[str], embedded: list[tuple[Window, NDArray[np.float32]]]) -> Windows:
    return Windows(
        recording_ids=np.array(ids, dtype=np.str_),
        start_s=np.array([window.start_s for window, _ in embedded]),
        end_s=np.array([window.end_s for window, _ in embedded]),
        embeddings=np.stack([embedding for _, embedding in embedded]),
    )
