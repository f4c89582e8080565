"""Cells against a search over everything, also under filters that have to do with the query."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reference import search as plain
from soundalike.errors import LibraryError
from soundalike.store.calibrate_cells import calibrate
from soundalike.store.cells import MOST_CELLS, Allowed, Cells, num_cells_for

DIM = 32
NUM_VECTORS = 6000
K = 10

Vectors = NDArray[np.float32]


def clustered(seed: int, num_vectors: int) -> Vectors:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(60, DIM))
    noise = rng.normal(size=(num_vectors, DIM)) * rng.uniform(0.1, 0.6, size=(num_vectors, 1))
    return (centres[rng.integers(0, 60, num_vectors)] + noise).astype(np.float32)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return clustered(0, NUM_VECTORS)


@pytest.fixture(scope="module")
def built(vectors: Vectors) -> tuple[Cells, NDArray[np.int32], dict[str, float]]:
    cells = Cells.learn(vectors[::2], num_cells_for(len(vectors)))
    cell_of = cells.add([vectors[:3500], vectors[3500:]])
    recording = (np.arange(len(vectors)) // 20).astype(np.int32)
    recall = calibrate(
        cells,
        cell_of,
        recording,
        lambda: iter([vectors]),
        lambda some: vectors[some],
        np.random.default_rng(1),
    )
    return cells, cell_of, recall


def allowed_by(mask: NDArray[np.bool_], cells: Cells, cell_of: NDArray[np.int32]) -> Allowed:
    return Allowed(
        bits=np.packbits(mask, bitorder="little"), cells=np.isin(np.arange(cells.num_cells), cell_of[mask])
    )


def recall_of(built: tuple[Cells, NDArray[np.int32], dict[str, float]], vectors: Vectors, kind: str) -> float:
    cells, cell_of, _ = built
    rng = np.random.default_rng(3)
    shares = []
    for query in clustered(5, 60):
        apart = plain.distances_to(query[None], vectors, "euclidean")
        mask = {
            "all": np.ones(len(vectors), np.bool_),
            "one in ten": rng.random(len(vectors)) < 0.1,
            "one in a hundred": rng.random(len(vectors)) < 0.01,
            "the far half": apart > np.median(apart),
            "the farthest tenth": apart > np.quantile(apart, 0.9),
            "the near half, without the nearest": (apart < np.median(apart)) & (apart > np.sort(apart)[50]),
        }[kind]
        true = plain.nearest(query[None], vectors, K, mask=mask)
        found = cells.nearest(query, K, allowed=allowed_by(mask, cells, cell_of))
        assert found is not None
        assert mask[found].all()
        assert len(set(found.tolist())) == len(found) >= K
        shares.append(len(np.intersect1d(true, found)) / K)
    return float(np.mean(shares))


@pytest.mark.parametrize(
    "kind",
    [
        "all",
        "one in ten",
        "one in a hundred",
        "the far half",
        "the farthest tenth",
        "the near half, without the nearest",
    ],
)
def test_recall_under_filters(
    built: tuple[Cells, NDArray[np.int32], dict[str, float]], vectors: Vectors, kind: str
) -> None:
    assert recall_of(built, vectors, kind) >= 0.99


def test_calibration_measures_what_is_found(
    built: tuple[Cells, NDArray[np.int32], dict[str, float]],
) -> None:
    cells, _, recall = built
    assert set(recall) == {"all", "rare", "far"}
    assert all(0.98 <= share <= 1 for share in recall.values())
    assert 0 < cells.reach < 4


def test_few_cells_are_looked_at(
    built: tuple[Cells, NDArray[np.int32], dict[str, float]],
    vectors: Vectors,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells, cell_of, _ = built
    sizes = np.bincount(cell_of, minlength=cells.num_cells)
    looked: list[int] = []
    look = Cells._look
    monkeypatch.setattr(
        Cells,
        "_look",
        lambda self, query, some, *rest: looked.append(sizes[some].sum()) or look(self, query, some, *rest),
    )
    for query in clustered(6, 40):
        cells.nearest(query, K)
    assert sum(looked) / 40 < len(vectors) / 3


def test_all_that_may_be_found_where_they_are_fewer(
    built: tuple[Cells, NDArray[np.int32], dict[str, float]], vectors: Vectors
) -> None:
    cells, cell_of, _ = built
    mask = np.zeros(len(vectors), np.bool_)
    mask[[3, 77, 4000]] = True
    found = cells.nearest(vectors[5], K, allowed=allowed_by(mask, cells, cell_of))
    assert found is not None
    assert sorted(found.tolist()) == [3, 77, 4000]
    mask[:] = False
    nothing = cells.nearest(vectors[5], K, allowed=allowed_by(mask, cells, cell_of))
    assert nothing is not None
    assert len(nothing) == 0


def test_vectors_that_bytes_cannot_tell_apart() -> None:
    rng = np.random.default_rng(0)
    # A sphere of vectors, all but equally far from its middle: rounding hides the order.
    sphere = rng.normal(size=(8000, DIM))
    sphere *= (1 + 1e-7 * rng.random((8000, 1))) / np.linalg.norm(sphere, axis=1, keepdims=True)
    vectors = sphere.astype(np.float32)
    cells = Cells.learn(vectors, 50)
    cells.add([vectors])
    cells.reach = 4
    assert cells.nearest(np.zeros(DIM, np.float32), K) is None


def test_equal_vectors_make_cells_too() -> None:
    vectors = np.ones((500, DIM), np.float32)
    cells = Cells.learn(vectors, num_cells_for(500))
    cells.add([vectors])
    found = cells.nearest(vectors[0], K)
    assert found is None or len(found) >= K


@pytest.mark.parametrize("mapped", [True, False])
def test_written_and_read(
    built: tuple[Cells, NDArray[np.int32], dict[str, float]], vectors: Vectors, tmp_path: Path, mapped: bool
) -> None:
    cells, _, _ = built
    cells.write(tmp_path / "cells.faiss")
    read = Cells.read(tmp_path / "cells.faiss", cells.spread_squared, cells.reach, mapped=mapped)
    assert len(read) == len(vectors)
    for query in clustered(8, 5):
        found, again = cells.nearest(query, K), read.nearest(query, K)
        assert found is not None
        assert again is not None
        np.testing.assert_array_equal(np.sort(found), np.sort(again))
    (tmp_path / "cells.faiss").write_bytes(b"no index")
    with pytest.raises(LibraryError, match=r"cells\.faiss"):
        Cells.read(tmp_path / "cells.faiss", cells.spread_squared, cells.reach, mapped=mapped)


def test_number_of_cells() -> None:
    assert [num_cells_for(size) for size in (1, 2, 100, 10_000, 10**9)] == [1, 2, 40, 400, MOST_CELLS]
