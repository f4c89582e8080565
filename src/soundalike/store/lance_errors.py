"""Lance's errors, told as the library's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from soundalike.errors import LibraryError

# Where in its own source Lance noticed; of no use to anybody who reads the message.
_PLACE_IN_LANCE = re.compile(r",? \S+\.rs:\d+:\d+")


@contextmanager
def readable(library: object) -> Iterator[None]:
    """Around every read.

    Raises:
        LibraryError: Lance cannot read.
    """
    advice = (
        "Check the folder's permissions. If the library is damaged, embed all of it anew with: "
        f"soundalike index {library} --reembed; if that fails too, index the audio into a new library"
    )
    with _told(f"cannot read the library '{library}'", advice):
        yield


@contextmanager
def writable(library: object) -> Iterator[None]:
    """Around every write.

    Raises:
        LibraryError: Lance cannot write.
    """
    advice = "Check the folder's permissions and the free space"
    with _told(f"cannot write to the library '{library}'", advice):
        yield


@contextmanager
def _told(what: str, advice: str) -> Iterator[None]:
    # Lance raises these three for everything from a missing file to a full disk.
    try:
        yield
    except (OSError, ValueError, RuntimeError) as exc:
        first_line = _PLACE_IN_LANCE.sub("", str(exc).split("\n", 1)[0])
        raise LibraryError(f"{what}: {first_line}. {advice}.") from exc
