"""Which labels are found in place of which: the labels of the nearest clips, per label of the query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.evaluation.figures.style import Picture, drawing, name_of, new_figure, render
from soundalike.evaluation.protocol import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES_PER_LABEL, MAX_INCHES = 0.17, 30.0
# Up to this many labels there is room for a number in every cell.
NUM_LABELS_WITH_NUMBERS = 16


def neighbour_shares(evaluation: Evaluation) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Share of each label among the nearest K clips of each label's queries.

    Returns:
        All labels of queries and gallery in an order that puts labels found for one another side by side, and
        float64 [query label, gallery label]: rows sum to one, rows of labels without a query are NaN.
    """
    ranking, k = evaluation.ranking, evaluation.k
    labels = sorted({*evaluation.query_labels, *evaluation.gallery_labels})
    code_of = {label: code for code, label in enumerate(labels)}
    query_codes = np.array([code_of[label] for label in evaluation.query_labels])
    gallery_codes = np.array([code_of[label] for label in evaluation.gallery_labels])
    neighbours = ranking.neighbours[:, :k]
    query, position = np.nonzero(neighbours >= 0)
    counts = np.zeros((len(labels), len(labels)))
    np.add.at(counts, (query_codes[query], gallery_codes[neighbours[query, position]]), 1)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
    order = _side_by_side(np.nan_to_num(shares + shares.T))
    return tuple(labels[code] for code in order), shares[np.ix_(order, order)]


def confusion_figure(evaluation: Evaluation) -> Picture:
    """A matrix of the labels found (columns) for the queries of each label (rows)."""
    from matplotlib.patches import Rectangle

    labels, shares = neighbour_shares(evaluation)
    size_in = min(max(4.5, INCHES_PER_LABEL * len(labels) + 2), MAX_INCHES)
    with drawing():
        figure = new_figure(size_in + 0.6, size_in)
        axes = figure.add_subplot()
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=max(0.01, float(np.nanmax(shares))))
        ticks = np.arange(len(labels))
        fontsize = min(8 if len(labels) <= 30 else 7, 40 * size_in / len(labels))
        axes.set_xticks(ticks, labels, rotation=90, fontsize=fontsize)
        axes.set_yticks(ticks, labels, fontsize=fontsize)
        axes.set_xlabel(f"label of the {evaluation.k} nearest clips")
        axes.set_ylabel("label of the query")
        axes.set_xticks(ticks[:-1] + 0.5, minor=True)
        axes.set_yticks(ticks[:-1] + 0.5, minor=True)
        axes.grid(which="minor", color="#EEEEEE", linewidth=0.5)
        axes.tick_params(which="both", length=0)
        for tick in ticks:
            corner = (tick - 0.5, tick - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="#777777", linewidth=0.7))
        if len(labels) <= NUM_LABELS_WITH_NUMBERS:
            _write_numbers(axes, shares)
        figure.colorbar(image, ax=axes, label="share of those clips", shrink=0.5, pad=0.01)
        return render(
            figure,
            name="confusion",
            caption=(
                f"Labels of the {evaluation.k} nearest clips for the queries of each label ({name_of(evaluation)}). "
                "Outlined: the label itself. Dark cells elsewhere are labels mistaken for others."
            ),
            alt=f"Matrix of the labels found for each label. {_worst_pairs(labels, shares)}",
        )


def _write_numbers(axes: Axes, shares: NDArray[np.float64]) -> None:
    half = np.nanmax(shares) / 2
    for row, column in np.argwhere(shares >= 0.005):
        share = shares[row, column]
        colour = "white" if share > half else "#333333"
        axes.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=7, color=colour)


def _worst_pairs(labels: tuple[str, ...], shares: NDArray[np.float64]) -> str:
    others = np.nan_to_num(shares * (1 - np.eye(len(labels))))
    largest = np.argsort(-others, axis=None, kind="stable")[:3]
    pairs = [np.unravel_index(index, others.shape) for index in largest if others.flat[index] > 0]
    if not pairs:
        return "No label is mistaken for another."
    named = [f"{labels[column]} for {labels[row]} ({others[row, column]:.2f})" for row, column in pairs]
    return f"Most often mistaken: {', '.join(named)}."


def _side_by_side(similarity: NDArray[np.float64]) -> list[int]:
    """Order items so that similar ones stand together: average-linkage clustering, read off leaf by leaf."""
    clusters = [[index] for index in range(len(similarity))]
    between = similarity.astype(np.float64).copy()
    np.fill_diagonal(between, -np.inf)
    while len(clusters) > 1:
        first, second = sorted(int(i) for i in np.unravel_index(np.argmax(between), between.shape))
        left, right = clusters[first], clusters[second]
        # Of the four ways to join two rows of leaves, the one whose touching ends are most similar.
        clusters[first] = max(
            ([*a, *b] for a in (left, left[::-1]) for b in (right, right[::-1])),
            key=lambda joined: similarity[joined[len(left) - 1], joined[len(left)]],
        )
        mean = (between[first] * len(left) + between[second] * len(right)) / (len(left) + len(right))
        between[first], between[:, first] = mean, mean
        between[first, first] = -np.inf
        between = np.delete(np.delete(between, second, axis=0), second, axis=1)
        del clusters[second]
    return clusters[0]
