"""The path of an object, with the interface of `pathlib.Path` as far as reading goes."""

from __future__ import annotations

import errno
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal, Protocol

from soundalike.errors import UsageError
from soundalike.locations.client import as_os_error, client_of
from soundalike.locations.object_file import ObjectFile

SCHEME = "s3://"
_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BUFFER_BYTES = 1 << 16


class Stat(Protocol):
    """What is known of a file without reading it; `os.stat_result` is one."""

    @property
    def st_size(self) -> int:
        """Bytes."""
        ...

    @property
    def st_mtime_ns(self) -> int:
        """Time of the last change, nanoseconds since 1970."""
        ...


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """Size and time of an object; of the time whole seconds, for a listing tells more than the object itself."""

    st_size: int
    st_mtime_ns: int

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> ObjectStat:
        """What the store says of an object."""
        return cls(st_size=int(meta["size"]), st_mtime_ns=int(meta["last_modified"].timestamp()) * 10**9)


class ObjectPath:
    """An object in a bucket, or a prefix under which objects lie; what is here is not asked for before it is needed.

    Args:
        uri: "s3://bucket/prefix/name".

    Raises:
        UsageError: no bucket is named.
    """

    def __init__(self, uri: str) -> None:
        bucket, _, key = uri.removeprefix(SCHEME).partition("/")
        if not _BUCKET_NAME.fullmatch(bucket):
            raise UsageError(f"'{uri}' names no bucket: write s3://bucket/prefix.")
        self.bucket = bucket
        self.key = key.strip("/")

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}".rstrip("/")

    def __repr__(self) -> str:
        return f"ObjectPath({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectPath) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __truediv__(self, below: str) -> ObjectPath:
        return ObjectPath(f"{self}/{below}")

    @property
    def name(self) -> str:
        """The part of the key behind its last slash."""
        return PurePosixPath(self.key).name

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return PurePosixPath(self.key).stem

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot."""
        return PurePosixPath(self.key).suffix

    @property
    def parent(self) -> ObjectPath:
        """The prefix that holds the object; the bucket is its own."""
        return ObjectPath(f"{SCHEME}{self.bucket}/{self.key.rpartition('/')[0]}")

    def is_absolute(self) -> bool:
        """Return True."""
        return True

    def samefile(self, other: str) -> bool:
        """Whether the other is the same object: keys are never two spellings of one name."""
        return str(self) == other

    def stat(self) -> ObjectStat:
        """Ask for size and time.

        Raises:
            FileNotFoundError: there is no such object.
            OSError: the store cannot be asked.
        """
        import obstore

        if not self.key:
            raise FileNotFoundError(errno.ENOENT, "a bucket is no object", str(self))
        with as_os_error(str(self)):
            return ObjectStat.of(obstore.head(client_of(self.bucket), self.key))

    def exists(self) -> bool:
        """Whether there is an object or a prefix here; False also where the store cannot be asked."""
        return self.is_file() or self.is_dir()

    def is_file(self) -> bool:
        """Whether there is an object here; False also where the store cannot be asked."""
        try:
            self.stat()
        except OSError:
            return False
        return True

    def is_dir(self) -> bool:
        """Whether there are objects below; False also where the store cannot be asked."""
        try:
            return next(self.files_below(), None) is not None
        except OSError:
            return False

    def files_below(self) -> Iterator[tuple[str, ObjectStat]]:
        """List the objects under this prefix: what leads there from here, and size and time.

        Raises:
            OSError: they cannot be listed.
        """
        import obstore

        begin = f"{self.key}/" if self.key else ""
        with as_os_error(str(self)):
            for part in obstore.list(client_of(self.bucket), self.key or None):
                for meta in part:
                    # The object itself, and the empty ones that some programs write in the place of folders.
                    if meta["path"] != self.key:
                        yield meta["path"].removeprefix(begin), ObjectStat.of(meta)

    def open(self, mode: Literal["rb"] = "rb") -> io.BufferedReader:
        """Open the object for reading, in memory that does not grow with it.

        Raises:
            FileNotFoundError: there is no such object.
            OSError: it cannot be read.
        """
        import obstore

        with as_os_error(str(self)):
            meta = obstore.head(client_of(self.bucket), self.key)
        return io.BufferedReader(ObjectFile(self.bucket, self.key, meta), _BUFFER_BYTES)
