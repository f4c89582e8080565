"""Brings a library up to date with the files on disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from soundalike.errors import LibraryError, UsageError
from soundalike.library.crew import Hire, threads
from soundalike.library.encoder import (
    is_made_with,
    record_of,
    refuse_other_encoder,
    refuse_unusable_hop,
    resolve_encoder,
)
from soundalike.library.indexing_progress import Beacon
from soundalike.library.metadata_table import MetadataTable
from soundalike.library.reembed import move_to_encoder
from soundalike.library.report import IndexReport
from soundalike.library.roots import Roots
from soundalike.library.visits import Visits
from soundalike.library.walk import Files, walk
from soundalike.library.workers import usable_cores
from soundalike.locations import location_of
from soundalike.printable import printable
from soundalike.store import (
    Folder,
    LibraryHeader,
    Recording,
    Storage,
    Store,
    find_header,
    refresh_index,
    storage_at,
    writer,
)

if TYPE_CHECKING:
    from soundalike.encoders import Encoder

logger = logging.getLogger(__name__)

DEFAULT_HOP_S = 1.0
TELL_EVERY_S = 0.1


class Progress(Protocol):
    """Told how far a long piece of work is."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Files done, files in all, and what is going on right now, for people."""
        ...


def index(
    library: str | Path,
    paths: Iterable[str | Path],
    *,
    encoder: Encoder | str | Path | None = None,
    hop_s: float | None = None,
    files: Files = "audio",
    exclude: Sequence[str] = (),
    prune: bool = False,
    metadata: str | Path | None = None,
    reembed: bool = False,
    jobs: int | None = None,
    crew: Hire | None = None,
    progress: Progress | None = None,
) -> IndexReport:
    """Bring a library up to date with the audio under some paths; make the library if it is not there.

    Only what is new or changed is decoded. Stopped at any moment, the library holds what was finished until shortly
    before, and the next run does what is left.

    Args:
        library: folder of the library, or s3://bucket/prefix.
        paths: files and folders of audio, or s3://bucket/prefix.
        encoder: an encoder or what `load_encoder` takes; None for the library's own, "default" in a new library.
        hop_s: seconds between the starts of two windows, at least 1/100 of a window; None for the library's own, 1.0 in
            a new library.
        files: "audio" takes what is audio or video by its extension and counts the rest as ignored; "all" tries every
            file, hidden ones too, and skips those that hold no audio.
        exclude: glob patterns of files and folders to leave out.
        prune: forget the recordings under `paths` whose files are gone.
        metadata: a CSV of what is known of the files: `path`, and any of `label`, `title`, `artist`, `comment`,
            `recorded_at` and columns of your own. It replaces what an earlier one said of the files under `paths`.
        reembed: embed all of the library anew first, if it was made with another encoder or hop, or if neither is
            given, which repairs it. Until that is done, in this run or a later one, the library stays as it is.
        jobs: threads that decode and embed, > 0; None for one on each core. It changes nothing in the library.
        crew: who does the work, in place of threads in this process; see `soundalike.scale`.
        progress: called with the number of files done, the number of all files, and what is going on.
    Raises:
        UsageError: nothing lies at one of the paths, `hop_s` is not that of the library, `jobs` is not above 0, or
            `metadata` makes no sense.
        EncoderMismatchError: the library was made with another encoder.
        LibraryError: the library cannot be written, or is being written by another process.
    """
    started_s = time.monotonic()
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs is {jobs}; it should be 1 or more.")
    storage = storage_at(library)
    named = [location_of(path) for path in paths]
    table = None if metadata is None else MetadataTable(Path(metadata))
    own_place = storage.path if isinstance(storage, Folder) else location_of(str(storage))
    walked = walk(named, files=files, exclude=exclude, without=own_place)
    header = find_header(storage)
    loaded, source = resolve_encoder(encoder, header)
    if hop_s is not None:
        refuse_unusable_hop(hop_s, loaded)
        if header is not None and not reembed:
            _refuse_other_hop(hop_s, header, storage)
    report = IndexReport(
        ignored=dict(walked.ignored),
        hidden=dict(walked.hidden),
        num_hidden_folders=walked.num_hidden_folders,
        has_metadata=table is not None,
    )
    hire = crew or threads(jobs or usable_cores())
    if reembed and header is not None:
        record, new_hop_s = record_of(loaded, source), hop_s or header.hop_s
        is_repair = encoder is None and hop_s is None
        if is_repair or not is_made_with(header, loaded) or header.hop_s != new_hop_s:
            teller = _Teller(progress, report)
            with writer(storage, header) as store, Beacon(storage, teller.state):
                teller.num_files = len(store.recordings())
                move_to_encoder(
                    store,
                    loaded,
                    record,
                    hop_s=new_hop_s,
                    prune=prune,
                    hire=hire,
                    report=report,
                    on_read=teller.read,
                )
                header = store.header
    if header is None:
        header = LibraryHeader(
            encoder=record_of(loaded, source),
            hop_s=hop_s or DEFAULT_HOP_S,
            soundalike_version=version("soundalike"),
        )
    refuse_other_encoder(loaded, header, storage)

    teller = _Teller(progress, report, num_files=len(walked.found))
    with writer(storage, header) as store, Beacon(storage, teller.state):
        rows = store.recordings()
        roots = Roots(store.header.roots, rows)
        folders = [found.root for found in walked.found]
        folders += [one.root for one in walked.unreadable if one.below]
        for root in dict.fromkeys(folders):
            roots.adopt(location_of(root))
        store.write_roots(roots.paths)
        with hire(store, loaded, teller.read) as hired:
            visits = Visits(store, rows, roots, hired, report, done=teller.done, metadata=table)
            for unreadable in walked.unreadable:
                visits.refuse(unreadable)
            for found in walked.found:
                visits.visit(found)
            visits.finish()
        teller.tell("tidying up")
        visits.look_for_unmatched()
        visits.look_for_missing(named, prune=prune)
        report.skipped.sort(key=lambda one: one.path)
        store.clear_orphans()
        store.compact()
        _renew_index(store)
        report.num_windows = store.num_windows()
    report.wall_s = time.monotonic() - started_s
    return report


