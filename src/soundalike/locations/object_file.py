"""An object opened as a file: decoders read and seek in it, and it is fetched by blocks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from soundalike.locations.client import as_os_error, client_of
from soundalike.locations.positioned import Positioned

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# What is read of an object at once, and how much of it is kept: decoders look at its end and go back to its beginning.
BLOCK_BYTES = 1 << 20
_KEPT_BLOCKS = 4


class ObjectFile(Positioned):
    """The bytes of one object; a block is fetched again if it was used long ago.

    Args:
        bucket: its name.
        key: of the object.
        meta: what the store says of it; bytes of a later object under the same key are refused.
    """

    def __init__(self, bucket: str, key: str, meta: Mapping[str, Any]) -> None:
        super().__init__(meta["size"])
        self._bucket = bucket
        self._key = key
        self._tag: str | None = meta["e_tag"]
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer with bytes of one block; none at the end."""
        if self._position >= self.size:
            return 0
        number, begin = divmod(self._position, BLOCK_BYTES)
        data = self._block(number)[begin : begin + memoryview(buffer).nbytes]
        memoryview(buffer).cast("B")[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            while len(self._blocks) >= _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
            self._blocks[number] = self._fetched(number * BLOCK_BYTES)
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _fetched(self, start: int) -> bytes:
        import obstore

        options: Any = {"range": (start, min(start + BLOCK_BYTES, self.size))}
        if self._tag is not None:
            # Else an object that is replaced now would give half of one recording and half of another.
            options["if_match"] = self._tag
        with as_os_error(f"s3://{self._bucket}/{self._key}"):
            return bytes(obstore.get(client_of(self._bucket), self._key, options=options).bytes())
