"""Which recordings of a library are the same sound: the same bytes, or re-encoded, trimmed, louder copies.

The audio itself decides, not its embeddings. Where in doubt, recordings are kept apart: a copy has to agree with its
original over its whole length and in each of its parts. Nothing is ever deleted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import open_audio
from soundalike.audio.fingerprint import (
    FINGERPRINT_RATE_HZ,
    FRAME_HOP_S,
    Agreement,
    Fingerprint,
    anchors,
    compare,
    fingerprint,
)
from soundalike.errors import AudioError, Skipped
from soundalike.library.candidates import candidate_pairs, window_vectors
from soundalike.store import Recording, Store

# Chosen with benchmarks/duplicates.py; docs/decisions/0014-duplicates.md has the numbers.
MIN_AGREEMENT = 0.6
MIN_WEAKEST = 0.4
# A copy may lose its ends, and codecs add some silence; two recordings that share a part are not copies.
MIN_SHARED = 0.9

# Half a second of a copy is this like the original's; most others are below.
MIN_LIKENESS_OF_ANCHORS = 0.4

# Called with the stage, how much of it is done, and how much there is.
DuplicatesProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One content in a group.

    Attributes:
        recording_id: names the content.
        paths: every file with these bytes.
        duration_s: its length.
        offset_s: where it begins in the group's first recording.
        agreement: correlation of its fingerprint with that of the first recording, 1 for equal sound.
    """

    recording_id: str
    paths: tuple[str, ...]
    duration_s: float
    offset_s: float
    agreement: float


@dataclass(frozen=True, kw_only=True)
class DuplicateGroup:
    """Files with the same sound.

    Attributes:
        kind: "same" for the same bytes under several paths; "near" for several contents.
        recordings: the longest first; all others were compared with it.
    """

    kind: Literal["same", "near"]
    recordings: tuple[Copy, ...]


@dataclass(frozen=True, kw_only=True)
class DuplicatesReport:
    """What `find_duplicates` found.

    Attributes:
        groups: by the path of their first recording.
        unchecked: recordings that could not be read, such as files on a drive that is not there.
        num_compared: pairs whose audio was compared.
    """

    groups: tuple[DuplicateGroup, ...]
    unchecked: tuple[Skipped, ...]
    num_compared: int

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `duplicates --json` prints it."""
        return {
            "groups": [
                {
                    "kind": group.kind,
                    "recordings": [{**vars(one), "paths": list(one.paths)} for one in group.recordings],
                }
                for group in self.groups
            ],
            "unchecked": [vars(one) for one in self.unchecked],
            "compared": self.num_compared,
            "min_agreement": MIN_AGREEMENT,
        }


def find_duplicates(store: Store, *, progress: DuplicatesProgress | None = None) -> DuplicatesReport:
    """Group the recordings of a library that are the same sound.

    Files are read once each, on all cores; their fingerprints wait in a temporary file, 3.6 MB for an hour of sound.

    Args:
        store: the library.
        progress: called with the stage, the work done in it and all its work.
    """
    report = progress or _silently
    files: dict[str, list[Recording]] = {}
    for row in store.recordings():
        if row.status == "indexed":
            files.setdefault(row.recording_id, []).append(row)
    links: dict[str, dict[str, Agreement]] = {}
    with _Fingerprints() as prints:
        heard = [one for one, rows in files.items() if rows[0].num_windows]
        unchecked = prints.read(heard, files, progress=lambda *at: report("reading", *at))
        # Embeddings find what was cut and coded anew, anchors what lost its high frequencies.
        pairs = candidate_pairs(
            prints.anchors,
            least=MIN_LIKENESS_OF_ANCHORS,
            progress=lambda *at: report("candidates by fingerprint", *at),
        ) | candidate_pairs(
            window_vectors(store.windows(prints.anchors)),
            progress=lambda *at: report("candidates by embedding", *at),
        )
        for number, (one, other) in enumerate(sorted(pairs), start=1):
            _link(one, other, prints, links)
            report("comparing", number, len(pairs))
    return DuplicatesReport(
        groups=tuple(_groups(files, links)), unchecked=tuple(unchecked), num_compared=len(pairs)
    )


def is_copy(agreement: Agreement, *, shorter_s: float) -> bool:
    """Whether a recording of `shorter_s` seconds that lies so over another is a copy of it."""
    return (
        agreement.overall >= MIN_AGREEMENT
        and agreement.weakest >= MIN_WEAKEST
        and agreement.overlap_s >= MIN_SHARED * shorter_s
    )


class _Fingerprints:
    """The fingerprints of many recordings in a temporary file; `anchors` has their anchors, by `recording_id`."""

    def __init__(self) -> None:
        self.anchors: dict[str, NDArray[np.float32]] = {}
        self._file: IO[bytes] = TemporaryFile(prefix="soundalike-")  # noqa: SIM115 (closed in __exit__)
        self._places: dict[str, tuple[int, tuple[int, ...]]] = {}

    def __enter__(self) -> _Fingerprints:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(
        self,
        recording_ids: Sequence[str],
        files: Mapping[str, Sequence[Recording]],
        *,
        progress: Callable[[int, int], None],
    ) -> list[Skipped]:
        """Fingerprint recordings from the first of their files that can be read; returns those without any."""
        skipped = []
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            made = pool.map(_fingerprint_of, ([row.location for row in files[one]] for one in recording_ids))
            for number, (recording_id, found) in enumerate(zip(recording_ids, made, strict=True), start=1):
                if isinstance(found, Skipped):
                    skipped.append(found)
                else:
                    self._places[recording_id] = self._file.tell(), found.shape
                    self._file.write(found.tobytes())
                    self.anchors[recording_id] = anchors(found)
                progress(number, len(recording_ids))
        finally:
            pool.shutdown(cancel_futures=True)
        return skipped

    def get(self, recording_id: str) -> Fingerprint | None:
        """The fingerprint of a recording that could be read."""
        place = self._places.get(recording_id)
        if place is None:
            return None
        start, shape = place
        self._file.seek(start)
        return np.frombuffer(self._file.read(shape[0] * shape[1]), np.int8).reshape(shape)


def _fingerprint_of(locations: Iterable[Path]) -> Fingerprint | Skipped:
    refused = Skipped(path="", reason="it has no file")
    for location in locations:
        try:
            with open_audio(location, sample_rate_hz=FINGERPRINT_RATE_HZ) as stream:
                return fingerprint(stream.blocks())
        except AudioError as error:
            refused = Skipped(path=str(location), reason=str(error))
    return refused


def _link(one: str, other: str, prints: _Fingerprints, links: dict[str, dict[str, Agreement]]) -> None:
    """Note a pair that are copies, under both names."""
    first, second = prints.get(one), prints.get(other)
    if first is None or second is None:
        return
    if len(first) > len(second):
        one, other, first, second = other, one, second, first
    agreement = compare(first, second)
    if agreement is not None and is_copy(agreement, shorter_s=len(first) * FRAME_HOP_S):
        links.setdefault(other, {})[one] = agreement
        links.setdefault(one, {})[other] = Agreement(
            offset_s=-agreement.offset_s,
            overlap_s=agreement.overlap_s,
            overall=agreement.overall,
            weakest=agreement.weakest,
        )


def _groups(
    files: Mapping[str, Sequence[Recording]], links: Mapping[str, Mapping[str, Agreement]]
) -> Iterator[DuplicateGroup]:
    """Each recording joins the longest one that it is a copy of; copies of copies make no chain."""
    by_length = sorted(files, key=lambda one: (-files[one][0].duration_s, str(files[one][0].location)))
    taken: set[str] = set()
    groups = []
    for first in by_length:
        if first in taken:
            continue
        near = {one: at for one, at in links.get(first, {}).items() if one not in taken}
        taken.update((first, *near))
        copies = [_copy(first, files, None), *(_copy(one, files, at) for one, at in sorted(near.items()))]
        if near or len(files[first]) > 1:
            groups.append(DuplicateGroup(kind="near" if near else "same", recordings=tuple(copies)))
    yield from sorted(groups, key=lambda group: group.recordings[0].paths)


def _copy(recording_id: str, files: Mapping[str, Sequence[Recording]], at: Agreement | None) -> Copy:
    rows = files[recording_id]
    return Copy(
        recording_id=recording_id,
        paths=tuple(sorted(str(row.location) for row in rows)),
        duration_s=round(rows[0].duration_s, 3),
        offset_s=0.0 if at is None else round(at.offset_s, 3),
        agreement=1.0 if at is None else round(at.overall, 4),
    )


def _silently(stage: str, done: int, total: int) -> None:
    pass
