"""Decode with libsndfile: WAV and its relatives, FLAC, Ogg, AIFF, CAF, AU and more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from soundalike.audio.decoder import DecoderError
from soundalike.audio.source import View

# Samples in a block over all channels: 1 MB of float32, however many channels there are.
_SAMPLES_PER_BLOCK = 1 << 18

# libsndfile's way to say that the header gives no length.
_UNKNOWN_FRAMES = 1 << 62


class SndfileDecoder:
    """One recording, decoded by libsndfile.

    Args:
        source: the file, or a view of its bytes.
        container: its name, where a view shows another one than the file; None takes libsndfile's.
        promised_s: the length in the header, for formats where libsndfile gives the length of what is left.

    Raises:
        DecoderError: libsndfile finds no audio.
    """

    def __init__(
        self, source: View | Path, *, container: str | None = None, promised_s: float | None = None
    ) -> None:
        try:
            self._file = soundfile.SoundFile(source)
        except soundfile.LibsndfileError as exc:
            raise DecoderError(_reason(exc)) from exc
        self.sample_rate_hz: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.format: str = container or self._file.format
        frames: int = self._file.frames
        self._num_frames = frames if frames < _UNKNOWN_FRAMES else None
        self.duration_s = None if self._num_frames is None else frames / max(1, self.sample_rate_hz)
        self._promised_s = promised_s
        self.warnings: list[str] = []

    def blocks(self, start_s: float) -> Iterator[NDArray[np.float32]]:
        """See `Decoder`: Ogg is decoded up to the start, since seeking near its end goes astray; the rest seeks."""
        out = np.empty((max(1, _SAMPLES_PER_BLOCK // self.channels), self.channels), dtype=np.float32)
        to_drop = round(start_s * self.sample_rate_hz)
        if self._num_frames is not None and to_drop >= self._num_frames:
            return
        try:
            if to_drop > 0 and self._file.format != "OGG":
                self._file.seek(to_drop)
                to_drop = 0
            while len(block := self._file.read(out=out)) > 0:
                if to_drop < len(block):
                    yield block[to_drop:]
                to_drop = max(0, to_drop - len(block))
        except soundfile.LibsndfileError as exc:
            raise DecoderError(_reason(exc)) from exc

    def tags(self) -> Mapping[str, str]:
        """See `Decoder`."""
        texts: dict[str, str] = self._file.copy_metadata()
        return texts

    def broken_promise_s(self, num_frames: int) -> float | None:
        """See `Decoder`: headers are exact to the frame."""
        if self._num_frames is not None and num_frames < self._num_frames:
            return self.duration_s
        if self._promised_s is not None and num_frames < round(self._promised_s * self.sample_rate_hz):
            return self._promised_s
        return None

    def close(self) -> None:
        """Free the decoder."""
        self._file.close()


def _reason(exc: soundfile.LibsndfileError) -> str:
    # str(exc) would name the view with its address in memory.
    return str(exc.error_string).removeprefix("Error : ").rstrip(". ")
