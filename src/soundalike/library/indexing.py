"""Brings a library up to date with the files on disk."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from soundalike.errors import LibraryError, UsageError
from soundalike.library.catalogue import Catalogue
from soundalike.library.content import hash_of, recording_id_of
from soundalike.library.encoder import record_of, refuse_other_encoder, resolve_encoder
from soundalike.library.intake import Intake
from soundalike.library.report import IndexReport
from soundalike.library.walk import Found, absolute, walk
from soundalike.store import (
    LibraryHeader,
    Recording,
    Store,
    new_file_id,
    only_writer,
    read_header,
    refuse_foreign_folder,
)
from soundalike.store.header import HEADER_NAME

if TYPE_CHECKING:
    from soundalike.encoders import Encoder

Progress = Callable[[int, int], None]

DEFAULT_HOP_S = 1.0


def index(
    library: str | Path,
    paths: Iterable[str | Path],
    *,
    encoder: Encoder | str | Path | None = None,
    hop_s: float | None = None,
    exclude: Sequence[str] = (),
    prune: bool = False,
    progress: Progress | None = None,
) -> IndexReport:
    """Bring a library up to date with the audio under some paths; make the library if it is not there.

    Only what is new or changed is decoded. Stopped at any moment, the library holds what was finished until shortly
    before, and the next run does what is left.

    Args:
        library: folder of the library.
        paths: files and folders of audio.
        encoder: an encoder or what `load_encoder` takes; None for the library's own, "default" in a new library.
        hop_s: seconds between the starts of two windows, > 0; None for the library's own, 1.0 in a new library.
        exclude: glob patterns of files and folders to leave out.
        prune: forget the recordings under `paths` whose files are gone.
        progress: called with the number of files done and the number of all files.
    Raises:
        UsageError: nothing lies at one of the paths, or `hop_s` is not that of the library.
        EncoderMismatchError: the library was made with another encoder.
        LibraryError: the library cannot be written, or is being written by another process.
    """
    started_s = time.monotonic()
    folder = Path(library)
    roots = [Path(path) for path in paths]
    walked = walk(roots, exclude=exclude, without=folder)
    header = read_header(folder) if (folder / HEADER_NAME).exists() else None
    loaded, source = resolve_encoder(encoder, header)
    _check_hop(hop_s, header, folder)
    if header is None:
        header = LibraryHeader(
            encoder=record_of(loaded, source),
            hop_s=hop_s or DEFAULT_HOP_S,
            soundalike_version=version("soundalike"),
        )
    refuse_other_encoder(loaded, header, folder)

    report = IndexReport(ignored=dict(walked.ignored))
    for skipped in walked.unreadable:
        report.skip(skipped.path, skipped.reason)
    with _writer(folder, header) as store:
        run = _Run(store, loaded, report)
        try:
            for number, found in enumerate(walked.found):
                run.visit(found)
                if progress is not None:
                    progress(number + 1, len(walked.found))
            run.finish()
        except BaseException:  # also Ctrl-C
            run.abandon()
            raise
        run.look_for_missing(roots, prune=prune)
        store.clear_orphans()
        store.compact()
        report.num_windows = store.num_windows()
    report.wall_s = time.monotonic() - started_s
    return report


class _Run:
    """One pass over the files: decides what each is, and hands the work to the intake."""

    def __init__(self, store: Store, encoder: Encoder, report: IndexReport) -> None:
        self._store = store
        self._report = report
        self._intake = Intake(store, encoder)
        self._catalogue = Catalogue(store.recordings())
        # Content that lost its row during this run; its windows are on disk until the end of the run.
        self._retired: dict[str, Recording] = {}

    def visit(self, found: Found) -> None:
        """Bring the row of one file up to date."""
        known = self._catalogue.at(found.location)
        try:
            stat = found.location.stat()
            if known and known.content_hash and _is_as_before(known, stat):
                self._count_unchanged(known, found)
                return
            content_hash = hash_of(found.location)
        except OSError as exc:
            self._skip_unread(known, found, exc)
            return
        row = Recording(
            file_id=known.file_id if known else new_file_id(),
            recording_id=recording_id_of(content_hash),
            root=known.root if known else found.root,
            path=known.path if known else found.path,
            content_hash=content_hash,
            size_bytes=stat.st_size,
            modified_ns=stat.st_mtime_ns,
            label=found.location.parent.name,
        )
        if known and known.content_hash == content_hash:
            touched = replace(known, modified_ns=stat.st_mtime_ns)
            self._put(touched)
            self._count_unchanged(touched, found)
            return
        twins = self._catalogue.indexed_with(content_hash)
        gone = next((twin for twin in twins if not twin.location.exists()), None)
        if known is None and gone is not None:
            self._put(_same_sound(replace(row, file_id=gone.file_id), gone))
            self._report.recordings["moved"] += 1
        elif twins or content_hash in self._retired:
            twin = twins[0] if twins else self._retired[content_hash]
            self._put(_same_sound(row, twin))
            self._report.recordings["updated" if known else "duplicate" if twins else "added"] += 1
        else:
            self._embed(row, known, found)

    def finish(self) -> None:
        """Embed and write what is still in memory."""
        self._intake.finish()

    def abandon(self) -> None:
        """Write what is complete, and no more."""
        self._intake.abandon()

    def look_for_missing(self, roots: Iterable[Path], *, prune: bool) -> None:
        """Report the rows under `roots` whose files are gone, and forget them if `prune`."""
        under = {row.file_id: row for root in roots for row in self._catalogue.under(absolute(root))}
        gone = [row for row in under.values() if not row.location.exists()]
        # A file that could not be read and is gone is of no use to anybody.
        dropped = [row for row in gone if prune or row.status == "skipped"]
        self._report.missing = sorted(str(row.location) for row in gone if row.status == "indexed")
        self._store.drop_recordings(dropped)

    def _put(self, row: Recording) -> None:
        self._remember(row)
        self._intake.put(row)

    def _embed(self, row: Recording, known: Recording | None, found: Found) -> None:
        row = self._intake.embed(row, found.named)
        self._remember(row)
        if row.status == "skipped":
            self._report.skip(str(found.named), row.reason)
        else:
            self._report.recordings["updated" if known else "added"] += 1
            self._report.audio_s += row.duration_s

    def _remember(self, row: Recording) -> None:
        before = self._catalogue.get(row.file_id)
        if before is not None and before.status == "indexed" and before.content_hash != row.content_hash:
            self._retired[before.content_hash] = before
        self._catalogue.put(row)

    def _count_unchanged(self, known: Recording, found: Found) -> None:
        if known.status == "skipped":
            self._report.skip(str(found.named), known.reason)
        else:
            self._report.recordings["unchanged"] += 1

    def _skip_unread(self, known: Recording | None, found: Found, exc: OSError) -> None:
        """A file whose bytes cannot be read is tried again every time: permissions and disks come back."""
        reason = f"cannot read '{found.named}': {exc.strerror}"
        if known is None or known.status == "skipped":
            row = known or Recording(root=found.root, path=found.path, label=found.location.parent.name)
            self._put(replace(row, status="skipped", reason=reason, content_hash="", recording_id=""))
        self._report.skip(str(found.named), reason)


def _check_hop(hop_s: float | None, header: LibraryHeader | None, folder: Path) -> None:
    if hop_s is None:
        return
    if not (math.isfinite(hop_s) and hop_s > 0):
        raise UsageError(f"hop_s is {hop_s}; it should be a number of seconds above 0.")
    if header is not None and header.hop_s != hop_s:
        raise UsageError(
            f"the library '{folder}' has windows every {header.hop_s:g} s, not every {hop_s:g} s. "
            "Leave the hop out, or index the audio into a new library."
        )


@contextlib.contextmanager
def _writer(folder: Path, header: LibraryHeader) -> Iterator[Store]:
    """The library at `folder`, made if needed, for one writer; what dead writers left is cleared."""
    if not (folder / HEADER_NAME).exists():
        refuse_foreign_folder(folder)
        try:
            str(folder).encode("utf-8")
            folder.mkdir(parents=True, exist_ok=True)
        except UnicodeEncodeError as exc:
            raise LibraryError(
                f"cannot make a library at '{folder}': its name is not valid Unicode."
            ) from exc
        except OSError as exc:
            raise LibraryError(f"cannot make a library at '{folder}': {exc.strerror}.") from exc
    with only_writer(folder):
        store = Store(folder) if (folder / HEADER_NAME).exists() else Store.create(folder, header)
        store.clear_orphans()
        try:
            yield store
        except BaseException:
            # Also Ctrl-C. The next run would do the same; here it only keeps the disk tidy.
            with contextlib.suppress(LibraryError):
                store.clear_orphans()
            raise


def _is_as_before(known: Recording, stat: os.stat_result) -> bool:
    return (known.size_bytes, known.modified_ns) == (stat.st_size, stat.st_mtime_ns)


def _same_sound(row: Recording, twin: Recording) -> Recording:
    """`row` with what is known of the sound of `twin`, whose file has the same bytes."""
    return replace(
        row,
        duration_s=twin.duration_s,
        sample_rate_hz=twin.sample_rate_hz,
        channels=twin.channels,
        format=twin.format,
        num_windows=twin.num_windows,
        num_silent=twin.num_silent,
        warning=twin.warning,
    )
