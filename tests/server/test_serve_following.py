"""The server follows its library: indexed, removed from, embedded anew, replaced; all while it is asked."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from serving import Server, serving

from cli.command_line import FAST, soundalike
from soundalike.data.synthetic import write_corpus
from soundalike.library.indexing_progress import PROGRESS_NAME, Beacon, read_indexing_progress
from soundalike.store import storage_at


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write_corpus(tmp_path / "sounds", clips_per_kind=3, seed=1, kinds=("rain", "siren"), duration_s=3)
    return tmp_path / "sounds"


def test_a_library_that_changes_underneath(corpus: Path, tmp_path: Path) -> None:
    library, query = tmp_path / "library", corpus / "rain" / "rain_000.wav"
    assert soundalike("index", library, corpus / "rain", *FAST).exit_code == 0
    with serving(library) as server:
        statuses: Counter[int] = Counter()
        is_done = threading.Event()

        def keep_asking() -> None:
            with httpx.Client(base_url=server.address, timeout=120, trust_env=False) as client:
                while not is_done.is_set():
                    answer = client.post("/api/search", files={"file": ("a.wav", query.read_bytes())})
                    statuses[answer.status_code] += 1

        asking = [threading.Thread(target=keep_asking) for _ in range(2)]
        for one in asking:
            one.start()
        try:
            assert server.document("/api/recordings")["total"] == 3
            assert soundalike("index", library, corpus).exit_code == 0
            until_total(server, 6)
            assert soundalike("remove", library, corpus / "siren" / "siren_000.wav").exit_code == 0
            until_total(server, 5)
            moved = soundalike("index", library, corpus, "--reembed", "--encoder", "raw-logfreq")
            assert moved.exit_code == 0
            until_total(server, 6)
            assert server.document("/api/status")["encoder"]["name"] == "raw-logfreq"
            printed = soundalike("search", library, query, "-k", "3", "--json").document
            assert server.search(query, k=3).json()["hits"] == printed["hits"]
        finally:
            is_done.set()
            for one in asking:
                one.join()
        assert set(statuses) == {200}, statuses


def until_total(server: Server, total: int) -> None:
    end = time.monotonic() + 60
    while (found := server.document("/api/recordings")["total"]) != total:
        assert time.monotonic() < end, found
        time.sleep(0.1)


def test_a_library_that_is_replaced(corpus: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert soundalike("index", library, corpus, *FAST).exit_code == 0
    with serving(library) as server:
        until_total(server, 6)
        shutil.rmtree(library)
        assert server.get("/api/recordings").status_code == 503
        assert soundalike("index", library, corpus / "rain", "--encoder", "raw-logfreq").exit_code == 0
        until_total(server, 3)
        assert server.search(corpus / "rain" / "rain_000.wav", k=1).json()["hits"][0]["is_query"]


def test_progress_of_an_index_run_is_told(corpus: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert soundalike("index", library, corpus, *FAST).exit_code == 0
    assert not (library / PROGRESS_NAME).exists()
    storage = storage_at(library)
    with serving(library) as server:
        assert server.document("/api/status")["indexing"] is None
        with Beacon(storage, lambda: {"done": 3, "total": 10, "note": "x"}):
            wait_for(library / PROGRESS_NAME)
            assert server.document("/api/status")["indexing"] == {"done": 3, "total": 10, "note": "x"}
        assert server.document("/api/status")["indexing"] is None
    for content in (b"", b"[]", b"{}", b'{"done": 1, "written_s": 1e9}', b'{"written_s": "x"}', b"\xff"):
        (library / PROGRESS_NAME).write_bytes(content)
        assert read_indexing_progress(storage) is None


def wait_for(path: Path) -> None:
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_an_index_run_tells_how_far_it_is(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state that `index` hands to the beacon has what the page shows."""
    from soundalike.library import indexing

    states: list[dict[str, object]] = []

    class Watching(Beacon):
        def __exit__(self, *error: object) -> None:
            states.append(self._state())
            super().__exit__(*error)

    monkeypatch.setattr(indexing, "Beacon", Watching)
    indexing.index(tmp_path / "library", [corpus], encoder="spectral-averages")
    [state] = states
    assert (state["done"], state["total"], state["recordings"]) == (6, 6, {"added": 6})
    assert set(state) == {"done", "total", "rate_per_s", "elapsed_s", "note", "recordings", "skipped"}
