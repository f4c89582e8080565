"""What is known of a recording beside its sound: from its file, from its name and folder, from a table of the user's.

A row keeps what the file says (`tags`) and what the table says (`given`) apart, and its other columns are made from the
two. So a changed table, or a line taken out of it, needs no file to be read again.
"""

from __future__ import annotations

import json
from dataclasses import replace

from soundalike.audio import Tags, clock_of_name, clock_of_text
from soundalike.library.reading import Sound
from soundalike.store import Recording

# What a table may say instead of the file.
DESCRIBING = ("label", "title", "artist", "comment", "recorded_at")


def as_text(tags: Tags) -> str:
    """What a file says, for `Recording.tags`."""
    said = {
        "title": tags.title,
        "artist": tags.artist,
        "comment": tags.comment,
        "recorded_at": tags.recorded_at and tags.recorded_at.isoformat(sep=" "),
    }
    said = {name: text for name, text in said.items() if text}
    return json.dumps(said, ensure_ascii=False) if said else ""


def described(row: Recording) -> Recording:
    """The row with the columns that follow from what its file says, what a table says, and where the file is.

    The table comes before the file; the file's own time of recording before the one in its name; the folder gives the
    label where the table does not.
    """
    said: dict[str, str] = json.loads(row.tags) if row.tags else {}
    given: dict[str, str] = json.loads(row.given) if row.given else {}
    both = {**said, **given}
    location = row.location
    return replace(
        row,
        label=given.get("label") or location.parent.name,
        title=both.get("title", ""),
        artist=both.get("artist", ""),
        comment=both.get("comment", ""),
        recorded_at=clock_of_text(both.get("recorded_at", "")) or clock_of_name(location.stem),
    )


def with_sound(row: Recording, sound: Sound) -> Recording:
    """The row of a file that was read to its end."""
    return described(
        replace(
            row,
            duration_s=sound.duration_s,
            sample_rate_hz=sound.info.sample_rate_hz,
            channels=sound.info.channels,
            format=sound.info.format,
            num_windows=sound.num_windows,
            num_silent=sound.num_silent,
            warning=sound.warning,
            tags=as_text(sound.tags),
        )
    )


def with_same_sound(row: Recording, twin: Recording) -> Recording:
    """`row` with what is known of the sound of `twin`, whose file has the same bytes."""
    return described(
        replace(
            row,
            duration_s=twin.duration_s,
            sample_rate_hz=twin.sample_rate_hz,
            channels=twin.channels,
            format=twin.format,
            num_windows=twin.num_windows,
            num_silent=twin.num_silent,
            warning=twin.warning,
            tags=twin.tags,
        )
    )
