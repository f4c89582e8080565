"""The library: the user's noun."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundalike.config import Distance
from soundalike.errors import UsageError
from soundalike.library.asked import Asked, example_of
from soundalike.library.encoder import is_made_with, refuse_other_encoder, resolve_encoder
from soundalike.library.gallery import Gallery
from soundalike.library.query import Example, Query
from soundalike.library.relocate import Relocation, relocate
from soundalike.library.removal import Removal, remove
from soundalike.library.report import IndexReport
from soundalike.library.search import SearchResult, rank
from soundalike.library.spans import Per
from soundalike.library.status import status_of
from soundalike.library.tidying import tidy_up
from soundalike.library.walk import Files
from soundalike.store import LibraryHeader, Store, index_stamp

if TYPE_CHECKING:
    from soundalike.encoders import Encoder
    from soundalike.library.duplicates import DuplicatesProgress, DuplicatesReport
    from soundalike.library.indexing import Progress


class Library:
    """A library on disk. What other processes add is seen by the next call. Threads may share it for searching.

    Args:
        path: folder of the library, or s3://bucket/prefix.
        encoder: the library's encoder, if it is not where it was when the library was made.
        reading_share: share of the time that may go into reading what other processes change; what they add is seen
            the later for it. None for no bound.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        encoder: Encoder | str | Path | None = None,
        reading_share: float | None = None,
    ) -> None:
        self._store = Store(path)
        self.path = path
        self._encoder: Encoder | None = None
        self._gallery: tuple[tuple[int, ...], Gallery] | None = None
        # The store reads one version of the tables at a time.
        self._reading = threading.RLock()
        self._reading_share = reading_share
        self._fresh_until_s = 0.0
        if encoder is not None:
            loaded, _ = resolve_encoder(encoder, self._store.header)
            self.use(loaded)

    def use(self, encoder: Encoder) -> None:
        """Take this encoder for the library's own.

        Raises:
            EncoderMismatchError: the library was made with another.
        """
        refuse_other_encoder(encoder, self._store.header, self.path)
        self._encoder = encoder

    def gallery(self) -> Gallery:
        """What searches look through, as it is now; it is read again only if another process changed it."""
        with self._reading:
            started_s = time.monotonic()
            if self._gallery is not None and started_s < self._fresh_until_s:
                return self._gallery[1]
            # Asked before reading: what changes meanwhile is read again by the next search.
            version = *self._store.version, index_stamp(self._store.storage)
            if self._gallery is None or self._gallery[0] != version:
                self._gallery = version, Gallery.of(self._store)
                if self._reading_share is not None:
                    done_s = time.monotonic()
                    self._fresh_until_s = done_s + (done_s - started_s) / self._reading_share
            return self._gallery[1]

    @property
    def encoder(self) -> Encoder:
        """The encoder that made the library's embeddings.

        Raises:
            EncoderMismatchError: it is not there any more, or has become another.
        """
        return self._encoder_of(self._store.header)

    def _encoder_of(self, header: LibraryHeader) -> Encoder:
        with self._reading:
            # Another process may have moved the library to another encoder.
            if self._encoder is None or not is_made_with(header, self._encoder):
                loaded, _ = resolve_encoder(None, header)
                refuse_other_encoder(loaded, header, self.path)
                self._encoder = loaded
            return self._encoder

    def index(
        self,
        paths: Iterable[str | Path],
        *,
        files: Files = "audio",
        exclude: Sequence[str] = (),
        prune: bool = False,
        metadata: str | Path | None = None,
        jobs: int | None = None,
        progress: Progress | None = None,
    ) -> IndexReport:
        """Bring the library up to date with the audio under some paths; see `soundalike.index`."""
        from soundalike.library.indexing import index  # a search does without

        return index(
            self.path,
            paths,
            encoder=self.encoder,
            files=files,
            exclude=exclude,
            prune=prune,
            metadata=metadata,
            jobs=jobs,
            progress=progress,
        )

    def search(
        self,
        query: Asked,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        plus: Sequence[Asked] = (),
        minus: Sequence[Asked] = (),
        k: int = 10,
        distance: Distance | None = None,
        per: Per = "span",
        skip_self: bool = False,
        where: str | None = None,
        exact: bool = False,
        most_s: float | None = None,
    ) -> SearchResult:
        """Find what sounds like the query.

        Args:
            query: a file, the bytes of one, or "id:" and the `recording_id` of a recording in the library. Text may
                end in "@START-END", in seconds: "rain.wav@12-15.5". Or embeddings by the library's encoder, float32
                [dim] or [window, dim].
            start_s: begin of the part of the query to use, in seconds.
            end_s: its end.
            plus: further examples of what is wanted, written like the query.
            minus: examples of what is not wanted. With them, `distance` is the mean distance to the query and the plus
                examples less half the mean distance to the minus examples, and hits have no `similarity`.
            k: how many hits; there are k whenever the library holds that many.
            distance: "euclidean" or "cosine"; None for what the encoder was trained for.
            per: what counts as a hit: "span" (a window and those beside it that are near too; no two overlap),
                "recording" (its best span only), or "window".
            skip_self: leave the recordings of the query and of all examples out.
            where: only windows for which this SQL expression is true, such as "label = 'rain' AND duration_s < 10";
                see docs/metadata-and-filters.md for the columns.
            exact: compare every window, also where the search index would find the nearest ones almost surely.
            most_s: seconds of sound that may be decoded for an example; None for any number.
        Raises:
            AudioError: an example cannot be read or is silent.
            RecordingNotFoundError: there is no recording with this id.
            UsageError: an argument cannot be used.
        """
        gallery = self.gallery()
        distance = distance or gallery.snapshot.header.encoder.distance
        if distance not in ("euclidean", "cosine"):
            raise UsageError(f"distance is {distance!r}; it can be 'euclidean' or 'cosine'.")
        make = partial(
            example_of,
            gallery=gallery,
            encoder=lambda: self._encoder_of(gallery.snapshot.header),
            most_s=most_s,
        )
        first = make(query, start_s=start_s, end_s=end_s)
        asked = Query(
            name=first.name,
            plus=(first, *(make(one) for one in plus)),
            minus=tuple(make(one) for one in minus),
        )
        return rank(
            gallery,
            asked,
            k=k,
            distance=distance,
            per=per,
            skip_self=skip_self,
            calibration=self._encoder_of(gallery.snapshot.header).card.calibration,
            where=where,
            exact=exact,
        )

    def status(self) -> dict[str, Any]:
        """What the library holds, as `status --json` prints it."""
        with self._reading:
            snapshot = self._store.snapshot()
        return status_of(snapshot, self._store.storage)

    def remove(self, paths: Iterable[str | Path]) -> list[str]:
        """Forget files, or all files below folders; the files themselves stay where they are.

        Returns:
            The paths that the library knew and now does not.
        Raises:
            LibraryError: the library knows nothing at one of the paths; then nothing is removed at all.
        """
        return list(self.forget(paths).paths)

    def forget(self, paths: Iterable[str | Path]) -> Removal:
        """`remove`, and how many recordings went with the files."""
        with self._store.storage.only_writer():
            return remove(self._store, paths)

    def optimize(self) -> dict[str, Any]:
        """Tidy up: merge small files, drop what nobody needs any more, renew the search index.

        Nothing has to be optimized to be found; it makes a library that was changed often smaller and faster.

        Returns:
            `size_bytes` before and after, and the `index` as in `status`.
        """
        with self._store.storage.only_writer():
            return tidy_up(self._store)

    def relocate(self, old: str | Path, new: str | Path) -> Relocation:
        """Follow a folder that moved, to another drive or mount, without decoding anything.

        Args:
            old: the folder as the library knows it: a root, a folder around several roots, or one inside a root.
            new: where it is now; it need not exist on this computer.
        Raises:
            LibraryError: the library knows nothing in `old`, or knows two files that would become one.
        """
        with self._store.storage.only_writer():
            return relocate(self._store, old, new)

    def duplicates(self, *, progress: DuplicatesProgress | None = None) -> DuplicatesReport:
        """Group the recordings that are the same sound; files are read for it, and none is changed.

        Args:
            progress: called with the stage, the work done in it and all its work.
        """
        from soundalike.library.duplicates import find_duplicates

        return find_duplicates(self._store, progress=progress)

    def export(self, out: str | Path, *, where: str | None = None) -> dict[str, Any]:
        """Write the embeddings with their paths and times, as Parquet or NPZ; see `soundalike.embed` for files.

        Args:
            out: file to write, ending in .parquet or .npz.
            where: only windows for which this SQL expression is true; see `search`.
        Returns:
            How much was written: {"recordings", "windows"}.
        """
        from soundalike.library.export import export

        return export(self.gallery(), out, where=where)

    def example(
        self,
        asked: Asked,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        most_s: float | None = None,
    ) -> Example:
        """Embed a sound, to search with it several times.

        Args:
            asked: as the query of `search`.
            start_s: begin of the part to use, in seconds.
            end_s: its end.
            most_s: seconds of sound that may be decoded; None for any number.
        Raises:
            AudioError: it cannot be read, is silent, or longer than `most_s`.
            RecordingNotFoundError: there is no recording with this id.
            UsageError: an argument cannot be used.
        """
        gallery = self.gallery()
        header = gallery.snapshot.header
        return example_of(
            asked,
            gallery,
            encoder=lambda: self._encoder_of(header),
            start_s=start_s,
            end_s=end_s,
            most_s=most_s,
        )
