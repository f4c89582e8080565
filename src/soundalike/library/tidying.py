"""Makes a library that was changed often smaller and faster."""

from __future__ import annotations

from typing import Any

from soundalike.store import Store, describe_index, refresh_index


def tidy_up(store: Store) -> dict[str, Any]:
    """Merge small files, drop what nobody needs any more, renew the search index.

    Args:
        store: held for writing.
    Returns:
        `size_bytes` before and after, and the `index` as in `status`.
    """
    before = store.storage.size_bytes()
    store.clear_orphans()
    store.clear_leftovers()
    store.compact()
    refresh_index(store)
    return {
        "size_bytes": {"before": before, "after": store.storage.size_bytes()},
        "index": describe_index(store.snapshot(), store.storage),
    }
