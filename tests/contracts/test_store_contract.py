"""What a store keeps its word on at every place where it may lie, freshly written and reopened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from soundalike.errors import LibraryError
from soundalike.store import EncoderRecord, LibraryHeader, Recording, Store, Windows

DIM = 4
HEADER = LibraryHeader(
    encoder=EncoderRecord(
        name="any",
        source="any",
        fingerprint="f",
        window_s=2.0,
        sample_rate_hz=16000,
        dim=DIM,
        distance="euclidean",
    ),
    hop_s=1.0,
    roots={"sounds": "/sounds"},
    soundalike_version="0",
)


@pytest.fixture
def store(place: str) -> Store:
    return Store.create(place, HEADER)


@pytest.fixture(params=["fresh", "reopened"])
def look(request: pytest.FixtureRequest, store: Store, place: str) -> Callable[[], Store]:
    """The store as its writer sees it, or as a reader that opens it later."""
    return (lambda: store) if request.param == "fresh" else (lambda: Store(place))


def windows(*ids: str, seed: int = 0) -> Windows:
    rng = np.random.default_rng(seed)
    starts_s = np.arange(len(ids), dtype=np.float64)
    return Windows(
        recording_ids=np.array(ids, dtype=np.str_),
        start_s=starts_s,
        end_s=starts_s + 2,
        embeddings=rng.normal(size=(len(ids), DIM)).astype(np.float32),
    )


def recording(recording_id: str, num_windows: int, *, path: str | None = None) -> Recording:
    return Recording(
        root="sounds",
        root_path="/sounds",
        path=path or f"{recording_id}.wav",
        recording_id=recording_id,
        content_hash=recording_id * 2,
        size_bytes=2**40,
        modified_ns=1_700_000_000_123_456_789,
        duration_s=2.5,
        sample_rate_hz=44100,
        channels=2,
        format="WAV",
        label="dog's",
        num_windows=num_windows,
        num_silent=1,
        warning="ends early",
    )


def test_new_store_is_empty(look: Callable[[], Store]) -> None:
    assert look().recordings() == []
    assert len(look().windows()) == look().num_windows() == 0
    assert look().windows().embeddings.shape == (0, DIM)
    assert look().header == HEADER


def test_rows_come_back_as_they_were_put(store: Store, look: Callable[[], Store]) -> None:
    rows = [
        recording("a", 0, path='it\'s/ü \U0001f436 "quoted".wav'),
        replace(recording("b", 0), status="skipped", reason="no sound"),
    ]
    store.put_recordings(rows)
    assert sorted(look().recordings(), key=lambda row: row.recording_id) == rows


def test_windows_come_back_bit_by_bit_sorted(store: Store, look: Callable[[], Store]) -> None:
    written = windows("b", "a", "b", "a")
    store.add_windows(written)
    store.put_recordings([recording("a", 2), recording("b", 2)])
    read = look().windows()
    assert list(zip(read.recording_ids, read.start_s, read.end_s, strict=True)) == [
        ("a", 1, 3),
        ("a", 3, 5),
        ("b", 0, 2),
        ("b", 2, 4),
    ]
    np.testing.assert_array_equal(read.embeddings, written.embeddings[[1, 3, 0, 2]])
    np.testing.assert_array_equal(look().windows(["b"]).embeddings, written.embeddings[[0, 2]])
    assert len(look().windows(["c"])) == len(look().windows([])) == 0


def test_windows_count_only_with_an_indexed_row(store: Store, look: Callable[[], Store]) -> None:
    store.add_windows(windows("a", "a", "b"))
    assert len(look().windows()) == look().num_windows() == 0
    store.put_recordings([recording("a", 2), replace(recording("b", 0), status="skipped")])
    assert set(look().windows().recording_ids) == {"a"}
    assert look().num_windows() == 2
    assert store.clear_orphans() == 1
    assert store.clear_orphans() == 0
    assert len(look().windows()) == 2


def test_two_rows_share_the_windows_of_one_content(store: Store, look: Callable[[], Store]) -> None:
    store.add_windows(windows("a", "a"))
    one, two = recording("a", 2, path="1.wav"), recording("a", 2, path="2.wav")
    store.put_recordings([one, two])
    assert len(look().windows()) == look().num_windows() == 2
    store.drop_recordings([one])
    assert (look().recordings(), store.clear_orphans()) == ([two], 0)
    store.drop_recordings([two])
    assert len(look().windows()) == 0
    assert store.clear_orphans() == 2


def test_putting_again_replaces(store: Store, look: Callable[[], Store]) -> None:
    row = recording("a", 0)
    store.put_recordings([row])
    moved = replace(row, path="elsewhere.wav")
    store.put_recordings([moved, recording("b", 0)])
    assert [one.path for one in look().recordings()] == ["b.wav", "elsewhere.wav"]
    store.put_recordings([])
    store.add_windows(windows())
    assert len(look().recordings()) == 2


def test_dropping_what_is_not_there_is_fine(store: Store) -> None:
    store.drop_recordings([recording("a", 0)])
    store.drop_recordings([])
    store.drop_windows(["nothing"])


def test_version_grows_with_every_change_of_any_writer(store: Store) -> None:
    reader = Store(str(store.storage))
    before = reader.version
    assert reader.version == before
    store.put_recordings([recording("a", 0)])
    assert reader.version > before
    assert len(reader.recordings()) == 1


def test_many_small_writes_survive_compaction(store: Store, look: Callable[[], Store]) -> None:
    for number in range(30):
        store.add_windows(windows(f"{number:02}", seed=number))
        store.put_recordings([recording(f"{number:02}", 1)])
    reader = Store(str(store.storage))
    before = reader.windows()
    store.compact()
    after = look().windows()
    np.testing.assert_array_equal(after.embeddings, before.embeddings)
    assert len(look().recordings()) == 30
    assert len(reader.windows()) == 30


def test_more_ids_than_one_filter_holds(store: Store) -> None:
    ids = [f"it's {number}" for number in range(2500)]
    store.add_windows(windows(*ids))
    rows = [recording(one, 1) for one in ids]
    store.put_recordings(rows)
    assert len(store.windows(ids)) == 2500
    store.drop_recordings(rows[:-1])
    assert store.clear_orphans() == 2499
    assert store.windows().recording_ids.tolist() == [ids[-1]]


def test_embeddings_of_another_size_are_refused(store: Store) -> None:
    wrong = replace(windows("a"), embeddings=np.zeros((1, DIM + 1), np.float32))
    with pytest.raises(LibraryError, match="do not fit a library of dim 4"):
        store.add_windows(wrong)


def test_snapshot_stays_as_it_was(store: Store) -> None:
    store.add_windows(windows("a", "b", "a"))
    store.put_recordings([recording("a", 2), recording("b", 0, path="sub/b.wav")])
    store.drop_recordings([recording("c", 0)])
    before = store.snapshot()
    assert before.version == store.version
    store.put_recordings([replace(recording("b", 0), status="skipped")])
    store.add_windows(windows("a", "c"))
    store.write_roots({"sounds": "/elsewhere"})
    after = store.snapshot()
    assert after.version > before.version
    assert before.windows()["recording_id"].to_pylist() == ["a", "b", "a"]
    assert before.windows(["start_s"], where="end_s > 2").to_pydict() == {"start_s": [1.0, 2.0]}
    assert sorted(before.recordings(["path"])["path"].to_pylist()) == ["a.wav", "sub/b.wav"]
    assert [str(row.location) for row in before.rows(where="recording_id = 'b'")] == [
        str(Path("/sounds/sub/b.wav"))
    ]
    assert {str(row.location.parent) for row in after.rows(where="path = 'a.wav'")} == {
        str(Path("/elsewhere"))
    }


def test_snapshot_counts_contents_once(store: Store) -> None:
    store.add_windows(windows("a", "a", "orphan"))
    store.put_recordings([recording("a", 2, path="1.wav"), recording("a", 2, path="2.wav")])
    snapshot = store.snapshot()
    assert snapshot.num_windows() == 2
    assert snapshot.counted_ids().to_pylist() == [{"recording_id": "a", "num_windows": 2}]
    assert snapshot.windows(["start_s"]).num_rows == 2