class _Teller:
    """Says how far a run is, a few times a second."""

    def __init__(self, progress: Progress | None, report: IndexReport, *, num_files: int = 0) -> None:
        self._progress = progress
        self._report = report
        self.num_files = num_files
        self._num_done = 0
        self._read_s = 0.0
        self._name = ""
        self._note = ""
        self._started_s = time.monotonic()
        self._told_s = -TELL_EVERY_S

    def read(self, row: Recording, read_s: float) -> None:
        """A piece of a file was decoded."""
        self._read_s += read_s
        self._name = row.path
        self._tell_if_due()

    def done(self) -> None:
        """One more file is done."""
        self._num_done += 1
        self._tell_if_due()

    def tell(self, note: str) -> None:
        """Say something now."""
        self._note = note
        if self._progress is not None:
            self._told_s = time.monotonic()
            self._progress(self._num_done, self.num_files, note)

    def state(self) -> dict[str, Any]:
        """How far the run is, for other processes; asked in another thread."""
        elapsed_s = max(1e-3, time.monotonic() - self._started_s)
        return {
            "done": self._num_done,
            "total": self.num_files,
            "rate_per_s": round(self._num_done / elapsed_s, 3),
            "elapsed_s": round(elapsed_s, 3),
            "note": printable(self._note),
            "recordings": dict(self._report.recordings),
            "skipped": self._report.recordings["skipped"],
        }

    def _tell_if_due(self) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= TELL_EVERY_S:
            speed = self._read_s / max(1e-3, now_s - self._started_s)
            self.tell(
                f"{speed:,.0f} x real time  {self._name}" if self._read_s else "comparing with the library"
            )


def _renew_index(store: Store) -> None:
    """Bring the search index up to date; what was indexed is found without it."""
    try:
        refresh_index(store)
    except LibraryError as exc:
        logger.warning("%s", exc)


def _refuse_other_hop(hop_s: float, header: LibraryHeader, library: Storage) -> None:
    if header.hop_s != hop_s:
        raise UsageError(
            f"the library '{library}' has windows every {header.hop_s:g} s, not every {hop_s:g} s. "
            "Leave the hop out, or index the audio into a new library."
        )
