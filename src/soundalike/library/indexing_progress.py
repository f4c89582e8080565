"""How far an index run is, written beside the library where other processes read it.

The run writes `indexing.json` about once a second, from a thread of its own, and removes it at its end. One that died
leaves a file that gets old.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from soundalike.errors import LibraryError
from soundalike.store import Storage

PROGRESS_NAME = "indexing.json"
WRITE_EVERY_S = 1.0
# A run that has written nothing for so long is none.
STALE_S = 20.0

logger = logging.getLogger(__name__)


class Beacon:
    """Tells other processes how far this one is, while the context is open.

    Args:
        storage: where the library lies.
        state: called in another thread; gives plain data.
    """

    def __init__(self, storage: Storage, state: Callable[[], dict[str, Any]]) -> None:
        self._storage = storage
        self._state = state
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep_telling, name="progress", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        with suppress(LibraryError, OSError):
            self._storage.delete(PROGRESS_NAME)

    def _keep_telling(self) -> None:
        while True:
            told = {**self._state(), "written_s": round(time.time(), 3)}
            try:
                self._storage.write(PROGRESS_NAME, json.dumps(told).encode("utf-8"))
            except LibraryError as exc:  # the run itself will say so if it matters
                logger.info("cannot tell how far indexing is: %s", exc)
            if self._done.wait(WRITE_EVERY_S):
                return


def read_indexing_progress(storage: Storage) -> dict[str, Any] | None:
    """How far the index run of another process is; None if there is none."""
    try:
        told = json.loads(storage.read(PROGRESS_NAME))
        if not 0 <= time.time() - told.pop("written_s") + STALE_S <= 2 * STALE_S:
            return None
    except (OSError, LibraryError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return told if isinstance(told, dict) else None
