"""Where a library lies: a folder, or a prefix in an S3 bucket.

A storage keeps small files by name (the header), says where Lance finds the tables, and lets one writer in. Everything
else is the same for all of them.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from soundalike.errors import LibraryError, UsageError
from soundalike.store.lock import only_holder

# Two changes within one tick of a file system's clock look like one; FAT ticks every two seconds.
TICK_NS = 2_000_000_000

_URI = re.compile(r"([a-z][a-z0-9+.-]+)://")


class Storage(Protocol):
    """What a place for libraries can do. `str(storage)` is the place as its user writes it."""

    lance_options: Mapping[str, str] | None
    """Settings that Lance needs to open a table here."""

    def read(self, name: str) -> bytes:
        """The content of a small file.

        Raises:
            FileNotFoundError: there is none of this name.
            LibraryError: it cannot be read.
        """
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a small file so that a reader sees all of the old or all of the new content.

        Raises:
            LibraryError: it cannot be written.
        """
        ...

    def entries(self) -> set[str]:
        """Names of the files and folders here; none if the place does not exist.

        Raises:
            LibraryError: they cannot be listed.
        """
        ...

    def make(self) -> None:
        """Make the place, if it is not there.

        Raises:
            LibraryError: it cannot be made.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it, if it is there."""
        ...

    def size_bytes(self) -> int:
        """Bytes of everything here."""
        ...

    def table(self, name: str) -> str:
        """Where Lance finds a table."""
        ...

    def stamp(self, names: Sequence[str]) -> tuple[int, ...] | None:
        """Something that changes with a file, or with what lies in a folder; None where that cannot be told quickly.

        Args:
            names: of files and folders here.
        """
        ...

    def only_writer(self) -> AbstractContextManager[None]:
        """Hold the library for writing; readers need not.

        Raises:
            LibraryError: another process writes to it, or it cannot be written.
        """
        ...

    def check_hold(self) -> None:
        """Make sure that a hold which can be lost has not been lost.

        Raises:
            LibraryError: another process may be writing by now.
        """
        ...


def storage_at(library: str | Path | Storage) -> Storage:
    """The storage that a user names.

    Args:
        library: a folder, or "s3://bucket/prefix" as text.
    Raises:
        UsageError: another kind of URI.
    """
    if not isinstance(library, str | Path):
        return library
    if not str(library).strip() or "\0" in str(library):
        raise UsageError(f"{str(library)!r} names no place for a library.")
    found = _URI.match(library) if isinstance(library, str) else None
    if found is None:
        return Folder(Path(library))
    if found[1] != "s3":
        raise UsageError(f"'{library}': a library lies in a folder or at s3://bucket/prefix.")
    from soundalike.store.bucket import Bucket

    return Bucket(str(library))


def only_writer(library: str | Path | Storage) -> AbstractContextManager[None]:
    """Hold a library for writing; readers need not.

    Raises:
        LibraryError: another process writes to it, or it cannot be written.
    """
    return storage_at(library).only_writer()


class Folder:
    """A folder of a file system."""

    lance_options: Mapping[str, str] | None = None

    def __init__(self, path: Path) -> None:
        self.path = path
        self._paths: dict[str, Path] = {}

    def __str__(self) -> str:
        return str(self.path)

    def read(self, name: str) -> bytes:
        """See `Storage.read`."""
        try:
            return (self.path / name).read_bytes()
        except NotADirectoryError as exc:
            raise FileNotFoundError(str(exc)) from exc
        except FileNotFoundError:
            raise
        except OSError as exc:
            raise LibraryError(f"cannot read '{self.path / name}': {exc.strerror}.") from exc

    def write(self, name: str, content: bytes) -> None:
        """See `Storage.write`."""
        temporary = self.path / f"{name}.tmp"
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                # Some network file systems know no fsync; the rename below is still atomic there.
                with contextlib.suppress(OSError):
                    os.fsync(file.fileno())
            temporary.replace(self.path / name)
        except OSError as exc:
            raise LibraryError(
                f"cannot write to the library '{self}': {exc.strerror}. "
                "Check the folder's permissions and the free space."
            ) from exc

    def entries(self) -> set[str]:
        """See `Storage.entries`."""
        try:
            return {entry.name for entry in self.path.iterdir()}
        except FileNotFoundError:
            return set()
        except OSError as exc:
            raise LibraryError(f"cannot make a library at '{self}': {exc.strerror}.") from exc

    def make(self) -> None:
        """See `Storage.make`."""
        try:
            str(self.path).encode("utf-8")
            self.path.mkdir(parents=True, exist_ok=True)
        except UnicodeEncodeError as exc:
            raise LibraryError(f"cannot make a library at '{self}': its name is not valid Unicode.") from exc
        except OSError as exc:
            raise LibraryError(f"cannot make a library at '{self}': {exc.strerror}.") from exc

    def delete(self, name: str) -> None:
        """See `Storage.delete`."""
        path = self.path / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def size_bytes(self) -> int:
        """See `Storage.size_bytes`."""
        total = 0
        for folder, _, names in os.walk(self.path):
            for name in names:
                # A writer may remove files while they are counted.
                with contextlib.suppress(OSError):
                    total += (Path(folder) / name).stat().st_size
        return total

    def table(self, name: str) -> str:
        """See `Storage.table`."""
        return str(self.path / name)

    def _at(self, name: str) -> Path:
        # Every search asks for the same few; making a path takes longer than asking the file system.
        if name not in self._paths:
            self._paths[name] = self.path / name
        return self._paths[name]

    def stamp(self, names: Sequence[str]) -> tuple[int, ...] | None:
        """See `Storage.stamp`."""
        try:
            changed_ns = tuple(self._at(name).stat().st_mtime_ns for name in names)
        except OSError:
            return None
        return None if max(changed_ns) > time.time_ns() - TICK_NS else changed_ns

    def only_writer(self) -> AbstractContextManager[None]:
        """See `Storage.only_writer`."""
        return only_holder(self.path)

    def check_hold(self) -> None:
        """The operating system takes no lock away."""
