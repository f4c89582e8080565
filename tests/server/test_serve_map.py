"""The map: made once, kept, and grown with the library."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving import problem, serving

from cli.command_line import FAST, soundalike
from soundalike.data.synthetic import write_corpus
from soundalike.library import Library
from soundalike.library.map import MAP_NAME, read_map, update_map
from soundalike.library.map_layout import Sample, place
from soundalike.store import storage_at


@pytest.fixture
def growing(tmp_path: Path) -> Path:
    """A library of its own, with the sounds beside it."""
    write_corpus(tmp_path / "sounds", clips_per_kind=3, seed=1, kinds=("rain", "siren"), duration_s=3)
    assert soundalike("index", tmp_path / "library", tmp_path / "sounds", *FAST).exit_code == 0
    return tmp_path / "library"


def until(ask: Callable[[], Any], is_right: Callable[[Any], bool]) -> Any:
    end = time.monotonic() + 120
    while not is_right(answer := ask()):
        assert time.monotonic() < end, answer
        time.sleep(0.2)
    return answer


def test_map_is_made_kept_and_grown(growing: Path, tmp_path: Path) -> None:
    with serving(growing) as server:
        assert server.document("/api/map")["state"] == "none"
        assert server.client.post("/api/map").status_code == 202
        made = until(lambda: server.document("/api/map"), lambda one: one["state"] == "ready")
        points = made["points"]
        assert {len(column) for column in points.values()} == {12}
        assert made["labels"] == ["rain", "siren"]
        assert len(made["recordings"]) == 6
        labels = [made["labels"][number] for number in points["label"]]
        names = [made["recordings"][number]["path"] for number in points["recording"]]
        assert all(f"/{label}_" in name.replace("\\", "/") for label, name in zip(labels, names, strict=True))
        # What sounds alike lies together.
        at = np.stack([points["x"], points["y"]], axis=1)
        middles = [at[np.array(labels) == label].mean(axis=0) for label in made["labels"]]
        spread = max(at[np.array(labels) == label].std() for label in made["labels"])
        assert np.linalg.norm(middles[0] - middles[1]) > 0.5 * spread

        write_corpus(tmp_path / "more", clips_per_kind=2, seed=7, kinds=("rain",), duration_s=3)
        assert soundalike("index", growing, tmp_path / "more").exit_code == 0
        grown = until(
            lambda: server.document("/api/map"),
            lambda one: one["missing"] == 0 and len(one["points"]["x"]) == 16,
        )
        before = {
            (made["recordings"][number]["recording_id"], start): (x, y)
            for number, start, x, y in zip(
                *(points[name] for name in ("recording", "start_s", "x", "y")), strict=True
            )
        }
        after = {
            (grown["recordings"][number]["recording_id"], start): (x, y)
            for number, start, x, y in zip(
                *(grown["points"][name] for name in ("recording", "start_s", "x", "y")), strict=True
            )
        }
        assert before.items() <= after.items()
    with serving(growing) as again:
        assert again.document("/api/map") == grown


def test_map_of_no_library(tmp_path: Path) -> None:
    with serving(tmp_path / "none") as server:
        problem(server.get("/api/map"), 503)
        problem(server.client.post("/api/map"), 503)


def test_server_ends_while_a_map_is_made(growing: Path) -> None:
    with serving(growing) as server:
        assert server.client.post("/api/map").status_code == 202
        assert server.stop() == 130


def test_a_damaged_map_is_made_again(growing: Path) -> None:
    storage = storage_at(growing)
    for content in (b"", b"no map", b"PK\x03\x04 half a map"):
        (growing / MAP_NAME).write_bytes(content)
        assert read_map(storage) is None
    told: list[tuple[int, int]] = []
    made = update_map(Library(growing).gallery(), storage, progress=lambda *one: told.append(one))
    again = read_map(storage)
    assert again is not None
    np.testing.assert_array_equal(again.places, made.places)
    assert told
    assert np.isfinite(made.places).all()


def test_places_are_among_the_nearest() -> None:
    random = np.random.default_rng(0)
    known = random.standard_normal((40, 5)).astype(np.float32)
    sample = Sample(embeddings=known, places=random.standard_normal((40, 2)).astype(np.float32))
    for distance in ("euclidean", "cosine"):
        same = place(known * 1.0, sample, distance=distance, progress=lambda *_: None)
        np.testing.assert_allclose(same, sample.places, atol=1e-3)
    new = random.standard_normal((7, 5)).astype(np.float32)
    placed = place(new, sample, distance="euclidean", progress=lambda *_: None)
    for one, at in zip(new, placed, strict=True):
        near = sample.places[np.argsort(((known - one) ** 2).sum(axis=1))[:8]]
        assert (near.min(axis=0) - 1e-5 <= at).all()
        assert (at <= near.max(axis=0) + 1e-5).all()


def test_tiny_libraries_have_maps(tmp_path: Path) -> None:
    write_corpus(tmp_path / "sounds", clips_per_kind=1, seed=1, kinds=("rain",), duration_s=2)
    assert soundalike("index", tmp_path / "library", tmp_path / "sounds", *FAST).exit_code == 0
    library = Library(tmp_path / "library")
    made = update_map(library.gallery(), storage_at(tmp_path / "library"), progress=lambda *_: None)
    assert made.places.shape == (1, 2)
