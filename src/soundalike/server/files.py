"""The files of recordings, opened so that nothing but the recording can come out.

A path in the library may lead elsewhere by now: the file was replaced, or became a link to something that is none of a
client's business. What is opened has to be the file that was indexed.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from soundalike.audio import OpenFile
from soundalike.errors import AudioDecodeError, AudioNotFoundError, AudioPermissionError, SoundalikeError
from soundalike.library.content import hash_of, modified_ns_of
from soundalike.locations import ObjectPath, Stat
from soundalike.server.refusals import RecordingChangedError
from soundalike.store import Recording

# Files whose content was compared with what was indexed, and did not change since.
MOST_REMEMBERED = 4096

_Identity = tuple[int, int, int, int, int]


class RecordingFiles:
    """Opens recordings."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Identity, str] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, files: Sequence[Recording]) -> OpenFile:
        """Open the first file of a recording that is there and unchanged; the caller closes it.

        Raises:
            AudioNotFoundError: none is there.
            AudioPermissionError: it may not be read.
            RecordingChangedError: it is another file now.
        """
        failed: SoundalikeError | None = None
        for row in files:
            try:
                return OpenFile(file=self._open(row), name=str(row.location))
            except SoundalikeError as error:
                failed = failed or error
        assert failed is not None
        raise failed

    def _open(self, row: Recording) -> BinaryIO:
        location = row.location
        with _told(row):
            if isinstance(location, ObjectPath):
                # An object leads nowhere else; what is read is of one version (`locations.object_file`).
                if not _is_like(location.stat(), row):
                    raise _changed(row)
                return location.open()
            file = _opened(location)
        try:
            self._check(file, row)
        except BaseException:
            file.close()
            raise
        return file

    def _check(self, file: BinaryIO, row: Recording) -> None:
        stat = os.fstat(file.fileno())
        if _is_like(stat, row) and _is_inside(row, stat):
            return
        identity = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        with self._lock:
            content_hash = self._known.get(identity)
        if content_hash is None and stat.st_size == row.size_bytes:
            content_hash = hash_of(OpenFile(file=file, name=str(row.location)))
            with self._lock:
                self._known[identity] = content_hash
                if len(self._known) > MOST_REMEMBERED:
                    self._known.popitem(last=False)
        if content_hash != row.content_hash:
            raise _changed(row)
        file.seek(0)


def _is_like(stat: Stat, row: Recording) -> bool:
    """Whether size and time are those of the file that was indexed."""
    return (stat.st_size, modified_ns_of(stat)) == (row.size_bytes, row.modified_ns)


def _changed(row: Recording) -> RecordingChangedError:
    return RecordingChangedError(
        f"'{row.location}' has changed since it was indexed. Bring the library up to date: soundalike index"
    )


def _opened(path: Path) -> BinaryIO:
    # Opening a pipe would wait for somebody to write to it.
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, name, 0)
    number = os.open(path, flags)
    if not S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise AudioDecodeError(f"'{path}' is no file any more. Index again.")
    return os.fdopen(number, "rb")


@contextmanager
def _told(row: Recording) -> Iterator[None]:
    """The errors of the operating system as those of the family."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise AudioNotFoundError(
            f"there is no file '{row.location}' now. Connect its disk, or index again."
        ) from exc
    except PermissionError as exc:
        raise AudioPermissionError(f"'{row.location}' may not be read. Change its permissions.") from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "the path is not valid"
        raise AudioNotFoundError(f"'{row.location}' cannot be opened: {reason}.") from exc


def _is_inside(row: Recording, stat: os.stat_result) -> bool:
    """Whether a file lies in the folder that was indexed, links followed, and is the one that is open."""
    with suppress(OSError, ValueError):
        real = Path(str(row.location)).resolve(strict=True)
        if real.is_relative_to(Path(row.root_path).resolve(strict=True)):
            return os.path.samestat(real.lstat(), stat)
    return False
