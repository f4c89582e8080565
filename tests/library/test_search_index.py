"""A library with a search index, from outside: the same hits, and everything found that was just added."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from band_encoder import BandEncoder, write_sound

from soundalike.errors import UsageError
from soundalike.library import Library, index, open_library, ranking
from soundalike.store import IndexPolicy, Store, refresh_index
from soundalike.store.ann import ANN_NAME

HOP_S = 0.05
POLICY = IndexPolicy(min_windows=100)


@pytest.fixture
def library(audio: Path, lib: Path, encoder: BandEncoder, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setattr(ranking, "NARROW", 10)
    for seed in range(40):
        write_sound(audio / f"label{seed % 4}" / f"{seed:02}.wav", seed)
    index(lib, [audio], encoder=encoder, hop_s=HOP_S)
    refresh_index(Store(lib), POLICY)
    return open_library(lib, encoder=encoder)


def test_index_and_exact_search_agree(library: Library, audio: Path) -> None:
    for seed in range(0, 40, 4):
        path = audio / f"label{seed % 4}" / f"{seed:02}.wav"
        for per in ("span", "recording", "window"):
            asked = {"per": per, "k": 12, "skip_self": seed % 8 == 0}
            with_index = library.search(path, **asked)  # type: ignore[arg-type]
            everything = library.search(path, exact=True, **asked)  # type: ignore[arg-type]
            assert (with_index.exact, everything.exact) == (False, True)
            assert with_index.hits == everything.hits


def test_status_says_what_the_index_covers(library: Library, audio: Path) -> None:
    found = library.status()["index"]
    assert (found["kind"], found["tail"], found["windows"]) == ("cells", 0, library.status()["windows"])
    assert set(found["recall_at_10"]["euclidean"]) == {"all", "rare", "far"}
    write_sound(audio / "new.wav", 77)
    library.index([audio / "new.wav"])
    # 50,000 windows are worth an index; so few are not, and `index` says so.
    assert library.status()["index"]["kind"] == "exact"


def test_new_sound_is_found_beside_the_index(library: Library, audio: Path, lib: Path) -> None:
    path = write_sound(audio / "new.wav", 77)
    index_folder = lib / ANN_NAME
    kept = shutil.copytree(index_folder, lib.parent / "kept")
    library.index([path])
    shutil.copytree(kept, index_folder)
    again = library.search(path, k=5)
    assert (Path(again.hits[0].path).name, again.hits[0].distance, again.exact) == ("new.wav", 0, False)
    assert library.status()["index"]["tail"] > 0
    library.remove([path])
    assert "new.wav" not in {Path(hit.path).name for hit in library.search(path, k=999, per="window").hits}
    library.remove([audio / "label1"])
    assert {hit.label for hit in library.search(path, k=999, per="window").hits} == {
        "label0",
        "label2",
        "label3",
    }


def test_index_may_go_at_any_moment(library: Library, audio: Path, lib: Path) -> None:
    before = library.search(audio / "label0" / "00.wav", k=20)
    shutil.rmtree(lib / ANN_NAME)
    after = library.search(audio / "label0" / "00.wav", k=20)
    assert (before.exact, after.exact) == (False, True)
    assert after.hits == before.hits
    refresh_index(Store(lib), POLICY)
    assert not library.search(audio / "label0" / "00.wav", k=20).exact


def test_filters_and_the_index(library: Library, audio: Path) -> None:
    result = library.search(audio / "label0" / "00.wav", k=15, per="window", where="label = 'label3'")
    assert {hit.label for hit in result.hits} == {"label3"}
    assert len(result.hits) == 15
    exact = library.search(
        audio / "label0" / "00.wav", k=15, per="window", where="label = 'label3'", exact=True
    )
    assert result.hits == exact.hits


def test_threads_share_a_library(library: Library, audio: Path) -> None:
    paths = [audio / f"label{seed % 4}" / f"{seed:02}.wav" for seed in range(8)]
    expected = [library.search(path).hits for path in paths]
    found: dict[int, list[object]] = {}

    def ask(number: int) -> None:
        found[number] = [library.search(path).hits for path in paths]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(4)] == [expected] * 4


def test_embeddings_as_query(library: Library, audio: Path) -> None:
    path = audio / "label0" / "08.wav"
    own = library.search(path, k=1).hits[0]
    window = Store(Path(str(library.path))).windows([own.recording_id]).embeddings
    one = library.search(window[0], k=3, per="window")
    assert (one.query, one.hits[0].recording_id, one.hits[0].distance) == ("embeddings", own.recording_id, 0)
    assert not one.hits[0].is_query
    assert [hit.distance for hit in library.search(window[:3], k=3, per="window").hits] == [0, 0, 0]
    mixed = library.search(window[0], plus=[path], minus=[window[1]], k=2)
    assert len(mixed.hits) == 2
    for wrong in (np.zeros(7), np.zeros((2, 7)), np.zeros((0, 8)), np.zeros((1, 1, 8))):
        with pytest.raises(UsageError, match="do not fit a library whose embeddings have 8 numbers"):
            library.search(wrong.astype(np.float32))
    with pytest.raises(UsageError, match="no finite numbers"):
        library.search(np.full(8, np.nan, np.float32))
