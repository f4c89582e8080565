"""Published data sets, read as they are unpacked.

| data set | recognised by | recording | fold |
|---|---|---|---|
| ESC-50 (Piczak 2015) | `meta/esc50.csv` | `src_file`, the Freesound id | `fold` |
| UrbanSound8K (Salamon 2014) | `metadata/UrbanSound8K.csv` | `fsID`, the Freesound id | `fold` |
| TUT Sound Events 2016 (Mesaros 2016) | `meta/SCENE/*.ann` or `meta.txt` | the file | the fold that tests on it |

ESC-50 and UrbanSound8K both cut clips from Freesound, so the same id in both is the same recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from soundalike.data.manifest import Clip
from soundalike.data.tables import read_plain_rows, read_rows, seconds, whole_number
from soundalike.errors import DataError

ESC50_META = Path("meta", "esc50.csv")
URBANSOUND8K_META = Path("metadata", "UrbanSound8K.csv")
TUT_SCENES = ("home", "residential_area")


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
    if _tut_annotations(folder) or ((folder / "meta.txt").is_file() and _has_tut_audio(folder)):
        return tuple(_tut2016(folder))
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


def _tut2016(folder: Path) -> Iterator[Clip]:
    """TUT Sound Events 2016: long recordings of two scenes, each sound in them annotated with its times.

    The label is the event's name alone. "people walking" occurs in both scenes and is one label: it names the
    same kind of sound, and a label that took its scene's name only where both scenes are there would change
    with what was downloaded. The scene is kept in `extra`.
    """
    folds = _tut_folds(folder)
    annotations = _tut_annotations(folder)
    events = _tut_events_of_annotations(folder, annotations) if annotations else _tut_events_of_meta(folder)
    for where, audio, scene, onset, offset, event in events:
        times = {"onset": onset.replace(",", "."), "offset": offset.replace(",", ".")}
        start_s, end_s = seconds(times, "onset", where), seconds(times, "offset", where)
        if not event or start_s is None or end_s is None or end_s <= start_s:
            raise DataError(
                f"{where}: expected an onset, a later offset and an event label, found '{onset}', "
                f"'{offset}', '{event}'. Unpack the annotations again."
            )
        yield Clip(
            path=folder / audio,
            label=event,
            dataset="tut2016",
            fold=folds.get(PurePosixPath(audio).stem),
            start_s=start_s,
            end_s=end_s,
            extra={"scene": scene},
        )


_TutEvent = tuple[str, str, str, str, str, str]  # place, audio file, scene, onset, offset, event label


def _tut_events_of_annotations(folder: Path, annotations: list[Path]) -> Iterator[_TutEvent]:
    for annotation in annotations:
        scene = annotation.parent.name
        for where, row in read_plain_rows(annotation, num_columns=3, delimiter="\t"):
            yield where, f"audio/{scene}/{annotation.stem}.wav", scene, row[0], row[1], row[2]


def _tut_events_of_meta(folder: Path) -> Iterator[_TutEvent]:
    for where, row in read_plain_rows(folder / "meta.txt", num_columns=5, delimiter="\t"):
        # The baseline system writes meta.txt with the separators of the machine it runs on.
        yield where, row[0].replace("\\", "/"), row[1], row[2], row[3], row[4]


def _tut_annotations(folder: Path) -> list[Path]:
    return sorted(
        path
        for scene in TUT_SCENES
        for path in (folder / "meta" / scene).glob("*.ann")
        if not path.name.startswith(".")
    )


def _has_tut_audio(folder: Path) -> bool:
    return any((folder / "audio" / scene).is_dir() for scene in TUT_SCENES)


def _tut_folds(folder: Path) -> dict[str, int]:
    """Name of a recording -> the cross-validation fold that tests on it, from SCENE_foldN_test.txt."""
    folds: dict[str, int] = {}
    for path in sorted((folder / "evaluation_setup").glob("*_fold*_test.txt")):
        number = re.search(r"_fold(\d+)_test$", path.stem)
        if number:
            for _, row in read_plain_rows(path, num_columns=1, delimiter="\t"):
                folds[PurePosixPath(row[0].replace("\\", "/")).stem] = int(number[1])
    return folds


def _subfolders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
