"""A table of what the user knows of the recordings: a CSV file with a row a file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

from soundalike.audio import clock_of_text
from soundalike.data.tables import read_plain_rows
from soundalike.errors import DataError, UsageError
from soundalike.library.metadata import DESCRIBING
from soundalike.locations import Location, ObjectPath, is_object, location_of

EXTRA = "x_"


class MetadataTable:
    """The rows of the CSV, by the file that they describe.

    The column `path` says which file, absolute or from the folder of the CSV on. `label`, `title`, `artist`, `comment`
    and `recorded_at` replace what is known otherwise, and any other column becomes `x_` and its name. An empty value
    says nothing.

    Args:
        path: the CSV.

    Raises:
        UsageError: it cannot be read or makes no sense; the message names the file and the line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._given: dict[str, str] = {}
        self._written: dict[str, str] = {}  # the paths as the user wrote them
        self._asked: set[str] = set()
        self._real: dict[str, str] | None = None
        try:
            self._read()
        except DataError as exc:
            raise UsageError(str(exc)) from exc

    def given(self, location: Location) -> str:
        """What the table says of a file, for `Recording.given`; empty if it does not know it."""
        key = _key(location)
        if key not in self._given:
            # Links: the table may know the file by another way to it.
            if self._real is None:
                self._real = {_real(known): known for known in self._given}
            key = self._real.get(_real(str(location)), key)
        self._asked.add(key)
        return self._given.get(key, "")

    def unmatched(self, is_known: Callable[[Location], bool]) -> list[str]:
        """The paths in the table that no call of `given` was about, as they are written there.

        Args:
            is_known: says of a file that it is in the library all the same.
        """
        return [
            written
            for key, written in self._written.items()
            if key not in self._asked and not is_known(location_of(key))
        ]

    def _read(self) -> None:
        rows = read_plain_rows(self.path)
        where, header = next(rows, (f"'{self.path}', line 1", []))
        names = _names(header, where)
        lines: dict[str, str] = {}
        for where, values in rows:
            if len(values) > len(names):
                raise UsageError(
                    f"{where}: {len(values)} values for {len(names)} columns. Put double quotes around a value "
                    "that holds a comma."
                )
            row = {name: normalize("NFC", value) for name, value in zip(names, values, strict=False) if value}
            if "" in row:
                raise UsageError(f"{where}: a value in a column without a name. Name it in the first line.")
            written = row.pop("path", "")
            if not written:
                raise UsageError(f"{where}: no path. Give the audio file of that row, or delete the row.")
            if "recorded_at" in row and clock_of_text(row["recorded_at"]) is None:
                raise UsageError(
                    f"{where}: recorded_at '{row['recorded_at']}' is no time. Write it as 2024-05-01 05:30:00."
                )
            key = _key(location_of(written) if is_object(written) else self.path.parent / written)
            if key in lines:
                raise UsageError(
                    f"{where}: '{written}' has a row already ({lines[key]}). Delete one of the two."
                )
            lines[key] = where.rpartition(", ")[2]
            self._written[key] = written
            self._given[key] = json.dumps(row, ensure_ascii=False, sort_keys=True) if row else ""


def _names(header: list[str], where: str) -> list[str]:
    """The columns of the library for those of the table.

    Raises:
        UsageError: there is no path, or two columns would have one name.
    """
    names = [_name(column) for column in header]
    if "path" not in names:
        raise UsageError(
            f"{where}: no column 'path' in the header '{','.join(header)}'. The file must begin with a line that "
            "names its columns, separated by commas."
        )
    for number, name in enumerate(names):
        if name and name in names[:number]:
            first = header[names.index(name)]
            raise UsageError(
                f"{where}: the columns '{first}' and '{header[number]}' would both be '{name}'. Rename one."
            )
    return names


def _name(column: str) -> str:
    """`My Col.` becomes x_my_col, which can be written in a filter without quotes."""
    plain = re.sub(r"\W+", "_", normalize("NFC", column).lower()).strip("_")
    return plain if plain in ("", "path", *DESCRIBING) else EXTRA + plain.removeprefix(EXTRA)


def _real(path: str) -> str:
    return path if is_object(path) else os.path.realpath(path)


def _key(location: Location) -> str:
    if isinstance(location, ObjectPath):
        return normalize("NFC", str(location))
    # Not Path.resolve, which would follow links; see `MetadataTable.given`.
    return normalize("NFC", os.path.normcase(os.path.abspath(location)))  # noqa: PTH100
