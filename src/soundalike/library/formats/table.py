"""A table for people: a line a hit. The path stands last, so that lines can be as long as it needs."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundalike.library.search import Hit, SearchResult


def render(result: SearchResult) -> str:
    """The hits in columns."""
    head = ("", result.distance, "similarity", "from", "to", "label", "path")
    rows = [head, *(_row(hit) for hit in result.hits)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(head) - 1)]
    lines = []
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[-1]]))
    return "".join(f"{line}\n" for line in lines)


def _row(hit: Hit) -> tuple[str, ...]:
    return (
        str(hit.rank),
        f"{hit.distance:.3f}",
        "-" if hit.similarity is None else f"{hit.similarity:.0%}",
        f"{hit.start_s:.1f} s",
        f"{hit.end_s:.1f} s",
        _in_line(hit.label),
        _in_line(hit.path) + (" (the query itself)" if hit.is_query else ""),
    )


def _in_line(text: str) -> str:
    """Text with line breaks and other control characters escaped: a file name must not steer the terminal."""
    return "".join(
        one.encode("unicode_escape").decode()
        if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp")
        else one
        for one in text
    )


def _width(text: str) -> int:
    """Columns that a terminal takes for a text: two for wide characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )
