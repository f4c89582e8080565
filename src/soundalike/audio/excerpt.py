"""Copy a stretch of a recording into a WAV file of its own."""

from __future__ import annotations

from pathlib import Path

import soundfile

from soundalike.audio.choose import start_decoder
from soundalike.audio.decoder import DecoderError
from soundalike.audio.source import Source
from soundalike.errors import AudioDecodeError

# Holds 16-bit and 24-bit samples exactly, and every player knows it.
_SUBTYPE = "PCM_24"


def copy_excerpt(source: Path | bytes, target: Path, *, start_s: float, end_s: float) -> None:
    """Write a stretch of a recording as a WAV file, with all channels at the recording's own sample rate.

    Args:
        source: the recording; it is streamed.
        target: a file that is not there yet.
        start_s: where the stretch begins.
        end_s: where it ends; the recording may end before.

    Raises:
        AudioError: the recording cannot be read from `start_s` on; then there is no `target`.
        FileExistsError: `target` is there.
        OSError: it cannot be written.
    """
    opened = Source(source)
    try:
        started = start_decoder(opened, start_s=start_s, warnings=[])
        decoder = started.decoder
        rate_hz = decoder.sample_rate_hz
        num_left = max(1, round(end_s * rate_hz) - round(start_s * rate_hz))
        with target.open("xb") as file:
            try:
                with soundfile.SoundFile(
                    file, "w", rate_hz, decoder.channels, subtype=_SUBTYPE, format="WAV"
                ) as clip:
                    block = started.first
                    while True:
                        clip.write(block[:num_left])
                        num_left -= len(block)
                        following = next(started.rest, None) if num_left > 0 else None
                        if following is None:
                            break
                        block = following
            except BaseException as exc:
                file.close()
                target.unlink()
                if isinstance(exc, DecoderError):
                    raise AudioDecodeError(f"cannot decode '{opened.name}': {exc}. {exc.advice}") from exc
                raise
        decoder.close()
    finally:
        opened.close()
