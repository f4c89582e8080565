"""The columns that a filter may speak of, made from those of the recordings table."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from unicodedata import normalize

if TYPE_CHECKING:
    import pyarrow as pa

# A number as people write it into tables; 007 is a name.
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

_KINDS: dict[str, Literal["text", "number", "time"]] = {
    "path": "text",
    "folder": "text",
    "label": "text",
    "duration_s": "number",
    "sample_rate_hz": "number",
    "channels": "number",
    "format": "text",
    "size_bytes": "number",
    "modified": "time",
    "recorded_at": "time",
    "title": "text",
    "artist": "text",
    "comment": "text",
    "start_s": "number",
    "end_s": "number",
}
COLUMNS = tuple(_KINDS)
WINDOW_COLUMNS = ("start_s", "end_s")


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type of one of `COLUMNS`. Whole numbers are compared with others; both are float64."""
    import pyarrow as pa

    return {"text": pa.string(), "number": pa.float64(), "time": pa.timestamp("us")}[_KINDS[name]]


class Columns:
    """What filters may ask of the recordings, read when it is asked for.

    Args:
        files: reads columns of the recordings table, by name, always the same rows.
        roots: where every root is, by name.
    """

    def __init__(self, files: Callable[[Sequence[str]], pa.Table], roots: Mapping[str, str]) -> None:
        self._files = files
        self._roots = roots

    @cached_property
    def extra_names(self) -> list[str]:
        """The `x_` columns that any of the recordings has."""
        return sorted({name for row in self._given for name in row if name.startswith("x_")})

    def values(self, name: str) -> pa.Array:
        """A column, null where there is nothing.

        An `x_` column holds numbers if all its values are numbers, else text.

        Args:
            name: one of `COLUMNS` that is none of `WINDOW_COLUMNS`, or an `x_` column.
        """
        import pyarrow as pa

        if name == "path":
            # As `Recording.location` joins them, but a path object for each of 200,000 files takes half a second.
            before = {root: str(Path(path) / "_")[:-1] for root, path in self._roots.items()}
            return self._of_places(lambda root, path: before[root] + path.replace("/", os.sep))
        if name == "folder":
            return self._of_places(lambda _, path: path.rpartition("/")[0])
        if name == "modified":
            modified_us = self._stored("modified_ns").to_numpy() // 1000
            return pa.array(modified_us, pa.int64()).cast(arrow_type(name))
        if name in _KINDS:
            stored = self._stored(name)
            return _composed(stored) if _KINDS[name] == "text" else stored.cast(arrow_type(name))
        texts = [row.get(name) for row in self._given]
        if all(text is None or _NUMBER.fullmatch(text) for text in texts):
            return pa.array([None if text is None else float(text) for text in texts], pa.float64())
        return _composed(pa.array(texts, pa.string()))

    @cached_property
    def _given(self) -> list[dict[str, str]]:
        """What tables of metadata say, row by row."""
        texts = self._stored("given").to_pylist()
        read = {text: json.loads(text) if '"x_' in text else {} for text in set(texts)}
        return [read[text] for text in texts]

    def _of_places(self, make: Callable[[str, str], str]) -> pa.Array:
        import pyarrow as pa

        table = self._files(["root", "path"])
        places = zip(table["root"].to_pylist(), table["path"].to_pylist(), strict=True)
        return pa.array([normalize("NFC", make(root, path)) for root, path in places], pa.string())

    def _stored(self, name: str) -> pa.Array:
        import pyarrow as pa

        column = self._files([name])[name].combine_chunks()
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _composed(texts: pa.Array) -> pa.Array:
    """Text in composed Unicode, as the filter itself is; null where it is empty."""
    import pyarrow.compute as pc

    return pc.utf8_normalize(pc.if_else(pc.equal(texts, ""), None, texts), form="NFC")
