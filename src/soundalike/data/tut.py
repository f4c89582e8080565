"""TUT Sound Events 2016 and 2017, as they are unpacked: long recordings of a scene, each sound in them annotated.

The annotations lie in `meta/SCENE/*.ann`, of a development or an evaluation set, or in the `meta.txt` that the baseline
system writes. An annotation has the columns onset, offset, label; in some files the audio file and the scene stand
before them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from soundalike.data.manifest import Clip
from soundalike.data.tables import read_plain_rows, seconds
from soundalike.errors import DataError

logger = logging.getLogger(__name__)

# Scene -> the data set that has it.
TUT_SCENES = {"home": "tut2016", "residential_area": "tut2016", "street": "tut2017"}

_Event = tuple[str, str, str, str, str, str]  # place, audio file, scene, onset, offset, event label


def is_tut(folder: Path) -> bool:
    """Whether the folder holds one of the sets, development or evaluation."""
    return bool(_annotations(folder)) or ((folder / "meta.txt").is_file() and _has_audio(folder))


def tut_clips(folder: Path) -> Iterator[Clip]:
    """A clip for every annotated event, cut out of its recording.

    The label is the event's name alone. "people walking" occurs in both scenes of 2016 and is one label: it names the
    same kind of sound, and a label that took its scene's name only where both scenes are there would change
    with what was downloaded. The scene is kept in `extra`. An event that ends where it begins holds no sound and is
    left out.
    """
    folds = _folds(folder)
    annotations = _annotations(folder)
    events = _events_of_annotations(folder, annotations) if annotations else _events_of_meta(folder)
    for where, audio, scene, onset, offset, event in events:
        times = {"onset": onset.replace(",", "."), "offset": offset.replace(",", ".")}
        start_s, end_s = seconds(times, "onset", where), seconds(times, "offset", where)
        if not event or start_s is None or end_s is None or end_s < start_s:
            raise DataError(
                f"{where}: expected an onset, a later offset and an event label, found '{onset}', "
                f"'{offset}', '{event}'. Unpack the annotations again."
            )
        if end_s == start_s:
            logger.warning("%s: '%s' ends where it begins, at %s s; left out", where, event, onset)
            continue
        yield Clip(
            path=folder / audio,
            label=event,
            dataset=TUT_SCENES.get(scene, "tut2016"),
            fold=folds.get(PurePosixPath(audio).stem),
            start_s=start_s,
            end_s=end_s,
            extra={"scene": scene},
        )


def _events_of_annotations(folder: Path, annotations: list[Path]) -> Iterator[_Event]:
    for annotation in annotations:
        scene = annotation.parent.name
        for where, row in read_plain_rows(annotation, num_columns=3, delimiter="\t"):
            onset, offset, event = row[2:5] if len(row) >= 5 else row[:3]
            yield where, f"audio/{scene}/{annotation.stem}.wav", scene, onset, offset, event


def _events_of_meta(folder: Path) -> Iterator[_Event]:
    for where, row in read_plain_rows(folder / "meta.txt", num_columns=5, delimiter="\t"):
        # The baseline system writes meta.txt with the separators of the machine it runs on.
        yield where, row[0].replace("\\", "/"), row[1], row[2], row[3], row[4]


def _annotations(folder: Path) -> list[Path]:
    return sorted(
        path
        for scene in TUT_SCENES
        for path in (folder / "meta" / scene).glob("*.ann")
        if not path.name.startswith(".")
    )


def _has_audio(folder: Path) -> bool:
    return any((folder / "audio" / scene).is_dir() for scene in TUT_SCENES)


def _folds(folder: Path) -> dict[str, int]:
    """Name of a recording -> the cross-validation fold that tests on it, from SCENE_foldN_test.txt."""
    folds: dict[str, int] = {}
    for path in sorted((folder / "evaluation_setup").glob("*_fold*_test.txt")):
        number = re.search(r"_fold(\d+)_test$", path.stem)
        if number:
            for _, row in read_plain_rows(path, num_columns=1, delimiter="\t"):
                folds[PurePosixPath(row[0].replace("\\", "/")).stem] = int(number[1])
    return folds
