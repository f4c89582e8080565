"""Fig. 5 of the paper: t-SNE maps of the embeddings, of chosen labels and of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.config import Distance
from soundalike.evaluation.figures.style import (
    COLOURS,
    MARKERS,
    Picture,
    drawing,
    name_of,
    new_figure,
    render,
)
from soundalike.evaluation.protocol import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The labels that the paper shows; a label counts by its words, whatever its data set and spelling.
PAPER_LABELS = ("clock tick", "brushing teeth", "pig")
NUM_LABELS = 3
MAX_PERPLEXITY = 30.0
MAX_POINTS = 5000
MIN_POINTS = 5
LEGEND_ROWS, LEGEND_COLUMNS = 30, 4  # rows are added once the columns are full


def tsne(embeddings: NDArray[np.floating], *, distance: Distance, seed: int = 0) -> NDArray[np.float64]:
    """Place embeddings in the plane so that neighbours stay neighbours.

    Args:
        embeddings: [clip, dim], at least 5 clips.
        distance: the neighbourhood to keep; "cosine" compares directions.
        seed: of the optimisation.
    Returns:
        float64 [clip, 2], without units.
    """
    from openTSNE import TSNE

    points = embeddings.astype(np.float64)
    if distance == "cosine":
        norms = np.linalg.norm(points, axis=1, keepdims=True)
        points = points / np.where(norms == 0, 1, norms)
    # Two principal axes to start from need two dimensions, and points that do not all coincide.
    has_axes = points.shape[1] >= 2 and np.ptp(points, axis=0).any()
    initialization = "pca" if has_axes else "random"
    perplexity = min(MAX_PERPLEXITY, (len(points) - 1) / 3)
    fit = TSNE(perplexity=perplexity, initialization=initialization, random_state=seed, n_jobs=1).fit(points)
    return np.asarray(fit, dtype=np.float64)


def chosen_labels(evaluation: Evaluation) -> tuple[str, ...]:
    """The labels to show: those of the paper where the queries have all three, else the three found best."""
    by_words = {_words(score.label): score.label for score in evaluation.per_label}
    if all(words in by_words for words in PAPER_LABELS):
        return tuple(by_words[words] for words in PAPER_LABELS)
    scored = [score for score in evaluation.per_label if not np.isnan(score.precision_at_k)]
    best = sorted(scored, key=lambda score: -score.precision_at_k)[:NUM_LABELS]
    return tuple(score.label for score in best)


def chosen_labels_figure(evaluation: Evaluation, labels: Sequence[str], *, seed: int = 0) -> Picture | None:
    """A map of the queries of a few labels; None with fewer than five of them."""
    query_labels = np.asarray(evaluation.query_labels)
    shown = np.flatnonzero(np.isin(query_labels, labels))
    if len(shown) < MIN_POINTS:
        return None
    places = tsne(evaluation.queries.embeddings[shown], distance=evaluation.distance, seed=seed)
    with drawing():
        figure = new_figure(6.4, _height_in(places, width_in=6.4, least_in=3) + 0.4)
        axes = _empty_map(figure.add_subplot())
        for index, label in enumerate(labels):
            own = places[query_labels[shown] == label]
            axes.scatter(
                own[:, 0],
                own[:, 1],
                marker=MARKERS[index % len(MARKERS)],
                color=COLOURS[index % len(COLOURS)],
                edgecolors="white",
                linewidths=0.5,
                s=42,
                label=f"{label} ({len(own)})",
            )
        figure.legend(loc="outside upper left", ncols=min(3, len(labels)), fontsize=9)
        return render(
            figure,
            name="figure-5-chosen-labels",
            caption=(
                f"t-SNE map of the queries of {', '.join(labels)} ({name_of(evaluation)}). Axes have no unit."
            ),
            alt=f"Scatter plot of {len(shown)} clips of the labels {', '.join(labels)}.",
        )


def all_labels_figure(evaluation: Evaluation, *, seed: int = 0) -> Picture | None:
    """A map of the queries of all labels, each numbered at its middle; None with fewer than five queries."""
    query_labels = np.asarray(evaluation.query_labels)
    shown = np.arange(len(query_labels))
    if len(shown) < MIN_POINTS:
        return None
    if len(shown) > MAX_POINTS:
        shown = np.sort(np.random.default_rng(seed).choice(shown, MAX_POINTS, replace=False))
    places = tsne(evaluation.queries.embeddings[shown], distance=evaluation.distance, seed=seed)
    labels = sorted(set(query_labels[shown]))
    num_columns = min(LEGEND_COLUMNS, -(-len(labels) // LEGEND_ROWS))
    num_rows = -(-len(labels) // num_columns)
    with drawing():
        height_in = _height_in(places, width_in=8, least_in=0.2 + 0.175 * num_rows)
        figure = new_figure(8 + 1.9 * num_columns, height_in)
        axes = _empty_map(figure.add_subplot())
        middles = []
        for index, label in enumerate(labels):
            own = places[query_labels[shown] == label]
            middles.append(np.median(own, axis=0))
            axes.scatter(
                own[:, 0],
                own[:, 1],
                marker=MARKERS[index // len(COLOURS) % len(MARKERS)],
                color=COLOURS[index % len(COLOURS)],
                alpha=0.6,
                linewidths=0,
                s=14,
                label=f"{index + 1}  {label}",
            )
        least = 0.028 * float(np.ptp(places, axis=0).max())
        for index, (x, y) in enumerate(_spread(np.array(middles), least)):
            colour = COLOURS[index % len(COLOURS)]
            circle = {"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": colour}
            axes.text(
                x, y, str(index + 1), fontsize=7, fontweight="bold", ha="center", va="center", bbox=circle
            )
        figure.legend(loc="outside right upper", fontsize=8, ncols=num_columns, markerscale=1.6)
        return render(
            figure,
            name="figure-5-all-labels",
            caption=(
                f"t-SNE map of {len(shown)} queries of all {len(labels)} labels ({name_of(evaluation)}); a number "
                "stands near the middle of its label. Axes have no unit."
            ),
            alt=f"Scatter plot of {len(shown)} clips of {len(labels)} labels, numbered per label.",
        )


def _empty_map(axes: Axes) -> Axes:
    axes.set(xticks=[], yticks=[], xlabel="t-SNE 1", ylabel="t-SNE 2")
    axes.set_aspect("equal", adjustable="datalim")
    return axes


def _height_in(places: NDArray[np.float64], *, width_in: float, least_in: float) -> float:
    """Height of a map of this width in which both axes have one scale and little room is left over."""
    width, height = np.ptp(places, axis=0)
    return float(np.clip(width_in * height / max(width, 1e-9), least_in, width_in))


def _spread(places: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """Push numbers apart until no two are closer than `least`, or a hundred rounds have passed."""
    places = places.copy()
    for _ in range(100):
        offsets = places[:, None] - places[None, :]
        gaps = np.linalg.norm(offsets, axis=2) + np.eye(len(places)) * 2 * least
        if gaps.min() >= least:
            break
        push = np.where(gaps < least, (least - gaps) / 2, 0.0)
        # Numbers in the very same place part along a direction of their own.
        angles = np.arange(len(places))
        fallback = np.stack([np.cos(angles), np.sin(angles)], axis=1)[:, None]
        directions = np.where(gaps[..., None] > 1e-9, offsets / np.maximum(gaps, 1e-9)[..., None], fallback)
        places += (directions * push[..., None]).sum(axis=1)
    return places


def _words(label: str) -> str:
    return label.rsplit("/", 1)[-1].replace("_", " ").replace("-", " ").lower().removesuffix(" sound")
