"""What a file says of itself beside its sound: title, artist, comment, when it was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from soundalike.audio.clock import clock_of_comment
from soundalike.audio.source import View
from soundalike.audio.vorbis_comments import read_vorbis_comments
from soundalike.audio.wave_tags import read_wave_tags


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What a file says of itself; composed Unicode, None where it says nothing.

    Attributes:
        title: of the recording.
        artist: who made it; recorders write their own name here.
        comment: anything else; recorders write their settings here.
        recorded_at: when it began, as the recorder's clock showed it, without a time zone.
    """

    title: str | None = None
    artist: str | None = None
    comment: str | None = None
    recorded_at: datetime | None = None


def read_tags(view: View, decoded: Mapping[str, str]) -> Tags:
    """Read the tags of an opened file.

    Args:
        view: its bytes.
        decoded: what its decoder found, by lower-case name: ID3 tags, Vorbis comments, those of MP4 and so on.
    """
    wave = read_wave_tags(view)
    if wave is not None:
        return Tags(
            title=_clean(wave.title),
            artist=_clean(wave.artist),
            comment=_clean(wave.comment),
            recorded_at=wave.recorded_at,
        )
    decoded = {**decoded, **read_vorbis_comments(view)}
    comment = _clean(decoded.get("comment") or decoded.get("description"))
    return Tags(
        title=_clean(decoded.get("title")),
        artist=_clean(decoded.get("artist") or decoded.get("author")),
        comment=comment,
        recorded_at=clock_of_comment(comment or ""),
    )


def _clean(text: str | None) -> str | None:
    """Composed Unicode without zero bytes and outer space; None for nothing."""
    return normalize("NFC", (text or "").replace("\0", "").strip()) or None
