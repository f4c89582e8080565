"""What is known of a collection of labelled clips: which file, which label, cut from which recording.

A `Manifest` is a plain list of `Clip`s; everything that reads data (`read_data`), divides it
(`split_by_recording`) or checks it (`refuse_leaks`) speaks in these two types.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from soundalike.errors import DataError

COLUMNS = ("path", "label", "dataset", "recording", "fold", "split", "start_s", "end_s")
# Only where a clip has several labels; they are separated by `LABEL_SEPARATOR`.
OTHER_LABELS = "other_labels"
LABEL_SEPARATOR = ";"


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One labelled sound: a file, or the part of a file from `start_s` to `end_s`.

    Args:
        path: the audio file, as the user named it; it need not exist.
        label: the kind of sound, in Unicode normal form NFC.
        dataset: the data set that the clip comes from, empty where there is only one.
        recording: the source recording. Clips of one recording never stand on both sides of a split.
            Readers fill it: the given recording, else the path relative to the root of the data.
        fold: the official fold, where the data set has one.
        split: "train", "val" or "test", or whatever the manifest says.
        start_s: where the clip begins in its file, in seconds; None: at its beginning.
        end_s: where it ends; None: at the end of the file.
        other_labels: what else the sound is, where one label does not say all; the first one stays `label`.
        extra: the columns of the manifest that have no meaning here.
    """

    path: Path
    label: str
    dataset: str = ""
    recording: str = ""
    fold: int | None = None
    split: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    other_labels: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def all_labels(self) -> tuple[str, ...]:
        """The label and the other ones, each once."""
        return tuple(dict.fromkeys((self.label, *self.other_labels)))


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Labelled clips in a fixed order, under the name of their collection."""

    name: str
    clips: tuple[Clip, ...]

    def __len__(self) -> int:
        return len(self.clips)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label that occurs, sorted."""
        return tuple(sorted({label for clip in self.clips for label in clip.all_labels}))

    def select(
        self, *, folds: Collection[int] | None = None, splits: Collection[str] | None = None
    ) -> Manifest:
        """Keep the clips that are in one of these folds and in one of these splits; None keeps all.

        Raises:
            DataError: nothing is left; the message names the folds and splits that exist.
        """
        clips = tuple(
            clip
            for clip in self.clips
            if (folds is None or clip.fold in folds) and (splits is None or clip.split in splits)
        )
        if not clips:
            wanted = [f"folds {_listed(folds)}"] if folds is not None else []
            wanted += [f"splits {_listed(splits)}"] if splits is not None else []
            existing_folds = _listed({clip.fold for clip in self.clips if clip.fold is not None})
            existing_splits = _listed({clip.split for clip in self.clips if clip.split is not None})
            raise DataError(
                f"'{self.name}' has no clip in {' and '.join(wanted) or 'it'}. "
                f"It has the folds {existing_folds} and the splits {existing_splits}: choose among these."
            )
        return replace(self, clips=clips)

    def write_csv(self, path: Path) -> None:
        """Write a CSV that `read_data` reads back: UTF-8, one row a clip.

        Audio beneath the folder of the CSV is written relative to it, with forward slashes; other audio with
        its absolute path.
        """
        path = Path(path)
        more = [OTHER_LABELS] if any(clip.other_labels for clip in self.clips) else []
        more += sorted({name for clip in self.clips for name in clip.extra})
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=[*COLUMNS, *more], lineterminator="\n")
            writer.writeheader()
            for clip in self.clips:
                writer.writerow(_row(clip, root=path.parent))


def _row(clip: Clip, *, root: Path) -> dict[str, str]:
    audio, folder = clip.path.absolute(), root.absolute()
    values = {
        "path": (audio.relative_to(folder) if audio.is_relative_to(folder) else audio).as_posix(),
        "label": clip.label,
        "dataset": clip.dataset,
        "recording": clip.recording,
        "fold": clip.fold,
        "split": clip.split,
        "start_s": clip.start_s,
        "end_s": clip.end_s,
    }
    row = {**clip.extra, **{name: "" if value is None else str(value) for name, value in values.items()}}
    if clip.other_labels:
        row[OTHER_LABELS] = LABEL_SEPARATOR.join(clip.other_labels)
    return row


def _listed(values: Collection[object]) -> str:
    return ", ".join(str(value) for value in sorted(values, key=str)) or "(none)"
