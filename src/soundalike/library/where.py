"""Filters in SQL: which windows of a library a search may find.

Lance evaluates the text, on tables in memory that hold what it asks for and nothing else: the recordings, and only
where it speaks of `start_s` or `end_s` their windows.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from soundalike.errors import UsageError
from soundalike.library.gallery import Gallery
from soundalike.library.where_columns import COLUMNS, WINDOW_COLUMNS, Columns, arrow_type
from soundalike.library.where_text import (
    bare_words,
    conjuncts,
    quoted_names,
    refuse_endless,
    refuse_odd_signs,
    refuse_unbounded,
)

if TYPE_CHECKING:
    import pyarrow as pa

# Windows evaluated at once where the text speaks of them; their columns stay small beside the embeddings.
WINDOWS_AT_ONCE = 1 << 20

_NUMBER = "_row_number"
# Lance raises these for whatever it does not understand.
_LANCE_ERRORS = (OSError, ValueError, RuntimeError)
_EXAMPLE = "label = 'rain' AND duration_s < 10"


@dataclass(frozen=True, kw_only=True)
class Filterable:
    """The recordings and windows that a filter chooses from.

    Attributes:
        files: reads columns of the recordings table, by name, always the same rows; several may have one content.
        roots: where every root is, by name.
        content_of_row: int64 [row], a number for each content, from 0 on.
        content_of_window: integers [window]; -1 for a window that is never found.
        spans: gives start_s and end_s, float64 [window] each; asked only if the filter speaks of them.
    """

    files: Callable[[Sequence[str]], pa.Table]
    roots: Mapping[str, str]
    content_of_row: NDArray[np.int64]
    content_of_window: NDArray[np.int32] | NDArray[np.int64]
    spans: Callable[[], tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What a filter is true for.

    Attributes:
        windows: bool [window].
        files: bool [row], the files that are the reason for at least one window.
    """

    windows: NDArray[np.bool_]
    files: NDArray[np.bool_]


def filterable(gallery: Gallery) -> Filterable:
    """What filters choose from in a library."""
    return Filterable(
        files=gallery.files.columns,
        roots=gallery.snapshot.header.roots,
        content_of_row=gallery.files.number_of_row,
        content_of_window=gallery.recordings,
        spans=lambda: (gallery.start_s, gallery.end_s),
    )


def allowed_by(where: str, filterable: Filterable) -> Allowed:
    """Tell for each window whether a filter is true for it.

    A recording with several files is judged by each of them; one for which the filter is true is enough. As everywhere
    in SQL, a comparison with a value that is not there is neither true nor false.

    Args:
        where: an SQL expression, in the dialect of Lance (DataFusion).
        filterable: what there is to choose from.
    Raises:
        UsageError: the text is no such expression, or names a column that there is not.
    """
    text = normalize("NFC", where)
    refuse_endless(text)
    refuse_odd_signs(text)
    refuse_unbounded(text)
    words = bare_words(text)
    columns = Columns(filterable.files, filterable.roots)
    names = [name for name in COLUMNS if name in words]
    if any(word.startswith("x_") for word in words):
        names += [name for name in columns.extra_names if name in words]
    of_rows = [name for name in names if name not in WINDOW_COLUMNS]
    table = _table(columns, of_rows, num_rows=len(filterable.content_of_row))
    _check(text, words, table, columns)
    # What has to be true of the recording, whatever the window, comes first and leaves fewer windows to look at.
    parts = conjuncts(text)
    of_windows = [part for part in parts if not bare_words(part).isdisjoint(WINDOW_COLUMNS)]
    files = np.ones(table.num_rows, dtype=np.bool_)
    for part in parts:
        if part not in of_windows:
            holds = np.zeros(table.num_rows, dtype=np.bool_)
            holds[_true_at(table, part)] = True
            files &= holds
    if of_windows:
        rest = " AND ".join(f"(\n{part}\n)" for part in of_windows)
        return _allowed_windows(rest, filterable, table, files)
    is_allowed = np.zeros(_num_contents(filterable) + 1, dtype=np.bool_)  # the last one is -1
    is_allowed[filterable.content_of_row[files]] = True
    return Allowed(windows=is_allowed[filterable.content_of_window], files=files)


def _allowed_windows(
    text: str, filterable: Filterable, table: pa.Table, fitting: NDArray[np.bool_]
) -> Allowed:
    """Evaluate a filter for the windows of some files.

    Args:
        text: the filter.
        filterable: what there is to choose from.
        table: the columns of the recordings that the filter speaks of.
        fitting: bool [row], the files.
    """
    start_s, end_s = filterable.spans()
    files = np.zeros(table.num_rows, dtype=np.bool_)
    allowed = np.zeros(len(filterable.content_of_window), dtype=np.bool_)
    for file_of_content in _files_of_contents(
        np.flatnonzero(fitting), filterable.content_of_row[fitting], _num_contents(filterable)
    ):
        file_of_window = file_of_content[filterable.content_of_window]
        asked = np.flatnonzero(file_of_window >= 0)
        for first in range(0, len(asked), WINDOWS_AT_ONCE):
            block = asked[first : first + WINDOWS_AT_ONCE]
            windows = table.take(file_of_window[block])
            windows = windows.append_column("start_s", [start_s[block]])
            windows = windows.append_column("end_s", [end_s[block]])
            found = block[_true_at(windows, text)]
            allowed[found] = True
            files[file_of_window[found]] = True
    return Allowed(windows=allowed, files=files)


