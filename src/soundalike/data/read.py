"""Data in: whatever a user points at becomes a manifest."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from soundalike.data.csv_manifest import is_manifest_csv, read_csv_clips
from soundalike.data.folders import read_label_folders
from soundalike.data.labels import name_labels, read_synonyms
from soundalike.data.layouts import read_layout
from soundalike.data.manifest import Clip, Manifest
from soundalike.errors import DataError


def read_data(path: Path, *, merge_labels: bool = False, synonyms: Path | None = None) -> Manifest:
    """Read labelled clips from a CSV manifest or from a folder.

    A folder is, in this order: a published layout (ESC-50, UrbanSound8K, TUT Sound Events, FSD50K) or a folder
    of these; a folder with a `manifest.csv` in it; a folder of label folders.

    Args:
        path: the CSV file or the folder.
        merge_labels: labels of the same name are one label even where they come from several data sets;
            otherwise they are told apart as `esc50/siren` and `urbansound8k/siren`.
        synonyms: a CSV with the columns `label,canonical` that joins labels of different names.

    Raises:
        DataError: nothing is there, nothing in it is recognised, or a line of the CSV cannot be used.
    """
    path = Path(path)
    try:
        if path.is_dir():
            clips = _read_folder(path)
        elif path.exists():
            clips = read_csv_clips(path)
        else:
            raise DataError(f"there is no file or folder '{path}'. Give a folder of label folders or a CSV.")
    except OSError as exc:
        raise DataError(
            f"cannot read '{path}': {exc.strerror}. Check its name and your permissions."
        ) from exc
    known_synonyms = read_synonyms(Path(synonyms)) if synonyms is not None else None
    clips = name_labels(clips, merge_labels=merge_labels, synonyms=known_synonyms)
    return Manifest(name=_name(path), clips=clips)


def _read_folder(folder: Path) -> tuple[Clip, ...]:
    if (published := read_layout(folder)) is not None:
        return published
    if is_manifest_csv(folder / "manifest.csv"):
        return read_csv_clips(folder / "manifest.csv")
    clips = read_label_folders(folder)
    if not clips:
        raise DataError(
            f"nothing recognised in '{folder}'. Looked for ESC-50 (meta/esc50.csv), UrbanSound8K "
            "(metadata/UrbanSound8K.csv), TUT Sound Events (meta/*/*.ann or meta.txt), FSD50K "
            "(FSD50K.ground_truth/*.csv), a manifest.csv with the columns path,label, and subfolders named after "
            "labels with audio files in them. "
            "Arrange the folder as one of these."
        )
    return clips


def _name(path: Path) -> str:
    """The name of the folder, or of the CSV; `manifest.csv` goes by the name of its folder."""
    path = path.absolute()
    if path.is_dir():
        name = path.name
    else:
        name = path.parent.name if path.stem == "manifest" else path.stem
    return unicodedata.normalize("NFC", name)
