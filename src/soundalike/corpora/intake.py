"""From a downloaded file to an entry of the ledger: decode it once, and learn all that is needed of it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from soundalike.audio import is_silent, load
from soundalike.audio.fingerprint import FINGERPRINT_RATE_HZ, Fingerprint, fingerprint
from soundalike.corpora.place import Placing, place_clip

# The spectra of a longer stretch at once would be a few hundred megabytes.
_BLOCK = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a file holds.

    Attributes:
        duration_s: its length.
        is_silent: whether there is nothing to hear.
        start_s, end_s: where its clip lies.
        fingerprint: to find its copies by.
    """

    duration_s: float
    is_silent: bool
    start_s: float
    end_s: float
    fingerprint: Fingerprint


def hear(path: Path, *, most_s: float, window_s: float, placing: Placing, seed: int, name: str) -> Heard:
    """Decode a file, but no more than a second beyond `most_s`.

    Raises:
        AudioError: it cannot be decoded.
    """
    audio = load(path, sample_rate_hz=FINGERPRINT_RATE_HZ, end_s=most_s + 1.0)
    start_s, end_s = place_clip(
        audio.waveform,
        sample_rate_hz=FINGERPRINT_RATE_HZ,
        window_s=window_s,
        placing=placing,
        seed=seed,
        name=name,
    )
    return Heard(
        duration_s=len(audio.waveform) / FINGERPRINT_RATE_HZ,
        is_silent=is_silent(audio.waveform),
        start_s=round(start_s, 4),
        end_s=round(end_s, 4),
        fingerprint=fingerprint(
            audio.waveform[first : first + _BLOCK] for first in range(0, len(audio.waveform), _BLOCK)
        ),
    )


def content_hash(path: Path) -> str:
    """What names the bytes of a file."""
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
