"""Results of a search as text that other programs read; one format a file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, get_args

from soundalike.errors import UsageError

if TYPE_CHECKING:
    from soundalike.library.search import SearchResult

Format = Literal["table", "json", "csv", "raven", "audacity", "m3u"]

_MODULES = {"json": "document", "csv": "comma_separated"}


def render(result: SearchResult, form: Format, *, width: int | None = None) -> str:
    """A search result as text, its last line ended; every format is written in UTF-8.

    Args:
        result: what a search found.
        form: of the text.
        width: columns of a terminal that the table should fit; None leaves its paths whole.
    Raises:
        UsageError: there is no such format.
    """
    if form not in get_args(Format):
        raise UsageError(f"format is {form!r}; it can be {', '.join(get_args(Format))}.")
    module = import_module(f"soundalike.library.formats.{_MODULES.get(form, form)}")
    text: str = module.render(result, width=width) if form == "table" else module.render(result)
    return text


__all__ = ["Format", "render"]
