"""A library in an S3 bucket, or in anything that speaks S3; see `soundalike.locations` for the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from soundalike.errors import LibraryError, UsageError
from soundalike.locations import open_bucket
from soundalike.store.lease import Lease
from soundalike.store.lock import LOCK_NAME

_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Of a prefix, between slashes; "." and ".." mean nothing there.
_PART = re.compile(r"(?!\.\.?$)[^\x00-\x1f\x7f]+")


class Bucket:
    """All objects under a prefix."""

    # A plain-http endpoint is used only where AWS_ENDPOINT_URL names one.
    lance_options: Mapping[str, str] | None = {"allow_http": "true"}

    def __init__(self, uri: str) -> None:
        """Name a place; nothing is connected yet.

        Args:
            uri: "s3://bucket/prefix".
        Raises:
            UsageError: no bucket or no prefix is named.
        """
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        parts = prefix.strip("/").split("/")
        if not _BUCKET_NAME.fullmatch(bucket) or not all(_PART.fullmatch(part) for part in parts):
            raise UsageError(f"'{uri}' does not name a place: write s3://bucket/prefix.")
        self.uri = uri.rstrip("/")
        self._lease: Lease | None = None
        with self._told("use"):
            self._objects = open_bucket(bucket, prefix=prefix.strip("/"))

    def __str__(self) -> str:
        return self.uri

    def read(self, name: str) -> bytes:
        """See `Storage.read`."""
        import obstore

        with self._told("read"):
            return bytes(obstore.get(self._objects, name).bytes())

    def write(self, name: str, content: bytes) -> None:
        """See `Storage.write`."""
        import obstore

        with self._told("write to"):
            obstore.put(self._objects, name, content)

    def entries(self) -> set[str]:
        """See `Storage.entries`."""
        import obstore

        with self._told("list"):
            here = obstore.list_with_delimiter(self._objects)
        folders = [path.rsplit("/", 1)[-1] for path in here["common_prefixes"]]
        return {*folders, *(one["path"].rsplit("/", 1)[-1] for one in here["objects"])}

    def make(self) -> None:
        """A prefix needs no making."""

    def delete(self, name: str) -> None:
        """See `Storage.delete`."""
        import obstore

        with self._told("write to"):
            below = [one["path"] for part in obstore.list(self._objects, name) for one in part]
            obstore.delete(self._objects, [name, *below])

    def size_bytes(self) -> int:
        """See `Storage.size_bytes`."""
        import obstore

        with self._told("list"):
            return sum(one["size"] for part in obstore.list(self._objects) for one in part)

    def table(self, name: str) -> str:
        """See `Storage.table`."""
        return f"{self.uri}/{name}"

    def stamp(self, names: Sequence[str]) -> tuple[int, ...] | None:
        """See `Storage.stamp`: every question takes a round trip."""
        return None

    def only_writer(self) -> AbstractContextManager[None]:
        """See `Storage.only_writer`."""
        return self._hold()

    def check_hold(self) -> None:
        """See `Storage.check_hold`."""
        if self._lease is not None:
            self._lease.check()

    @contextmanager
    def _hold(self) -> Iterator[None]:
        with self._told("write to"):
            self._lease = Lease(self._objects, LOCK_NAME, of=self.uri)
            self._lease.take()
        try:
            yield
        finally:
            self._lease.release()
            self._lease = None

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """The errors of the object store, told as the library's."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as exc:
            raise LibraryError(
                f"cannot {what} '{self.uri}': {_first_line(exc)}. Check the bucket's name, the environment variables "
                "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL, and the network."
            ) from exc


def _first_line(exc: Any) -> str:
    return str(exc).split("\n", 1)[0]
