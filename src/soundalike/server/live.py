"""The library that is served, as it is now: it may not be there yet, change, or be replaced while the server runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from soundalike.errors import LibraryError, RecordingNotFoundError, SetNotFoundError
from soundalike.library import Library
from soundalike.store import Folder, storage_at

# Counting what a library holds looks for every file; it is counted again after so long, and after so many times as
# long as it took.
STATUS_AGE_S = 5.0
STATUS_AGE_TIMES = 20.0
# While another process writes, what is searched changes all the time; reading it anew may take this share of it.
READING_SHARE = 0.2


class LiveLibrary:
    """Opens the library when it is first asked for, and again when another one has taken its place."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.storage = storage_at(path)
        self._lock = threading.Lock()
        self._library: Library | None = None
        self._identity: tuple[int, int] | None = None
        # Until when it is fresh, and the document.
        self._status: tuple[float, dict[str, Any]] | None = None

    @contextmanager
    def open(self) -> Iterator[Library]:
        """The library, to be asked right now.

        Raises:
            LibraryNotFoundError: there is none yet.
            LibraryError: it cannot be read.
        """
        with self._lock:
            identity = self._identity_now()
            if self._library is None or identity != self._identity:
                # Also where nothing can be opened now: the next folder may get the number of the one that went.
                self._library = None
                self._library, self._identity = Library(self.path, reading_share=READING_SHARE), identity
                self._status = None
            library = self._library
        try:
            yield library
        except (RecordingNotFoundError, SetNotFoundError):
            raise
        except LibraryError:
            with self._lock:
                self._library = None  # the next request looks at it afresh
            raise

    def status(self) -> dict[str, Any]:
        """The document of `status --json`, some seconds old, in a huge library minutes."""
        with self.open() as library:
            known, began_s = self._status, time.monotonic()
            if known is None or began_s > known[0]:
                document, done_s = library.status(), time.monotonic()
                fresh_s = max(STATUS_AGE_S, STATUS_AGE_TIMES * (done_s - began_s))
                known = self._status = done_s + fresh_s, document
            return known[1]

    def _identity_now(self) -> tuple[int, int] | None:
        """Which folder it is: one that was deleted and made again is another."""
        if not isinstance(self.storage, Folder):
            return None
        try:
            stat = Path(self.storage.path).stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino
