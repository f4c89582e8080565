"""JSON: one document, as `soundalike search --json` prints it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundalike.library.search import SearchResult


def render(result: SearchResult) -> str:
    """The result as one JSON document."""
    return json.dumps(result.as_json(), ensure_ascii=False, indent=2) + "\n"
