"""Metrics against their textbook twin, against independent libraries, and against laws."""

from __future__ import annotations

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from reference import metrics as slow
from soundalike.evaluation.metrics import average_precision, mean, precision_at, reciprocal_rank
from soundalike.evaluation.ranking import order_by_distance

K_MAX = 30
HITS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=40))


def _nan(value: float | None) -> float:
    return np.nan if value is None else value


@given(hits=HITS)
def test_equals_the_textbook_loops(hits: NDArray[np.bool_]) -> None:
    rows = [[bool(hit) for hit in row] for row in hits]
    same = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(
        average_precision(hits), [_nan(slow.average_precision(row)) for row in rows], **same
    )
    np.testing.assert_allclose(
        reciprocal_rank(hits), [_nan(slow.reciprocal_rank(row)) for row in rows], **same
    )
    expected = [[_nan(slow.precision_at(row, k)) for k in range(1, K_MAX + 1)] for row in rows]
    np.testing.assert_allclose(precision_at(hits, K_MAX), expected, **same)


@given(
    distances=arrays(np.float64, (6, 13), elements=st.integers(0, 4).map(float)),
    relevant=arrays(np.bool_, (6, 13)),
    excluded=arrays(np.bool_, (6, 13)),
)
def test_ties_and_left_out_items_equal_the_textbook_ranking(
    distances: NDArray[np.float64], relevant: NDArray[np.bool_], excluded: NDArray[np.bool_]
) -> None:
    order = order_by_distance(distances, excluded)
    hits = np.take_along_axis(relevant & ~excluded, order, axis=1)
    found = average_precision(hits)
    found_precision = precision_at(hits, K_MAX)
    for query in range(6):
        ranking = slow.ranked(distances[query].tolist(), excluded[query].tolist())
        slow_hits = [bool(relevant[query, item]) for item in ranking]
        assert order[query, : len(ranking)].tolist() == ranking
        np.testing.assert_allclose(found[query], _nan(slow.average_precision(slow_hits)), rtol=1e-12)
        for k in (1, 5, K_MAX):
            np.testing.assert_allclose(
                found_precision[query, k - 1], _nan(slow.precision_at(slow_hits, k)), rtol=1e-12
            )


def _random_retrieval(seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Distances with many ties; relevance from abundant to a single item, and one query without any."""
    generator = np.random.default_rng(seed)
    distances = generator.integers(0, 12, size=(20, 70)).astype(np.float64)
    relevant = generator.random((20, 70)) < np.linspace(0.02, 0.9, 20)[:, None]
    relevant[0], relevant[1] = False, False
    relevant[1, generator.integers(70)] = True
    return distances, relevant


@pytest.mark.parametrize("seed", range(5))
def test_equals_trec_eval(seed: int) -> None:
    distances, relevant = _random_retrieval(seed)
    hits = np.take_along_axis(relevant, order_by_distance(distances, np.zeros_like(relevant)), axis=1)
    # trec_eval puts the larger document name first where scores are equal: name item i 999 - i.
    judged = {
        str(query): {f"{999 - item}": int(right) for item, right in enumerate(row)}
        for query, row in enumerate(relevant)
    }
    run = {
        str(query): {f"{999 - item}": -distance for item, distance in enumerate(row)}
        for query, row in enumerate(distances.tolist())
    }
    evaluator = pytrec_eval.RelevanceEvaluator(judged, {"map", "recip_rank", "P"})
    evaluated = evaluator.evaluate(run)
    for name, values in (
        ("map", average_precision(hits)),
        ("recip_rank", reciprocal_rank(hits)),
        ("P_5", precision_at(hits, K_MAX)[:, 4]),
        ("P_10", precision_at(hits, K_MAX)[:, 9]),
        ("P_30", precision_at(hits, K_MAX)[:, 29]),
    ):
        # trec_eval gives 0 to a query with nothing relevant; here it is left out.
        expected = [evaluated[str(query)][name] for query in range(1, 20)]
        np.testing.assert_allclose(values[1:], expected, rtol=0, atol=1e-9)
        assert np.isnan(values[0])


@pytest.mark.parametrize("seed", range(5))
def test_equals_scikit_learn(seed: int) -> None:
    distances, relevant = _random_retrieval(seed)
    order = order_by_distance(distances, np.zeros_like(relevant))
    hits = np.take_along_axis(relevant, order, axis=1)
    found = average_precision(hits)
    for query in range(1, 20):
        # scikit-learn averages over ties; a little more distance for each index breaks them as here.
        expected = average_precision_score(relevant[query], -(distances[query] + 1e-6 * np.arange(70)))
        np.testing.assert_allclose(found[query], expected, rtol=0, atol=1e-9)


def test_values_worked_out_by_hand() -> None:
    hits = np.array([[True, False, True, False], [False, False, False, True], [False] * 4])
    np.testing.assert_allclose(average_precision(hits), [(1 + 2 / 3) / 2, 1 / 4, np.nan])
    np.testing.assert_allclose(reciprocal_rank(hits), [1, 1 / 4, np.nan])
    expected = [[1, 1 / 2, 2 / 3, 2 / 4, 2 / 5], [0, 0, 0, 1 / 4, 1 / 5], [np.nan] * 5]
    np.testing.assert_allclose(precision_at(hits, 5), expected)
    np.testing.assert_allclose(mean(average_precision(hits)), (5 / 6 + 1 / 4) / 2)


@given(num_relevant=st.integers(1, 20), num_others=st.integers(0, 20))
def test_a_perfect_ranking_scores_one(num_relevant: int, num_others: int) -> None:
    hits = np.array([[True] * num_relevant + [False] * num_others])
    assert average_precision(hits)[0] == pytest.approx(1)
    assert reciprocal_rank(hits)[0] == 1
    assert np.all(precision_at(hits, num_relevant) == 1)


@given(hits=HITS)
def test_lies_between_zero_and_one_and_is_missing_only_without_a_hit(hits: NDArray[np.bool_]) -> None:
    answerable = hits.any(axis=1)
    for values in (average_precision(hits), reciprocal_rank(hits), precision_at(hits, K_MAX)[:, -1]):
        assert (np.isnan(values) == ~answerable).all()
        assert np.all((values[answerable] >= 0) & (values[answerable] <= 1 + 1e-12))


@given(row=st.lists(st.booleans(), min_size=2, max_size=30), data=st.data())
def test_moving_a_relevant_item_up_never_lowers_a_value(row: list[bool], data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, len(row) - 1))
    row[rank] = True
    higher = data.draw(st.integers(0, rank - 1))
    moved = row.copy()
    moved.insert(higher, moved.pop(rank))
    before, after = np.array([row]), np.array([moved])
    assert average_precision(after)[0] >= average_precision(before)[0] - 1e-12
    assert reciprocal_rank(after)[0] >= reciprocal_rank(before)[0]
    assert np.all(precision_at(after, K_MAX) >= precision_at(before, K_MAX))


def test_no_gallery_at_all_leaves_every_query_unanswerable() -> None:
    hits = np.zeros((3, 0), dtype=np.bool_)
    for values in (average_precision(hits), reciprocal_rank(hits), precision_at(hits, 4)):
        assert np.isnan(values).all()
    assert np.isnan(mean(average_precision(hits)))
