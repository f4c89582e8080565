"""The report: one self-contained page with the paper's tables and figures, and the files it is made of."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from soundalike.errors import UsageError
from soundalike.evaluation import figures
from soundalike.evaluation.figures.style import Picture, name_of
from soundalike.evaluation.protocol import Evaluation, skipped_once
from soundalike.evaluation.tables import (
    all_labels_table,
    extreme_label_tables,
    extreme_labels,
    quality_table,
)

logger = logging.getLogger(__name__)

PAGE = "index.html"
RESULTS = "results.json"
TABLES = "tables.md"


def write_report(
    evaluations: Sequence[Evaluation],
    folder: Path,
    *,
    title: str = "Retrieval report",
    labels: Sequence[str] | None = None,
    seed: int = 0,
) -> Path:
    """Write the page, its pictures as PNG and SVG, its tables as Markdown, and all numbers as JSON.

    Tables and figures of single labels show the evaluation with the highest MAP.

    Args:
        evaluations: one or more.
        folder: made if absent; files of the same names are replaced.
        title: heading of the page.
        labels: what Figures 4 and 5 show; None for the paper's clock tick, brushing teeth and pig where the
            queries have them, else the three labels found best.
        seed: of the t-SNE maps.
    Returns:
        The path of the page.
    Raises:
        UsageError: no evaluation, a label that no query has, or a folder that cannot be written.
    """
    if not evaluations:
        raise UsageError("a report needs at least one evaluation.")
    shown = max(evaluations, key=lambda one: (one.mean_average_precision > 0, one.mean_average_precision))
    labels = _known_labels(shown, labels)

    precision = figures.precision_figure(evaluations)
    examples = _examples(shown, labels)
    maps = [
        picture
        for picture in (
            figures.chosen_labels_figure(shown, labels, seed=seed),
            figures.all_labels_figure(shown, seed=seed),
        )
        if picture is not None
    ]
    confusion = figures.confusion_figure(shown)
    quality = quality_table(evaluations)
    best, worst = extreme_label_tables(shown)
    all_labels = all_labels_table(shown)

    page = Template(_template()).substitute(
        title=escape(title),
        summary=escape(_summary(shown)),
        quality=quality.to_html(),
        precision=_figure(precision, narrow=True),
        shown=escape(name_of(shown)),
        why_shown=", the highest MAP above" if len(evaluations) > 1 else "",
        best=best.to_html(),
        worst=worst.to_html(),
        labels=all_labels.to_html(),
        examples=_section("Queries and their nearest clips (Figure 4)", "".join(map(_figure, examples))),
        maps="".join(map(_figure, maps)) or "<p>Too few queries for a map.</p>",
        confusion=_figure(confusion),
        skipped=_section("Left out", _skipped_list(shown)),
    )
    document = {"results": [evaluation.as_json() for evaluation in evaluations]}
    tables = [quality, best, worst, all_labels]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for picture in (precision, *examples, *maps, confusion):
            (folder / f"{picture.name}.png").write_bytes(picture.png)
            (folder / f"{picture.name}.svg").write_bytes(picture.svg)
        (folder / RESULTS).write_text(
            json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )
        (folder / TABLES).write_text("\n".join(table.to_markdown() for table in tables), encoding="utf-8")
        (folder / PAGE).write_text(page, encoding="utf-8")
    except OSError as exc:
        raise UsageError(
            f"cannot write the report to '{folder}': {exc.strerror}. Name another folder."
        ) from exc
    logger.info("report: %s", folder / PAGE)
    return folder / PAGE


def _known_labels(evaluation: Evaluation, labels: Sequence[str] | None) -> tuple[str, ...]:
    if labels is None:
        return figures.chosen_labels(evaluation)
    known = sorted(set(evaluation.query_labels))
    unknown = [label for label in labels if label not in known]
    if unknown:
        raise UsageError(f"no query has the label {unknown[0]!r}. The labels are: {', '.join(known)}.")
    return tuple(labels)


def _examples(evaluation: Evaluation, labels: Sequence[str]) -> list[Picture]:
    """Fig. 4 for the best label, the first chosen one and the worst: neither successes nor failures alone."""
    best, worst = ([score.label for score in scores[:1]] for scores in extreme_labels(evaluation))
    pictures = []
    for label in dict.fromkeys([*best, *labels[:1], *worst]):
        query = figures.typical_query(evaluation, label)
        picture = None if query is None else figures.example_figure(evaluation, query)
        if picture is not None:
            pictures.append(picture)
    return pictures


def _summary(evaluation: Evaluation) -> str:
    num_queries, num_gallery = len(evaluation.queries), len(evaluation.gallery)
    if evaluation.is_self_search:
        searched = f"{num_queries:,} clips search one another"
    else:
        searched = f"{num_queries:,} queries search a gallery of {num_gallery:,} other clips"
    unanswerable = evaluation.num_unanswerable
    left_out = f" {unanswerable:,} have nothing to find and count in no mean." if unanswerable else ""
    num_labels = len(evaluation.per_label)
    return f"{searched}; none meets a clip of its own recording. {num_labels} labels.{left_out}"


def _template() -> str:
    return resources.files("soundalike.evaluation").joinpath("report.html").read_text(encoding="utf-8")


def _figure(picture: Picture, *, narrow: bool = False) -> str:
    # Vector files of crowded pictures are larger than their pixels; the page takes the smaller one.
    if len(picture.svg) <= len(picture.png):
        kind, content = "svg+xml", picture.svg
    else:
        kind, content = "png", picture.png
    source = f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"
    return (
        f"<figure{' class=narrow' if narrow else ''}>"
        f'<div class="wide"><img src="{source}" alt="{escape(picture.alt)}"></div>'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )


def _section(heading: str, content: str) -> str:
    return f"<h2>{escape(heading)}</h2>{content}" if content else ""


def _skipped_list(evaluation: Evaluation) -> str:
    skipped = skipped_once([evaluation])
    items = "".join(f"<li>{escape(one.path)}: {escape(one.reason)}</li>" for one in skipped)
    return f"<p>{len(skipped):,} clips have no embedding.</p><ul>{items}</ul>" if skipped else ""
