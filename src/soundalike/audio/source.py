"""Where audio comes from: a file or bytes in memory, opened for reading without surprises."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from soundalike.errors import (
    AudioDecodeError,
    AudioEmptyError,
    AudioNotFoundError,
    AudioPermissionError,
)
from soundalike.locations import Location, ObjectPath, Positioned, location_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class View(Positioned):
    """A seekable, read-only part of a file, with bytes put before it.

    Decoders read through views: one can show them a repaired header without touching the user's file, and a disk that
    fails in the middle ends the audio there instead of raising inside a decoder's callback.

    Args:
        file: the open file; the view moves its position.
        start: the first byte shown.
        end: the byte after the last one shown.
        prefix: bytes shown before `start`.
    """

    def __init__(self, file: BinaryIO, *, start: int, end: int, prefix: bytes = b"") -> None:
        super().__init__(len(prefix) + end - start)
        self._file = file
        self._start = start
        self._prefix = prefix
        self.read_error: OSError | None = None

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer with the next bytes; fewer only at the end."""
        target = memoryview(buffer).cast("B")
        wanted = max(0, min(len(target), self.size - self._position))
        from_prefix = self._prefix[self._position : self._position + wanted]
        target[: len(from_prefix)] = from_prefix
        done = len(from_prefix)
        if done < wanted:
            try:
                self._file.seek(self._start + self._position + done - len(self._prefix))
                data = self._file.read(wanted - done)
            except OSError as exc:
                self.read_error = exc
                data = b""
            target[done : done + len(data)] = data
            done += len(data)
        self._position += done
        return done


@dataclass(frozen=True, kw_only=True)
class OpenFile:
    """A file that is open already, such as an upload that has no path; it is read, and left open.

    Attributes:
        file: the file, which can seek.
        name: for messages.
    """

    file: BinaryIO
    name: str


class Source:
    """Audio that somebody named: opened once, shown to decoders through views. `path` is None where there is none.

    Args:
        source: a path, an object in a bucket, the bytes of a file, or a file that is open.

    Raises:
        AudioNotFoundError: there is nothing at the path.
        AudioPermissionError: it may not be read.
        AudioEmptyError: it has no bytes.
        AudioDecodeError: it is a folder, a pipe or a device, or its name is not valid Unicode.
    """

    name: str
    path: Path | None
    size: int
    _file: BinaryIO

    def __init__(self, source: Location | str | bytes | OpenFile) -> None:
        self._views: list[View] = []
        self._is_lent = isinstance(source, OpenFile)
        if isinstance(source, OpenFile):
            self.name = source.name
            self.path = None
            self._file = source.file
            self.size = source.file.seek(0, io.SEEK_END)
        elif isinstance(source, bytes):
            self.name = "<bytes>"
            self.path = None
            self._file = io.BytesIO(source)
            self.size = len(source)
        else:
            self.name = str(source)
            location = location_of(source)
            self.path = location if isinstance(location, Path) else None
            self._file, self.size = _open(location, self.name)
        if self.size == 0:
            self.close()
            raise AudioEmptyError(f"'{self.name}' is empty (0 bytes). Record or copy it again.")

    def view(self, *, prefix: bytes = b"", start: int = 0, end: int | None = None) -> View:
        """Show the bytes from `start` to `end` after `prefix`."""
        view = View(self._file, start=start, end=self.size if end is None else end, prefix=prefix)
        self._views.append(view)
        return view

    @property
    def read_error(self) -> str | None:
        """Why reading stopped before the end of a view, or None."""
        errors = (view.read_error for view in self._views if view.read_error is not None)
        return next((error.strerror or "the file cannot be read" for error in errors), None)

    def close(self) -> None:
        """Close the file, unless it was lent; views of it end there."""
        if not self._is_lent:
            self._file.close()


def _open(location: Location, name: str) -> tuple[BinaryIO, int]:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise AudioDecodeError(f"the name of '{name}' is not valid Unicode. Rename the file.") from exc
    try:
        if isinstance(location, ObjectPath):
            file = location.open()
            return file, file.seek(0, os.SEEK_END)
        status = location.stat()
        if stat.S_ISDIR(status.st_mode):
            raise AudioDecodeError(f"'{name}' is a folder, not a recording. Name the files in it.")
        if not stat.S_ISREG(status.st_mode):
            # Opening a pipe would wait for somebody to write to it.
            raise AudioDecodeError(f"'{name}' is a pipe or a device. Save its audio to a file first.")
        return location.open("rb"), status.st_size
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise AudioNotFoundError(f"there is no file '{name}'. Check the path.") from exc
    except PermissionError as exc:
        raise AudioPermissionError(f"'{name}' may not be read. Change its permissions.") from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "the path is not valid"
        raise AudioNotFoundError(f"'{name}' cannot be opened: {reason}. Check the path.") from exc