def _num_contents(filterable: Filterable) -> int:
    return 1 + int(filterable.content_of_row.max(initial=-1))


def _files_of_contents(
    rows: NDArray[np.int64], content_of_row: NDArray[np.int64], num_contents: int
) -> list[NDArray[np.int64]]:
    """The first file of each content, the second, and so on: lists of row numbers [content], -1 where there is none.

    They end with a content that has no file, which is number -1.

    Args:
        rows: int64 [file], the rows of the files.
        content_of_row: int64 [file].
        num_contents: how many contents there are.
    """
    order = np.argsort(content_of_row, kind="stable")
    contents = content_of_row[order]
    turn = np.arange(len(order)) - np.searchsorted(contents, contents)
    files: list[NDArray[np.int64]] = []
    for number in range(int(turn.max(initial=-1)) + 1):
        file_of = np.full(num_contents + 1, -1, dtype=np.int64)
        file_of[contents[turn == number]] = rows[order[turn == number]]
        files.append(file_of)
    return files


def _table(columns: Columns, names: Sequence[str], *, num_rows: int) -> pa.Table:
    """Columns of the recordings, with the number of the row."""
    import pyarrow as pa

    values = {name: columns.values(name) for name in names}
    return pa.table({**values, _NUMBER: pa.array(np.arange(num_rows), pa.int64())})


def _check(text: str, words: frozenset[str], table: pa.Table, columns: Columns) -> None:
    """Find what is wrong with the text, on a table of all columns and no rows.

    Raises:
        UsageError: there is something.
    """
    import pyarrow as pa

    for name in quoted_names(text):
        if name in COLUMNS or name in columns.extra_names:
            raise UsageError(
                f'the filter has "{name}" in double quotes, which makes it a text and no column. '
                f"Write {name} or `{name}`."
            )
    internal = next((word for word in sorted(words) if word.startswith("_row")), None)
    if internal is not None:
        _refuse_name(internal, columns)
    known = {name: pa.array([], arrow_type(name)) for name in COLUMNS}
    known |= {name: table[name].slice(0, 0) for name in table.column_names}
    empty = pa.table(known)
    try:
        # Alone first, for a message about what the user wrote; then in brackets, since Lance passes over what follows
        # an expression, such as LIMIT 3.
        for each in (text, _bracketed(text)):
            _dataset(empty).to_table(filter=each)
    except _LANCE_ERRORS as exc:
        unknown = re.search(r"No field named (.+?)\. (?:Valid fields|Did you mean)", str(exc))
        if unknown:
            _refuse_name(unknown[1].replace('"', ""), columns, exc)
        raise _refused(exc) from exc


def _true_at(table: pa.Table, text: str) -> NDArray[np.int64]:
    """Where in a table the text is true."""
    import pyarrow as pa

    numbered = table.drop_columns([_NUMBER]).append_column(
        _NUMBER, pa.array(np.arange(table.num_rows), pa.int64())
    )
    try:
        found = _dataset(numbered).to_table(columns=[_NUMBER], filter=_bracketed(text))
    except _LANCE_ERRORS as exc:
        raise _refused(exc) from exc
    numbers: NDArray[np.int64] = found[_NUMBER].to_numpy()
    return numbers


def _dataset(table: pa.Table):  # type: ignore[no-untyped-def]  # lance has no types
    import lance

    return lance.write_dataset(table, f"memory://where-{uuid.uuid4().hex}")


def _bracketed(text: str) -> str:
    return f"(\n{text}\n)"  # on lines of its own: the text may end in a comment


def _refuse_name(name: str, columns: Columns, cause: Exception | None = None) -> NoReturn:
    from difflib import get_close_matches

    known = [*COLUMNS, *columns.extra_names]
    near = get_close_matches(name, known, n=1, cutoff=0.7)
    hint = f"Did you mean {near[0]}?" if near else f"If it is a text, write it in single quotes: '{name}'."
    raise UsageError(
        f"the filter names '{name}', and there is no such column. {hint} There are: {', '.join(known)}."
    ) from cause


def _refused(exc: Exception) -> UsageError:
    """The error that says what Lance says, without the places in its source."""
    reason = re.sub(r",? ?/?[^\s,]*\.rs:\d+(:\d+)?", "", str(exc).replace("\n", " "))
    inner = re.search(r"\((?:sql parser error: )?([^()]*|.*Line: \d+.*)\)\.?$", reason)
    if (
        reason.startswith(("Invalid user input: Error parsing", "Invalid user input: Error tokenizing"))
        and inner
    ):
        reason = inner[1]
    reason = re.sub(r"(Invalid user input|External error|Query Execution error|Schema error): ", "", reason)
    hint = " Times are written as timestamp '2024-05-01 00:00:00'." if "Timestamp" in reason else ""
    return UsageError(
        f"the filter cannot be used: {reason.rstrip('. ')}.{hint} A filter that works: {_EXAMPLE}"
    )
