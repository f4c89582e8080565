"""A folder of label folders: each subfolder is a label, every audio file beneath it a clip."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from soundalike.audio import AUDIO_SUFFIXES
from soundalike.data.manifest import Clip


def read_label_folders(root: Path) -> tuple[Clip, ...]:
    """Make a clip of every audio file in the subfolders of `root`, sorted; empty where there is none.

    Hidden files and folders and files without an audio extension are passed over; a label folder may be a link, and a
    folder that several links lead to is read once. Labels are normalised to
    Unicode NFC, so that a folder copied from macOS and one from Linux give the same label; paths stay as they
    are on disk.
    """
    clips = [
        Clip(
            path=path,
            label=unicodedata.normalize("NFC", path.relative_to(root).parts[0]),
            recording=path.relative_to(root).as_posix(),
        )
        for path in _audio_files(root)
        if path.parent != root
    ]
    return tuple(sorted(clips, key=lambda clip: (clip.label, clip.recording)))


def _audio_files(root: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link to a folder above it would never end
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in names:
            path = Path(folder, name)
            if not name.startswith(".") and path.suffix.lower() in AUDIO_SUFFIXES:
                yield path
