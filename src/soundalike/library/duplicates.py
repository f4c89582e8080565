"""Find recordings of a library that share their sound: the same bytes, re-encoded, trimmed, louder copies, and parts.

The audio itself decides, not its embeddings: every pair that may share its sound is compared from end to end.
`audio/relations.py` says what is a copy. Nothing is ever deleted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import open_audio
from soundalike.audio.candidates import NUM_PROBES, candidate_pairs
from soundalike.audio.fingerprint import (
    FINGERPRINT_RATE_HZ,
    FRAME_HOP_S,
    Fingerprint,
    anchors,
    compare,
    fingerprint,
    telling_stretch,
)
from soundalike.audio.relations import (
    MIN_AGREEMENT,
    MIN_AGREEMENT_OF_WAVEFORMS,
    MIN_LIKENESS_OF_ANCHORS,
    Relations,
    is_shared,
)
from soundalike.audio.waveforms import agreement_of_waveforms
from soundalike.errors import AudioError, Skipped, reason_of
from soundalike.library.copies import DuplicateGroup, group_recordings
from soundalike.locations import Location
from soundalike.store import Recording, Store, Windows

# A stretch is enough to tell waveforms apart, and a long recording need not be decoded twice.
STRETCH_S = 8.0

# Called with the stage, how much of it is done, and how much there is.
DuplicatesProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class DuplicatesReport:
    """What `find_duplicates` found.

    Attributes:
        groups: the same bytes first, then copies, then parts of longer recordings; each by the path of its reference.
        unchecked: recordings that could not be read, such as files on a drive that is not there.
        num_compared: pairs whose audio was compared.
    """

    groups: tuple[DuplicateGroup, ...]
    unchecked: tuple[Skipped, ...]
    num_compared: int

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `duplicates --json` prints it."""
        return {
            "groups": [group.as_json() for group in self.groups],
            "unchecked": [vars(one) for one in self.unchecked],
            "compared": self.num_compared,
            "min_agreement": MIN_AGREEMENT["waveforms"],
        }


def find_duplicates(store: Store, *, progress: DuplicatesProgress | None = None) -> DuplicatesReport:
    """Group the recordings of a library that are the same sound, or part of a longer one.

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
    relations = Relations()
    with _Fingerprints() as prints:
        heard = [one for one, rows in files.items() if rows[0].num_windows]
        unchecked = prints.read(heard, files, progress=lambda *at: report("reading", *at))
        # Embeddings find what was cut and coded anew, anchors what lost its high frequencies.
        pairs = candidate_pairs(
            prints.anchors,
            least=MIN_LIKENESS_OF_ANCHORS,
            progress=lambda *at: report("finding candidates by fingerprint", *at),
        ) | candidate_pairs(
            _window_vectors(store.windows(prints.anchors)),
            progress=lambda *at: report("finding candidates by embedding", *at),
        )
        for number, (one, other) in enumerate(sorted(pairs), start=1):
            _compare(one, other, prints, relations)
            report("comparing", number, len(pairs))
    return DuplicatesReport(
        groups=group_recordings(files, relations), unchecked=tuple(unchecked), num_compared=len(pairs)
    )


class _Fingerprints:
    """The fingerprints of many recordings in a temporary file; `anchors` has their anchors, by `recording_id`."""

    def __init__(self) -> None:
        self.anchors: dict[str, NDArray[np.float32]] = {}
        self._file: IO[bytes] = TemporaryFile(prefix="soundalike-")  # noqa: SIM115 (closed in __exit__)
        self._places: dict[str, tuple[int, tuple[int, ...]]] = {}
        self._read_from: dict[str, Location] = {}

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
                    made_of, one = found
                    self._read_from[recording_id] = made_of
                    self._places[recording_id] = self._file.tell(), one.shape
                    self._file.write(one.tobytes())
                    self.anchors[recording_id] = anchors(one)
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

    def read_from(self, recording_id: str) -> Location:
        """The file that a fingerprint was made of."""
        return self._read_from[recording_id]


def _window_vectors(windows: Windows) -> dict[str, NDArray[np.float32]]:
    """The embeddings of every recording's windows, of unit length, those evenly spread over the recording first."""
    ids, starts = np.unique(windows.recording_ids, return_index=True)
    vectors = {}
    for one, start, end in zip(ids.tolist(), starts, np.append(starts, len(windows))[1:], strict=True):
        own = windows.embeddings[start:end]
        spread = np.unique(np.linspace(0, len(own) - 1, NUM_PROBES).astype(np.int64))
        own = np.concatenate([own[spread], np.delete(own, spread, axis=0)])
        vectors[one] = own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    return vectors


def _fingerprint_of(locations: Iterable[Location]) -> tuple[Location, Fingerprint] | Skipped:
    refused = Skipped(path="", reason="it has no file")
    for location in locations:
        try:
            with open_audio(location, sample_rate_hz=FINGERPRINT_RATE_HZ) as stream:
                return location, fingerprint(stream.blocks())
        except AudioError as error:
            refused = Skipped(path=str(location), reason=reason_of(error, location))
    return refused


def _compare(one: str, other: str, prints: _Fingerprints, relations: Relations) -> None:
    """Lay the shorter of two recordings over the longer and note what that tells."""
    first, second = prints.get(one), prints.get(other)
    if first is None or second is None:
        return
    if len(first) > len(second):
        one, other, first, second = other, one, second, first
    agreement = compare(first, second)
    shorter_s, longer_s = len(first) * FRAME_HOP_S, len(second) * FRAME_HOP_S
    if agreement is None or not is_shared(agreement, shorter_s=shorter_s, decided_by="waveforms"):
        return
    start_s, length_s = telling_stretch(first, agreement, length_s=STRETCH_S)
    try:
        of_waveforms = agreement_of_waveforms(
            prints.read_from(one),
            prints.read_from(other),
            start_s=start_s,
            length_s=length_s,
            offset_s=agreement.offset_s,
        )
    except AudioError:  # gone since it was read
        return
    if of_waveforms >= MIN_AGREEMENT_OF_WAVEFORMS:
        relations.note(one, other, agreement, shorter_s=shorter_s, longer_s=longer_s, decided_by="waveforms")


def _silently(stage: str, done: int, total: int) -> None:
    pass
