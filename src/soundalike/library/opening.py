"""Open a library, for whatever comes or for a search that a person is waiting for."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from soundalike.library.encoder import resolve_encoder
from soundalike.library.library import Library
from soundalike.store import read_header

if TYPE_CHECKING:
    from soundalike.encoders import Encoder


def open_library(path: str | Path, *, encoder: Encoder | str | Path | None = None) -> Library:
    """Open a library for searching.

    Args:
        path: folder of the library, or s3://bucket/prefix; `index` makes one.
        encoder: the library's encoder, if it is not where it was when the library was made.
    Raises:
        LibraryNotFoundError: there is no library at `path`.
        LibraryError: it cannot be read.
        EncoderMismatchError: the library was made with another encoder.
    """
    return Library(path, encoder=encoder)


def open_for_search(path: str | Path, *, encoder: Encoder | str | Path | None = None) -> Library:
    """Open a library with everything that a search needs, its encoder and its tables side by side.

    Arguments and errors are those of `open_library`.
    """
    header = read_header(path)
    loaded: list[Encoder] = []
    failed: list[Exception] = []

    def load() -> None:
        try:
            loaded.append(resolve_encoder(encoder, header)[0])
        except Exception as error:  # raised again below, in the thread that asked
            failed.append(error)

    thread = Thread(target=load, name="encoder")
    thread.start()
    try:
        library = Library(path)
        library.gallery()
    finally:
        thread.join()
    if failed:
        raise failed[0]
    library.use(loaded[0])
    return library
