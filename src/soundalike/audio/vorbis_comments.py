"""The comments in FLAC and Ogg files, all of them: libsndfile passes on only some, and not FFmpeg's description."""

from __future__ import annotations

from soundalike.audio.source import View

# Pictures may stand among the comments; a title comes before them or is done without.
_MAX_BYTES = 1 << 18

_FLAC_COMMENTS = 4
_OGG_BEGINNINGS = (b"\x03vorbis", b"OpusTags")


def read_vorbis_comments(view: View) -> dict[str, str]:
    """Return the comments by lower-case name, none for a file of another kind; of several of one name the first.

    Source: the Vorbis I specification, section 5; RFC 9639, section 8.6; RFC 3533, section 6.
    """
    view.seek(0)
    magic = view.read(4)
    if magic == b"fLaC":
        return _parsed(_flac_block(view))
    if magic == b"OggS":
        return _parsed(_ogg_packet(view))
    return {}


def _flac_block(view: View) -> bytes:
    position, is_last = 4, False
    while not is_last:
        view.seek(position)
        head = view.read(4)
        if len(head) < 4:
            break
        is_last, kind = head[0] >= 0x80, head[0] & 0x7F
        length = int.from_bytes(head[1:], "big")
        if kind == _FLAC_COMMENTS:
            return view.read(min(length, _MAX_BYTES))
        position += 4 + length
    return b""


def _ogg_packet(view: View) -> bytes:
    """The second packet of the file, without what tells its codec."""
    view.seek(0)
    start = view.read(_MAX_BYTES)
    content, position = b"", 0
    # The pages' heads are taken out; the first packet has the first page to itself.
    while start[position : position + 4] == b"OggS" and position + 27 <= len(start):
        lengths = start[position + 27 : position + 27 + start[position + 26]]
        body = position + 27 + len(lengths)
        content += start[body : body + sum(lengths)] if position else b""
        position = body + sum(lengths)
    for beginning in _OGG_BEGINNINGS:
        if content.startswith(beginning):
            return content[len(beginning) :]
    return b""


def _parsed(block: bytes) -> dict[str, str]:
    texts: dict[str, str] = {}
    vendor_bytes = int.from_bytes(block[:4], "little")
    position = 4 + vendor_bytes + 4
    while position + 4 <= len(block):
        length = int.from_bytes(block[position : position + 4], "little")
        name, found, text = block[position + 4 : position + 4 + length].partition(b"=")
        if found:
            texts.setdefault(name.decode("ascii", "replace").lower(), text.decode("utf-8", "replace"))
        position += 4 + length
    return texts
