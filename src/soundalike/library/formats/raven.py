"""Raven selection table: a row a hit, tab-separated, as Raven Pro opens it together with the sound files.

Times are seconds in the hit's own file: "Begin Time (s)" for programs that read a table for each file, such as
OpenSoundscape and crowsetta, and "File Offset (s)" with "Begin Path" for Raven, which finds the file by them. The box
reaches over the whole band of the file. A name with a tab, a line break or a quotation mark is put in quotation marks,
as in CSV.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from soundalike.library.formats.quoted import line

if TYPE_CHECKING:
    from soundalike.library.search import Hit, SearchResult

COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Begin Path",
    "Begin File",
    "File Offset (s)",
    "Annotation",
    "Distance",
    "Similarity",
)


def render(result: SearchResult) -> str:
    """The hits as a selection table; "Selection" is the rank, "Annotation" the label."""
    return "".join(line(one, delimiter="\t") for one in (COLUMNS, *map(_row, result.hits)))


def _row(hit: Hit) -> tuple[str, ...]:
    return (
        str(hit.rank),
        "Spectrogram 1",
        "1",
        f"{hit.start_s:.6f}",
        f"{hit.end_s:.6f}",
        "0.0",
        f"{hit.sample_rate_hz / 2:.1f}",
        hit.path,
        Path(hit.path).name,
        f"{hit.start_s:.6f}",
        hit.label,
        f"{round(hit.distance, 6) + 0.0:.6f}",
        "" if hit.similarity is None else f"{hit.similarity:.4f}",
    )
