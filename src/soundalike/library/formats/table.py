"""A table for people: a line a hit. The path stands last, so that lines can be as long as it needs."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from soundalike.printable import printable

if TYPE_CHECKING:
    from soundalike.library.search import Hit, SearchResult


# Of a path, so much is shown however narrow the terminal is.
_LEAST_PATH = 20
_GAP = "..."


def render(result: SearchResult, *, width: int | None = None) -> str:
    """The hits in columns; nothing where there are none.

    Args:
        result: what a search found.
        width: columns of the terminal, into which paths are shortened to fit; None leaves them whole.
    """
    if not result.hits:
        return ""
    head = ("", result.distance, "similarity", "from", "to", "label", "path", "")
    rows = [head, *(_row(hit, _mark(result, hit)) for hit in result.hits)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(head) - 2)]
    room = None if width is None else max(_LEAST_PATH, width - sum(widths) - 2 * len(widths))
    lines = []
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)]
        path, mark = row[-2:]
        lines.append("  ".join([*cells, _shortened(path, room and room - len(mark)) + mark]))
    return "".join(f"{line}\n" for line in lines)


def _mark(result: SearchResult, hit: Hit) -> str:
    if not hit.is_query:
        return ""
    return " (the query itself)" if result.is_of_query(hit) else " (same recording)"


def _row(hit: Hit, mark: str) -> tuple[str, ...]:
    return (
        str(hit.rank),
        f"{hit.distance:.3f}",
        "-" if hit.similarity is None else f"{hit.similarity:.0%}",
        f"{hit.start_s:.1f} s",
        f"{hit.end_s:.1f} s",
        printable(hit.label),
        printable(hit.path),
        mark,
    )


def _shortened(path: str, room: int | None) -> str:
    """A path without its middle if it is wider than `room` columns; the end says most."""
    if room is None or _width(path) <= room:
        return path
    room = max(_LEAST_PATH, room) - len(_GAP)
    head, tail = path[: room // 3], path[-(room - room // 3) :]
    while _width(head) + _width(tail) > room:
        tail = tail[1:]
    return head + _GAP + tail


def _width(text: str) -> int:
    """Columns that a terminal takes for a text: two for wide characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )
