"""One file on its way to the encoder: its windows, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import AudioInfo, AudioStream, Tags, Window, is_silent, open_audio, stream_windows
from soundalike.locations import Location

Cut = tuple[Window, NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class Sound:
    """What is known of a recording once it was read to its end."""

    info: AudioInfo
    tags: Tags
    duration_s: float
    num_windows: int
    num_silent: int
    warning: str


class Reading:
    """Decodes a file a few windows at a time; one thread at a time may do so.

    Args:
        file: where it lies, as messages should name it.
        sample_rate_hz: of the windows.
        window_s: length of a window in seconds.
        hop_s: seconds between the starts of two windows.

    Attributes:
        reached_s: how far the file is read.
    """

    def __init__(self, file: Location, *, sample_rate_hz: int, window_s: float, hop_s: float) -> None:
        self._file = file
        self._sample_rate_hz = sample_rate_hz
        self._window_s = window_s
        self._hop_s = hop_s
        self._stream: AudioStream | None = None
        self._cuts: Iterator[Cut] = iter(())
        self._num_windows = self._num_silent = 0
        self.reached_s = 0.0

    def read(self, num_windows: int) -> tuple[list[Cut], Sound | None]:
        """Go on by some windows.

        Args:
            num_windows: how many windows to look at, silent ones among them.
        Returns:
            The windows that are not silent; and, at the end of the file, what it was.
        Raises:
            AudioError: the file cannot be read, or not to its end.
        """
        stream = self._opened()
        loud: list[Cut] = []
        for _ in range(num_windows):
            cut = next(self._cuts, None)
            if cut is None:
                tags = stream.tags()
                self.close()
                return loud, Sound(
                    info=stream.info,
                    tags=tags,
                    duration_s=self.reached_s,
                    num_windows=self._num_windows,
                    num_silent=self._num_silent,
                    warning="; ".join(stream.warnings),
                )
            window, waveform = cut
            self.reached_s = window.end_s
            if is_silent(waveform):
                self._num_silent += 1
            else:
                self._num_windows += 1
                loud.append(cut)
        return loud, None

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()

    def _opened(self) -> AudioStream:
        if self._stream is None:
            self._stream = open_audio(self._file, sample_rate_hz=self._sample_rate_hz)
            self._cuts = stream_windows(
                self._stream.blocks(),
                sample_rate_hz=self._sample_rate_hz,
                window_s=self._window_s,
                hop_s=self._hop_s,
            )
        return self._stream
