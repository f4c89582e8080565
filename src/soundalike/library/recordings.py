"""Lists of recordings: what a library holds, for people who look through it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from soundalike.errors import RecordingNotFoundError, UsageError
from soundalike.library.gallery import Gallery
from soundalike.library.where import allowed_by, filterable
from soundalike.store import Recording, Windows

# What a text is looked for in.
_SEARCHED = ("path", "label", "title", "artist", "comment")


@dataclass(frozen=True, kw_only=True)
class RecordingList:
    """A page of the recordings that were asked for.

    Attributes:
        total: how many recordings there are in all.
        recordings: the files of each on this page, the one that names it first.
    """

    total: int
    recordings: tuple[tuple[Recording, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"total": self.total, "recordings": [recording_as_json(files) for files in self.recordings]}


def list_recordings(
    gallery: Gallery, *, where: str | None = None, text: str | None = None, offset: int = 0, limit: int = 100
) -> RecordingList:
    """Recordings by path.

    Args:
        gallery: the library.
        where: only those of which some window fits this SQL expression; see `Library.search`.
        text: only those with this in their path, label, title, artist or comment, whatever the case.
        offset: how many to leave out at the beginning.
        limit: how many to give.
    Raises:
        UsageError: an argument cannot be used.
    """
    if offset < 0 or limit < 1:
        raise UsageError(f"offset is {offset} and limit is {limit}; give 0 or more, and 1 or more.")
    fits = np.ones(len(gallery.files.number_of_row), np.bool_)
    if where is not None:
        fits &= allowed_by(where, filterable(gallery)).files
    if text:
        fits &= _containing(gallery, normalize("NFC", text))
    numbers = np.unique(gallery.files.number_of_row[fits])
    page = numbers[offset : offset + limit].tolist()
    files = gallery.files.of(page)
    return RecordingList(total=len(numbers), recordings=tuple(tuple(files[number]) for number in page))


def files_of(gallery: Gallery, recording_id: str) -> list[Recording]:
    """The files of a recording, the one that names it first.

    Raises:
        RecordingNotFoundError: the library holds none with this id.
    """
    number = gallery.files.number_of(recording_id)
    if number is None:
        raise RecordingNotFoundError(f"the library holds no recording '{recording_id}'.")
    return gallery.files.of([number])[number]


def windows_of(gallery: Gallery, recording_id: str) -> Windows:
    """The windows of a recording, by start.

    Raises:
        RecordingNotFoundError: the library holds none with this id.
    """
    windows = gallery.windows_of(recording_id)
    if windows is None:
        raise RecordingNotFoundError(f"the library holds no recording '{recording_id}'.")
    return windows


def recording_as_json(files: Sequence[Recording]) -> dict[str, Any]:
    """A recording as plain data, with the names that hits have.

    Args:
        files: that carry it, the one that names it first.
    """
    first = files[0]
    return {
        "recording_id": first.recording_id,
        "path": str(first.location),
        "also": [str(one.location) for one in files[1:]],
        "label": first.label,
        "duration_s": round(first.duration_s, 6),
        "sample_rate_hz": first.sample_rate_hz,
        "channels": first.channels,
        "format": first.format,
        "size_bytes": first.size_bytes,
        "windows": first.num_windows,
        "silent_windows": first.num_silent,
        "warning": first.warning or None,
        "recorded_at": first.recorded_at and first.recorded_at.isoformat(),
        "title": first.title or None,
        "artist": first.artist or None,
        "comment": first.comment or None,
        **first.extra,
    }


def count_labels(gallery: Gallery) -> list[dict[str, Any]]:
    """Every label with its recordings and windows, by name: {"label", "recordings", "windows"}."""
    table = gallery.files.columns(["label", "num_windows"])
    # The first file of each recording names it.
    first = np.unique(gallery.files.number_of_row, return_index=True)[1]
    labels = table["label"].take(first).to_pylist()
    num_recordings, num_windows = Counter[str](), Counter[str]()
    for label, windows in zip(labels, gallery.files.num_windows.tolist(), strict=True):
        num_recordings[label] += 1
        num_windows[label] += windows
    return [
        {"label": label, "recordings": number, "windows": num_windows[label]}
        for label, number in sorted(num_recordings.items())
    ]


def _containing(gallery: Gallery, text: str) -> NDArray[np.bool_]:
    """Bool [file], which files have the text in what is known of them."""
    import pyarrow.compute as pc

    table = gallery.files.columns(_SEARCHED)
    found = np.zeros(table.num_rows, np.bool_)
    for name in _SEARCHED:
        composed = pc.utf8_normalize(table[name], form="NFC")
        matches = pc.match_substring(composed, pattern=text, ignore_case=True)
        found |= matches.fill_null(False).to_numpy()
    return found
