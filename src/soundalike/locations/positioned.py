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
        self._position = max(0, self._aimed_at(offset, whence))
        return self._position

    def _aimed_at(self, offset: int, whence: int) -> int:
        """The position that a seek means, which may lie before the first byte."""
        return {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence] + offset
