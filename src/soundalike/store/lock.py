"""One writer at a time: a lock file that the operating system releases when its holder dies."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from soundalike.errors import LibraryError, SoundalikeError

LOCK_NAME = "library.lock"

logger = logging.getLogger(__name__)


@contextmanager
def only_holder(
    folder: Path, *, what: str = "library", error: type[SoundalikeError] = LibraryError
) -> Iterator[None]:
    """Hold a library, or something else in a folder, for writing; readers need no lock.

    Args:
        folder: what is held.
        what: what it is; the lock file has its name.
        error: what is raised.
    Raises:
        LibraryError: or `error`, where another process writes there, or the folder cannot be written.
    """
    try:
        # Closing the file releases the lock, and so does the end of the process, however it ends.
        file = (folder / f"{what}.lock").open("ab")
    except OSError as exc:
        raise error(
            f"cannot write to the {what} '{folder}': {exc.strerror}. Check the permissions of the folder."
        ) from exc
    with file:
        try:
            _lock(file)
        except BlockingIOError as exc:
            raise error(
                f"another process is writing to the {what} '{folder}'. Wait until it is done, then try again."
            ) from exc
        yield


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as exc:
            raise BlockingIOError(str(exc)) from exc
    else:
        import fcntl

        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError as exc:
            # Some network file systems have no locks.
            logger.warning("no lock for '%s' (%s): let only one process write to it", file.name, exc.strerror)
