"""Text tables, read with errors that name the file and the line.

A byte order mark, Windows line ends, blank lines and spaces around a value are taken as they come.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from soundalike.errors import DataError


def read_plain_rows(
    path: Path, *, num_columns: int = 0, delimiter: str = ","
) -> Iterator[tuple[str, list[str]]]:
    """Read the rows of a table without a header, each with its place for messages: "'FILE', line 7".

    Raises:
        DataError: a row has fewer than `num_columns` values, or the file cannot be read as UTF-8 text.
    """
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            for values in reader:
                line = reader.line_num
                row = [value.strip() for value in values]
                if not any(row):
                    continue
                where = f"'{path}', line {line}"
                if len(row) < num_columns:
                    raise DataError(
                        f"{where}: {len(row)} values where {num_columns} belong. Complete or delete the line."
                    )
                yield where, row
    except UnicodeDecodeError as exc:
        raise DataError(f"'{path}' is not UTF-8 text ({exc.reason}). Save it as UTF-8.") from exc
    except csv.Error as exc:
        raise DataError(f"'{path}', after line {line}: {exc}. Repair the quoting there.") from exc
    except OSError as exc:
        raise DataError(f"cannot read '{path}': {exc.strerror}. Check that it is a readable file.") from exc


def read_rows(path: Path, required_columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Read the rows of a CSV with a header as column -> value, each with its place for messages.

    A row may end early, its last values are then empty.

    Raises:
        DataError: a required column is missing, or a row has more values than there are columns.
    """
    rows = read_plain_rows(path)
    where, header = next(rows, (f"'{path}', line 1", []))
    missing = [name for name in required_columns if name not in header]
    if missing:
        raise DataError(
            f"{where}: no column '{missing[0]}' in the header '{','.join(header)}'. The file must begin with "
            f"a line that names its columns, separated by commas; {', '.join(required_columns)} are needed."
        )
    for where, values in rows:
        if len(values) > len(header):
            raise DataError(
                f"{where}: {len(values)} values for {len(header)} columns. Put double quotes around a value "
                "that holds a comma."
            )
        yield where, dict(zip(header, values + [""] * (len(header) - len(values)), strict=True))


def whole_number(row: Mapping[str, str], column: str, where: str) -> int | None:
    """The whole number in a column, None where it is empty. Spreadsheets write 1 as 1.0, which is taken."""
    number = _number(row, column, where)
    if number is None:
        return None
    if number != int(number):
        raise DataError(f"{where}: {column} '{row[column]}' is not a whole number. Write 1, 2, 3, ...")
    return int(number)


def seconds(row: Mapping[str, str], column: str, where: str) -> float | None:
    """The time in a column, None where it is empty."""
    number = _number(row, column, where)
    if number is not None and number < 0:
        raise DataError(f"{where}: {column} '{row[column]}' is negative. Give seconds from the file's start.")
    return number


def _number(row: Mapping[str, str], column: str, where: str) -> float | None:
    text = row.get(column, "")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{where}: {column} '{text}' is not a number. Correct it, or leave it empty.")
    return number
