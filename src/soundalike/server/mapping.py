"""Makes the map of the library in a process of its own: t-SNE would take the processor from those who search."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from soundalike.errors import SoundalikeError

logger = logging.getLogger(__name__)

_NICENESS = 10


class MapMaker:
    """One map at a time.

    Args:
        path: of the library.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._progress: dict[str, int] | None = None
        self.error: str | None = None

    @property
    def progress(self) -> dict[str, int] | None:
        """{"done", "total"} while a map is being made, else None."""
        return self._progress

    def start(self) -> bool:
        """Begin, unless it has begun; returns whether it did."""
        with self._lock:
            if self._progress is not None:
                return False
            ours, theirs = multiprocessing.Pipe(duplex=False)
            # A fresh interpreter: threads of this one may hold locks that a fork would copy.
            process = multiprocessing.get_context("spawn").Process(
                target=_make, args=(self._path, theirs), name="map", daemon=True
            )
            self._progress, self.error = {"done": 0, "total": 1}, None
            process.start()
            self._process = process
            theirs.close()
        threading.Thread(target=self._follow, args=(process, ours), name="map", daemon=True).start()
        return True

    def stop(self) -> None:
        """Break it off; what was made before stays."""
        with self._lock:
            if self._process is not None and self._process.is_alive():
                self._process.terminate()

    def _follow(self, process: multiprocessing.process.BaseProcess, told: Connection) -> None:
        error: str | None = "the map was broken off."
        with told, suppress(EOFError, OSError):
            while True:
                message: Any = told.recv()
                if isinstance(message, tuple):
                    self._progress = {"done": message[0], "total": message[1]}
                else:
                    error = message
        process.join()
        if error is not None:
            logger.warning("no map of '%s': %s", self._path, error)
        with self._lock:
            self.error, self._progress = error, None


def _make(path: str, tell: Connection) -> None:
    """In the process: tells (done, total) often, and at the end None, or what went wrong."""
    # Ctrl-C is for the server, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    from soundalike.library import Library
    from soundalike.library.map import update_map
    from soundalike.store import storage_at

    with suppress(BrokenPipeError):  # the server is gone
        try:
            update_map(
                Library(path).gallery(),
                storage_at(path),
                progress=lambda done, total: tell.send((done, total)),
            )
            tell.send(None)
        except SoundalikeError as error:
            tell.send(str(error))
