"""Windows that several processes write, and one makes count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundalike.errors import LibraryError
from soundalike.store import (
    EncoderRecord,
    LibraryHeader,
    Recording,
    Store,
    Windows,
    storage_at,
    write_fragments,
)

DIM = 3


def header() -> LibraryHeader:
    encoder = EncoderRecord(
        name="e", source="e", fingerprint="f", window_s=1.0, sample_rate_hz=8000, dim=DIM, distance="cosine"
    )
    return LibraryHeader(encoder=encoder, hop_s=1.0, roots={"r": "/r"}, soundalike_version="0")


def windows(recording_id: str, num: int, *, dim: int = DIM) -> Windows:
    start_s = np.arange(num, dtype=np.float64)
    return Windows(
        recording_ids=np.array([recording_id] * num),
        start_s=start_s,
        end_s=start_s + 1,
        embeddings=np.random.default_rng(num).normal(size=(num, dim)).astype(np.float32),
    )


def row(recording_id: str, num: int) -> Recording:
    return Recording(root="r", path=recording_id, recording_id=recording_id, num_windows=num)


def data_files(lib: Path) -> int:
    return len(list((lib / "windows.lance" / "data").iterdir()))


def test_fragments_count_once_they_are_added(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "lib", header())
    store.add_windows(windows("before", 2))
    storage = storage_at(tmp_path / "lib")
    one = write_fragments(storage, store.header, [windows("a", 4), windows("b", 3)])
    two = write_fragments(storage, store.header, [windows("c", 5)])
    write_fragments(storage, store.header, [windows("never", 6)])
    assert write_fragments(storage, store.header, []) == []
    store.put_recordings([row("before", 2)])
    assert len(store.windows()) == 2
    store.add_fragments([*one, *two])
    store.add_fragments([])
    store.put_recordings([row("a", 4), row("b", 3), row("c", 5)])
    found = store.windows(["b"])
    np.testing.assert_array_equal(found.embeddings, windows("b", 3).embeddings)
    assert store.num_windows() == 14
    # Another process sees the same; what was never added goes.
    assert Store(tmp_path / "lib").num_windows() == 14
    before = data_files(tmp_path / "lib")
    store.clear_fragments()
    assert data_files(tmp_path / "lib") == before - 1
    store.compact()
    assert Store(tmp_path / "lib").num_windows() == 14
    assert store.clear_orphans() == 0


def test_embeddings_of_another_length_are_refused(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "lib", header())
    with pytest.raises(LibraryError, match="do not fit a library of dim 3"):
        write_fragments(store.storage, store.header, [windows("a", 4, dim=5)])
