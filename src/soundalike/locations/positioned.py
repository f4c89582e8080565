"""What read-only files made of other things have in common: a size and a position."""

from __future__ import annotations

import io


class Positioned(io.RawIOBase):
    """A seekable file to read from; who inherits says how bytes come, in `readinto`.

    Args:
        size: bytes in it.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a position; one before the first byte means the first byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position
