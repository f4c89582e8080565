"""Recordings of a corpus that share their sound, whole or in part, so that they stay on one side of a split.

The web has the same recording many times: uploaded again, cut, converted, in compilations. Fingerprints alone decide
here: two takes of one tone that are taken for one sound only stay together in the split. Whoever shares sound with a
recording goes with it, and so does who shares sound with those.
"""

from __future__ import annotations

import logging
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from soundalike.audio import open_audio
from soundalike.audio.candidates import candidate_pairs
from soundalike.audio.fingerprint import (
    FINGERPRINT_RATE_HZ,
    FRAME_HOP_S,
    Fingerprint,
    anchors,
    compare,
    fingerprint,
)
from soundalike.audio.relations import MIN_LIKENESS_OF_ANCHORS, Relations
from soundalike.errors import AudioError

logger = logging.getLogger(__name__)

FOLDER = "fingerprints"
# The pairs come in order of their first name: it stays, and so do some of the others.
_NUM_REMEMBERED = 256


def save_fingerprint(folder: Path, content: str, made: Fingerprint) -> None:
    """Keep the fingerprint of the file with these bytes; it may be deleted at any time."""
    path = _path(folder, content)
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez_compressed(file, fingerprint=made)
    partial.replace(path)


def read_fingerprint(folder: Path, content: str) -> Fingerprint | None:
    """The fingerprint kept for these bytes, None where there is none or it cannot be read."""
    try:
        with _path(folder, content).open("rb") as file, np.load(file) as held:
            found: Fingerprint = held["fingerprint"]
            return found
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def keep_fingerprint(folder: Path, content: str, path: str) -> Fingerprint:
    """The fingerprint kept for these bytes; where there is none it is made of the file, and kept.

    Args:
        folder: of the corpus.
        content: names the bytes.
        path: of the file, relative to the folder.
    Returns:
        An empty fingerprint, which is like no other, where the file cannot be read.
    """
    found = read_fingerprint(folder, content)
    if found is None:
        try:
            with open_audio(folder / path, sample_rate_hz=FINGERPRINT_RATE_HZ) as stream:
                found = fingerprint(stream.blocks())
        except AudioError as error:
            # Whoever took the file away will be told by those who read the manifest.
            logger.warning("'%s' cannot be compared: %s", path, error)
            return fingerprint(())
        save_fingerprint(folder, content, found)
    return found


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
