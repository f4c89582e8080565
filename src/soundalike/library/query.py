"""From what a user asks with to the embeddings that are compared.

A query is one example or several: what hits should sound like (plus), and what they should not (minus). An example is
a file, the bytes of one, or a recording of the library.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import OpenFile, is_silent, open_audio, stream_windows
from soundalike.errors import (
    AudioEmptyError,
    AudioError,
    LibraryError,
    UsageError,
)
from soundalike.library.content import hash_of, recording_id_of
from soundalike.library.times import TIME, seconds_of
from soundalike.locations import Location, location_of
from soundalike.store import Windows

if TYPE_CHECKING:
    from soundalike.encoders import Encoder

ID_PREFIX = "id:"
BYTES_NAME = "-"
ARRAY_NAME = "embeddings"
BATCH = 64

# "rain.wav@12-15.5", "rain.wav@1:02-1:05", or "rain.wav@12-" for all that follows.
_PART = re.compile(rf"(?P<source>.+)@(?P<start>{TIME})-(?P<end>{TIME})?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Example:
    """One sound to search with.

    Attributes:
        name: what the user wrote.
        recording_id: of its content, whether the library holds it or not.
        embeddings: float32 [window, dim], at least one.
        start_s: where the part of the recording begins that was asked with.
        end_s: where it ends.
    """

    name: str
    recording_id: str
    embeddings: NDArray[np.float32]
    start_s: float = 0.0
    end_s: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is searched for: the nearer to the plus examples and the farther from the minus examples, the better.

    Attributes:
        name: what the user asked with.
        plus: at least one; the first is the query itself.
        minus: what hits should not sound like.
    """

    name: str
    plus: tuple[Example, ...]
    minus: tuple[Example, ...] = ()

    @property
    def recording_ids(self) -> frozenset[str]:
        """The recordings of all examples, of either kind."""
        return frozenset(one.recording_id for one in (*self.plus, *self.minus))


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file, bytes or "id:RECORDING_ID", from `start_s` (None: the beginning) to `end_s` (None: the end)."""

    source: Location | bytes | OpenFile | str
    start_s: float | None = None
    end_s: float | None = None

    def __post_init__(self) -> None:
        start_s = 0.0 if self.start_s is None else self.start_s
        if not (math.isfinite(start_s) and start_s >= 0):
            raise UsageError(f"a part cannot start at {start_s:g} s; give 0 or more.")
        if self.end_s is not None and not self.end_s > start_s:
            raise UsageError(
                f"the part from {start_s:g} s to {self.end_s:g} s is none; the end comes after the start."
            )

    @property
    def recording_id(self) -> str | None:
        """The recording of the library that is meant, None for a file or bytes."""
        if isinstance(self.source, str):
            return self.source.removeprefix(ID_PREFIX)
        return None


def parse_part(written: str | Location | bytes | OpenFile) -> Part:
    """What a user wrote as an example: a source, perhaps with `@START-END` behind it: seconds, m:ss or h:mm:ss.

    A file that has such a name itself is meant as it is.

    Raises:
        UsageError: the end is not after the start, or one of them is no time.
    """
    if not isinstance(written, str):
        return Part(source=written)
    found = _PART.fullmatch(written)
    if found is None or location_of(written).exists():
        return Part(source=_source(written))
    try:
        start_s = seconds_of(found["start"])
        end_s = None if found["end"] is None else seconds_of(found["end"])
    except ValueError as exc:
        raise UsageError(f"{exc}, in '{written}'. Write seconds, m:ss or h:mm:ss.") from exc
    return Part(source=_source(found["source"]), start_s=start_s, end_s=end_s)


def _source(text: str) -> Location | str:
    return text if text.startswith(ID_PREFIX) else location_of(text)


def example_of_source(part: Part, *, encoder: Encoder, most_s: float | None = None) -> Example:
    """Embed a file or its bytes: every window that is not silent, half a window apart.

    The sound is streamed. What grows with its length are the embeddings: 2 MB an hour for 128 numbers every second.

    Args:
        part: what to embed.
        encoder: the library's.
        most_s: seconds of sound that may be decoded; None for any number.
    Raises:
        AudioTooLongError: there are more.
        AudioError: it cannot be read, or all of it is silent.
    """
    source = part.source
    assert not isinstance(source, str)
    name = _name_of(source)
    waveforms: list[NDArray[np.float32]] = []
    embeddings: list[NDArray[np.float32]] = []
    with open_audio(
        source, sample_rate_hz=encoder.sample_rate_hz, start_s=part.start_s or 0.0, end_s=part.end_s
    ) as stream:
        for _, waveform in stream_windows(
            stream.blocks(most_s=most_s),
            sample_rate_hz=encoder.sample_rate_hz,
            window_s=encoder.window_s,
            hop_s=encoder.window_s / 2,
        ):
            if not is_silent(waveform):
                waveforms.append(waveform)
            if len(waveforms) == BATCH:
                embeddings.append(encoder.embed(np.stack(waveforms)))
                waveforms = []
    if waveforms:
        embeddings.append(encoder.embed(np.stack(waveforms)))
    if not embeddings:
        raise AudioEmptyError(f"'{name}' is silent from end to end; there is nothing to search for.")
    try:
        content_hash = hash_of(source)
    except OSError as exc:
        raise AudioError(f"cannot read '{name}': {exc.strerror}.") from exc
    return Example(
        name=name,
        recording_id=recording_id_of(content_hash),
        embeddings=np.concatenate(embeddings),
        start_s=part.start_s or 0.0,
        end_s=math.inf if part.end_s is None else part.end_s,
    )


def _name_of(source: Location | bytes | OpenFile) -> str:
    if isinstance(source, OpenFile):
        return source.name
    return BYTES_NAME if isinstance(source, bytes) else str(source)


def example_of_embeddings(embeddings: NDArray[np.float32], *, dim: int) -> Example:
    """Take embeddings that the caller made, of one window or several.

    Args:
        embeddings: [dim] or [window, dim].
        dim: numbers in an embedding of the library.
    Raises:
        UsageError: they have another shape, or hold what is no number.
    """
    rows = np.atleast_2d(np.asarray(embeddings, np.float32))
    if rows.ndim != 2 or rows.shape[1] != dim or not len(rows):
        raise UsageError(
            f"embeddings of shape {np.shape(embeddings)} do not fit a library whose embeddings have {dim} numbers."
        )
    if not np.isfinite(rows).all():
        raise UsageError("the query's embeddings hold values that are no finite numbers.")
    return Example(name=ARRAY_NAME, recording_id="", embeddings=np.ascontiguousarray(rows))


def example_of_recording(part: Part, windows: Windows) -> Example:
    """The embeddings that the library holds of one of its recordings; its file is not needed.

    Args:
        part: the recording. The windows inside the part are taken, or the one nearest to its middle if none fits.
        windows: of the recording.
    Raises:
        LibraryError: all of the recording is silent.
    """
    recording_id = part.recording_id
    assert recording_id is not None
    name = f"{ID_PREFIX}{recording_id}"
    if not len(windows):
        raise LibraryError(f"'{name}' is silent from end to end; there is nothing to search for.")
    start_s = part.start_s or 0.0
    end_s = float(windows.end_s.max())
    if part.end_s is not None:
        end_s = min(end_s, part.end_s)
    chosen = np.flatnonzero((windows.start_s >= start_s - 1e-6) & (windows.end_s <= end_s + 1e-6))
    if not len(chosen):
        away_s = np.abs((windows.start_s + windows.end_s) / 2 - (start_s + end_s) / 2)
        chosen = np.array([int(away_s.argmin())])
    return Example(
        name=name,
        recording_id=recording_id,
        embeddings=windows.embeddings[chosen],
        start_s=start_s,
        end_s=math.inf if part.end_s is None else part.end_s,
    )
