"""What recorders and editors write into WAV, RF64, BW64 and W64 files beside the audio.

Read here and not by a decoder, because it stands in the file in several ways at once, and because it survives in files
whose header needs repair: a recorder that lost power wrote it first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from soundalike.audio.clock import clock_of_bext, clock_of_comment, clock_of_text
from soundalike.audio.source import View
from soundalike.audio.wave_chunks import MAX_CHUNKS, UNKNOWN_32, find_chunks, read_chunk

_MAX_TEXT_BYTES = 1 << 16

# Names of the texts in a LIST chunk of the kind INFO.
_INFO_NAMES = {b"INAM": "title", b"IART": "artist", b"ICMT": "comment"}

# Which part of a chunk of Wildlife Acoustics is the time at which the recording began.
_WAMD_START = 5


@dataclass(frozen=True, kw_only=True)
class WaveTags:
    """Texts as they stand in the file, "" where it says nothing, and when the recording began."""

    title: str
    artist: str
    comment: str
    recorded_at: datetime | None


def read_wave_tags(view: View) -> WaveTags | None:
    """Read the chunks that describe a recording; None if the file is no WAV, RF64, BW64 or W64.

    The time is that of the `bext` chunk (Broadcast Wave), else of an AudioMoth's comment, else of a `guan` chunk
    (GUANO), else of a `wamd` chunk (Wildlife Acoustics).

    Source: EBU Tech 3285 for `bext`; the GUANO specification 1.0; Wildlife Acoustics' wa_meta-1.0 for `wamd`.
    """
    container, position = find_chunks(view)
    if container is None:
        return None
    found = _described(view, container, position)
    info = _info(found.get(b"LIST", b""))
    bext = found.get(b"bext", b"")
    comment = info.get("comment", "")
    guano = re.search(r"^Timestamp:\s*(.*)$", _text(found.get(b"guan", b"")), re.MULTILINE)
    return WaveTags(
        title=info.get("title", ""),
        artist=info.get("artist", ""),
        comment=comment or _text(bext[:256]),
        recorded_at=clock_of_bext(_text(bext[320:330]), _text(bext[330:338]))
        or clock_of_comment(comment)
        or clock_of_text(guano[1] if guano else "")
        or clock_of_text(_wamd_start(found.get(b"wamd", b""))),
    )


def _described(view: View, container: str, position: int) -> dict[bytes, bytes]:
    """The chunks that describe the recording, by name; of several with one name the first."""
    found: dict[bytes, bytes] = {}
    audio_bytes_64 = 0
    for _ in range(MAX_CHUNKS):
        chunk = read_chunk(view, position, container)
        if chunk is None:
            break
        name, start, length, position = chunk
        if not (name.isascii() and name.decode().isprintable()) and container != "W64":
            break  # not at the beginning of a chunk any more
        view.seek(start)
        if name == b"ds64":
            audio_bytes_64 = int.from_bytes(view.read(16)[8:], "little")
        elif name == b"data" and length == UNKNOWN_32:
            position = start + audio_bytes_64 + audio_bytes_64 % 2
        elif name in (b"bext", b"guan", b"wamd") or (name == b"LIST" and view.read(4) == b"INFO"):
            found.setdefault(name, view.read(min(length, _MAX_TEXT_BYTES)))
    return found


def _info(content: bytes) -> dict[str, str]:
    """The texts of an INFO list, by our names."""
    texts: dict[str, str] = {}
    position = 0
    while position + 8 <= len(content):
        name = _INFO_NAMES.get(content[position : position + 4])
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        if name is not None:
            texts.setdefault(name, _text(content[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    return texts


def _wamd_start(content: bytes) -> str:
    position = 0
    while position + 6 <= len(content):
        kind = int.from_bytes(content[position : position + 2], "little")
        length = int.from_bytes(content[position + 2 : position + 6], "little")
        if kind == _WAMD_START:
            return _text(content[position + 6 : position + 6 + length])
        position += 6 + length
    return ""


def _text(content: bytes) -> str:
    """Text up to the first zero byte. The formats name no encoding; programs write UTF-8 or that of Windows."""
    content = content.partition(b"\0")[0]
    try:
        return content.decode("utf-8").strip()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace").strip()
