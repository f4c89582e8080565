"""`library.json`: which encoder a library belongs to, how its recordings were cut, and where they lie."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from soundalike.config import Distance, from_mapping
from soundalike.errors import ConfigError, LibraryError, LibraryNotFoundError

HEADER_NAME = "library.json"
FORMAT_VERSION = 2


@dataclass(frozen=True, kw_only=True)
class EncoderRecord:
    """What a library remembers of the encoder that made its embeddings.

    Attributes:
        name: the encoder's name on its card.
        source: what `load_encoder` takes to load it again: a built-in name or an absolute path.
        fingerprint: hash of the encoder's bytes; embeddings of another fingerprint are refused.
        window_s: length of a window.
        sample_rate_hz: samples per second that the encoder takes.
        dim: numbers in an embedding.
        distance: the distance the encoder was trained for.
    """

    name: str
    source: str
    fingerprint: str
    window_s: float
    sample_rate_hz: int
    dim: int
    distance: Distance


@dataclass(frozen=True, kw_only=True)
class LibraryHeader:
    """What a library on disk says of itself; written when it is made and when a root is added or moves.

    Attributes:
        format_version: version of the layout on disk.
        encoder: the encoder that made every embedding in it.
        hop_s: seconds between the starts of two windows.
        revision: grows whenever the header is written again.
        roots: absolute path of every folder that was indexed, by the name that the rows know it under.
        soundalike_version: the version that made the library.
    """

    format_version: int = FORMAT_VERSION
    encoder: EncoderRecord
    hop_s: float
    revision: int = 1
    roots: dict[str, str] = field(default_factory=dict)
    soundalike_version: str


def write_header(folder: Path, header: LibraryHeader) -> None:
    """Write `library.json` so that a reader sees the whole file or none."""
    temporary = folder / f"{HEADER_NAME}.tmp"
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(asdict(header), file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        # Some network file systems know no fsync; the rename below is still atomic there.
        with contextlib.suppress(OSError):
            os.fsync(file.fileno())
    temporary.replace(folder / HEADER_NAME)


def read_header(folder: Path) -> LibraryHeader:
    """Read `library.json`.

    Raises:
        LibraryNotFoundError: `folder` is no library.
        LibraryError: the header cannot be read, or its format is of another soundalike.
    """
    path = folder / HEADER_NAME
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise LibraryNotFoundError(
            f"there is no library at '{folder}'. Make one with: soundalike index {folder} FOLDER_OF_AUDIO"
        ) from exc
    except OSError as exc:
        raise LibraryError(f"cannot read '{path}': {exc.strerror}.") from exc
    except ValueError as exc:
        raise LibraryError(f"'{path}' is damaged ({exc}). Index the audio into a new library.") from exc
    version = plain.get("format_version") if isinstance(plain, dict) else None
    if version != FORMAT_VERSION:
        raise LibraryError(
            f"the library '{folder}' has format version {version!r}, this soundalike reads version {FORMAT_VERSION}. "
            "Use the soundalike that made it, or index the audio into a new library."
        )
    try:
        return from_mapping(LibraryHeader, plain, source=str(path))
    except ConfigError as exc:
        raise LibraryError(f"the library header is damaged: {exc}") from exc
