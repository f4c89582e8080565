"""The user's noun: make a library from audio, search it, look after it.

Names are loaded when they are first used: a search does not wait for what indexing needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soundalike.library.clips import CopiedClips, copy_clips
    from soundalike.library.embed_files import EmbedReport, embed
    from soundalike.library.formats import Format, render
    from soundalike.library.indexing import Progress, index
    from soundalike.library.library import Library
    from soundalike.library.opening import open_library
    from soundalike.library.report import IndexReport
    from soundalike.library.search import Hit, SearchResult
    from soundalike.library.spans import Per

_HOME = {
    "CopiedClips": "clips",
    "EmbedReport": "embed_files",
    "Format": "formats",
    "Hit": "search",
    "IndexReport": "report",
    "Library": "library",
    "Per": "spans",
    "Progress": "indexing",
    "SearchResult": "search",
    "copy_clips": "clips",
    "embed": "embed_files",
    "index": "indexing",
    "open_library": "opening",
    "render": "formats",
}

__all__ = [
    "CopiedClips",
    "EmbedReport",
    "Format",
    "Hit",
    "IndexReport",
    "Library",
    "Per",
    "Progress",
    "SearchResult",
    "copy_clips",
    "embed",
    "index",
    "open_library",
    "render",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'soundalike.library' has no attribute {name!r}")
    return getattr(import_module(f"soundalike.library.{_HOME[name]}"), name)
