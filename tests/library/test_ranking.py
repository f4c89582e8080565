"""Rankings against a search over everything: beside an index and without, under filters, after changes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference import scores as by_hand
from reference import search as plain
from reference import spans as plain_spans
from soundalike.config import Distance
from soundalike.library import ranking as ranking_module
from soundalike.library.gallery import Gallery
from soundalike.library.query import Example, Query
from soundalike.library.ranking import Ranking
from soundalike.library.scores import exact_scores, rough_scores
from soundalike.library.search import rank
from soundalike.library.where import allowed_by, filterable
from soundalike.store import (
    EncoderRecord,
    IndexPolicy,
    LibraryHeader,
    Recording,
    Store,
    Windows,
    refresh_index,
)

DIM = 8
PER = 12
POLICY = IndexPolicy(min_windows=100, max_tail=10**6, max_dead_share=1.0)
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
CENTRES = np.random.default_rng(0).normal(size=(30, DIM))


def add(store: Store, first: int, count: int) -> None:
    rng = np.random.default_rng(first)
    kinds = CENTRES[np.repeat(rng.integers(0, 30, count), PER)]
    vectors = (kinds + 0.3 * rng.normal(size=kinds.shape)).astype(np.float32)
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
                label=f"kind{int(one) % 3}",
                num_windows=PER,
            )
            for one in ids
        ]
    )


def drop(store: Store, first: int, count: int) -> None:
    ids = {f"{number:04}" for number in range(first, first + count)}
    store.drop_recordings([row for row in store.recordings() if row.recording_id in ids])
    store.clear_orphans()


def query_near(seed: int, num_windows: int = 1) -> Query:
    rng = np.random.default_rng(seed)
    centre = CENTRES[rng.integers(0, 30)]
    embeddings = (centre + 0.3 * rng.normal(size=(num_windows, DIM))).astype(np.float32)
    return Query(name="q", plus=(Example(name="q", recording_id="none", embeddings=embeddings),))


@pytest.fixture(scope="module")
def galleries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Gallery]:
    """One library in three states: in memory, in an index, and in an index with a tail and with removed recordings."""
    store = Store.create(tmp_path_factory.mktemp("ranking") / "lib", HEADER)
    add(store, 0, 400)
    states = {"loaded": Gallery.of(store)}
    refresh_index(store, POLICY)
    states["indexed"] = Gallery.of(store)
    add(store, 400, 50)
    drop(store, 100, 30)
    states["changed"] = Gallery.of(store)
    return states


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the index answer in small galleries too."""
    monkeypatch.setattr(ranking_module, "NARROW", 20)


def everything(gallery: Gallery) -> NDArray[np.float32]:
    return gallery.take(np.arange(len(gallery))).embeddings


def countable(gallery: Gallery) -> NDArray[np.bool_]:
    return np.ones(len(gallery), np.bool_) if gallery.alive is None else gallery.alive


def test_states(galleries: dict[str, Gallery]) -> None:
    loaded, indexed, changed = galleries.values()
    assert (loaded.index, len(loaded.loaded)) == (None, 400 * PER)
    assert (indexed.num_indexed, len(indexed.loaded)) == (400 * PER, 0)
    assert (changed.num_indexed, len(changed.loaded)) == (400 * PER, 50 * PER)
    assert countable(changed).sum() == 420 * PER == (changed.recordings >= 0).sum()
    for gallery in galleries.values():
        numbers = np.random.default_rng(0).permutation(len(gallery))[:50]
        some = gallery.take(numbers)
        np.testing.assert_array_equal(some.recordings, gallery.recordings[numbers])
        np.testing.assert_array_equal(some.start_s, gallery.start_s[numbers])
        np.testing.assert_array_equal(some.end_s, gallery.end_s[numbers])
        own = gallery.windows_of("0399")
        assert own is not None
        np.testing.assert_array_equal(own.start_s, np.arange(PER))
    assert changed.windows_of("0110") is None


