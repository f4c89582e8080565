"""What the figures show, and that they can be drawn from very little."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from soundalike.data import Clip
from soundalike.embedding import EmbeddedClips
from soundalike.evaluation import Evaluation, evaluate_embeddings
from soundalike.evaluation.figures import (
    Picture,
    all_labels_figure,
    chosen_labels,
    chosen_labels_figure,
    confusion,
    confusion_figure,
    example_figure,
    neighbour_shares,
    precision_figure,
    tsne,
    typical_query,
)
from soundalike.evaluation.figures.confusion import _side_by_side
from soundalike.evaluation.figures.projection import _spread
from soundalike.evaluation.figures.style import PNG_DPI, shorten


def _evaluation(labels: list[str], *, spread: float = 0.1, folder: Path = Path(), k: int = 25) -> Evaluation:
    """Clips of one label lie together, each label on an axis of its own."""
    names = sorted(set(labels))
    codes = np.array([names.index(label) for label in labels])
    noise = spread * np.random.default_rng(0).normal(size=(len(labels), len(names)))
    clips = tuple(
        Clip(path=folder / f"{index}.wav", label=label, recording=str(index))
        for index, label in enumerate(labels)
    )
    embeddings = (np.eye(len(names))[codes] + noise).astype(np.float32)
    return evaluate_embeddings(
        EmbeddedClips(clips=clips, embeddings=embeddings), distance="euclidean", encoder={"name": "x"}, k=k
    )


def _check(picture: Picture | None) -> None:
    assert picture is not None
    assert picture.png.startswith(b"\x89PNG")
    assert ElementTree.fromstring(picture.svg).tag.endswith("svg")
    assert picture.alt
    assert picture.caption


@pytest.mark.parametrize(
    "labels", [["a", "a", "b", "b"], ["a", "b"], ["a"] * 6, ["<&>", "<&>", r"$\frac$", r"$\frac$", "ä_ö"]]
)
def test_everything_can_be_drawn_from_few_clips(labels: list[str]) -> None:
    evaluation = _evaluation(labels)
    _check(precision_figure([evaluation]))
    _check(confusion_figure(evaluation))
    few = chosen_labels_figure(evaluation, chosen_labels(evaluation))
    every = all_labels_figure(evaluation)
    assert (every is None) == (len(labels) < 5)
    for picture in (few, every):
        if picture is not None:
            _check(picture)


def test_however_many_labels_the_matrix_stays_within_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confusion, "MAX_INCHES", 6.0)
    picture = confusion_figure(_evaluation([f"label {index // 2}" for index in range(80)], spread=0.01))
    width, height = (int.from_bytes(picture.png[start : start + 4], "big") for start in (16, 20))
    assert max(width, height) <= 6.6 * PNG_DPI


def test_equal_evaluations_give_equal_files() -> None:
    evaluation = _evaluation(["a", "b"] * 5)
    assert precision_figure([evaluation]) == precision_figure([evaluation])


def test_many_evaluations_fit_in_one_chart() -> None:
    _check(precision_figure([_evaluation(["a", "b", "c"] * 5, spread=0.1 * index) for index in range(9)]))


def test_shares_count_the_labels_of_the_nearest_clips() -> None:
    evaluation = _evaluation(["a"] * 4 + ["b"] * 4, k=3, spread=0.01)
    labels, shares = neighbour_shares(evaluation)
    assert sorted(labels) == ["a", "b"]
    np.testing.assert_allclose(shares, np.eye(2))
    for k in (1, 5):
        labels, shares = neighbour_shares(_evaluation(["a"] * 4 + ["b"] * 4, k=k, spread=1))
        np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_labels_found_for_one_another_stand_side_by_side() -> None:
    similarity = np.zeros((6, 6))
    for left, right in ((0, 4), (1, 5), (2, 3)):
        similarity[left, right] = similarity[right, left] = 1
    order = _side_by_side(similarity)
    assert sorted(order) == list(range(6))
    for left, right in ((0, 4), (1, 5), (2, 3)):
        assert abs(order.index(left) - order.index(right)) == 1


def test_the_papers_labels_are_chosen_where_they_exist_whatever_their_spelling() -> None:
    labels = ["esc50/clock_tick", "Brushing Teeth", "pig", "dog"] * 4
    assert chosen_labels(_evaluation(labels)) == ("esc50/clock_tick", "Brushing Teeth", "pig")
    assert len(chosen_labels(_evaluation(["a", "b", "c", "dog"] * 4))) == 3


def test_the_typical_query_has_the_median_average_precision() -> None:
    evaluation = _evaluation(["a"] * 5 + ["b"] * 20 + ["alone"], spread=1)
    query = typical_query(evaluation, "a")
    assert query is not None
    assert evaluation.ranking.average_precision[query] == np.median(evaluation.ranking.average_precision[:5])
    assert typical_query(evaluation, "alone") is None


def test_examples_show_the_sound_files(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for index in range(8):
        soundfile.write(tmp_path / f"{index}.wav", 0.1 * generator.normal(size=8000), 16_000)
    evaluation = _evaluation(["a", "b"] * 4, folder=tmp_path, spread=1)
    picture = example_figure(evaluation, 0)
    _check(picture)
    assert picture is not None
    assert picture.name == "figure-4-a"
    num_right = int(evaluation.ranking.neighbour_hits[0, :6].sum())
    assert f"{num_right} of 6 right" in picture.alt


def test_examples_without_their_files_are_left_out() -> None:
    assert example_figure(_evaluation(["a", "b"] * 4, folder=Path("nowhere")), 0) is None


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_tsne_keeps_clusters_apart_and_repeats_itself(distance: str) -> None:
    generator = np.random.default_rng(0)
    centres = 10 * np.eye(3)[np.repeat(np.arange(3), 20)]
    embeddings = centres + 0.1 * generator.normal(size=centres.shape)
    places = tsne(embeddings, distance=distance)  # type: ignore[arg-type]
    middles = places.reshape(3, 20, 2).mean(axis=1)
    radius = np.linalg.norm(places.reshape(3, 20, 2) - middles[:, None], axis=2).mean()
    gaps = [np.linalg.norm(middles[a] - middles[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert min(gaps) > 2 * radius
    np.testing.assert_array_equal(places, tsne(embeddings, distance=distance))  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_tsne_accepts_embeddings_that_all_coincide(value: float) -> None:
    assert np.isfinite(tsne(np.full((8, 4), value), distance="cosine")).all()


def test_numbers_are_pushed_apart() -> None:
    places = _spread(np.zeros((5, 2)), 1.0)
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 9 * np.eye(5)
    assert gaps.min() > 0.9


def test_shortening_keeps_both_ends() -> None:
    assert shorten("short.wav", 9) == "short.wav"
    assert shorten("a very long name.wav", 9) == "a ve….wav"
    assert len(shorten("a very long name.wav", 10)) == 10
