"""One pass over the files: decides what each one is, and hands the work to the crew."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from soundalike.errors import LibraryError
from soundalike.library.catalogue import Catalogue
from soundalike.library.content import modified_ns_of, recording_id_of
from soundalike.library.crew import Crew
from soundalike.library.metadata import described, with_same_sound
from soundalike.library.metadata_table import MetadataTable
from soundalike.library.report import IndexReport
from soundalike.library.roots import Place, Roots, is_offline
from soundalike.library.walk import Found, Unreadable, absolute
from soundalike.locations import Location, Stat
from soundalike.store import Recording, Store, new_file_id

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Visit:
    """A file whose content has to be known before anything can be decided."""

    found: Found
    place: Place
    known: Recording | None
    stat: Stat
    content_hash: str | OSError | None = None


class Visits:
    """Decides in the order of the files, whatever the order in which the workers are done with them.

    Args:
        store: the library, open for writing.
        rows: all of the library's.
        roots: contain every file that will be visited.
        crew: hashes the files, and takes what is decided.
        report: gains every file.
        metadata: what the user knows of the files; None leaves what was known before.
        done: called for every file, when it is known what becomes of it.
    """

    def __init__(
        self,
        store: Store,
        rows: Iterable[Recording],
        roots: Roots,
        crew: Crew,
        report: IndexReport,
        *,
        metadata: MetadataTable | None = None,
        done: Callable[[], None],
    ) -> None:
        self._store = store
        self._roots = roots
        self._crew = crew
        self._report = report
        self._done = done
        self._metadata = metadata
        self._catalogue = Catalogue(rows)
        self._hashed: deque[_Visit] = deque()
        # Rows whose files this run found unchanged; nobody has to look for them again.
        self._there: set[str] = set()
        # Content that is being decoded, and the files of the same content that wait to learn what came of it.
        self._decoding: dict[str, list[_Visit]] = {}
        # Content that lost its row during this run; its windows are on disk until the end of the run.
        self._retired: dict[str, Recording] = {}

    def visit(self, found: Found) -> None:
        """Bring the row of one file up to date, now or while later files are visited."""
        self._crew.take_done()
        place = self._roots.place(found.folder, found.name)
        known = self._catalogue.at(place.root_path, place.path)
        try:
            stat = found.stat()
        except OSError as exc:
            self._skip_unread(known, place, found, exc)
            return
        if known and known.content_hash and _is_as_before(known, stat):
            self._there.add(known.file_id)
            self._count_unchanged(known, found)
            return
        while self._crew.is_full or len(self._hashed) >= self._crew.max_ahead:
            self._crew.step()
        visit = _Visit(found, place, known, stat)
        self._hashed.append(visit)
        self._crew.hash(found.location, stat.st_size, lambda hashed: self._take_hash(visit, hashed))

    def refuse(self, unreadable: Unreadable) -> None:
        """Write down what is there and cannot be taken, so that `status` lists it too."""
        self._report.skip(unreadable.path, unreadable.reason)
        folder, _, name = f"{unreadable.root}/{unreadable.below}".rpartition("/")
        # The named folder itself has no place below a root.
        if unreadable.below:
            place = self._roots.place(folder, name)
            self._put_unread(self._catalogue.at(place.root_path, place.path), place, unreadable.reason)

    def finish(self) -> None:
        """Decide what is left to decide, and have everything written."""
        while self._hashed:
            self._crew.step()
        self._crew.finish()

    def look_for_missing(self, named: Iterable[Location], *, prune: bool) -> None:
        """Report the rows under some paths whose files are gone, and forget them if `prune`.

        Raises:
            LibraryError: one of the paths to prune seems to be a disk that is not connected.
        """
        under: dict[str, Recording] = {}
        for path in named:
            rows = self._catalogue.under(self._roots.spelled(path))
            if path.is_dir() and is_offline(
                absolute(path) if isinstance(path, Path) else path, num_files=len(rows)
            ):
                if prune:
                    raise LibraryError(
                        f"'{path}' is empty, but the library knows {len(rows)} files there. Is a disk not connected? "
                        "Nothing was forgotten. If the files are really gone, name the folder to: soundalike remove"
                    )
                logger.warning(
                    "'%s' is empty: its %d files are taken for offline, not missing", path, len(rows)
                )
            else:
                under.update({row.file_id: row for row in rows})
        absent = [row for row in under.values() if row.file_id not in self._there]
        gone = [row for row in absent if self._roots.is_gone(row)]
        # A file that could not be read and is gone is of no use to anybody.
        dropped = [row for row in gone if prune or row.status == "skipped"]
        # Nor is what had no bytes to read, still exists, and was not met this time: a folder that can be listed now.
        dropped += [row for row in absent if _has_no_bytes(row) and self._roots.is_there(row)]
        self._report.missing = sorted(str(row.location) for row in gone if row.status == "indexed")
        self._store.drop_recordings(dropped)
        for row in dropped:
            self._catalogue.drop(row)
            del under[row.file_id]
        self._report.num_damaged = sum(bool(row.warning) for row in under.values())
        self._report.num_silent = len({row.recording_id for row in under.values() if row.is_silent})
        self._store.write_roots(self._roots.in_use(self._catalogue))

    def look_for_unmatched(self) -> None:
        """Report what the table of metadata says of files that the library does not know."""
        if self._metadata is not None:
            self._report.unmatched = self._metadata.unmatched(self._is_known)

    def _is_known(self, location: Location) -> bool:
        try:
            place = self._roots.place(str(location.parent), location.name)
        except LookupError:
            return False
        return self._catalogue.at(place.root_path, place.path) is not None

    def _take_hash(self, visit: _Visit, hashed: str | OSError) -> None:
        visit.content_hash = hashed
        while self._hashed and self._hashed[0].content_hash is not None:
            self._decide(self._hashed.popleft())

    def _decide(self, visit: _Visit) -> None:
        found, place, known, content_hash = visit.found, visit.place, visit.known, visit.content_hash
        if not isinstance(content_hash, str):
            assert content_hash is not None
            self._skip_unread(known, place, found, content_hash)
            return
        row = Recording(
            file_id=known.file_id if known else new_file_id(),
            recording_id=recording_id_of(content_hash),
            root=known.root if known else place.root,
            path=known.path if known else place.path,
            root_path=known.root_path if known else place.root_path,
            content_hash=content_hash,
            size_bytes=visit.stat.st_size,
            modified_ns=modified_ns_of(visit.stat),
            label=place.location.parent.name,
            given=self._given(place, known),
        )
        if known and known.content_hash == content_hash:
            touched = replace(known, modified_ns=modified_ns_of(visit.stat))
            self._put(touched)
            self._count_unchanged(touched, found)
            return
        self._retire(known)
        if content_hash in self._decoding:
            self._decoding[content_hash].append(visit)
            return
        twins = self._catalogue.indexed_with(content_hash)
        gone = next(
            (one for one in twins if self._roots.is_gone(one) or self._roots.is_renamed(one, row)), None
        )
        if known is None and gone is not None:
            given = row.given if self._metadata else gone.given
            self._put(with_same_sound(replace(row, file_id=gone.file_id, given=given), gone))
            self._count("moved")
        elif twins or content_hash in self._retired:
            twin = twins[0] if twins else self._retired[content_hash]
            self._put(with_same_sound(row, twin))
            self._count("updated" if known else "duplicate" if twins else "added")
        else:
            self._decoding[content_hash] = []
            self._crew.embed(described(row), found.named, lambda decoded: self._take_row(visit, decoded))

    def _take_row(self, visit: _Visit, row: Recording) -> None:
        self._catalogue.put(row)
        if row.status == "skipped":
            self._report.skip(str(visit.found.named), row.reason)
            self._done()
        else:
            self._report.audio_s += row.duration_s
            self._count("updated" if visit.known else "added")
        # Those after the first wait for it again, if it has to be decoded too.
        for waiting in self._decoding.pop(row.content_hash):
            self._decide(waiting)

    def _put(self, row: Recording) -> None:
        self._catalogue.put(row)
        self._crew.put(row)

    def _retire(self, known: Recording | None) -> None:
        """Note that a row loses its content."""
        if known is not None:
            self._catalogue.drop(known)
            if known.status == "indexed":
                self._retired[known.content_hash] = known

    def _count(self, what: str) -> None:
        self._report.recordings[what] += 1
        self._done()

    def _given(self, place: Place, known: Recording | None) -> str:
        """What a table says of a file: the one of this run, or an earlier one."""
        if self._metadata is not None:
            return self._metadata.given(place.location)
        return known.given if known else ""

    def _count_unchanged(self, known: Recording, found: Found) -> None:
        if self._metadata is not None:
            given = self._metadata.given(known.location)
            if given != known.given:
                self._put(described(replace(known, given=given)))
                self._report.num_described += 1
        if known.status == "skipped":
            self._report.skip(str(found.named), known.reason)
            self._done()
        else:
            self._count("unchanged")

    def _skip_unread(self, known: Recording | None, place: Place, found: Found, exc: OSError) -> None:
        """A file whose bytes cannot be read is tried again every time: permissions and disks come back."""
        reason = f"cannot be read: {exc.strerror}"
        self._put_unread(known, place, reason)
        self._report.skip(str(found.named), reason)
        self._done()

    def _put_unread(self, known: Recording | None, place: Place, reason: str) -> None:
        if known is None or known.status == "skipped":
            row = known or Recording(**vars(place), label=place.location.parent.name)
            self._put(replace(row, status="skipped", reason=reason, content_hash="", recording_id=""))
            # A link to nowhere is listed by `status` too, though it would pass for a file that is gone.
            self._there.add(row.file_id)


def _has_no_bytes(row: Recording) -> bool:
    return row.status == "skipped" and not row.content_hash


def _is_as_before(known: Recording, stat: Stat) -> bool:
    return (known.size_bytes, known.modified_ns) == (stat.st_size, modified_ns_of(stat))
