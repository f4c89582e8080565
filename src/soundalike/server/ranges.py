"""Range requests: a browser that jumps in a sound asks for the bytes from there on (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from soundalike.server.sounds import Sound

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def range_of(headers: Headers, *, num_bytes: int, tag: str) -> tuple[int, int] | None:
    """The first and the last byte that are asked for; None for all of them.

    Several ranges at once, units other than bytes and a content that has changed since get all, as the standard allows.

    Raises:
        ValueError: the range lies outside of the content.
    """
    wanted = headers.get("range")
    if wanted is None or headers.get("if-range", tag) != tag:
        return None
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        first_byte, last_byte = max(0, num_bytes - int(last)), num_bytes - 1
        if int(last) == 0:
            raise ValueError(wanted)
    else:
        first_byte = int(first)
        last_byte = min(int(last), num_bytes - 1) if last else num_bytes - 1
        if last and int(last) < first_byte:
            return None
    if first_byte >= num_bytes:
        raise ValueError(wanted)
    return first_byte, last_byte


def answer_of(
    sound: Sound, asked: tuple[int, int] | None, chunks: Iterator[bytes], headers: dict[str, str]
) -> Response:
    """A sound, or the part of it that was asked for.

    Args:
        sound: what is sent.
        asked: first and last byte; None for all.
        chunks: those bytes.
        headers: further ones.
    """
    first, last = asked or (0, sound.num_bytes - 1)
    headers = {**headers, "Accept-Ranges": "bytes", "Content-Length": str(last + 1 - first)}
    if asked is not None:
        headers["Content-Range"] = f"bytes {first}-{last}/{sound.num_bytes}"
    return StreamingResponse(
        chunks, status_code=200 if asked is None else 206, headers=headers, media_type=sound.media_type
    )
