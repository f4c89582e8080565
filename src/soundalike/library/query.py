"""From what a user asks with to the embeddings that are compared: a file, bytes, or a recording of the library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import is_silent, open_audio, stream_windows
from soundalike.errors import (
    AudioEmptyError,
    AudioError,
    LibraryError,
    UsageError,
)
from soundalike.library.content import hash_of, recording_id_of
from soundalike.store import Windows

if TYPE_CHECKING:
    from soundalike.encoders import Encoder

ID_PREFIX = "id:"
BYTES_NAME = "-"
BATCH = 64


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is searched for.

    Attributes:
        name: what the user asked with.
        recording_id: of the query's content, whether the library holds it or not.
        embeddings: float32 [window, dim], at least one.
    """

    name: str
    recording_id: str
    embeddings: NDArray[np.float32]


def check_part(start_s: float | None, end_s: float | None) -> None:
    """Refuse a part of a recording that cannot be.

    Raises:
        UsageError: a negative start, or an end that is not after the start.
    """
    start = start_s or 0.0
    if start < 0 or (end_s is not None and end_s <= start):
        raise UsageError(
            f"the part from {start} s to {end_s} s is none; the end comes after the start, from 0 on."
        )


def query_of_source(
    source: Path | bytes, *, encoder: Encoder, start_s: float | None, end_s: float | None
) -> Query:
    """Embed a file or its bytes: every window that is not silent, half a window apart.

    Raises:
        AudioError: it cannot be read, or all of it is silent.
    """
    name = BYTES_NAME if isinstance(source, bytes) else str(source)
    waveforms: list[NDArray[np.float32]] = []
    embeddings: list[NDArray[np.float32]] = []
    with open_audio(
        source, sample_rate_hz=encoder.sample_rate_hz, start_s=start_s or 0.0, end_s=end_s
    ) as stream:
        for _, waveform in stream_windows(
            stream.blocks(),
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
    return Query(name=name, recording_id=recording_id_of(content_hash), embeddings=np.concatenate(embeddings))


def query_of_recording(
    recording_id: str, windows: Windows, *, start_s: float | None, end_s: float | None
) -> Query:
    """The embeddings that the library holds of one of its recordings; its file is not needed.

    Args:
        recording_id: the recording.
        windows: its windows.
        start_s: begin of the part asked for.
        end_s: its end. The windows inside the part are taken, or the one nearest to its middle if none fits.
    Raises:
        LibraryError: all of the recording is silent.
    """
    name = f"{ID_PREFIX}{recording_id}"
    if not len(windows):
        raise LibraryError(f"'{name}' is silent from end to end; there is nothing to search for.")
    start = start_s or 0.0
    end = float(windows.end_s.max()) if end_s is None else end_s
    chosen = np.flatnonzero((windows.start_s >= start - 1e-6) & (windows.end_s <= end + 1e-6))
    if not len(chosen):
        away_s = np.abs((windows.start_s + windows.end_s) / 2 - (start + end) / 2)
        chosen = np.array([int(away_s.argmin())])
    return Query(name=name, recording_id=recording_id, embeddings=windows.embeddings[chosen])
