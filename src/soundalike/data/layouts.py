"""Published data sets, read as they are unpacked.

| data set | recognised by | recording | fold |
|---|---|---|---|
| ESC-50 (Piczak 2015) | `meta/esc50.csv` | `src_file`, the Freesound id | `fold` |
| UrbanSound8K (Salamon 2014) | `metadata/UrbanSound8K.csv` | `fsID`, the Freesound id | `fold` |
| TUT Sound Events 2016, 2017 (Mesaros) | `meta/SCENE/*.ann` or `meta.txt` | the file | the fold that tests on it |
| FSD50K (Fonseca 2020) | `FSD50K.ground_truth/` | the file's name, the Freesound id | none: it has a split |

ESC-50, UrbanSound8K and FSD50K all cut clips from Freesound, so the same id is the same recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from soundalike.data.fsd50k import fsd50k_clips, is_fsd50k
from soundalike.data.manifest import Clip
from soundalike.data.tables import read_rows, whole_number
from soundalike.data.tut import is_tut, tut_clips

ESC50_META = Path("meta", "esc50.csv")
URBANSOUND8K_META = Path("metadata", "UrbanSound8K.csv")


def read_layout(root: Path) -> tuple[Clip, ...] | None:
    """Read the published data set that `root` holds, or those of its subfolders; None where there is none.

    The audio need not be complete: a file that is missing is skipped when it is loaded.
    """
    found = [clips for folder in (root, *_subfolders(root)) if (clips := _read_one(folder)) is not None]
    if not found:
        return None
    return tuple(
        clip if clip.recording else replace(clip, recording=clip.path.relative_to(root).as_posix())
        for clips in found
        for clip in clips
    )


def _read_one(folder: Path) -> tuple[Clip, ...] | None:
    if (folder / ESC50_META).is_file():
        return tuple(_esc50(folder))
    if (folder / URBANSOUND8K_META).is_file():
        return tuple(_urbansound8k(folder))
    if is_fsd50k(folder):
        return tuple(fsd50k_clips(folder))
    if is_tut(folder):
        return tuple(tut_clips(folder))
    return None


def _esc50(folder: Path) -> Iterator[Clip]:
    """ESC-50: `filename,fold,target,category,esc10,src_file,take`, all audio in one folder."""
    columns = ("filename", "fold", "category", "src_file")
    for where, row in read_rows(folder / ESC50_META, columns):
        yield Clip(
            path=folder / "audio" / row["filename"],
            label=row["category"],
            dataset="esc50",
            recording=row["src_file"],
            fold=whole_number(row, "fold", where),
            extra={name: value for name, value in row.items() if name not in columns},
        )


def _urbansound8k(folder: Path) -> Iterator[Clip]:
    """UrbanSound8K: `slice_file_name,fsID,start,end,salience,fold,classID,class`, one folder a fold.

    `start` and `end` say where the slice was cut from its recording, not where the sound is in the slice;
    they are kept in `extra`.
    """
    columns = ("slice_file_name", "fsID", "fold", "class")
    for where, row in read_rows(folder / URBANSOUND8K_META, columns):
        yield Clip(
            path=folder / "audio" / f"fold{row['fold']}" / row["slice_file_name"],
            label=row["class"],
            dataset="urbansound8k",
            recording=row["fsID"],
            fold=whole_number(row, "fold", where),
            extra={name: value for name, value in row.items() if name not in columns},
        )


def _subfolders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
