"""The user's noun: make a library from audio, search it, look after it."""

from soundalike.library.indexing import Progress, index
from soundalike.library.library import Library, open_library
from soundalike.library.report import IndexReport
from soundalike.library.search import Hit, SearchResult
from soundalike.library.spans import Per

__all__ = [
    "Hit",
    "IndexReport",
    "Library",
    "Per",
    "Progress",
    "SearchResult",
    "index",
    "open_library",
]
