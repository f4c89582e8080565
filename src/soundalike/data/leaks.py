"""Find the same audio on both sides of a split before it flatters a number.

Three things tell. Both clips name the same recording: published folds do that now and then, so such clips are taken
out of one side (`without_recordings_of`), and a query never finds its own recording (`recording_key`). Both files have
the same bytes (`refuse_leaks`), or both sound the same once decoded, as a WAV and its FLAC copy do
(`refuse_audio_leaks`, or `find_sound_leaks` where the waveforms are gone): nobody does that on purpose, so it is
refused.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundalike.data.clips import ClipAudio
from soundalike.data.manifest import Clip, Manifest
from soundalike.errors import DataError, LeakError

logger = logging.getLogger(__name__)

NUM_NAMED = 3  # pairs that a message names before it only counts


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A clip of the right side with the first clip of the left side that it shares its audio with, and how."""

    left: Clip
    right: Clip
    why: str


def refuse_leaks(
    left: Manifest, right: Manifest, *, allow: bool = False, how_to_allow: str = "allow=True"
) -> None:
    """Refuse two sides that share a file.

    Args:
        left: one side, for instance the training clips or the gallery.
        right: the other side, for instance the queries.
        allow: log the leaks as a warning instead.
        how_to_allow: what the message tells the user to write to allow it.

    Raises:
        LeakError: there are leaks and `allow` is False. The message counts them and names the first pairs.
    """
    refuse_found(find_leaks(left, right), allow=allow, how_to_allow=how_to_allow)


def refuse_audio_leaks(
    left: ClipAudio, right: ClipAudio, *, allow: bool = False, how_to_allow: str = "allow=True"
) -> None:
    """Refuse two sides that share a waveform, as `refuse_leaks` does.

    Waveforms are compared at 16 bits, where lossless formats agree. Both sides have to be loaded at the same
    rate and window length.
    """
    refuse_found(find_audio_leaks(left, right), allow=allow, how_to_allow=how_to_allow)


def find_leaks(left: Manifest, right: Manifest) -> tuple[Leak, ...]:
    """The clips of `right` whose file is in `left` too, in their order."""
    sizes = {size for clip in left.clips if (size := _size_bytes(clip.path)) is not None}
    sizes &= {size for clip in right.clips if (size := _size_bytes(clip.path)) is not None}
    digests: dict[Path, bytes | None] = {}

    def content(clip: Clip) -> Hashable:
        # Only files of a size that both sides have can be equal; most are never opened. Two parts of one file are
        # not the same audio.
        if clip.path not in digests:
            digests[clip.path] = _file_digest(clip.path) if _size_bytes(clip.path) in sizes else None
        digest = digests[clip.path]
        return None if digest is None else (digest, clip.start_s, clip.end_s)

    by_content: dict[Hashable, Clip] = {}
    for clip in left.clips:
        if (key := content(clip)) is not None:
            by_content.setdefault(key, clip)
    return tuple(
        Leak(left=by_content[key], right=clip, why="the same bytes")
        for clip in right.clips
        if (key := content(clip)) in by_content
    )


def without_recordings_of(manifest: Manifest, other: Manifest) -> Manifest:
    """The clips of `manifest` that are cut from no recording that `other` has clips of.

    Raises:
        DataError: nothing is left.
    """
    known = {recording_key(clip) for clip in other.clips}
    kept = tuple(clip for clip in manifest.clips if recording_key(clip) not in known)
    if not kept:
        raise DataError(
            f"every clip of '{manifest.name}' is cut from a recording that the other side of the split holds too."
        )
    if len(kept) < len(manifest):
        logger.warning(
            "%d clips left out: their recordings stand on the other side of the split too",
            len(manifest) - len(kept),
        )
    return replace(manifest, clips=kept)


def find_audio_leaks(left: ClipAudio, right: ClipAudio) -> tuple[Leak, ...]:
    """The clips of `right` that have a window whose waveform is in `left` too, in their order."""
    return find_sound_leaks(_sounds(left), _sounds(right))


def find_sound_leaks(
    left: Iterable[tuple[Clip, bytes]], right: Iterable[tuple[Clip, bytes]]
) -> tuple[Leak, ...]:
    """The clips of `right` that share a waveform with one of `left`, in their order.

    Args:
        left: clips, each with the `waveform_digest` of a sound in it.
        right: the other side.
    """
    known: dict[bytes, Clip] = {}
    for clip, digest in left:
        known.setdefault(digest, clip)
    found: dict[Clip, Leak] = {}
    for clip, digest in right:
        if clip not in found and (twin := known.get(digest)) is not None:
            found[clip] = Leak(left=twin, right=clip, why="the same sound")
    return tuple(found.values())


def waveform_digest(waveforms: NDArray[np.float32]) -> bytes:
    """What names a sound at 16 bits, where lossless formats agree."""
    quantised = np.rint(waveforms * 32767.0).astype("<i2")
    return blake2b(quantised.tobytes(), digest_size=16).digest()


def _sounds(audio: ClipAudio) -> Iterator[tuple[Clip, bytes]]:
    for owner, waveform in zip(audio.owners, audio.waveforms, strict=True):
        yield audio.clips[owner], waveform_digest(waveform)


def refuse_found(leaks: tuple[Leak, ...], *, allow: bool = False, how_to_allow: str = "allow=True") -> None:
    """Refuse leaks that `find_leaks` or one of its kin found, as `refuse_leaks` does."""
    if not leaks:
        return
    named = "; ".join(
        f"'{leak.right.path}' and '{leak.left.path}' ({leak.why})" for leak in leaks[:NUM_NAMED]
    )
    more = f"; and {len(leaks) - NUM_NAMED} more" if len(leaks) > NUM_NAMED else ""
    message = f"{len(leaks)} clips have their audio on both sides of the split: {named}{more}."
    if allow:
        logger.warning("%s Allowed, but the numbers will be too good.", message)
        return
    raise LeakError(f"{message} Take them out of one side, or allow it with {how_to_allow}.")


def recording_key(clip: Clip) -> str:
    """What names a clip's recording beyond its own manifest.

    A recording that only repeats the end of the path was made up by a reader, and two folders may both hold a
    `dog/1.wav`: there it is the file that counts.
    """
    if not clip.recording or f"/{clip.path.as_posix()}".endswith(f"/{clip.recording}"):
        return f"file {clip.path.resolve()}"
    return f"recording {clip.recording}"


def _size_bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None  # a missing file leaks nothing; loading reports it


def _file_digest(path: Path) -> bytes | None:
    digest = blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return None
    return digest.digest()
