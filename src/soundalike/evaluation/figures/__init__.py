"""The paper's figures and a matrix of mistaken labels; Matplotlib is imported when one is drawn."""

from soundalike.evaluation.figures.confusion import confusion_figure, neighbour_shares
from soundalike.evaluation.figures.examples import example_figure, typical_query
from soundalike.evaluation.figures.precision import precision_figure
from soundalike.evaluation.figures.projection import (
    all_labels_figure,
    chosen_labels,
    chosen_labels_figure,
    tsne,
)
from soundalike.evaluation.figures.style import Picture

__all__ = [
    "Picture",
    "all_labels_figure",
    "chosen_labels",
    "chosen_labels_figure",
    "confusion_figure",
    "example_figure",
    "neighbour_shares",
    "precision_figure",
    "tsne",
    "typical_query",
]
