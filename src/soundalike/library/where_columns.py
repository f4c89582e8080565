"""The columns that a filter may speak of, made from those of the recordings table."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from soundalike.locations import is_object, location_of

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
        given, _ = self._given
        return sorted({name for row in given for name in row if name.startswith("x_")})

    def values(self, name: str) -> pa.Array:
        """A column, null where there is nothing.

        An `x_` column holds numbers if all its values are numbers, else text.

        Args:
            name: one of `COLUMNS` that is none of `WINDOW_COLUMNS`, or an `x_` column.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        if name == "path":
            return self._paths()
        if name == "folder":
            return _composed(pc.replace_substring_regex(self._stored("path"), r"/?[^/]*$", ""), empty="")
        if name == "modified":
            modified_us = self._stored("modified_ns").to_numpy() // 1000
            return pa.array(modified_us, pa.int64()).cast(arrow_type(name))
        if name in _KINDS:
            stored = self._stored(name)
            return _composed(stored) if _KINDS[name] == "text" else stored.cast(arrow_type(name))
        given, number_of_row = self._given
        texts = [row.get(name) for row in given]
        if all(text is None or _NUMBER.fullmatch(text) for text in texts):
            return pa.array([text and float(text) for text in texts], pa.float64()).take(number_of_row)
        return _composed(pa.array(texts, pa.string())).take(number_of_row)

    @cached_property
    def _given(self) -> tuple[list[dict[str, str]], pa.Array]:
        """What tables of metadata say: each thing once, and for every row which of them it is."""
        coded = self._stored("given").dictionary_encode()
        return [
            json.loads(text) if '"x_' in text else {} for text in coded.dictionary.to_pylist()
        ], coded.indices

    def _paths(self) -> pa.Array:
        """As `Recording.location` joins them; a path object for each of 200,000 files would take half a second."""
        import pyarrow as pa
        import pyarrow.compute as pc

        coded = self._stored("root").dictionary_encode()
        roots = [self._roots[root] for root in coded.dictionary.to_pylist()]
        folders = [str(location_of(root) / "_")[:-1] for root in roots]
        in_bucket = pa.array([is_object(root) for root in roots], pa.bool_()).take(coded.indices)
        stored = self._stored("path")
        below = pc.if_else(in_bucket, stored, pc.replace_substring(stored, "/", os.sep))
        return _composed(
            pc.binary_join_element_wise(pa.array(folders, pa.string()).take(coded.indices), below, "")
        )

    def _stored(self, name: str) -> pa.Array:
        import pyarrow as pa

        column = self._files([name])[name].combine_chunks()
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _composed(texts: pa.Array, *, empty: str | None = None) -> pa.Array:
    """Text in composed Unicode, as the filter itself is, and what stands for an empty one: null, if nothing else."""
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = pc.if_else(pc.equal(texts, ""), pa.scalar(empty, pa.string()), texts)
    return pc.utf8_normalize(filled, form="NFC")