@pytest.mark.parametrize("state", ["loaded", "indexed", "changed"])
@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
@pytest.mark.parametrize("num_windows", [1, 5])
def test_exact_ranking_is_that_of_the_plain_search(
    galleries: dict[str, Gallery], state: str, distance: Distance, num_windows: int
) -> None:
    gallery = galleries[state]
    vectors, alive = everything(gallery), countable(gallery)
    for seed in range(8):
        query = query_near(seed, num_windows)
        for n in (1, 10, 700, 10**6):
            ranking = Ranking(gallery, query, distance, exact=True)
            numbers, scores, _ = ranking.nearest(n)
            true = plain.distances_to(query.plus[0].embeddings, vectors, distance)
            expected = np.sort(true[alive])[:n]
            np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-6)
            np.testing.assert_allclose(true[numbers], expected, rtol=1e-6, atol=1e-6)
            assert ranking.exact


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("state", ["indexed", "changed"])
@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
@pytest.mark.parametrize("kind", ["all", "one in a hundred", "far", "near but not nearest"])
def test_recall_of_the_index(
    galleries: dict[str, Gallery], state: str, distance: Distance, kind: str
) -> None:
    gallery = galleries[state]
    vectors, alive = everything(gallery), countable(gallery)
    rng = np.random.default_rng(1)
    shares = []
    for seed in range(100, 140):
        query = query_near(seed, 1 + seed % 3)
        apart = plain.distances_to(query.plus[0].embeddings, vectors, distance)
        mask = {
            "all": None,
            "one in a hundred": rng.random(len(gallery)) < 0.01,
            "far": apart > np.quantile(apart, 0.6),
            "near but not nearest": (apart > np.sort(apart)[100]) & (apart < np.median(apart)),
        }[kind]
        ranking = Ranking(gallery, query, distance, mask=mask)
        numbers, scores, _ = ranking.nearest(10)
        allowed = alive if mask is None else alive & mask
        true = plain.nearest(query.plus[0].embeddings, vectors, 10, distance=distance, mask=allowed)
        assert len(numbers) == len(true) == 10
        assert allowed[numbers].all()
        assert (np.diff(scores) >= 0).all()
        shares.append(len(np.intersect1d(numbers, true)) / 10)
    assert np.mean(shares) >= 0.99


@pytest.mark.usefixtures("wide")
def test_result_says_whether_all_were_compared(galleries: dict[str, Gallery]) -> None:
    gallery, query = galleries["indexed"], query_near(3)
    other = query_near(4).plus[0]

    def is_exact(query: Query, mask: NDArray[np.bool_] | None = None, *, exact: bool = False) -> bool:
        ranking = Ranking(gallery, query, "euclidean", mask=mask, exact=exact)
        ranking.nearest(10)
        return ranking.exact

    assert not is_exact(query)
    assert is_exact(query, exact=True)
    assert is_exact(Query(name="q", plus=(*query.plus, other)))
    assert is_exact(Query(name="q", plus=query.plus, minus=(other,)))
    assert is_exact(query, np.arange(len(gallery)) < 20)
    assert not is_exact(query, np.arange(len(gallery)) < 2000)
    assert Ranking(galleries["loaded"], query, "euclidean").exact


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("state", ["loaded", "indexed", "changed"])
@pytest.mark.parametrize("per", ["span", "recording", "window"])
@pytest.mark.parametrize(
    "where", [None, "label = 'kind1'", "path LIKE '%000_.wav'", "start_s > 3 AND end_s < 9"]
)
def test_k_hits_where_the_library_holds_them(
    galleries: dict[str, Gallery], state: str, per: str, where: str | None
) -> None:
    gallery = galleries[state]
    for k in (1, 10, 60):
        result = rank(
            gallery,
            query_near(5),
            k=k,
            distance="euclidean",
            per=per,  # type: ignore[arg-type]
            skip_self=False,
            calibration=None,
            where=where,
        )
        # Ten recordings fit the narrow filter; at least one span of each is found.
        least = 10 if where is not None and "LIKE" in where and per != "window" else k
        assert min(k, least) <= len(result.hits) <= k
        assert [hit.distance for hit in result.hits] == sorted(hit.distance for hit in result.hits)
        if where == "label = 'kind1'":
            assert {hit.label for hit in result.hits} == {"kind1"}


@pytest.mark.parametrize("state", ["loaded", "indexed", "changed"])
@pytest.mark.parametrize("where", [None, "label = 'kind1'", "start_s <> 3 AND start_s <> 4"])
def test_spans_are_those_of_the_plain_walk_for_every_k(
    galleries: dict[str, Gallery], state: str, where: str | None
) -> None:
    gallery = galleries[state]
    for seed, per in ((5, "span"), (6, "span"), (7, "recording")):
        query = query_near(seed, 1 + seed % 2)
        asked = {"distance": "cosine", "per": per, "skip_self": False, "calibration": None, "where": where}
        found = [rank(gallery, query, k=k, **asked).hits for k in (1, 10, 50, 10**6)]  # type: ignore[arg-type]
        assert all(hits == found[-1][: len(hits)] for hits in found)
        assert [len(hits) for hits in found[:3]] == [1, 10, 50]

        allowed = countable(gallery)
        if where is not None:
            allowed = allowed & allowed_by(where, filterable(gallery)).windows
        ranking = Ranking(gallery, query, "cosine", exact=True, mask=allowed)
        _, scores, windows = ranking.nearest(10**6)
        columns = (windows.recordings, windows.start_s, windows.end_s, scores)
        rows = list(zip(*(one.tolist() for one in columns), strict=True))
        typical = ranking.typical_distance()
        expected: dict[int, tuple[float, float, float]] = {}
        for number, (recording, *hit) in enumerate(plain_spans.spans(rows[:1200], typical)):
            expected.setdefault(number if per == "span" else recording, tuple(hit))
            if len(expected) == 5:
                break
        assert (hit[-1] + typical) / 2 < rows[1200][-1]  # what lies farther widens none of these
        first = [(hit.start_s, hit.end_s, hit.distance) for hit in found[2][:5]]
        assert first == list(expected.values())
        if where is not None and "start_s" in where:
            assert all(hit.end_s <= 4 or hit.start_s >= 5 for hit in found[-1])


