"""How every figure looks and how it becomes files; the colours can be told apart by colour-blind readers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from soundalike.evaluation.protocol import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# M. Okabe and K. Ito, "Color Universal Design", 2008; without the yellow, which is faint on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
LINES = ("-", "--", "-.", ":")
RIGHT, WRONG, NEUTRAL = "#00775A", "#C04A00", "#6B6B6B"
PNG_DPI = 150

_SETTINGS = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.edgecolor": "#444444",
    "axes.grid": False,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.parse_math": False,  # a dollar in a label is a dollar
    "svg.hashsalt": "soundalike",  # equal figures are equal files
    "svg.fonttype": "path",
}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A finished figure.

    Attributes:
        name: file name without its ending.
        caption: one or two sentences below it.
        alt: what it shows, for those who cannot see it.
        png: the bytes of a PNG file.
        svg: the bytes of an SVG file.
    """

    name: str
    caption: str
    alt: str
    png: bytes
    svg: bytes


@contextmanager
def drawing() -> Iterator[None]:
    """Apply the style to everything drawn and rendered inside."""
    import matplotlib

    with matplotlib.rc_context(_SETTINGS):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure that lays itself out, known to no window system."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def render(figure: Figure, *, name: str, caption: str, alt: str) -> Picture:
    """Turn a figure into its PNG and SVG files."""
    png, svg = BytesIO(), BytesIO()
    figure.savefig(png, format="png", dpi=PNG_DPI)
    figure.savefig(svg, format="svg", dpi=PNG_DPI, metadata={"Date": None})
    return Picture(name=name, caption=caption, alt=alt, png=png.getvalue(), svg=svg.getvalue())


def name_of(evaluation: Evaluation) -> str:
    """What a legend or a table calls an evaluation."""
    name = str(evaluation.encoder.get("name", "embeddings"))
    parts = [name, evaluation.distance, "synonyms" if evaluation.synonyms else ""]
    return ", ".join(part for part in parts if part)


def shorten(text: str, num_characters: int) -> str:
    """Cut the middle out of a long name: its beginning and its ending tell files apart."""
    if len(text) <= num_characters:
        return text
    tail = (num_characters - 1) // 2
    return f"{text[: num_characters - 1 - tail]}…{text[-tail:]}"
