"""Copy a stretch of a recording into a WAV file of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO

import soundfile

from soundalike.audio.choose import start_decoder
from soundalike.audio.decoder import DecoderError
from soundalike.audio.source import Source
from soundalike.errors import AudioDecodeError
from soundalike.locations import Location

# Holds 16-bit and 24-bit samples exactly, and every player knows it.
_SUBTYPE = "PCM_24"


def copy_excerpt(source: Location | bytes, target: Path, *, start_s: float, end_s: float) -> None:
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
    if os.path.lexists(target):
        raise FileExistsError(f"'{target}' is there already.")
    opened = Source(source)
    try:
        started = start_decoder(opened, start_s=start_s, warnings=[])
        decoder = started.decoder
        rate_hz = decoder.sample_rate_hz
        num_left = max(1, round(end_s * rate_hz) - round(start_s * rate_hz))
        with tempfile.TemporaryDirectory(prefix=".soundalike-", dir=target.parent) as folder:
            partial = Path(folder) / "clip.wav"
            with partial.open("wb") as file:
                sink = _Sink(file)
                with soundfile.SoundFile(
                    sink, "w", rate_hz, decoder.channels, subtype=_SUBTYPE, format="WAV"
                ) as clip:
                    block = started.first
                    while sink.error is None:
                        clip.write(block[:num_left])
                        num_left -= len(block)
                        following = next(started.rest, None) if num_left > 0 else None
                        if following is None:
                            break
                        block = following
                if sink.error is not None:
                    raise sink.error
            _publish(partial, target)
        decoder.close()
    except DecoderError as exc:
        raise AudioDecodeError(f"cannot decode '{opened.name}': {exc}. {exc.advice}") from exc
    finally:
        opened.close()


class _Sink:
    """A file for libsndfile, which calls back from C and cannot pass an error on: it is kept here."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write, or note that it is impossible."""
        if self.error is None:
            try:
                self._file.write(data)
            except OSError as exc:
                self.error = exc
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Seek, or note that it is impossible: what waits is written first."""
        try:
            return self._file.seek(offset, whence)
        except OSError as exc:
            self.error = self.error or exc
            return 0

    def tell(self) -> int:
        """Position in the file."""
        return self._file.tell()


def _publish(partial: Path, target: Path) -> None:
    """Give a finished file its name, unless that is taken."""
    try:
        target.hardlink_to(partial)
    except FileExistsError:
        raise
    except OSError:  # FAT knows no links
        target.touch(exist_ok=False)
        partial.replace(target)
