"""`library.json`: which encoder a library belongs to, how its recordings were cut, and where they lie."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath

from soundalike.config import Distance, from_mapping
from soundalike.encoders.adapter import Adapter
from soundalike.errors import ConfigError, LibraryError, LibraryNotFoundError
from soundalike.locations import is_object
from soundalike.store.storage import Storage, storage_at

HEADER_NAME = "library.json"
# The header of the tables that a library is moving to.
NEXT_HEADER_NAME = "library-next.json"
RECORDINGS, WINDOWS = "recordings", "windows"
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
        adapter: how the graph of a bare ONNX file is fed and read; None for encoders that need none.
    """

    name: str
    source: str
    fingerprint: str
    window_s: float
    sample_rate_hz: int
    dim: int
    distance: Distance
    adapter: Adapter | None = None


@dataclass(frozen=True, kw_only=True)
class LibraryHeader:
    """What a library on disk says of itself; written when it is made and when a root is added or moves.

    Attributes:
        format_version: version of the layout on disk.
        encoder: the encoder that made every embedding in it.
        hop_s: seconds between the starts of two windows.
        revision: grows whenever the header is written again.
        generation: counts the encoders that the library has moved to; its tables are named after it.
        roots: absolute path of every folder that was indexed, by the name that the rows know it under.
        soundalike_version: the version that made the library.
    """

    format_version: int = FORMAT_VERSION
    encoder: EncoderRecord
    hop_s: float
    revision: int = 1
    generation: int = 0
    roots: dict[str, str] = field(default_factory=dict)
    soundalike_version: str


def table_name(what: str, header: LibraryHeader) -> str:
    """The name of one of the tables, `RECORDINGS` or `WINDOWS`, that a header stands before."""
    return f"{what}-{header.generation}.lance" if header.generation else f"{what}.lance"


def write_header(library: str | Path | Storage, header: LibraryHeader, *, name: str = HEADER_NAME) -> None:
    """Write the header so that a reader sees the whole file or none."""
    text = json.dumps(asdict(header), indent=2, ensure_ascii=False) + "\n"
    storage_at(library).write(name, text.encode("utf-8"))


def find_header(library: str | Path | Storage, *, name: str = HEADER_NAME) -> LibraryHeader | None:
    """The header of a library, None if there is no library."""
    try:
        return read_header(library, name=name)
    except LibraryNotFoundError:
        return None


def read_header(library: str | Path | Storage, *, name: str = HEADER_NAME) -> LibraryHeader:
    """Read the header of a library.

    Raises:
        LibraryNotFoundError: there is no library at this place.
        LibraryError: the header cannot be read, or its format is of another soundalike.
    """
    storage = storage_at(library)
    try:
        content = storage.read(name)
    except FileNotFoundError as exc:
        raise LibraryNotFoundError(
            f"there is no library at '{storage}'. Make one with: soundalike index {storage} FOLDER_OF_AUDIO"
        ) from exc
    return _parsed(content, str(storage), name)


@lru_cache(maxsize=64)
def _parsed(content: bytes, storage: str, name: str) -> LibraryHeader:
    # Every search reads the header to learn whether it has changed, and as good as never it has.
    try:
        plain = json.loads(content)
    except ValueError as exc:
        raise LibraryError(
            f"the header '{name}' of the library '{storage}' is damaged ({exc}). Index the audio into a new library."
        ) from exc
    version = plain.get("format_version") if isinstance(plain, dict) else None
    if version != FORMAT_VERSION:
        raise LibraryError(
            f"the library '{storage}' has format version {version!r}, this soundalike reads version {FORMAT_VERSION}. "
            "Use the soundalike that made it, or index the audio into a new library."
        )
    source = f"{storage}: {name}"
    try:
        header = from_mapping(LibraryHeader, plain, source=source)
    except ConfigError as exc:
        raise LibraryError(f"the library header is damaged: {exc}") from exc
    if (wrong := _wrong(header)) is not None:
        raise LibraryError(f"the library header is damaged: {source}: {wrong}.")
    return header


def _wrong(header: LibraryHeader) -> str | None:
    """What no soundalike would have written."""
    encoder = header.encoder
    lengths_s = {"hop_s": header.hop_s, "window_s": encoder.window_s}
    for name, length_s in lengths_s.items():
        if not (math.isfinite(length_s) and length_s > 0):
            return f"'{name}' is {length_s}"
    least = {"revision": 0, "generation": 0, "sample_rate_hz": 1, "dim": 1}
    for name, number in least.items():
        value = getattr(header if hasattr(header, name) else encoder, name)
        if value < number:
            return f"'{name}' is {value}"
    for name, path in header.roots.items():
        of_a_system = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
        is_absolute = of_a_system or is_object(path)
        if not is_absolute or "\0" in path:
            return f"the root '{name}' lies at {path!r}"
    return None
