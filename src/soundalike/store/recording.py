"""One row of the recordings table: a file on disk and what the library knows of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from soundalike.errors import LibraryError
from soundalike.locations import Location, location_of

if TYPE_CHECKING:
    import pyarrow as pa

Status = Literal["indexed", "skipped"]


def new_file_id() -> str:
    """A name for a row that no other row has."""
    return uuid.uuid4().hex


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A file and its content.

    Two files of the same bytes are two rows with one `recording_id`, which also names their windows: the content
    is embedded once, however many files carry it and wherever they move.

    Attributes:
        file_id: names the row; it stays the same when the file moves or changes.
        recording_id: names the content; empty if the file could not even be read as bytes.
        root: name of the folder that was indexed; the library's header says where it is.
        path: the file relative to that folder, with `/` between the parts.
        root_path: where the root is now, absolute. No column: the store fills it in when it reads a row.
        content_hash: BLAKE2b of the file's bytes.
        size_bytes: size of the file when it was read.
        modified_ns: modification time of the file when it was read.
        duration_s: length of the sound.
        sample_rate_hz: samples per second in the file.
        channels: channels in the file.
        format: container of the file, such as "WAV".
        label: name of the folder that holds the file, unless a table gives another.
        title: from the file's tags, unless a table gives another; empty if neither says anything.
        artist: likewise.
        comment: likewise.
        recorded_at: when the recording began, by the recorder's clock; None if nothing says.
        tags: what the file itself says of the last four, as JSON.
        given: what a table says of the file, as JSON: columns by name, its own ones with `x_` before the name.
        num_windows: windows of this content in the windows table.
        num_silent: windows that were silent and therefore not embedded.
        status: "indexed", or "skipped" if no audio could be read.
        reason: why the file was skipped, else empty.
        warning: what was odd while reading it, else empty.
    """

    file_id: str = field(default_factory=new_file_id)
    recording_id: str = ""
    root: str
    path: str
    root_path: str = field(default="", metadata={"is_column": False})
    content_hash: str = ""
    size_bytes: int = 0
    modified_ns: int = 0
    duration_s: float = 0.0
    sample_rate_hz: int = 0
    channels: int = 0
    format: str = ""
    label: str = ""
    title: str = ""
    artist: str = ""
    comment: str = ""
    recorded_at: datetime | None = None
    tags: str = ""
    given: str = ""
    num_windows: int = 0
    num_silent: int = 0
    status: Status = "indexed"
    reason: str = ""
    warning: str = ""

    @cached_property
    def location(self) -> Location:
        """Absolute path of the file."""
        return location_of(self.root_path) / self.path

    @property
    def is_silent(self) -> bool:
        """Whether all of it is silent, so that no search finds it."""
        return self.status == "indexed" and self.num_windows == 0

    @property
    def extra(self) -> dict[str, str]:
        """What a table says of the file beyond the fields above, by names that begin with `x_`."""
        if '"x_' not in self.given:
            return {}
        given: dict[str, str] = json.loads(self.given)
        return {name: text for name, text in given.items() if name.startswith("x_")}


def _columns() -> list[Field[Any]]:
    return [one for one in fields(Recording) if one.metadata.get("is_column", True)]


def recordings_schema() -> pa.Schema:
    """Arrow schema of the recordings table, in the order of the fields of `Recording`."""
    import pyarrow as pa

    arrow_type = {"int": pa.int64(), "float": pa.float64(), "datetime | None": pa.timestamp("us")}
    return pa.schema([pa.field(one.name, arrow_type.get(str(one.type), pa.string())) for one in _columns()])


def to_arrow(recordings: Iterable[Recording]) -> pa.Table:
    """Recordings as rows of the recordings table."""
    import pyarrow as pa

    names = [one.name for one in _columns()]
    rows = [{name: getattr(one, name) for name in names} for one in recordings]
    return pa.Table.from_pylist(rows, schema=recordings_schema())


def from_arrow(table: pa.Table, roots: Mapping[str, str]) -> list[Recording]:
    """Rows of the recordings table as recordings.

    Args:
        table: all columns of the table.
        roots: where every root is now, by name.
    """
    names = [*table.column_names, "root_path"]
    columns = [_plain(column) for column in table.columns]
    columns.append(paths_of(table["root"].to_pylist(), roots))
    return [_row(names, values) for values in zip(*columns, strict=True)]


def paths_of(names: Iterable[str], roots: Mapping[str, str]) -> list[str]:
    """Where roots are.

    Raises:
        LibraryError: the header does not say where one of them is.
    """
    try:
        return [roots[name] for name in names]
    except KeyError as exc:
        raise LibraryError(
            f"the library header is damaged: it does not say where the root {exc} is. Restore library.json from a "
            "copy, or index the audio into a new library."
        ) from exc


def _row(names: Sequence[str], values: Iterable[Any]) -> Recording:
    # A frozen dataclass sets its fields one by one, which would take most of the time that a large library needs to
    # open. The names are all fields that there are.
    row = object.__new__(Recording)
    row.__dict__.update(zip(names, values, strict=True))
    return row


def _plain(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column; through NumPy where that is exact, which is ten times as fast."""
    import pyarrow as pa

    if column.type == pa.timestamp("us") or (
        column.null_count == 0 and column.type in (pa.string(), pa.int64(), pa.float64())
    ):
        plain: list[Any] = column.to_numpy().tolist()
        return plain
    return column.to_pylist()  # type: ignore[no-any-return]
