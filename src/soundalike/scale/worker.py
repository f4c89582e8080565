"""What runs on the machines of a cluster: hash files, or embed them and write their windows."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundalike.errors import LibraryError, LibraryNotFoundError, SoundalikeError
from soundalike.library.crew import hash_or_error
from soundalike.library.intake import Intake
from soundalike.library.workers import Workers
from soundalike.locations import Location, location_of
from soundalike.store import LibraryHeader, Recording, Windows, find_header, storage_at, write_fragments

if TYPE_CHECKING:
    from soundalike.encoders import Device, Encoder

# A batch of Ray Data: columns by name. A parcel and its outcome travel as bytes, a row each.
Batch = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every worker of a run needs to know.

    Attributes:
        library: where the library lies, as `storage_at` takes it.
        header: of the library.
        header_name: the file that holds it.
        encoder: a reference to the library's, which is fetched once a machine.
        num_cpus: cores of a worker.
        device: where its encoder computes.
        environment: how to reach buckets.
    """

    library: str
    header: LibraryHeader
    header_name: str
    encoder: Any
    num_cpus: int
    device: Device
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A file to embed: its row, knowing nothing of its sound, and how its user names it."""

    row: Recording
    named: Location


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """A parcel of files that were embedded.

    Attributes:
        rows: of the files, in the order of the parcel: indexed, or skipped with the reason.
        fragments: their windows; see `write_fragments`.
    """

    rows: list[Recording]
    fragments: list[str]


def hash_parcel(batch: Batch, environment: Mapping[str, str]) -> Batch:
    """Hash the files of a parcel, a list of locations as text."""
    os.environ.update(environment)
    outcomes = [
        [hash_or_error(location_of(one)) for one in pickle.loads(parcel)] for parcel in batch["content"]
    ]
    return _outcomes(batch, outcomes)


class EmbedParcel:
    """One process that embeds parcels, lists of `Task`; its encoder stays loaded."""

    def __init__(self, job: Job) -> None:
        import ray

        os.environ.update(job.environment)
        encoder: Encoder = ray.get(job.encoder)
        self._job = job
        self._gathered = _Gathered(job.header)
        self._workers = Workers(job.num_cpus)
        self._storage = storage_at(job.library)
        self._refusal: SoundalikeError | None = None
        try:
            self._intake = Intake(
                self._gathered,
                encoder,
                self._workers,
                on_read=lambda row, read_s: None,
                device=job.device,
            )
            self._refuse_other_library()
        except SoundalikeError as exc:
            # Ray would start a worker again and again that cannot be made.
            self._refusal = exc

    def __call__(self, batch: Batch) -> Batch:
        """Embed the files of a parcel; an error of the whole run comes instead of the outcome."""
        outcomes: list[Embedded | SoundalikeError] = []
        for parcel in batch["content"]:
            try:
                outcomes.append(self._embedded(pickle.loads(parcel)))
            except SoundalikeError as exc:
                self._refusal = self._refusal or exc
                outcomes.append(exc)
        return _outcomes(batch, outcomes)

    def _embedded(self, tasks: Sequence[Task]) -> Embedded:
        if self._refusal is not None:
            raise self._refusal
        rows: dict[str, Recording] = {}
        for task in tasks:
            while self._intake.is_full:
                self._workers.step()
            self._intake.embed(task.row, task.named, lambda row: rows.update({row.file_id: row}))
        self._intake.finish()
        fragments = write_fragments(self._storage, self._job.header, self._gathered.take())
        return Embedded(rows=[rows[task.row.file_id] for task in tasks], fragments=fragments)

    def _refuse_other_library(self) -> None:
        """Make sure that the library which is seen from here is the one that is meant."""
        try:
            found = find_header(self._storage, name=self._job.header_name)
        except LibraryNotFoundError:
            found = None
        if found is None or _identity(found) != _identity(self._job.header):
            raise LibraryError(
                f"the machine '{os.uname().nodename if hasattr(os, 'uname') else 'of a worker'}' does not see the "
                f"library '{self._job.library}'. Keep libraries that a cluster writes in a bucket, s3://bucket/prefix, "
                "or in a folder that all its machines share."
            )


class _Gathered:
    """The windows of a parcel, in memory until all of it is embedded; see `Sink`."""

    def __init__(self, header: LibraryHeader) -> None:
        self.header = header
        self._windows: list[Windows] = []

    def add_windows(self, windows: Windows) -> None:
        self._windows.append(windows)

    def put_recordings(self, recordings: Sequence[Recording]) -> None:
        """The rows travel by another way."""

    def drop_windows(self, recording_ids: Iterable[str]) -> None:
        lost = list(recording_ids)
        self._windows = [piece.take(~np.isin(piece.recording_ids, lost)) for piece in self._windows]

    def take(self) -> list[Windows]:
        taken, self._windows = self._windows, []
        return taken


def _identity(header: LibraryHeader) -> tuple[object, ...]:
    return header.generation, header.encoder.fingerprint, header.hop_s, header.encoder.dim


def _outcomes(batch: Batch, outcomes: Sequence[object]) -> Batch:
    made = np.empty(len(outcomes), dtype=object)
    made[:] = [pickle.dumps(one) for one in outcomes]
    return {"number": batch["number"], "outcome": made}
