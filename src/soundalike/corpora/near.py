"""Recordings of a corpus that share their sound, whole or in part, so that they stay on one side of a split.

The web has the same recording many times: uploaded again, cut, converted, in compilations. Fingerprints find them as
`soundalike duplicates` does. Whoever shares sound with a recording goes with it, and so does who shares sound with
those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from soundalike.audio.candidates import candidate_pairs
from soundalike.audio.fingerprint import FRAME_HOP_S, Fingerprint, anchors, compare
from soundalike.audio.relations import MIN_LIKENESS_OF_ANCHORS, Relations

FOLDER = "fingerprints"


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
    except (OSError, ValueError, KeyError, EOFError):
        return None


def near_groups(
    fingerprints: Mapping[str, Fingerprint], *, progress: Callable[[int, int], None] | None = None
) -> dict[str, str]:
    """Put recordings together that share sound.

    Args:
        fingerprints: name -> fingerprint.
        progress: called with the number of pairs compared and of all.
    Returns:
        name -> the name that stands for its group, the first of them in order.
    """
    pairs = sorted(
        candidate_pairs(
            {name: anchors(one) for name, one in fingerprints.items()}, least=MIN_LIKENESS_OF_ANCHORS
        )
    )
    relations = Relations()
    for number, (one, other) in enumerate(pairs, start=1):
        shorter, longer = sorted((one, other), key=lambda name: len(fingerprints[name]))
        agreement = compare(fingerprints[shorter], fingerprints[longer])
        if agreement is not None:
            relations.note(
                shorter,
                longer,
                agreement,
                shorter_s=len(fingerprints[shorter]) * FRAME_HOP_S,
                longer_s=len(fingerprints[longer]) * FRAME_HOP_S,
            )
        if progress is not None:
            progress(number, len(pairs))
    group_of = {name: name for name in fingerprints}

    def first_of(name: str) -> str:
        while group_of[name] != name:
            name = group_of[name]
        return name

    for related in (relations.near, relations.inside):
        for name, others in related.items():
            for other in others:
                first, second = sorted((first_of(name), first_of(other)))
                group_of[second] = first
    return {name: first_of(name) for name in fingerprints}


def _path(folder: Path, content: str) -> Path:
    return folder / FOLDER / f"{content}.npz"
