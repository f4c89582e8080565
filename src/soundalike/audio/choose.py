"""Choose the decoder for a recording: the first one that gives samples."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike.audio.decoder import Decoder, DecoderError
from soundalike.audio.header_length import length_in_header_s
from soundalike.audio.ogg_end import OggEnd, read_ogg_end
from soundalike.audio.sndfile import SndfileDecoder
from soundalike.audio.source import Source
from soundalike.audio.wav_header import read_wave_header
from soundalike.errors import AudioDecodeError, AudioEmptyError

logger = logging.getLogger(__name__)

MIN_SAMPLE_RATE_HZ = 1_000
MAX_SAMPLE_RATE_HZ = 768_000


# Given a path, libsndfile reads by itself, and Ctrl-C cannot strike inside a callback, where it would be lost. But it
# believes suffixes such as .mp3, .raw or .vox more than the bytes; these suffixes mean nothing to it.
_HONEST_SUFFIXES = (".aif", ".aifc", ".aiff", ".flac", ".oga", ".ogg", ".opus", ".rf64", ".w64", ".wav")


@dataclass(frozen=True, kw_only=True)
class Started:
    """A decoder that works: its first block, and the blocks after it."""

    decoder: Decoder
    first: NDArray[np.float32]
    rest: Iterator[NDArray[np.float32]]


def open_ffmpeg(source: Source) -> Decoder:
    """Open a recording with FFmpeg, behind a repaired header where it needs one."""
    # Loading FFmpeg takes a while and most recordings do not need it.
    from soundalike.audio.ffmpeg import FfmpegDecoder

    header = read_wave_header(source.view())
    return FfmpegDecoder(header.repaired(source) if header and header.needs_repair else source.view())


def start_decoder(source: Source, *, start_s: float, warnings: list[str]) -> Started:
    """Return the first decoder that gives samples from `start_s` on.

    Args:
        source: the recording.
        start_s: where to begin, in seconds.
        warnings: gains what the bytes of the file already tell.

    Raises:
        AudioEmptyError: there are no samples, or none from `start_s` on.
        AudioDecodeError: no decoder finds audio.
    """
    refusal: DecoderError | None = None
    held_nothing = False
    for make in _candidates(source, warnings):
        try:
            decoder = make()
        except DecoderError as exc:
            logger.debug("%s: %s", source.name, exc)
            refusal = exc
            continue
        try:
            rest = decoder.blocks(start_s)
            first = next(rest, None)
            if not MIN_SAMPLE_RATE_HZ <= decoder.sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
                refusal = DecoderError(f"its header gives a sample rate of {decoder.sample_rate_hz} Hz")
            elif first is not None:
                return Started(decoder=decoder, first=first, rest=rest)
            elif decoder.warnings:
                refusal = DecoderError(decoder.warnings[-1])
            else:
                held_nothing = True
                if decoder.duration_s and start_s >= decoder.duration_s:
                    decoder.close()
                    break  # another decoder would read all of it to come to the same end
        except DecoderError as exc:
            logger.debug("%s: %s", source.name, exc)
            refusal = exc
        decoder.close()
    if source.read_error is not None:
        refusal, held_nothing = DecoderError(source.read_error, advice="Copy it again."), False
    if held_nothing and start_s > 0.0:
        raise AudioEmptyError(
            f"'{source.name}' holds no audio from {start_s:g} s on. Ask for an earlier part."
        )
    if held_nothing or refusal is None:
        raise AudioEmptyError(f"'{source.name}' holds no samples. Record or export it again.")
    raise AudioDecodeError(f"cannot decode '{source.name}': {refusal}. {refusal.advice}") from refusal


def _candidates(source: Source, warnings: list[str]) -> Iterator[Callable[[], Decoder]]:
    """Yield the decoders worth trying, the best one first."""
    beginning = source.view().read(4)
    if beginning[:3] == b"ID3" or (beginning[:1] == b"\xff" and beginning[1:2] >= b"\xe0"):
        # libsndfile reads MP3 too, but its decoder writes about every damaged byte to the terminal.
        yield lambda: open_ffmpeg(source)
        return
    ogg_end = read_ogg_end(source.view())
    if ogg_end is not None and ogg_end.truncated:
        warnings.append("truncated: the last page of the Ogg file is missing")
    header = read_wave_header(source.view())
    if header is not None and header.needs_repair:
        warnings.extend(header.warnings)
        view, container = header.repaired(source), header.container
        yield lambda: SndfileDecoder(view, container=container)
    elif ogg_end is None or not ogg_end.chained:
        yield lambda: _open_sndfile(source, ogg_end)
        if header is not None:
            # Some chunk beside the audio may be what libsndfile refuses.
            yield lambda: SndfileDecoder(header.repaired(source), container=header.container)
    yield lambda: open_ffmpeg(source)


def _open_sndfile(source: Source, ogg_end: OggEnd | None) -> Decoder:
    path = source.path
    file = path if path is not None and path.suffix.lower() in _HONEST_SUFFIXES else source.view()
    decoder = SndfileDecoder(file, promised_s=length_in_header_s(source.view()))
    if ogg_end is not None and ogg_end.is_longer_than(decoder.duration_s, decoder.sample_rate_hz):
        decoder.close()
        raise DecoderError("libsndfile does not see all of the Ogg file")
    return decoder
