"""When a library gets a search index, and when the index is extended, built anew or dropped."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

from soundalike.store.ann import AnnIndex, index_home, open_index
from soundalike.store.ann_build import write_index
from soundalike.store.files import IndexedFiles
from soundalike.store.snapshot import Snapshot
from soundalike.store.storage import Storage
from soundalike.store.tables import Store

# Larger libraries are worth an index.
MIN_WINDOWS = 50_000


@dataclass(frozen=True, kw_only=True)
class IndexPolicy:
    """When a library is given an index, and when the index is renewed.

    Attributes:
        min_windows: smaller libraries are searched exactly and have none.
        max_tail: windows beside the index, compared one by one, before it is extended: at least this many,
        max_tail_share: and at least this share of those inside.
        max_dead_share: share of windows inside that the library no longer holds, before it is built anew.
        max_growth: how often it may hold what its cells were learned from, before it is built anew.
        seed: of the samples that cells are learned from and measured with.
    """

    min_windows: int = MIN_WINDOWS
    max_tail: int = 20_000
    max_tail_share: float = 0.05
    max_dead_share: float = 0.25
    max_growth: float = 2.0
    seed: int = 0


def refresh_index(store: Store, policy: IndexPolicy | None = None) -> None:
    """Build, extend or drop the index of a library, as it needs; only its one writer may.

    Raises:
        LibraryError: it cannot be written.
    """
    policy = policy or IndexPolicy()
    home = index_home(store.storage)
    if home is None:
        return
    snapshot = store.snapshot()
    files = IndexedFiles(snapshot)
    num_windows = int(files.num_windows.sum())
    if num_windows < max(1, policy.min_windows):
        drop_index(store.storage)
        return
    index = open_index(store.storage, snapshot.header)
    if index is None or _is_worn(index, files, num_windows, policy):
        write_index(home, snapshot, files.recording_ids, None, seed=policy.seed)
        return
    covered, num_dead = coverage(index, files)
    tail = num_windows - (len(index) - num_dead)
    if tail > max(policy.max_tail, policy.max_tail_share * len(index)):
        missing = [one for one in files.recording_ids if one not in covered]
        loaded = open_index(store.storage, snapshot.header, mapped=False)
        write_index(home, snapshot, missing, loaded, seed=policy.seed)


def _is_worn(index: AnnIndex, files: IndexedFiles, num_windows: int, policy: IndexPolicy) -> bool:
    """Whether too much of an index is gone, or too much has come since its cells were learned."""
    _, num_dead = coverage(index, files)
    return (
        num_dead > policy.max_dead_share * len(index)
        or num_windows > policy.max_growth * index.about.num_learned
    )


def drop_index(storage: Storage) -> None:
    """Remove the index of a library, if it has one; searches go on without."""
    home = index_home(storage)
    if home is not None:
        shutil.rmtree(home, ignore_errors=True)


def coverage(index: AnnIndex, files: IndexedFiles) -> tuple[dict[str, int], int]:
    """What of a library an index covers.

    Returns:
        The covered recordings, each with its number in the index, and how many windows of the index are in the library
        no more.
    """
    covered, num_dead = {}, 0
    for own, (one, count) in enumerate(zip(index.recording_ids, index.num_windows.tolist(), strict=True)):
        number = files.number_of(one)
        if number is not None and files.num_windows[number] == count:
            covered[one] = own
        else:
            num_dead += count
    return covered, num_dead


def why_no_index(storage: Storage, num_windows: int) -> str:
    """Why a large library has no index and is searched slowly, for people; empty if it is small or may have one."""
    if index_home(storage) is not None or num_windows < MIN_WINDOWS:
        return ""
    return (
        "a library in a bucket has no search index: the first search of every process reads all "
        f"{num_windows:,} windows. For quick searches, keep the library in a local folder."
    )


def describe_index(snapshot: Snapshot, storage: Storage) -> dict[str, Any]:
    """The index as `status` shows it: its kind, what it covers, and what it was measured to find."""
    files = IndexedFiles(snapshot)
    num_windows = int(files.num_windows.sum())
    index = open_index(storage, snapshot.header)
    if index is None:
        exact = {"kind": "exact", "windows": 0, "tail": num_windows, "recall_at_10": None}
        why = why_no_index(storage, num_windows)
        return {**exact, "note": why} if why else exact
    _, num_dead = coverage(index, files)
    covered = len(index) - num_dead
    return {
        "kind": "cells",
        "windows": covered,
        "tail": num_windows - covered,
        "recall_at_10": index.about.recall_at_10,
    }
