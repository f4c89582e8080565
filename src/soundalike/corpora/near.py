"""Recordings of a corpus that share their sound, whole or in part, so that they stay on one side of a split.

The web has the same recording many times: uploaded again, cut, converted, in compilations. Fingerprints find them as
`soundalike duplicates` does. Whoever shares sound with a recording goes with it, and so does who shares sound with
those.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from soundalike.audio.candidates import candidate_pairs
from soundalike.audio.fingerprint import FRAME_HOP_S, Fingerprint, anchors, compare
from soundalike.audio.relations import MIN_LIKENESS_OF_ANCHORS, Relations

FOLDER = "fingerprints"
# The pairs come in order of their first name: it stays, and so do some of the others.
_NUM_REMEMBERED = 256


def save_fingerprint(folder: Path, content: str, fingerprint: Fingerprint) -> None:
    """Keep the fingerprint of the file with these bytes; it may be deleted at any time."""
    path = _path(folder, content)
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez_compressed(file, fingerprint=fingerprint)
    partial.replace(path)


def read_fingerprint(folder: Path, content: str) -> Fingerprint | None:
    """The fingerprint kept for these bytes, None where there is none or it cannot be read."""
    try:
        with np.load(_path(folder, content)) as held:
            found: Fingerprint = held["fingerprint"]
            return found
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def near_groups(
    names: Sequence[str],
    read: Callable[[str], Fingerprint],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, str]:
    """Put recordings together that share sound.

    Args:
        names: of the recordings.
        read: gives the fingerprint of one; all of them together may not fit into memory.
        progress: called with the number of pairs compared and of all.
    Returns:
        name -> the name that stands for its group, the first of them in order.
    """
    remembered = lru_cache(_NUM_REMEMBERED)(read)
    pairs = sorted(
        candidate_pairs({name: anchors(read(name)) for name in names}, least=MIN_LIKENESS_OF_ANCHORS)
    )
    relations = Relations()
    for number, (one, other) in enumerate(pairs, start=1):
        shorter, longer = sorted((one, other), key=lambda name: len(remembered(name)))
        first, second = remembered(shorter), remembered(longer)
        agreement = compare(first, second)
        if agreement is not None:
            relations.note(
                shorter,
                longer,
                agreement,
                shorter_s=len(first) * FRAME_HOP_S,
                longer_s=len(second) * FRAME_HOP_S,
            )
        if progress is not None:
            progress(number, len(pairs))
    group_of = {name: name for name in names}

    def first_of(name: str) -> str:
        while group_of[name] != name:
            name = group_of[name]
        return name

    for related in (relations.near, relations.inside):
        for name, others in related.items():
            for other in others:
                earlier, later = sorted((first_of(name), first_of(other)))
                group_of[later] = earlier
    return {name: first_of(name) for name in names}


def _path(folder: Path, content: str) -> Path:
    return folder / FOLDER / f"{content}.npz"
