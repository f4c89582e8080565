"""The experiment on embeddings: who is left out, what is counted, and the JSON document."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reference import metrics as slow
from soundalike.config import Distance
from soundalike.data import Clip
from soundalike.embedding import EmbeddedClips
from soundalike.errors import DataError, UsageError
from soundalike.evaluation import evaluate_embeddings, ranking
from soundalike.store.exact import pairwise_distances


def _embedded(
    embeddings: NDArray[np.floating],
    labels: list[str],
    recordings: list[str] | None = None,
    folder: str = "a",
) -> EmbeddedClips:
    names = recordings or [f"{folder}-{index}" for index in range(len(labels))]
    clips = tuple(
        Clip(path=Path(folder) / f"{index}.wav", label=label, recording=name)
        for index, (label, name) in enumerate(zip(labels, names, strict=True))
    )
    return EmbeddedClips(clips=clips, embeddings=np.asarray(embeddings, dtype=np.float32))


def _random(num_clips: int, *, seed: int = 0, num_labels: int = 4, folder: str = "a") -> EmbeddedClips:
    generator = np.random.default_rng(seed)
    labels = [f"l{label}" for label in generator.integers(num_labels, size=num_clips)]
    recordings = [f"{folder}{index}" for index in generator.integers(num_clips // 2, size=num_clips)]
    return _embedded(generator.normal(size=(num_clips, 5)), labels, recordings, folder)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_searching_itself_leaves_out_the_whole_recording(distance: Distance) -> None:
    queries = _random(40)
    evaluation = evaluate_embeddings(queries, distance=distance)
    distances = pairwise_distances(queries.embeddings, queries.embeddings, distance)
    for index, query in enumerate(queries.clips):
        own = [other.recording == query.recording for other in queries.clips]
        ranked = slow.ranked(distances[index].tolist(), own)
        hits = [queries.clips[item].label == query.label for item in ranked]
        found = evaluation.ranking.average_precision[index]
        expected = slow.average_precision(hits)
        np.testing.assert_allclose(found, np.nan if expected is None else expected)
        assert evaluation.ranking.num_ranked[index] == len(ranked)
        neighbours = evaluation.ranking.neighbours[index]
        assert neighbours[neighbours != ranking.NO_NEIGHBOUR].tolist() == ranked[:30]


def test_blocks_of_queries_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    queries, gallery = _random(23, folder="q"), _random(40, seed=1, folder="g")
    whole = evaluate_embeddings(queries, gallery, distance="euclidean").as_json()
    monkeypatch.setattr(ranking, "QUERY_BLOCK", 7)
    assert evaluate_embeddings(queries, gallery, distance="euclidean").as_json() == whole


def test_a_query_never_finds_its_own_recording_in_a_gallery_either() -> None:
    gallery = _embedded(np.eye(4), ["a", "a", "a", "b"], ["r", "r", "s", "t"], folder="g")
    queries = _embedded(np.eye(4)[:1], ["a"], ["r"], folder="q")
    evaluation = evaluate_embeddings(queries, gallery, distance="euclidean")
    assert evaluation.ranking.num_ranked.tolist() == [2]
    assert evaluation.ranking.num_relevant.tolist() == [1]
    assert evaluation.ranking.neighbours[0, :3].tolist() == [2, 3, ranking.NO_NEIGHBOUR]


def test_unanswerable_queries_are_counted_and_left_out_of_every_mean() -> None:
    gallery = _embedded([[0.0], [1.0]], ["a", "b"], folder="g")
    with_unanswerable = _embedded([[0.1], [0.9], [0.2]], ["a", "a", "nowhere"], folder="q")
    evaluation = evaluate_embeddings(with_unanswerable, gallery, distance="euclidean")
    assert evaluation.num_unanswerable == 1
    assert evaluation.mean_average_precision == pytest.approx((1 + 1 / 2) / 2)
    document = evaluation.as_json()
    assert document["num_queries"] == 3
    assert document["per_label"] == {
        "a": {"MPK25": pytest.approx(1 / 25), "MAP": pytest.approx(0.75), "num_queries": 2},
        "nowhere": {"MPK25": None, "MAP": None, "num_queries": 1},
    }


def test_perfect_embeddings_score_one() -> None:
    labels = [f"l{index % 3}" for index in range(90)]
    embeddings = np.array([[float(label[1:]) * 10 + 1] for label in labels])
    evaluation = evaluate_embeddings(_embedded(embeddings, labels), distance="euclidean")
    assert evaluation.mean_average_precision == pytest.approx(1)
    assert evaluation.mean_reciprocal_rank == evaluation.precision_at_1 == 1
    assert evaluation.precision_at_k == pytest.approx(1)
    assert evaluation.interval["MAP"] == pytest.approx((1, 1))


def test_random_embeddings_score_what_chance_says() -> None:
    evaluation = evaluate_embeddings(_random(600, num_labels=5), distance="euclidean")
    low, high = evaluation.interval["MAP"]
    assert low - 0.01 < evaluation.chance["MAP"] < high + 0.01
    assert evaluation.mean_precision[29] == pytest.approx(evaluation.chance_precision[29], abs=0.02)


def test_relevance_may_be_given_instead_of_labels() -> None:
    queries, gallery = (
        _embedded([[0.0]], ["a"], folder="q"),
        _embedded([[1.0], [2.0]], ["a", "b"], folder="g"),
    )
    only_second = np.array([[False, True]])
    evaluation = evaluate_embeddings(queries, gallery, distance="euclidean", relevant=only_second)
    assert evaluation.mean_average_precision == pytest.approx(0.5)


def test_json_has_the_promised_keys_and_is_json() -> None:
    evaluation = evaluate_embeddings(
        _random(40), distance="cosine", clip="whole", encoder={"name": "x"}, k=10
    )
    document = json.loads(json.dumps(evaluation.as_json(), allow_nan=False))
    assert list(document) == [
        *("distance", "clip", "num_queries", "num_unanswerable", "num_gallery", "num_labels"),
        *("MAP", "MP1", "P1", "MPK", "interval", "chance", "per_label", "encoder"),
    ]
    assert list(document["MPK"]) == [str(k) for k in range(1, 31)]
    assert set(document["interval"]) == {"MAP", "MP1", "P1", "MPK10"}
    assert {"MAP", "MP1"} <= set(document["chance"])
    for name in ("MAP", "MP1", "P1"):
        low, high = document["interval"][name]
        assert low <= document[name] <= high


def test_nothing_answerable_gives_nulls() -> None:
    document = evaluate_embeddings(
        _embedded(np.ones((1, 5)), ["l0"], folder="q"), _random(9, seed=3, folder="g"), distance="cosine"
    )
    lonely = evaluate_embeddings(_embedded([[1.0], [2.0]], ["a", "b"]), distance="cosine").as_json()
    assert document.interval["MAP"][0] != document.interval["MAP"][0]  # one recording gives no interval
    assert lonely["MAP"] is None
    assert lonely["interval"]["MAP"] == [None, None]  # type: ignore[index]
    assert lonely["chance"]["MAP"] is None  # type: ignore[index]
    json.dumps(lonely, allow_nan=False)


def test_nothing_to_search_or_to_search_with_is_refused() -> None:
    empty = _embedded(np.empty((0, 5)), [])
    with pytest.raises(DataError, match="queries hold no clip"):
        evaluate_embeddings(empty, _random(10), distance="cosine")
    with pytest.raises(DataError, match="gallery hold no clip"):
        evaluate_embeddings(_random(10), empty, distance="cosine")


@pytest.mark.parametrize("k", [0, 31])
def test_k_outside_the_kept_range_is_refused(k: int) -> None:
    with pytest.raises(UsageError, match="1 to 30"):
        evaluate_embeddings(_random(10), distance="cosine", k=k)


def test_a_shared_label_is_a_hit() -> None:
    generator = np.random.default_rng(5)
    labels = [
        tuple(generator.choice(list("abcdef"), size=generator.integers(1, 4), replace=False))
        for _ in range(60)
    ]
    clips = tuple(
        Clip(
            path=Path(f"{index}.wav"),
            label=str(first),
            other_labels=tuple(map(str, others)),
            recording=f"r{index}",
        )
        for index, (first, *others) in enumerate(labels)
    )
    embedded = EmbeddedClips(clips=clips, embeddings=generator.normal(size=(60, 4)).astype(np.float32))
    queries = EmbeddedClips(clips=clips[:20], embeddings=embedded.embeddings[:20])
    gallery = EmbeddedClips(clips=clips[20:], embeddings=embedded.embeddings[20:])
    evaluation = evaluate_embeddings(queries, gallery, distance="euclidean")
    distances = pairwise_distances(queries.embeddings, gallery.embeddings, "euclidean")
    for index, one in enumerate(queries.clips):
        ranked = slow.ranked(distances[index].tolist(), [False] * len(gallery))
        hits = [bool(set(one.all_labels) & set(gallery.clips[item].all_labels)) for item in ranked]
        np.testing.assert_allclose(evaluation.ranking.average_precision[index], slow.average_precision(hits))
    per_label = {score.label: score for score in evaluation.per_label}
    asking = [index for index, one in enumerate(queries.clips) if "c" in one.all_labels]
    assert per_label["c"].num_queries == len(asking)
    np.testing.assert_allclose(
        per_label["c"].average_precision, evaluation.ranking.average_precision[asking].mean()
    )
