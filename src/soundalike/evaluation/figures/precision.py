"""Fig. 3 of the paper: MP^K over K."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from soundalike.evaluation.figures.style import (
    COLOURS,
    LINES,
    NEUTRAL,
    Picture,
    drawing,
    name_of,
    new_figure,
    render,
)
from soundalike.evaluation.protocol import Evaluation


def precision_figure(evaluations: Sequence[Evaluation]) -> Picture:
    """MP^K over K, one line an evaluation with its 95 % band and its peak, and what chance gives.

    Args:
        evaluations: one or more.
    """
    with drawing():
        figure = new_figure(7.2, 4.6)
        axes = figure.add_subplot()
        for index, evaluation in enumerate(evaluations):
            precision = evaluation.mean_precision
            k = np.arange(1, len(precision) + 1)
            colour = COLOURS[index % len(COLOURS)]
            style = LINES[index // len(COLOURS) % len(LINES)]
            axes.fill_between(k, *evaluation.precision_interval.T, color=colour, alpha=0.15, linewidth=0)
            peak = int(np.argmax(np.nan_to_num(precision))) + 1
            axes.plot(k, precision, style, color=colour, label=f"{name_of(evaluation)} (peak at K = {peak})")
            axes.plot([peak], [precision[peak - 1]], "o", color=colour, markeredgecolor="white", zorder=3)
        drawn: list[np.ndarray] = []
        for evaluation in evaluations:
            by_chance = evaluation.chance_precision
            if not any(
                np.allclose(by_chance, other, equal_nan=True)
                for other in drawn
                if other.shape == by_chance.shape
            ):
                label = None if drawn else "chance"
                axes.plot(np.arange(1, len(by_chance) + 1), by_chance, ":", color=NEUTRAL, label=label)
                drawn.append(by_chance)
        axes.set_xlabel("K, clips looked at")
        axes.set_ylabel("MPᴷ, share with the query's label")
        k_max = max(len(evaluation.mean_precision) for evaluation in evaluations)
        axes.set_xlim(0.5, k_max + 0.5)
        axes.set_xticks([1, *range(5, k_max + 1, 5 if k_max <= 60 else k_max // 10)])
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        figure.legend(loc="outside upper left", fontsize=9)
        named = "; ".join(
            f"{name_of(one)} {one.mean_precision[0]:.3f} at K = 1 and {one.mean_precision[-1]:.3f} at "
            f"K = {len(one.mean_precision)}"
            for one in evaluations
        )
        return render(
            figure,
            name="figure-3-precision",
            caption="MPᴷ over K. Bands: 95 % intervals over source recordings. Dots: where MPᴷ is largest.",
            alt=f"Line chart of MPᴷ over K. {named}.",
        )
