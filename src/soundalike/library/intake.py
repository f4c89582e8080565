"""From files to rows on disk: decode, embed in batches across files, commit."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import Window, is_silent, open_audio, stream_windows
from soundalike.errors import AudioError, EncoderError
from soundalike.store import Recording, Store, Windows

if TYPE_CHECKING:
    from soundalike.encoders import Encoder

logger = logging.getLogger(__name__)

BATCH = 64
# A killed process loses what it did since the last commit; a commit takes about 30 ms.
COMMIT_EVERY_S = 0.5


@dataclass
class _Entry:
    """A row on its way to the disk, with the windows that have to be there before it."""

    row: Recording
    embedded: list[tuple[Window, NDArray[np.float32]]] = field(default_factory=list)
    num_waiting: int = 0
    num_written: int = 0
    is_decoded: bool = False

    @property
    def is_complete(self) -> bool:
        return self.is_decoded and self.num_waiting == 0


class Intake:
    """Takes files in the order in which they are visited; rows reach the disk in that order too.

    The order is what makes duplicates safe: the row of a second file with the same content never stands on disk before
    the windows that both share.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder
        self._entries: deque[_Entry] = deque()
        self._waiting: list[tuple[_Entry, Window, NDArray[np.float32]]] = []
        self._committed_at_s = -COMMIT_EVERY_S
        self._is_writing = False

    def put(self, row: Recording) -> None:
        """Write a row whose windows exist already, or that has none."""
        self._entries.append(_Entry(row, is_decoded=True))
        self._commit_if_due()

    def embed(self, row: Recording, named: Path) -> Recording:
        """Decode and embed a file, and write its row.

        Args:
            row: the row, knowing the file but nothing of its sound.
            named: the file as the user would write it, for messages.
        Returns:
            The row as it will be written: "indexed", or "skipped" with the reason.
        """
        entry = _Entry(row)
        self._entries.append(entry)
        try:
            entry.row = self._decode(entry, named)
        except AudioError as exc:
            logger.info("skipped %s: %s", named, exc)
            self._discard(entry)
            entry.row = replace(row, status="skipped", reason=str(exc))
        entry.is_decoded = True
        self._commit_if_due()
        return entry.row

    def finish(self) -> None:
        """Embed and write everything that is left."""
        self._embed_batch()
        self._commit()

    def abandon(self) -> None:
        """Write what is complete, and let go of the rest; for a run that ends early."""
        # What broke off while it was being written may be there or not; the next run starts from what is.
        if not self._is_writing:
            self._commit()

    def _decode(self, entry: _Entry, named: Path) -> Recording:
        num_windows = num_silent = 0
        end_s = 0.0
        sample_rate_hz = self._encoder.sample_rate_hz
        with open_audio(named, sample_rate_hz=sample_rate_hz) as stream:
            for window, waveform in stream_windows(
                stream.blocks(),
                sample_rate_hz=sample_rate_hz,
                window_s=self._encoder.window_s,
                hop_s=self._store.header.hop_s,
            ):
                end_s = window.end_s
                if is_silent(waveform):
                    num_silent += 1
                else:
                    num_windows += 1
                    self._enqueue(entry, window, waveform)
            return replace(
                entry.row,
                duration_s=end_s,
                sample_rate_hz=stream.info.sample_rate_hz,
                channels=stream.info.channels,
                format=stream.info.format,
                num_windows=num_windows,
                num_silent=num_silent,
                warning="; ".join(stream.warnings),
            )

    def _enqueue(self, entry: _Entry, window: Window, waveform: NDArray[np.float32]) -> None:
        self._waiting.append((entry, window, waveform))
        entry.num_waiting += 1
        if len(self._waiting) == BATCH:
            self._embed_batch()
            self._commit_if_due()

    def _discard(self, entry: _Entry) -> None:
        self._waiting = [one for one in self._waiting if one[0] is not entry]
        entry.embedded, entry.num_waiting = [], 0
        if entry.num_written:
            self._store.drop_windows([entry.row.recording_id])

    def _embed_batch(self) -> None:
        if not self._waiting:
            return
        embeddings = self._encoder.embed(np.stack([waveform for _, _, waveform in self._waiting]))
        if not np.isfinite(embeddings).all():
            raise EncoderError(
                f"encoder '{self._encoder.name}' returned values that are not finite for "
                f"'{self._waiting[0][0].row.location}' or a file after it. Use another checkpoint of it."
            )
        for (entry, window, _), embedding in zip(self._waiting, embeddings, strict=True):
            entry.embedded.append((window, embedding))
            entry.num_waiting -= 1
        self._waiting = []

    def _commit_if_due(self) -> None:
        if time.monotonic() - self._committed_at_s >= COMMIT_EVERY_S:
            self._commit()

    def _commit(self) -> None:
        """Write the windows that are embedded, then the rows whose windows are all written.

        The windows of a long recording are written while it is still being decoded, so memory stays bounded; until
        its row follows, they do not count.
        """
        embedded = [(entry.row.recording_id, *one) for entry in self._entries for one in entry.embedded]
        if not embedded and not (self._entries and self._entries[0].is_complete):
            return
        self._is_writing = True
        for entry in self._entries:
            entry.num_written += len(entry.embedded)
            entry.embedded = []
        if embedded:
            self._store.add_windows(
                Windows(
                    recording_ids=np.array([recording_id for recording_id, _, _ in embedded], dtype=np.str_),
                    start_s=np.array([window.start_s for _, window, _ in embedded]),
                    end_s=np.array([window.end_s for _, window, _ in embedded]),
                    embeddings=np.stack([embedding for _, _, embedding in embedded]),
                )
            )
        rows: dict[str, Recording] = {}
        while self._entries and self._entries[0].is_complete:
            row = self._entries.popleft().row
            rows[row.file_id] = row
        self._store.put_recordings(list(rows.values()))
        self._committed_at_s = time.monotonic()
        self._is_writing = False
