"""What was made before and may be asked for again, in a bounded amount of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable


class Cache:
    """Bytes by key; those that nobody asked for longest go first.

    Args:
        most_bytes: of all values together.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._num_bytes = 0
        self._values: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> bytes | None:
        """What is kept under a key, None if nothing is."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: bytes) -> None:
        """Keep a value, and let go of as many others as it needs room."""
        with self._lock:
            self._num_bytes += len(value) - len(self._values.pop(key, b""))
            self._values[key] = value
            while self._num_bytes > self._most_bytes:
                _, oldest = self._values.popitem(last=False)
                self._num_bytes -= len(oldest)
