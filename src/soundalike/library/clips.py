"""The stretches that a search found, copied into WAV files of their own."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundalike.audio import copy_excerpt
from soundalike.errors import AudioError, AudioNotFoundError, OutputError, Skipped, reason_of
from soundalike.locations import Location, location_of

if TYPE_CHECKING:
    from soundalike.library.search import Hit, SearchResult

# File systems allow 255 bytes, four of which one character may take; times, a number and ".wav" have to fit too.
_MAX_STEM = 48
_FORBIDDEN = frozenset('<>:"/\\|?*')


@dataclass(frozen=True, kw_only=True)
class CopiedClips:
    """What `copy_clips` did.

    Attributes:
        clips: the files written, with the rank of the hit that each holds.
        skipped: the hits whose recordings could not be read, such as files on a drive that is not there.
    """

    clips: tuple[tuple[int, Path], ...]
    skipped: tuple[Skipped, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "clips": [{"rank": rank, "path": str(path)} for rank, path in self.clips],
            "skipped": [vars(one) for one in self.skipped],
        }


def copy_clips(result: SearchResult, folder: str | Path) -> CopiedClips:
    """Write every hit of a search as a WAV file, named by rank, recording and time: `001 owl 12.0-15.5 s.wav`.

    Channels and sample rate are those of the recording. No file is ever overwritten: a name that is taken gets a
    number.

    Args:
        result: what a search found.
        folder: where to put the clips; made if it is not there.
    Raises:
        OutputError: the folder cannot be made or written.
    """
    folder = Path(folder)
    clips = []
    skipped = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for hit in result.hits:
            try:
                clips.append((hit.rank, _copy(hit, folder)))
            except AudioError as error:
                skipped.append(Skipped(path=hit.path, reason=_reason(error, hit.path)))
    except OSError as exc:
        raise OutputError(f"cannot write clips to '{folder}': {exc.strerror or exc}.") from exc
    return CopiedClips(clips=tuple(clips), skipped=tuple(skipped))


def _reason(error: AudioError, path: str) -> str:
    reason = reason_of(error, path)
    if isinstance(error, AudioNotFoundError):
        reason += " If its folder has moved: soundalike relocate LIBRARY OLD NEW"
    return reason


def _copy(hit: Hit, folder: Path) -> Path:
    # Another file with the same bytes will do where the first is offline.
    locations = [location_of(path) for path in (hit.path, *hit.also)]
    source = next((one for one in locations if one.is_file()), locations[0])
    stem = f"{hit.rank:03d} {readable_stem(source)} {hit.start_s:.1f}-{hit.end_s:.1f} s"
    number = 1
    while True:
        target = folder / (f"{stem}.wav" if number == 1 else f"{stem} ({number}).wav")
        try:
            copy_excerpt(source, target, start_s=hit.start_s, end_s=hit.end_s)
        except FileExistsError:
            number += 1
        else:
            return target


def readable_stem(path: Location) -> str:
    """A file's name without its ending, in characters that every file system takes."""
    name = unicodedata.normalize("NFC", path.stem)
    plain = "".join("_" if one in _FORBIDDEN or not one.isprintable() else one for one in name)
    return plain[:_MAX_STEM].strip(" .") or "clip"
