"""Tables 1 and 2 of the paper as data, and any table as HTML or Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from soundalike.evaluation.protocol import Evaluation, LabelScore

NUM_EXTREME_LABELS = 10
MISSING = "–"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Text in rows and columns.

    Attributes:
        caption: one sentence above the table.
        columns: heading of each column; the first column names the row.
        rows: the cells.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def to_html(self) -> str:
        """A `<table>`, every text escaped."""
        head = "".join(f'<th scope="col">{escape(column)}</th>' for column in self.columns)
        body = "".join(
            f'<tr><th scope="row">{escape(row[0])}</th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption><span>{escape(self.caption)}</span></caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def to_markdown(self) -> str:
        """A Markdown table under its caption; columns after the first are aligned right."""
        rule = ["---", *["---:"] * (len(self.columns) - 1)]
        lines = [self.columns, rule, *self.rows]
        table = "\n".join(f"| {' | '.join(_markdown(cell) for cell in line)} |" for line in lines)
        return f"{self.caption}\n\n{table}\n"


def quality_table(evaluations: Sequence[Evaluation]) -> Table:
    """Table 1: MAP, MP¹, P1 and MP^K of every evaluation with 95 % intervals, and what chance gives.

    Args:
        evaluations: one or more; each K that occurs has its column.
    """
    all_k = sorted({evaluation.k for evaluation in evaluations})
    rows: list[tuple[str, ...]] = []
    by_chance: list[tuple[str, ...]] = []
    for one in evaluations:
        setting = (one.distance, one.clip or MISSING)
        precisions = [
            _with_interval(one.precision_at_k, one.interval[f"MPK{k}"]) if k == one.k else MISSING
            for k in all_k
        ]
        rows.append(
            (
                str(one.encoder.get("name", "embeddings")) + (" (synonyms)" if one.synonyms else ""),
                *setting,
                _with_interval(one.mean_average_precision, one.interval["MAP"]),
                _with_interval(one.mean_reciprocal_rank, one.interval["MP1"]),
                _with_interval(one.precision_at_1, one.interval["P1"]),
                *precisions,
                _counted(len(one.queries), one.num_unanswerable),
                f"{len(one.gallery):,}",
            )
        )
        chance = (
            "chance (synonyms)" if one.synonyms else "chance",
            MISSING,
            MISSING,
            *(_number(one.chance[name]) for name in ("MAP", "MP1", "P1")),
            *(_number(one.chance_precision[k - 1]) if k == one.k else MISSING for k in all_k),
            _counted(len(one.queries), one.num_unanswerable),
            f"{len(one.gallery):,}",
        )
        if chance not in by_chance:
            by_chance.append(chance)
    return Table(
        caption="Retrieval quality: mean over queries, 95 % interval over source recordings in brackets.",
        columns=(
            *("encoder", "distance", "clip", "MAP", "MP¹", "P1"),
            *(_mp(k) for k in all_k),
            *("queries", "gallery"),
        ),
        rows=(*rows, *by_chance),
    )


def extreme_labels(
    evaluation: Evaluation, num_labels: int = NUM_EXTREME_LABELS
) -> tuple[tuple[LabelScore, ...], tuple[LabelScore, ...]]:
    """The labels with the highest and with the lowest MP^K, best first and worst first.

    Args:
        evaluation: the evaluation.
        num_labels: how many of each; fewer where there are not twice as many, so that no label is in both.
    """
    answerable = [score for score in evaluation.per_label if not math.isnan(score.precision_at_k)]
    ranked = sorted(answerable, key=lambda score: (-score.precision_at_k, score.label))
    num_labels = min(num_labels, (len(ranked) + 1) // 2)
    return tuple(ranked[:num_labels]), tuple(ranked[num_labels:][: -num_labels - 1 : -1])


def extreme_label_tables(evaluation: Evaluation) -> tuple[Table, Table]:
    """Table 2: the labels with the highest MP^K, and those with the lowest."""
    best, worst = extreme_labels(evaluation)
    return (
        _label_table(f"Labels with the highest {_mp(evaluation.k)}.", evaluation, best),
        _label_table(f"Labels with the lowest {_mp(evaluation.k)}.", evaluation, worst),
    )


def all_labels_table(evaluation: Evaluation) -> Table:
    """Every label with its means."""
    return _label_table("All labels.", evaluation, evaluation.per_label)


def _label_table(caption: str, evaluation: Evaluation, scores: Sequence[LabelScore]) -> Table:
    return Table(
        caption=caption,
        columns=("label", _mp(evaluation.k), "MAP", "queries"),
        rows=tuple(
            (
                score.label,
                _number(score.precision_at_k),
                _number(score.average_precision),
                f"{score.num_queries:,}",
            )
            for score in scores
        ),
    )


def _mp(k: int) -> str:
    return "MP" + str(k).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else MISSING


def _with_interval(value: float, ends: tuple[float, float]) -> str:
    if not all(math.isfinite(end) for end in ends):
        return _number(value)
    return f"{_number(value)} [{_number(ends[0])}, {_number(ends[1])}]"


def _counted(num_queries: int, num_unanswerable: int) -> str:
    return f"{num_queries:,}" + (f" ({num_unanswerable:,} unanswerable)" if num_unanswerable else "")


def _markdown(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
