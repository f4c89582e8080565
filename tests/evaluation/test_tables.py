"""Tables 1 and 2 as data, as HTML and as Markdown."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from soundalike.data import Clip
from soundalike.embedding import EmbeddedClips
from soundalike.evaluation import Evaluation, evaluate_embeddings
from soundalike.evaluation.tables import (
    Table,
    all_labels_table,
    extreme_label_tables,
    extreme_labels,
    quality_table,
)


def _evaluation(num_labels: int, *, name: str = "x", k: int = 25, synonyms: bool = False) -> Evaluation:
    """Label i is found less well the larger i is."""
    generator = np.random.default_rng(0)
    codes = np.repeat(np.arange(num_labels), 6)
    noise = generator.normal(size=(len(codes), num_labels)) * 0.2 * codes[:, None]
    clips = tuple(
        Clip(path=Path(f"{index}.wav"), label=f"l{code:02d}", recording=str(index))
        for index, code in enumerate(codes)
    )
    embedded = EmbeddedClips(clips=clips, embeddings=(np.eye(num_labels)[codes] + noise).astype(np.float32))
    return evaluate_embeddings(
        embedded, distance="euclidean", encoder={"name": name}, k=k, clip="loudest", synonyms=synonyms
    )


def test_quality_has_a_row_for_every_evaluation_and_one_for_chance() -> None:
    table = quality_table([_evaluation(5, name="first"), _evaluation(5, name="second")])
    assert [row[0] for row in table.rows] == ["first", "second", "chance"]
    assert table.columns[:6] == ("encoder", "distance", "clip", "MAP", "MP¹", "P1")
    assert "MP²⁵" in table.columns
    evaluation = _evaluation(5)
    low, high = evaluation.interval["MAP"]
    assert table.rows[0][3] == f"{evaluation.mean_average_precision:.3f} [{low:.3f}, {high:.3f}]"
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_evaluations_of_different_k_have_their_own_columns() -> None:
    table = quality_table([_evaluation(5, k=5), _evaluation(5, k=10)])
    assert table.columns[6:8] == ("MP⁵", "MP¹⁰")
    assert table.rows[0][7] == table.rows[1][6] == "–"


def test_synonyms_are_named_in_the_row_and_have_their_own_chance() -> None:
    table = quality_table([_evaluation(5), _evaluation(3, synonyms=True)])
    assert [row[0] for row in table.rows] == ["x", "x (synonyms)", "chance", "chance (synonyms)"]


def test_extreme_labels_are_the_ends_of_the_ranking() -> None:
    evaluation = _evaluation(30)
    by_precision = {score.label: score.precision_at_k for score in evaluation.per_label}
    best, worst = extreme_labels(evaluation)
    assert len(best) == len(worst) == 10
    assert [score.precision_at_k for score in best] == sorted(by_precision.values(), reverse=True)[:10]
    assert [score.precision_at_k for score in worst] == sorted(by_precision.values())[:10]


@pytest.mark.parametrize(
    ("num_labels", "num_best", "num_worst"), [(1, 1, 0), (2, 1, 1), (7, 4, 3), (20, 10, 10)]
)
def test_no_label_is_among_the_best_and_the_worst(num_labels: int, num_best: int, num_worst: int) -> None:
    best, worst = extreme_labels(_evaluation(num_labels))
    assert (len(best), len(worst)) == (num_best, num_worst)
    assert not {score.label for score in best} & {score.label for score in worst}


def test_label_tables_list_labels() -> None:
    evaluation = _evaluation(4)
    best, worst = extreme_label_tables(evaluation)
    assert {row[0] for row in (*best.rows, *worst.rows)} == {"l00", "l01", "l02", "l03"}
    assert [row[0] for row in all_labels_table(evaluation).rows] == ["l00", "l01", "l02", "l03"]
    assert best.rows[0][3] == "6"


def test_html_escapes_and_closes_what_it_opens() -> None:
    table = Table(caption="a < b", columns=("<name>", "value"), rows=(("<script>", "1 & 2"),))

    class Reader(HTMLParser):
        depth = 0
        texts: list[str]

        def handle_starttag(self, tag: str, attrs: object) -> None:
            assert tag != "script"
            self.depth += 1

        def handle_endtag(self, tag: str) -> None:
            self.depth -= 1

        def handle_data(self, data: str) -> None:
            self.texts.append(data)

    reader = Reader()
    reader.texts = []
    reader.feed(table.to_html())
    assert reader.depth == 0
    assert reader.texts == ["a < b", "<name>", "value", "<script>", "1 & 2"]


def test_markdown_keeps_its_columns_whatever_a_cell_holds() -> None:
    table = Table(caption="c", columns=("name", "value"), rows=(("a|b", "1"), ("c\nd", "2")))
    assert table.to_markdown() == "c\n\n| name | value |\n| --- | ---: |\n| a\\|b | 1 |\n| c d | 2 |\n"
