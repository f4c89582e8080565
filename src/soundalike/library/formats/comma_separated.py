"""CSV: a header and a row a hit, with the names that JSON has; for spreadsheets and scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from soundalike.library.formats.quoted import line

if TYPE_CHECKING:
    from soundalike.library.search import SearchResult

# Of seconds and distances; what is beyond is rounding.
DIGITS = 6

# What a result without hits still has to say.
_ALWAYS = (
    *("rank", "recording_id", "path", "also", "start_s", "end_s"),
    *("distance", "similarity", "label", "is_query"),
)


def render(result: SearchResult) -> str:
    """The hits as CSV: RFC 4180, but lines end in a line feed.

    No value is an empty cell; further paths have semicolons between them.
    """
    rows = [hit.as_json() for hit in result.hits]
    # Columns of the user's own stand only in the hits that have them.
    columns = list(dict.fromkeys(name for row in rows or [dict.fromkeys(_ALWAYS)] for name in row))
    cells = [columns, *([_cell(row.get(column)) for column in columns] for row in rows)]
    return "".join(line(one, delimiter=",") for one in cells)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, float):
        return f"{round(value, DIGITS) + 0.0:.{DIGITS}f}".rstrip("0").rstrip(".")  # + 0.0: no "-0"
    return value if isinstance(value, str) else json.dumps(value)
