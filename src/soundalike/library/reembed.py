"""Moves a library to another encoder, while the library that there is stays in use.

The new embeddings go into tables of their own beside the old ones, under the header `library-next.json`. Only when
every recording is in them does that header take the place of the library's own, in one step; the old tables go after
that. A run that dies leaves the library as it was, and the next one goes on with what is there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from soundalike.errors import LibraryError
from soundalike.library.content import hash_of, modified_ns_of, recording_id_of
from soundalike.library.crew import Crew, Hire, OnRead
from soundalike.library.roots import Roots
from soundalike.locations import is_readable
from soundalike.store import NEXT_HEADER_NAME, EncoderRecord, LibraryHeader, Recording, Store, find_header

if TYPE_CHECKING:
    from soundalike.encoders import Encoder
    from soundalike.library.report import IndexReport

logger = logging.getLogger(__name__)


def move_to_encoder(
    store: Store,
    encoder: Encoder,
    record: EncoderRecord,
    *,
    hop_s: float,
    prune: bool,
    hire: Hire,
    report: IndexReport,
    on_read: OnRead,
) -> None:
    """Embed every recording of a library with another encoder, then switch to it.

    Args:
        store: the library, held for writing.
        encoder: the encoder to move to.
        record: what the library will remember of it.
        hop_s: seconds between the starts of two windows from now on.
        prune: leave recordings behind whose files are gone.
        hire: gathers those who do the work.
        report: gains what was embedded.
        on_read: called whenever a piece of a file was decoded.
    Raises:
        LibraryError: some recordings cannot be embedded now, because their files are gone or offline. The library keeps
            its encoder; what was embedded is kept for the next run.
    """
    new = _next_tables(store, record, hop_s)
    rows = store.recordings()
    roots = Roots(store.header.roots, rows)
    new.write_roots(roots.paths)
    move = _Move(new, rows, roots, report)
    with hire(new, encoder, on_read) as crew:
        for content in move.contents_to_embed():
            while crew.is_full:
                crew.step()
            move.embed(content, crew)
        crew.finish()
    new.compact()
    kept_back = [row for row in move.unavailable if not (prune and roots.is_gone(row))]
    if kept_back:
        raise _refusal(store, kept_back, roots)
    store.switch_to(new)
    logger.info("'%s' has moved to the encoder '%s'", store.storage, record.name)


class _Move:
    """What is to be carried from the old tables to the new ones."""

    def __init__(self, new: Store, rows: Iterable[Recording], roots: Roots, report: IndexReport) -> None:
        self._new = new
        self._roots = roots
        self._report = report
        self._rows = sorted(rows, key=lambda row: row.recording_id)
        self.unavailable: list[Recording] = []

    def contents_to_embed(self) -> Iterator[list[Recording]]:
        """Carry over what needs no embedding; the rest, the rows of one content together."""
        new_rows = {row.file_id: row for row in self._new.recordings()}
        known = {row.file_id for row in self._rows}
        self._new.drop_recordings(row for row in new_rows.values() if row.file_id not in known)
        done = {row.recording_id: row for row in new_rows.values() if row.status == "indexed"}
        carried, left = [], []
        for row in self._rows:
            if row.status == "skipped":
                carried.append(row)
            elif row.recording_id in done:
                carried.append(_with_windows_of(done[row.recording_id], row))
            else:
                left.append(row)
        self._new.put_recordings([row for row in carried if new_rows.get(row.file_id) != row])
        self._new.clear_orphans()
        by_content = [list(group) for _, group in groupby(left, key=lambda row: row.recording_id)]
        # In the order in which the files lie, which is kind to disks that turn.
        yield from sorted(by_content, key=lambda group: (group[0].root, group[0].path))

    def embed(self, rows: list[Recording], crew: Crew) -> None:
        """Embed a content from whichever of its files is there as it was, and carry over all of its rows."""
        source = next((row for row in rows if self._is_there(row)), None)
        if source is None:
            for row in rows:
                if self._roots.is_offline(row.root) or not row.location.exists():
                    self.unavailable.append(row)
                else:
                    logger.warning("'%s' changed; index it again", row.location)
                    crew.put(_changed(row))
            return
        others = [row for row in rows if row is not source]

        def carry(embedded: Recording) -> None:
            if embedded.status == "skipped":
                logger.warning("skipped '%s': %s", embedded.location, embedded.reason)
            else:
                self._report.num_reembedded += 1
                self._report.audio_s += embedded.duration_s
            for row in others:
                crew.put(_with_windows_of(embedded, row))

        crew.embed(source, source.location, carry)

    def _is_there(self, row: Recording) -> bool:
        """Whether the file of a row holds what the library knows of it."""
        try:
            stat = row.location.stat()
            if (stat.st_size, modified_ns_of(stat)) == (row.size_bytes, row.modified_ns):
                return is_readable(row.location)
            return recording_id_of(hash_of(row.location)) == row.recording_id
        except OSError:
            return False


def _next_tables(store: Store, record: EncoderRecord, hop_s: float) -> Store:
    """The tables that a move began to fill, or new ones."""
    begun = find_header(store.storage, name=NEXT_HEADER_NAME)
    wanted = LibraryHeader(
        encoder=record,
        hop_s=hop_s,
        generation=store.header.generation + 1,
        roots=store.header.roots,
        soundalike_version=store.header.soundalike_version,
    )
    if begun is not None and _same_work(begun, wanted):
        new = Store(store.storage, header_name=NEXT_HEADER_NAME)
        new.clear_orphans()
        return new
    # The header goes first: it must not come to stand before tables of another encoder.
    store.storage.delete(NEXT_HEADER_NAME)
    return Store.create(store.storage, wanted, header_name=NEXT_HEADER_NAME)


def _same_work(begun: LibraryHeader, wanted: LibraryHeader) -> bool:
    one, other = begun.encoder, wanted.encoder
    return (begun.generation, begun.hop_s, one.fingerprint, one.window_s, one.sample_rate_hz, one.dim) == (
        *(
            wanted.generation,
            wanted.hop_s,
            other.fingerprint,
            other.window_s,
            other.sample_rate_hz,
            other.dim,
        ),
    )


def _with_windows_of(embedded: Recording, row: Recording) -> Recording:
    return replace(
        row,
        status=embedded.status,
        reason=embedded.reason,
        num_windows=embedded.num_windows,
        num_silent=embedded.num_silent,
    )


def _changed(row: Recording) -> Recording:
    """A row whose file holds something else now; the next indexing run of its folder brings it up to date."""
    reason = "it changed before the library moved to another encoder; index it again"
    return replace(
        row, status="skipped", reason=reason, content_hash="", recording_id="", num_windows=0, num_silent=0
    )


def _refusal(store: Store, rows: list[Recording], roots: Roots) -> LibraryError:
    offline = sorted({roots.paths[row.root] for row in rows if roots.is_offline(row.root)})
    gone = [row for row in rows if not roots.is_offline(row.root)]
    what = [
        *([f"folders that are offline ({', '.join(map(repr, offline))})"] if offline else []),
        *([f"{len(gone)} files that are gone (such as '{gone[0].location}')"] if gone else []),
    ]
    return LibraryError(
        f"the library '{store.storage}' keeps its encoder '{store.header.encoder.name}': {len(rows)} files cannot be "
        f"embedded anew, in {' and '.join(what)}. The others are done and will not be done again. Bring these back, or "
        "forget what is gone with --prune and what is offline with `soundalike remove`; then run the command again."
    )
