"""The crew of an indexing run whose members are processes of a Ray cluster.

Decisions are taken here, by the same code as on one machine: files are hashed on the cluster, decided on in their
order, and those that have to be embedded are collected and embedded on the cluster. The windows go from the workers to
the library's storage and do not count there; what comes back are rows, and descriptions of the files written. Both are
committed together, windows first. A parcel whose worker died is done again by another one, and what the dead one wrote
is never added: only what was received is, and nothing is received twice.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soundalike.errors import ClusterError, SoundalikeError
from soundalike.library.crew import Crew, Hire, OnRead, TakeHash, TakeRow
from soundalike.locations import Location
from soundalike.scale.cluster import Cluster
from soundalike.scale.parcels import packed
from soundalike.scale.stages import embed_on, hash_on, run
from soundalike.scale.worker import Embedded, Job, Task
from soundalike.store import Folder, Recording, Storage, Store

if TYPE_CHECKING:
    from soundalike.encoders import Encoder

logger = logging.getLogger(__name__)

# Files are hashed and embedded in slices: what a killed run has hashed and not embedded yet is hashed again.
SLICE_FILES = 20_000
SLICE_BYTES = 200 * 2**30
# A killed run loses what was received since the last commit, and what the workers had in hand.
COMMIT_EVERY_S = 10.0


def on_cluster(cluster: Cluster) -> Hire:
    """A crew on the cluster that this process is connected to; see `connected`."""

    @contextmanager
    def hire(store: Store, encoder: Encoder, on_read: OnRead) -> Iterator[Crew]:
        crew = _OnCluster(store, encoder, on_read, cluster)
        store.clear_fragments()
        try:
            yield crew
        except BaseException:  # also Ctrl-C
            crew.abandon()
            raise
        store.clear_fragments()

    return hire


@dataclass(frozen=True, kw_only=True)
class _ToHash:
    location: Location
    size_bytes: int
    then: TakeHash


@dataclass(frozen=True, kw_only=True)
class _ToEmbed:
    task: Task
    then: TakeRow


class _OnCluster:
    """See `Crew`. Work is collected until somebody waits for it; then all of it is done."""

    max_ahead = SLICE_FILES

    def __init__(self, store: Store, encoder: Encoder, on_read: OnRead, cluster: Cluster) -> None:
        import ray

        self._store = store
        self._on_read = on_read
        self._cluster = cluster
        self._environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        self._job = Job(
            library=_anywhere(store.storage),
            header=store.header,
            header_name=store.header_name,
            encoder=ray.put(encoder),
            num_cpus=cluster.cpus_per_worker,
            device="gpu" if cluster.gpus_per_worker else "cpu",
            environment=self._environment,
        )
        self._to_hash: list[_ToHash] = []
        self._to_embed: list[_ToEmbed] = []
        self._num_bytes = 0
        self._rows: dict[str, Recording] = {}
        self._fragments: list[str] = []
        self._commit_at_s = time.monotonic() + COMMIT_EVERY_S
        self._is_committing = False

    @property
    def is_full(self) -> bool:
        return len(self._to_embed) >= SLICE_FILES or self._num_bytes >= SLICE_BYTES

    def hash(self, location: Location, size_bytes: int, then: TakeHash) -> None:
        self._to_hash.append(_ToHash(location=location, size_bytes=size_bytes, then=then))

    def embed(self, row: Recording, named: Location, then: TakeRow) -> None:
        self._to_embed.append(_ToEmbed(task=Task(row=row, named=named), then=then))
        self._num_bytes += row.size_bytes

    def put(self, row: Recording) -> None:
        self._rows[row.file_id] = row
        self._commit_if_due()

    def step(self) -> None:
        if self._to_hash:
            self._hash_all()
        else:
            self._embed_all()

    def take_done(self) -> None:
        """What is done was taken when it was waited for."""

    def finish(self) -> None:
        while self._to_hash or self._to_embed:
            self.step()
        self._commit()

    def abandon(self) -> None:
        """Commit what was received; for a run that ends early."""
        # What broke off while it was being written may be there or not; the next run starts from what is.
        if not self._is_committing:
            self._commit()

    def _hash_all(self) -> None:
        jobs, self._to_hash = self._to_hash, []
        room = self._cluster.room()
        parcels = list(packed(jobs, lambda job: job.size_bytes, num_workers=room))
        content = [[str(job.location) for job in parcel] for parcel in parcels]
        for number, hashes in run(content, hash_on(self._environment)):
            for job, hashed in zip(parcels[number], hashes, strict=True):
                if isinstance(hashed, FileNotFoundError) and job.location.exists():
                    raise ClusterError(
                        f"'{job.location}' is there, but not on all machines of the Ray cluster. Keep audio that a "
                        "cluster indexes in a bucket, s3://bucket/prefix, or in a folder that all its machines share."
                    )
                job.then(hashed)

    def _embed_all(self) -> None:
        jobs, self._to_embed, self._num_bytes = self._to_embed, [], 0
        room = self._cluster.room()
        parcels = list(packed(jobs, lambda job: job.task.row.size_bytes, num_workers=room))
        content = [[job.task for job in parcel] for parcel in parcels]
        num_workers = min(room, len(parcels))
        for number, outcome in run(content, embed_on(self._job, self._cluster, num_workers)):
            if isinstance(outcome, SoundalikeError):
                raise outcome
            self._take(parcels[number], outcome)
            self._commit_if_due()

    def _take(self, jobs: Sequence[_ToEmbed], embedded: Embedded) -> None:
        self._fragments += embedded.fragments
        for row in embedded.rows:
            self._rows[row.file_id] = row
        for job, row in zip(jobs, embedded.rows, strict=True):
            if row.status == "skipped":
                logger.info("skipped %s: %s", row.location, row.reason)
            self._on_read(row, row.duration_s)
            job.then(row)

    def _commit_if_due(self) -> None:
        if time.monotonic() >= self._commit_at_s:
            self._commit()

    def _commit(self) -> None:
        """Windows first: a row may be put while the windows of its content are still among the fragments."""
        self._is_committing = True
        fragments, self._fragments = self._fragments, []
        rows, self._rows = list(self._rows.values()), {}
        self._store.add_fragments(fragments)
        self._store.put_recordings(rows)
        self._is_committing = False
        self._commit_at_s = time.monotonic() + COMMIT_EVERY_S


def _anywhere(storage: Storage) -> str:
    """The place of a library, for a process with another working folder."""
    return str(storage.path.absolute()) if isinstance(storage, Folder) else str(storage)
