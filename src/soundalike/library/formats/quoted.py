"""Lines of cells, a cell in quotation marks where it needs them (RFC 4180).

The csv module would leave a carriage return unquoted where lines end in a line feed, and break the row there.
"""

from __future__ import annotations

from collections.abc import Iterable


def line(cells: Iterable[str], *, delimiter: str) -> str:
    """The cells as a line, with a line feed at its end."""
    special = {delimiter, '"', "\n", "\r"}
    written = ('"' + cell.replace('"', '""') + '"' if special.intersection(cell) else cell for cell in cells)
    return delimiter.join(written) + "\n"
