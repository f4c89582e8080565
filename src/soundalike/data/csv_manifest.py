"""Manifests as CSV files: one row a clip, `path,label` and whatever else is known of it.

The optional columns are `dataset, recording, fold, split, start_s, end_s`, and `other_labels` with `;` between them;
any other column is kept in `Clip.extra`. Paths are absolute or relative to the folder of the CSV. A path at which
there is no file is no error here: the clip is skipped, with its reason, when it is loaded.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import Path

from soundalike.data.manifest import COLUMNS, LABEL_SEPARATOR, OTHER_LABELS, Clip
from soundalike.data.tables import read_plain_rows, read_rows, seconds, whole_number
from soundalike.errors import DataError

REQUIRED_COLUMNS = ("path", "label")


def is_manifest_csv(path: Path) -> bool:
    """Whether there is a CSV at `path` whose header names the columns `path` and `label`."""
    if not path.is_file():
        return False
    _, header = next(read_plain_rows(path), ("", []))
    return set(REQUIRED_COLUMNS) <= set(header)


def read_csv_clips(path: Path) -> tuple[Clip, ...]:
    """Read the clips of a CSV manifest, in the order of its rows and with the labels as they are written.

    Raises:
        DataError: a required column is missing, a row has no path or no label, a number cannot be read, or
            there are no rows. The message names the file and the line.
    """
    clips = tuple(_clip(row, path=path, where=where) for where, row in read_rows(path, REQUIRED_COLUMNS))
    if not clips:
        raise DataError(f"'{path}' has a header but no rows. Add one row a clip: path,label.")
    return clips


def _clip(row: Mapping[str, str], *, path: Path, where: str) -> Clip:
    if not row["path"]:
        raise DataError(f"{where}: no path. Give the audio file of that row, or delete the row.")
    if not row["label"]:
        raise DataError(f"{where}: no label for '{row['path']}'. Give one, or delete the row.")
    start_s, end_s = seconds(row, "start_s", where), seconds(row, "end_s", where)
    if end_s is not None and end_s <= (start_s or 0.0):
        raise DataError(f"{where}: end_s {end_s} is not after start_s {start_s or 0.0}. Correct one of them.")
    return Clip(
        path=path.parent / row["path"],
        label=unicodedata.normalize("NFC", row["label"]),
        dataset=row.get("dataset", ""),
        recording=row.get("recording", "") or Path(row["path"]).as_posix(),
        fold=whole_number(row, "fold", where),
        split=row.get("split") or None,
        start_s=start_s,
        end_s=end_s,
        other_labels=_labels(row.get(OTHER_LABELS, "")),
        extra={name: value for name, value in row.items() if name not in (*COLUMNS, OTHER_LABELS)},
    )


def _labels(text: str) -> tuple[str, ...]:
    labels = (one.strip() for one in text.split(LABEL_SEPARATOR))
    return tuple(unicodedata.normalize("NFC", one) for one in labels if one)
