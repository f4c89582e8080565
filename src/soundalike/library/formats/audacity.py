"""Audacity label track: start, end and text of every hit, separated by tabs.

A label track has one time line, that of one recording. Where hits lie in several recordings, each keeps the times of
its own; labels come recording by recording and begin with the file's name, so that the lines of one recording can be
taken out, and `label_tracks` gives a track for each.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundalike.library.search import Hit, SearchResult


def render(result: SearchResult) -> str:
    """The label tracks of all recordings, one after another, in the order of their best hits."""
    return "".join(label_tracks(result).values())


def label_tracks(result: SearchResult) -> dict[str, str]:
    """The label track of every recording with hits, by its path."""
    by_path: dict[str, list[Hit]] = {}
    for hit in result.hits:
        by_path.setdefault(hit.path, []).append(hit)
    return {
        path: "".join(_line(hit) for hit in sorted(hits, key=lambda hit: hit.start_s))
        for path, hits in by_path.items()
    }


def _line(hit: Hit) -> str:
    # The format knows no quotation: what would end a label becomes a space.
    name = " ".join(Path(hit.path).name.split())
    return f"{hit.start_s:.6f}\t{hit.end_s:.6f}\t{name} #{hit.rank} {round(hit.distance, 4) + 0.0:.4f}\n"
