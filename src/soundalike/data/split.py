"""Divide clips so that no source recording stands on two sides.

Clips cut from one recording share its microphone, its room and its noise. A ranking that finds them again
measures memory, so every division here moves whole recordings.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b

from soundalike.data.manifest import Manifest
from soundalike.errors import DataError


def split_by_recording(
    manifest: Manifest, *, fractions: tuple[float, float, float] = (0.7, 0.1, 0.2), seed: int
) -> Manifest:
    """Set each clip's split to "train", "val" or "test", with these shares of the recordings of every label.

    A label with one recording goes to train, one with two to train and test, one with more to all three. A
    recording with several labels counts for each of them; there the shares are as near as it allows. The
    outcome depends on the recordings, their labels and the seed, never on the order of the clips.

    Args:
        manifest: any clips; a split that they already have is overwritten.
        fractions: shares of train, val and test, that add up to 1.
        seed: another seed, another split.

    Raises:
        DataError: the fractions are no shares of one whole.
    """
    train, val, test = fractions
    assignment = _assign(manifest, {"train": train, "test": test, "val": val}, seed=seed)
    clips = tuple(replace(clip, split=assignment[clip.recording]) for clip in manifest.clips)
    return replace(manifest, clips=clips)


def keep_aside(manifest: Manifest, *, fraction: float, seed: int) -> tuple[Manifest, Manifest]:
    """Take this fraction of the recordings of every label aside.

    A label with one recording stays whole in the rest; one with more is on both sides. See
    `split_by_recording` for what both promise.

    Returns:
        the rest, and what was kept aside, both in the order of `manifest` and with the clips as they were.

    Raises:
        DataError: the fraction is not between 0 and 1, or no label has a recording to spare.
    """
    assignment = _assign(manifest, {"rest": 1.0 - fraction, "aside": fraction}, seed=seed)
    rest, aside = (
        replace(manifest, clips=tuple(clip for clip in manifest.clips if assignment[clip.recording] == side))
        for side in ("rest", "aside")
    )
    if fraction > 0 and not aside.clips:
        raise DataError(
            f"no label of '{manifest.name}' has two source recordings, so none can be kept aside. Add "
            "recordings, or name the clips to keep aside yourself with a fold or split column."
        )
    return rest, aside


def _assign(manifest: Manifest, shares: Mapping[str, float], *, seed: int) -> dict[str, str]:
    """Recording -> side, label by label, the label with the fewest recordings first.

    Args:
        shares: side -> share of the recordings of a label, the side that a label needs most first.
    """
    if min(shares.values()) < 0 or abs(sum(shares.values()) - 1.0) > 1e-9:
        raise DataError(
            f"fractions {tuple(shares.values())} are not shares of a whole. Give numbers from 0 to 1 that "
            "add up to 1."
        )
    shares = {side: share for side, share in shares.items() if share > 0}
    recordings_of: defaultdict[str, set[str]] = defaultdict(set)
    for clip in manifest.clips:
        recordings_of[clip.label].add(clip.recording)

    assignment: dict[str, str] = {}
    # Scarce labels choose first: where recordings carry several labels, a label with many can still make up
    # its shares from the others.
    for _, recordings in sorted(recordings_of.items(), key=lambda item: (len(item[1]), item[0])):
        counts = Counter(assignment[recording] for recording in recordings if recording in assignment)
        for recording in sorted(recordings - assignment.keys(), key=lambda name: _draw(name, seed)):
            side = _neediest(counts, shares, num_recordings=len(recordings))
            assignment[recording] = side
            counts[side] += 1
    return assignment


def _neediest(counts: Mapping[str, int], shares: Mapping[str, float], *, num_recordings: int) -> str:
    """The first side that has nothing yet, else the side that lacks most of its share."""
    for side in shares:
        if not counts.get(side):
            return side
    return max(shares, key=lambda side: shares[side] * num_recordings - counts[side])


def _draw(recording: str, seed: int) -> tuple[bytes, str]:
    """A place in a random order that is a property of the recording and the seed alone."""
    digest = blake2b(recording.encode("utf-8", "surrogatepass"), key=str(seed).encode(), digest_size=16)
    return digest.digest(), recording
