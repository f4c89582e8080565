"""The search index on disk: built, extended, renewed, dropped, damaged."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reference import search as plain
from soundalike.errors import LibraryError
from soundalike.store import (
    AnnIndex,
    EncoderRecord,
    IndexedFiles,
    IndexPolicy,
    LibraryHeader,
    Recording,
    Store,
    Windows,
    coverage,
    describe_index,
    open_index,
    refresh_index,
)
from soundalike.store.ann import ABOUT_NAME, ANN_NAME, CURRENT_NAME, VECTORS_NAME

DIM = 16
PER = 10
POLICY = IndexPolicy(min_windows=500, max_tail=100, max_tail_share=0.1)
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
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "lib", HEADER)


def add(store: Store, first: int, count: int, *, scale: float = 1.0, length: float | None = None) -> None:
    """Add recordings number `first` and following, of ten windows each."""
    rng = np.random.default_rng(first)
    vectors = scale * rng.normal(size=(count * PER, DIM)).astype(np.float32)
    if length is not None:
        vectors = (length * vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"{number:04}" for number in range(first, first + count)]
    starts_s = np.tile(np.arange(PER, dtype=np.float64), count)
    store.add_windows(
        Windows(recording_ids=np.repeat(ids, PER), start_s=starts_s, end_s=starts_s + 2, embeddings=vectors)
    )
    store.put_recordings(
        [
            Recording(
                file_id=one,
                root="sounds",
                root_path="/sounds",
                path=f"{one}.wav",
                recording_id=one,
                num_windows=PER,
            )
            for one in ids
        ]
    )


def drop(store: Store, first: int, count: int) -> None:
    ids = {f"{number:04}" for number in range(first, first + count)}
    store.drop_recordings([row for row in store.recordings() if row.recording_id in ids])
    store.clear_orphans()


def index_of(store: Store) -> AnnIndex:
    index = open_index(store.storage, store.header)
    assert index is not None
    return index


def about(store: Store) -> dict[str, object]:
    return describe_index(store.snapshot(), store.storage)


def held(store: Store) -> dict[tuple[str, float], NDArray[np.float32]]:
    windows = store.windows()
    keys = zip(windows.recording_ids.tolist(), windows.start_s.tolist(), strict=True)
    return dict(zip(keys, windows.embeddings, strict=True))


def assert_same_windows(index: AnnIndex, store: Store) -> None:
    expected = held(store)
    keys = [
        (index.recording_ids[number], start)
        for number, start in zip(index.recording.tolist(), index.start_s.tolist(), strict=True)
    ]
    assert sorted(keys) == sorted(expected)
    np.testing.assert_array_equal(index.vectors, [expected[key] for key in keys])
    np.testing.assert_array_equal(index.end_s, index.start_s + 2)


def test_small_libraries_have_none(store: Store) -> None:
    add(store, 0, 49)
    refresh_index(store, POLICY)
    assert open_index(store.storage, store.header) is None
    assert about(store) == {"kind": "exact", "windows": 0, "tail": 490, "recall_at_10": None}
    add(store, 49, 1)
    refresh_index(store, POLICY)
    assert_same_windows(index_of(store), store)
    assert about(store)["kind"] == "cells"
    drop(store, 0, 10)
    refresh_index(store, POLICY)
    assert not (Path(str(store.storage)) / ANN_NAME).exists()


def test_built_once_then_extended_then_renewed(store: Store) -> None:
    add(store, 0, 60)
    refresh_index(store, POLICY)
    first = index_of(store)
    add(store, 60, 10)
    refresh_index(store, POLICY)
    assert index_of(store).folder == first.folder, "a hundred windows are no reason to write"
    assert about(store)["tail"] == 100
    add(store, 70, 1)
    refresh_index(store, POLICY)
    extended = index_of(store)
    assert_same_windows(extended, store)
    assert (len(extended), extended.about.num_learned, about(store)["tail"]) == (710, 600, 0)
    np.testing.assert_array_equal(extended.cells["euclidean"].centroids, first.cells["euclidean"].centroids)
    add(store, 71, 60)
    refresh_index(store, POLICY)
    renewed = index_of(store)
    assert_same_windows(renewed, store)
    assert renewed.about.num_learned == 1310
    assert [one.name for one in renewed.folder.parent.iterdir() if one.is_dir()] == [renewed.folder.name]


def test_removed_recordings_are_not_covered(store: Store) -> None:
    add(store, 0, 60)
    refresh_index(store, POLICY)
    drop(store, 0, 5)
    covered, num_dead = coverage(index_of(store), IndexedFiles(store.snapshot()))
    assert ("0004" in covered, "0005" in covered, num_dead) == (False, True, 50)
    assert about(store)["windows"] == 550
    drop(store, 5, 5)
    refresh_index(store, replace(POLICY, max_dead_share=0.1))
    assert_same_windows(index_of(store), store)
    # What comes back counts again.
    drop(store, 10, 1)
    add(store, 10, 1)
    assert (about(store)["windows"], about(store)["tail"]) == (500, 0)


def test_recording_that_has_other_windows_now_is_not_covered(store: Store) -> None:
    add(store, 0, 60)
    refresh_index(store, POLICY)
    row = next(row for row in store.recordings() if row.recording_id == "0003")
    store.put_recordings([replace(row, num_windows=PER + 1)])
    covered, num_dead = coverage(index_of(store), IndexedFiles(store.snapshot()))
    assert ("0003" in covered, num_dead) == (False, PER)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_one_index_answers_both_distances(store: Store, distance: str) -> None:
    add(store, 0, 200, scale=3)
    refresh_index(store, POLICY)
    index = index_of(store)
    assert index.about.distances == {"euclidean": "euclidean", "cosine": "cosine"}
    shares = []
    for query in np.random.default_rng(5).normal(size=(30, DIM)).astype(np.float32):
        found = index.nearest(query, 10, distance)  # type: ignore[arg-type]
        assert found is not None
        true = plain.nearest(query[None], np.asarray(index.vectors), 10, distance=distance)
        shares.append(len(np.intersect1d(found, true)) / 10)
    assert np.mean(shares) >= 0.98


def test_vectors_of_length_one_need_one_file_of_cells(store: Store) -> None:
    add(store, 0, 60, length=1)
    refresh_index(store, POLICY)
    assert index_of(store).about.distances == {"euclidean": "euclidean", "cosine": "euclidean"}
    add(store, 60, 20, length=2)
    refresh_index(store, POLICY)
    assert index_of(store).about.distances == {"euclidean": "euclidean"}, "no length is 1 any more"
    assert not index_of(store).serves("cosine")


def test_vectors_of_length_zero_are_left_to_exact_search(store: Store) -> None:
    add(store, 0, 59)
    add(store, 59, 1, scale=0)
    refresh_index(store, POLICY)
    assert index_of(store).serves("euclidean")
    assert not index_of(store).serves("cosine")


@pytest.mark.parametrize(
    "name",
    [
        CURRENT_NAME,
        ABOUT_NAME,
        VECTORS_NAME,
        "recording.npy",
        "euclidean.faiss",
        "ids.npy",
        "euclidean-cell.npy",
    ],
)
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_damaged_index_is_none(store: Store, name: str, damage: str) -> None:
    add(store, 0, 60)
    refresh_index(store, POLICY)
    folder = index_of(store).folder
    path = folder.parent / name if name == CURRENT_NAME else folder / name
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:20])
    assert open_index(store.storage, store.header) is None
    refresh_index(store, POLICY)
    assert_same_windows(index_of(store), store)


def test_index_of_another_encoder_hop_or_format_is_none(store: Store) -> None:
    add(store, 0, 60)
    refresh_index(store, POLICY)
    assert open_index(store.storage, replace(store.header, hop_s=0.5)) is None
    other = replace(store.header, encoder=replace(store.header.encoder, fingerprint="g"))
    assert open_index(store.storage, other) is None
    path = index_of(store).folder / ABOUT_NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), "format_version": 99}))
    assert open_index(store.storage, store.header) is None


def test_open_index_outlives_its_files(store: Store) -> None:
    add(store, 0, 60)
    refresh_index(store, POLICY)
    index = index_of(store)
    query = np.zeros(DIM, np.float32)
    before = index.nearest(query, 5, "euclidean")
    shutil.rmtree(Path(str(store.storage)) / ANN_NAME, ignore_errors=True)
    after = index.nearest(query, 5, "euclidean")
    np.testing.assert_array_equal(before, after)


def test_what_a_killed_run_left_is_cleared(store: Store) -> None:
    add(store, 0, 60)
    home = Path(str(store.storage)) / ANN_NAME
    (home / "abc.new").mkdir(parents=True)
    (home / "abc.new" / VECTORS_NAME).write_bytes(b"half")
    refresh_index(store, POLICY)
    index = index_of(store)
    assert sorted(one.name for one in home.iterdir()) == sorted([CURRENT_NAME, index.folder.name])


def test_index_that_cannot_be_written_says_so(store: Store) -> None:
    add(store, 0, 60)
    (Path(str(store.storage)) / ANN_NAME).write_text("a file where the folder should be")
    with pytest.raises(LibraryError, match="soundalike optimize"):
        refresh_index(store, POLICY)
