"""Open any recording and stream it as mono float32 at the sample rate wanted."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from soundalike.audio.choose import MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ, open_ffmpeg, start_decoder
from soundalike.audio.decoder import DecoderError, truncated
from soundalike.audio.mono import to_mono
from soundalike.audio.resample import Resampler
from soundalike.audio.sndfile import SndfileDecoder
from soundalike.audio.source import OpenFile, Source
from soundalike.audio.tags import Tags, read_tags
from soundalike.errors import AudioTooLongError, UsageError
from soundalike.locations import Location

logger = logging.getLogger(__name__)

# No recording is longer (30,000 years), and its samples can still be counted in 64 bits at any sample rate.
_LONGEST_S = 1e12


@dataclass(frozen=True, kw_only=True)
class AudioInfo:
    """What a file says of its audio. `duration_s` is None where only reading to the end would tell."""

    sample_rate_hz: int
    channels: int
    duration_s: float | None
    format: str


def open_audio(
    source: Location | str | bytes | OpenFile,
    *,
    sample_rate_hz: int,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> AudioStream:
    """Open a recording for reading as mono float32, in memory that does not grow with its length.

    Any file is fine that libsndfile or FFmpeg decodes, videos included. A file that was cut off, or whose header is
    wrong, gives all the audio that is there and an entry in `AudioStream.warnings`.

    Args:
        source: a path, an object in a bucket, the bytes of a file, or a file that is open.
        sample_rate_hz: the sample rate wanted; the file's own passes its samples through unchanged.
        start_s: where to begin, seconds from the start of the recording.
        end_s: where to stop; None, or a time after the end, is the end. Both are rounded to samples of the file before
            any resampling.

    Returns:
        A context manager. Its first block is already decoded: a file without audio is refused here.

    Raises:
        AudioNotFoundError: there is nothing at the path.
        AudioPermissionError: it may not be read.
        AudioEmptyError: it holds no samples, or none between `start_s` and `end_s`.
        AudioDecodeError: no decoder finds audio in it.
        UsageError: a sample rate, a start or an end that no recording could have.
    """
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise UsageError(
            f"the sample rate is {sample_rate_hz} Hz; give one from {MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ}."
        )
    if not (math.isfinite(start_s) and start_s >= 0.0):
        raise UsageError(f"the start is {start_s} s; give 0 or more.")
    if end_s is not None and not end_s > start_s:
        raise UsageError(f"the end, {end_s} s, is not after the start, {start_s} s.")
    if end_s is not None and end_s > _LONGEST_S:
        end_s = None
    opened = Source(source)
    try:
        return AudioStream(
            opened, sample_rate_hz=sample_rate_hz, start_s=min(start_s, _LONGEST_S), end_s=end_s
        )
    except BaseException:
        opened.close()
        raise


class AudioStream:
    """One recording being read; `open_audio` makes it.

    Attributes:
        info: what the file says of itself; once it was read to its end, `duration_s` is what it holds.
        warnings: what is wrong with the file, filled while it is read.
    """

    info: AudioInfo
    warnings: list[str]

    def __init__(self, source: Source, *, sample_rate_hz: int, start_s: float, end_s: float | None) -> None:
        self.warnings = []
        self._source = source
        self._read = False
        self._to_hz = sample_rate_hz
        self._start_s = start_s
        self._end_s = end_s
        self._started = start_decoder(source, start_s=start_s, warnings=self.warnings)
        self._decoder = self._started.decoder
        self.info = AudioInfo(
            sample_rate_hz=self._decoder.sample_rate_hz,
            channels=self._decoder.channels,
            duration_s=self._decoder.duration_s,
            format=self._decoder.format,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._decoder.close()
        self._source.close()

    def tags(self) -> Tags:
        """Read what the file says of itself beside its sound."""
        return read_tags(self._source.view(), self._decoder.tags())

    def blocks(self, *, most_s: float | None = None) -> Iterator[NDArray[np.float32]]:
        """Yield the recording once, in order, as mono float32 [time] blocks of any length above zero.

        Args:
            most_s: seconds of sound that may be decoded; None for any number.
        Raises:
            AudioTooLongError: there are more. Where the file gives its length, nothing is decoded.
        """
        if self._read:
            raise RuntimeError("a stream can be read once; open the recording again.")
        self._read = True
        if most_s is not None and self.info.duration_s is not None:
            end_s = self.info.duration_s if self._end_s is None else min(self.info.duration_s, self._end_s)
            self._refuse_more_than(most_s, end_s - self._start_s)
        resampler = Resampler(from_hz=self.info.sample_rate_hz, to_hz=self._to_hz)
        num_decoded = 0
        for mono in self._mono_blocks():
            num_decoded += len(mono)
            self._refuse_more_than(most_s, num_decoded / self.info.sample_rate_hz)
            if len(ready := resampler.push(mono)) > 0:
                yield ready
        if len(rest := resampler.finish()) > 0:
            yield rest

    def _refuse_more_than(self, most_s: float | None, length_s: float) -> None:
        if most_s is not None and length_s > most_s:
            raise AudioTooLongError(
                f"'{self._source.name}' has more than {most_s:g} s of sound, and no more are taken at once. "
                "Ask with a part of it."
            )

    def _mono_blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield mono blocks at the file's sample rate, from start to end, and see to `warnings` and `info`."""
        rate = self.info.sample_rate_hz
        position = round(self._start_s * rate)
        end = None if self._end_s is None else max(position + 1, round(self._end_s * rate))
        num_replaced = 0
        for block in self._blocks_with_rescue(position):
            mono, replaced = to_mono(block if end is None else block[: end - position])
            num_replaced += replaced
            position += len(mono)
            yield mono
            if position == end:
                break
        else:
            self._compare_with_promise(position)
        if num_replaced:
            self.warnings.append(
                f"damaged samples: {num_replaced} were not numbers or absurdly large; they became 0"
            )

    def _blocks_with_rescue(self, position: int) -> Iterator[NDArray[np.float32]]:
        """Yield the decoder's blocks; where libsndfile gives up in the middle, FFmpeg goes on."""
        try:
            yield self._started.first
            position += len(self._started.first)
            for block in self._started.rest:
                position += len(block)
                yield block
        except DecoderError as exc:
            logger.debug("%s: %s", self._source.name, exc)
        self.warnings.extend(self._decoder.warnings)
        if isinstance(self._decoder, SndfileDecoder) and self._decoder.broken_promise_s(position) is not None:
            yield from self._rescued(position)

    def _rescued(self, position: int) -> Iterator[NDArray[np.float32]]:
        try:
            decoder = open_ffmpeg(self._source)
        except DecoderError as exc:
            logger.debug("%s: %s", self._source.name, exc)
            return
        if decoder.sample_rate_hz == self.info.sample_rate_hz:
            yield from decoder.blocks(position / self.info.sample_rate_hz)
        self.warnings.extend(decoder.warnings)
        decoder.close()

    def _compare_with_promise(self, position: int) -> None:
        """The file has ended: note how long it is, and warn if it should be longer."""
        held_s = position / self.info.sample_rate_hz
        promised_s = self._decoder.broken_promise_s(position)
        if promised_s is not None:
            self.warnings.append(truncated(promised_s, held_s))
        if self._source.read_error is not None:
            self.warnings.append(f"reading stopped early: {self._source.read_error}")
        self.info = replace(self.info, duration_s=held_s)
