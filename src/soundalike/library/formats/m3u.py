"""M3U8 playlist: the hits in their order, each from its start to its end.

Players that know `#EXTVLCOPT` (VLC, and mpv with a script) play the stretch; others play the files from the beginning.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from soundalike.locations import is_object

if TYPE_CHECKING:
    from soundalike.library.search import Hit, SearchResult


def render(result: SearchResult) -> str:
    """The hits as an extended M3U playlist in UTF-8."""
    return "#EXTM3U\n" + "".join(_entry(hit) for hit in result.hits)


def _entry(hit: Hit) -> str:
    title = " ".join(Path(hit.path).name.split())
    return (
        f"#EXTINF:{hit.end_s - hit.start_s:.3f},{title} ({hit.start_s:.1f} s to {hit.end_s:.1f} s)\n"
        f"#EXTVLCOPT:start-time={hit.start_s:.3f}\n"
        f"#EXTVLCOPT:stop-time={hit.end_s:.3f}\n"
        f"{_location(hit.path)}\n"
    )


def _location(path: str) -> str:
    # A line break in a name would end the entry; as a URI it cannot.
    is_plain = path.isprintable() and path == path.strip()
    return path if is_plain or is_object(path) else Path(path).as_uri()
