"""Work packed into parcels: what one process takes at a time, and what is lost and done again if it dies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

MAX_BYTES = 128 * 2**20
MAX_ITEMS = 64
# With so many parcels for every worker, those who are done early do not wait long for the last one.
PER_WORKER = 8


def packed(items: Iterable[T], size_bytes: Callable[[T], int], *, num_workers: int) -> Iterator[list[T]]:
    """Pack items in their order into parcels.

    Args:
        items: files, mostly.
        size_bytes: of an item; one that is larger than a parcel has one to itself.
        num_workers: who will share the parcels, > 0.
    """
    items = list(items)
    shares = num_workers * PER_WORKER
    max_bytes = min(MAX_BYTES, -(-sum(map(size_bytes, items)) // shares))
    max_items = min(MAX_ITEMS, -(-len(items) // shares))
    parcel: list[T] = []
    held = 0
    for item in items:
        size = size_bytes(item)
        if parcel and (held + size > max_bytes or len(parcel) >= max_items):
            yield parcel
            parcel, held = [], 0
        parcel.append(item)
        held += size
    if parcel:
        yield parcel
