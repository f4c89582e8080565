"""Fig. 4 of the paper: a query and its nearest clips as spectrograms, right and wrong marked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.data import Clip, Manifest, load_clips
from soundalike.errors import DataError
from soundalike.evaluation.figures.style import (
    NEUTRAL,
    RIGHT,
    WRONG,
    Picture,
    drawing,
    name_of,
    new_figure,
    render,
    shorten,
)
from soundalike.evaluation.protocol import Evaluation
from soundalike.features import LOGFREQ_CENTRES_HZ, logfreq_spectrogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

logger = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 16_000
WINDOW_S = 2.0
NUM_NEIGHBOURS = 6
RANGE_DB = 60.0
TICKS_HZ = (100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One spectrogram of the figure; `is_hit` and `distance` are None for the query itself."""

    clip: Clip
    title: str
    is_hit: bool | None = None
    distance: float | None = None


def typical_query(evaluation: Evaluation, label: str) -> int | None:
    """The query of a label whose average precision is the median: an example that is neither lucky nor
    unlucky.

    Returns:
        Its index; None if no query of the label is answerable.
    """
    of_label = np.asarray(evaluation.query_labels) == label
    candidates = np.flatnonzero(of_label & (evaluation.ranking.num_relevant > 0))
    if len(candidates) == 0:
        return None
    by_quality = candidates[np.argsort(evaluation.ranking.average_precision[candidates], kind="stable")]
    return int(by_quality[(len(by_quality) - 1) // 2])


def example_figure(evaluation: Evaluation, query: int) -> Picture | None:
    """A query beside the six clips nearest to it, as log-frequency spectrograms of their loudest two seconds.

    Args:
        evaluation: whose neighbours to show.
        query: index of the query.
    Returns:
        The picture; None if one of its files cannot be read any more, which is logged.
    """
    shown = _shown(evaluation, query)
    clips = tuple(one.clip for one in shown)
    try:
        audio = load_clips(
            Manifest(name="example", clips=clips), sample_rate_hz=SAMPLE_RATE_HZ, window_s=WINDOW_S
        )
    except DataError as error:
        logger.warning("no picture of query '%s': %s", clips[0].path, error)
        return None
    if audio.skipped:
        logger.warning("no picture of query '%s': %s", clips[0].path, audio.skipped[0].reason)
        return None
    levels_db = 10 / np.log(10) * logfreq_spectrogram(audio.waveforms, time_axis="linear")

    label = evaluation.query_labels[query]
    num_right = sum(one.is_hit is True for one in shown)
    with drawing():
        figure = new_figure(11, 5.6)
        grid = figure.add_gridspec(2, 4, width_ratios=(1.3, 1, 1, 1))
        for position, (one, level_db) in enumerate(zip(shown, levels_db, strict=True)):
            row, column = divmod(max(position - 1, 0), 3)
            axes = figure.add_subplot(grid[:, 0] if position == 0 else grid[row, column + 1])
            image = _draw(axes, one, level_db)
            if position == 0 or column == 0:
                axes.set_ylabel("frequency (Hz)")
            else:
                axes.tick_params(labelleft=False)
            if position == 0 or row == 1 or position + 3 >= len(shown):
                axes.set_xlabel("time (s)")
        figure.colorbar(image, ax=figure.axes, label="level under the loudest (dB)", shrink=0.6, pad=0.01)
        listed = ", ".join(f"{one.clip.label} ({'right' if one.is_hit else 'wrong'})" for one in shown[1:])
        return render(
            figure,
            name=f"figure-4-{_file_name(label)}",
            caption=(
                f"“{label}”: its typical query and the {len(shown) - 1} nearest clips ({name_of(evaluation)}). "
                "Check mark and solid frame: the query's label; cross and dashed frame: another."
            ),
            alt=(
                f"Spectrograms of a query labelled {label} and of its nearest clips, {num_right} of "
                f"{len(shown) - 1} right: {listed}."
            ),
        )


def _shown(evaluation: Evaluation, query: int) -> Sequence[Shown]:
    ranking = evaluation.ranking
    clip = evaluation.queries.clips[query]
    num_neighbours = min(NUM_NEIGHBOURS, int(ranking.num_ranked[query]), ranking.neighbours.shape[1])
    return [
        Shown(clip=clip, title=f"query: {clip.label}"),
        *(
            Shown(
                clip=evaluation.gallery.clips[ranking.neighbours[query, index]],
                title=f"{index + 1}: {evaluation.gallery_labels[ranking.neighbours[query, index]]}",
                is_hit=bool(ranking.neighbour_hits[query, index]),
                distance=float(ranking.neighbour_distances[query, index]),
            )
            for index in range(num_neighbours)
        ),
    ]


def _draw(axes: Axes, shown: Shown, level_db: NDArray[np.floating]) -> AxesImage:
    """One spectrogram with its frame and title; returns the image, for the colour bar."""
    image = axes.imshow(
        level_db - level_db.max(),
        origin="lower",
        aspect="auto",
        cmap="viridis",
        vmin=-RANGE_DB,
        vmax=0,
        extent=(0, WINDOW_S, -0.5, len(LOGFREQ_CENTRES_HZ) - 0.5),
        interpolation="nearest",
    )
    axes.set_yticks(
        [12 * np.log2(tick / LOGFREQ_CENTRES_HZ[0]) for tick in TICKS_HZ], [str(t) for t in TICKS_HZ]
    )
    axes.set_xticks([0, 1, 2])
    axes.tick_params(labelsize=8)
    if shown.is_hit is None:
        colour, mark, line = NEUTRAL, "", "solid"
    else:
        colour, mark, line = (RIGHT, "✓ ", "solid") if shown.is_hit else (WRONG, "✗ ", "dashed")
    for spine in axes.spines.values():
        spine.set(visible=True, color=colour, linewidth=2.5, linestyle=line)
    title = shorten(shown.title, 34 if shown.is_hit is None else 26)  # the query's panel is wider
    axes.set_title(mark + title, color=colour, fontsize=8.5, fontweight="bold", loc="left", pad=15)
    below = shorten(shown.clip.path.name, 30)
    if shown.distance is not None:
        below = f"distance {shown.distance:.3g}, {shorten(shown.clip.path.name, 19)}"
    axes.annotate(
        below,
        (0, 1),
        (0, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8,
        color="#444444",
    )
    return image


def _file_name(label: str) -> str:
    return "".join(character if character.isalnum() else "-" for character in label)
