"""Manifests as CSV files: one row a clip, `path,label` and whatever else is known of it.

The optional columns are `dataset, recording, fold, split, start_s, end_s`; any other column is kept in
`Clip.extra`. Paths are absolute or relative to the folder of the CSV. A path at which there is no file is no
error here: the clip is skipped, with its reason, when it is loaded.
"""

from __future__ import annotations

import csv
import math
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from soundalike.data.manifest import COLUMNS, Clip
from soundalike.errors import DataError

REQUIRED_COLUMNS = ("path", "label")


def is_manifest_csv(path: Path) -> bool:
    """Whether there is a CSV at `path` whose header names the columns `path` and `label`."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        header = next(csv.reader(file), [])
    return set(REQUIRED_COLUMNS) <= {name.strip() for name in header}


def read_csv_clips(path: Path) -> tuple[Clip, ...]:
    """Read the clips of a CSV manifest, in the order of its rows and with the labels as they are written.

    Raises:
        DataError: a required column is missing, a row has no label, a number cannot be read, the file is no
            UTF-8, or it has no rows. The message names the file and the line.
    """
    clips = tuple(_clip(row, path=path, where=where) for where, row in read_rows(path, REQUIRED_COLUMNS))
    if not clips:
        raise DataError(f"'{path}' has a header but no rows. Add one row a clip: path,label.")
    return clips


def read_rows(
    path: Path, required_columns: tuple[str, ...], *, delimiter: str = ","
) -> Iterator[tuple[str, dict[str, str]]]:
    """Read the rows of a CSV with a header, each with a name of its place for messages: "'FILE', line 7".

    A byte order mark, Windows line ends, blank lines and spaces around a value are all taken as they come.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            header = [name.strip() for name in next(reader, [])]
            missing = [name for name in required_columns if name not in header]
            if missing:
                raise DataError(
                    f"'{path}', line 1: the header has no column {' and no column '.join(missing)}; it reads "
                    f"'{delimiter.join(header)}'. Name the columns {delimiter.join(required_columns)} there."
                )
            for values in reader:
                if not any(value.strip() for value in values):
                    continue
                where = f"'{path}', line {reader.line_num}"
                if len(values) > len(header):
                    raise DataError(
                        f"{where}: {len(values)} values for {len(header)} columns. "
                        "Put double quotes around a value that holds a comma."
                    )
                values += [""] * (len(header) - len(values))
                yield where, {name: value.strip() for name, value in zip(header, values, strict=True)}
    except UnicodeDecodeError as exc:
        raise DataError(f"'{path}' is not UTF-8 ({exc.reason}). Save it as UTF-8.") from exc
    except csv.Error as exc:
        raise DataError(f"'{path}', line {reader.line_num}: {exc}. Repair the quoting of that line.") from exc
    except OSError as exc:
        raise DataError(f"cannot read '{path}': {exc.strerror}. Check that it is a readable file.") from exc


def _clip(row: dict[str, str], *, path: Path, where: str) -> Clip:
    if not row["path"]:
        raise DataError(f"{where}: no path. Give the audio file of that row, or delete the row.")
    if not row["label"]:
        raise DataError(f"{where}: no label for '{row['path']}'. Give one, or delete the row.")
    start_s, end_s = _seconds(row, "start_s", where), _seconds(row, "end_s", where)
    if end_s is not None and end_s <= (start_s or 0.0):
        raise DataError(f"{where}: end_s {end_s} is not after start_s {start_s or 0.0}. Correct one of them.")
    return Clip(
        path=path.parent / row["path"],
        label=unicodedata.normalize("NFC", row["label"]),
        dataset=row.get("dataset", ""),
        recording=row.get("recording", "") or Path(row["path"]).as_posix(),
        fold=_fold(row, where),
        split=row.get("split") or None,
        start_s=start_s,
        end_s=end_s,
        extra={name: value for name, value in row.items() if name not in COLUMNS},
    )


def _fold(row: dict[str, str], where: str) -> int | None:
    number = _number(row, "fold", where)
    if number is not None and number != int(number):
        raise DataError(f"{where}: fold '{row['fold']}' is not a whole number. Write 1, 2, 3, ...")
    return None if number is None else int(number)


def _seconds(row: dict[str, str], column: str, where: str) -> float | None:
    number = _number(row, column, where)
    if number is not None and number < 0:
        raise DataError(f"{where}: {column} '{row[column]}' is negative. Give seconds from the file's start.")
    return number


def _number(row: dict[str, str], column: str, where: str) -> float | None:
    """The number in a column, None where it is empty; spreadsheets write the fold 1 as 1.0."""
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