def test_the_typical_distance_does_not_change_with_an_index(galleries: dict[str, Gallery]) -> None:
    loaded, indexed, changed = galleries.values()
    np.testing.assert_array_equal(loaded.sample, indexed.sample)
    kept = everything(changed)[countable(changed)]
    assert (changed.sample[:, None] == kept).all(axis=2).any(axis=1).all()
    for seed in range(5):
        ranking = Ranking(loaded, query_near(seed), "euclidean")
        true = plain.distances_to(query_near(seed).plus[0].embeddings, everything(loaded), "euclidean")
        assert ranking.typical_distance() == pytest.approx(np.median(true), rel=0.1)


@pytest.mark.parametrize("state", ["loaded", "indexed", "changed"])
def test_windows_of_a_recording_by_start(galleries: dict[str, Gallery], state: str) -> None:
    gallery = galleries[state]
    for recording in range(len(gallery.files)):
        own = gallery.numbers_of(recording)
        assert sorted(own.tolist()) == np.flatnonzero(gallery.recordings == recording).tolist()
        starts_s, ends_s = gallery.times_s(own)
        np.testing.assert_array_equal(starts_s, np.arange(PER))
        np.testing.assert_array_equal(ends_s, np.arange(PER) + 2)


@pytest.mark.usefixtures("wide")
def test_own_recording_is_left_out_beside_an_index_too(galleries: dict[str, Gallery]) -> None:
    gallery = galleries["changed"]
    for recording_id in ("0003", "0444"):
        own = gallery.windows_of(recording_id)
        assert own is not None
        example = Example(name="q", recording_id=recording_id, embeddings=own.embeddings)
        query = Query(name="q", plus=(example,))
        asked = {"k": 30, "distance": "euclidean", "per": "window", "calibration": None}
        with_own = rank(gallery, query, skip_self=False, **asked)  # type: ignore[arg-type]
        without = rank(gallery, query, skip_self=True, **asked)  # type: ignore[arg-type]
        assert [hit.distance for hit in with_own.hits[:PER]] == [0] * PER
        assert all(hit.is_query == (hit.recording_id == recording_id) for hit in with_own.hits)
        assert recording_id not in {hit.recording_id for hit in without.hits}
        assert len(without.hits) == 30


VECTORS = st.lists(
    st.lists(st.floats(-100, 100, width=16), min_size=3, max_size=3), min_size=1, max_size=25
).map(lambda rows: np.array(rows, np.float32))
EXAMPLES = st.lists(VECTORS.map(lambda rows: rows[:4]), min_size=1, max_size=3)


@given(
    vectors=VECTORS,
    plus=EXAMPLES,
    minus=st.one_of(st.just([]), EXAMPLES),
    distance=st.sampled_from(["euclidean", "cosine"]),
    n=st.integers(1, 30),
)
@settings(deadline=None)
def test_rough_scores_lose_no_candidate(
    vectors: NDArray[np.float32],
    plus: list[NDArray[np.float32]],
    minus: list[NDArray[np.float32]],
    distance: Distance,
    n: int,
) -> None:
    def examples(some: list[NDArray[np.float32]]) -> tuple[Example, ...]:
        return tuple(Example(name="e", recording_id="e", embeddings=one) for one in some)

    query = Query(name="q", plus=examples(plus), minus=examples(minus))
    true = [
        by_hand.score(one.tolist(), [e.tolist() for e in plus], [e.tolist() for e in minus], distance)
        for one in vectors
    ]
    scores = exact_scores(query, vectors, distance)
    np.testing.assert_allclose(scores, true, rtol=1e-5, atol=2e-5)
    rough = rough_scores(query, vectors, distance)
    candidates = rough.candidates(n)
    assert len(candidates) >= min(n, len(vectors))
    worst = np.sort(scores)[min(n, len(vectors)) - 1]
    assert set(np.flatnonzero(scores < worst).tolist()) <= set(candidates.tolist())


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "drop", "index", "compact"]), st.integers(0, 9)),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=12, deadline=None)
def test_any_history_finds_what_is_there(steps: list[tuple[str, int]]) -> None:
    """What was added is found at once, what was removed never, whatever the index remembers."""
    known: set[int] = set()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(Path(folder) / "lib", HEADER)
        for step, number in steps:
            if step == "add" and number not in known:
                add(store, number, 1)
                known.add(number)
            elif step == "drop" and number in known:
                drop(store, number, 1)
                known.remove(number)
            elif step == "index":
                refresh_index(store, IndexPolicy(min_windows=1, max_tail=PER, max_tail_share=0.0))
            elif step == "compact":
                store.compact()
            gallery = Gallery.of(store)
            result = rank(
                gallery,
                query_near(number),
                k=1000,
                distance="euclidean",
                per="window",
                skip_self=False,
                calibration=None,
            )
            assert {int(hit.recording_id) for hit in result.hits} == known
            assert len({(hit.recording_id, hit.start_s) for hit in result.hits}) == len(known) * PER
            del gallery
