"""Embeddings of files, without a library."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import Window, is_silent, open_audio, stream_windows
from soundalike.errors import AudioError, EncoderError, Skipped, reason_of
from soundalike.library.content import hash_of, recording_id_of
from soundalike.library.embedding_files import EmbeddedWindows, check_out, embedding_file, metadata_of
from soundalike.library.encoder import refuse_unusable_hop
from soundalike.library.walk import walk
from soundalike.locations import Location

if TYPE_CHECKING:
    from soundalike.encoders import Encoder

DEFAULT_HOP_S = 1.0
BATCH = 64


@dataclass(kw_only=True)
class EmbedReport:
    """What `embed` did.

    Attributes:
        num_files: files whose embeddings were written.
        num_windows: windows written.
        num_silent: windows that were silent and left out.
        skipped: files that could not be read; nothing of them is written.
    """

    num_files: int = 0
    num_windows: int = 0
    num_silent: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `embed --json` prints it."""
        return {
            "files": self.num_files,
            "windows": self.num_windows,
            "silent": self.num_silent,
            "skipped": [vars(one) for one in self.skipped],
        }


def embed(
    paths: Iterable[str | Path],
    out: str | Path,
    *,
    encoder: Encoder | str | Path = "default",
    hop_s: float = DEFAULT_HOP_S,
    progress: Callable[[int, int], None] | None = None,
) -> EmbedReport:
    """Write the embeddings of files, window by window with paths and times, as Parquet or NPZ.

    Args:
        paths: files, and folders of audio, or s3://bucket/prefix.
        out: file to write, ending in .parquet (memory stays bounded) or .npz.
        encoder: an encoder or what `load_encoder` takes.
        hop_s: seconds between the starts of two windows, at least 1/100 of a window.
        progress: called with the number of files done and the number of all files.
    Raises:
        UsageError: nothing lies at one of the paths, or an argument cannot be used.
        EncoderError: the encoder cannot be used.
        OutputError: the file cannot be written.
    """
    from soundalike.encoders import load_encoder

    check_out(out)
    loaded = load_encoder(encoder) if isinstance(encoder, str | Path) else encoder
    refuse_unusable_hop(hop_s, loaded)
    walked = walk(paths)
    report = EmbedReport(skipped=[Skipped(path=one.path, reason=one.reason) for one in walked.unreadable])
    with embedding_file(out, metadata_of(loaded, hop_s)) as file:
        files = [found.location for found in walked.found]
        for number, entry in enumerate(_embedded(files, loaded, hop_s, report), start=1):
            if entry.error is not None:
                report.skipped.append(Skipped(path=str(entry.path), reason=entry.error))
            else:
                report.num_files += 1
                report.num_windows += len(entry.windows)
                file.write(entry.as_rows(loaded.dim))
            if progress is not None:
                progress(number, len(files))
    return report


@dataclass
class _Entry:
    """A file on its way; its windows share batches with those of other files."""

    path: Location
    recording_id: str = ""
    windows: list[Window] = field(default_factory=list)
    embeddings: list[NDArray[np.float32]] = field(default_factory=list)
    is_decoded: bool = False
    error: str | None = None

    @property
    def is_complete(self) -> bool:
        return self.is_decoded and (self.error is not None or len(self.embeddings) == len(self.windows))

    def as_rows(self, dim: int) -> EmbeddedWindows:
        num = len(self.windows)
        return EmbeddedWindows(
            path=[str(self.path)] * num,
            recording_id=[self.recording_id] * num,
            label=[self.path.parent.name] * num,
            start_s=np.array([window.start_s for window in self.windows], dtype=np.float64),
            end_s=np.array([window.end_s for window in self.windows], dtype=np.float64),
            embedding=np.stack(self.embeddings) if num else np.empty((0, dim), np.float32),
        )


def _embedded(files: list[Location], encoder: Encoder, hop_s: float, report: EmbedReport) -> Iterator[_Entry]:
    """The files in their order, each when all of its windows are embedded."""
    entries: deque[_Entry] = deque()
    waiting: list[tuple[_Entry, NDArray[np.float32]]] = []

    def embed_waiting() -> None:
        if waiting:
            embeddings = encoder.embed(np.stack([waveform for _, waveform in waiting]))
            if not np.isfinite(embeddings).all():
                raise EncoderError(
                    f"encoder '{encoder.name}' returned values that are not finite. Use another."
                )
            for (owner, _), embedding in zip(waiting, embeddings, strict=True):
                owner.embeddings.append(embedding)
            waiting.clear()

    for path in files:
        entry = _Entry(path)
        entries.append(entry)
        num_silent = 0
        try:
            with open_audio(path, sample_rate_hz=encoder.sample_rate_hz) as stream:
                for window, waveform in stream_windows(
                    stream.blocks(),
                    sample_rate_hz=encoder.sample_rate_hz,
                    window_s=encoder.window_s,
                    hop_s=hop_s,
                ):
                    if is_silent(waveform):
                        num_silent += 1
                        continue
                    entry.windows.append(window)
                    waiting.append((entry, waveform))
                    if len(waiting) == BATCH:
                        embed_waiting()
            entry.recording_id = recording_id_of(hash_of(path))
            report.num_silent += num_silent
        except (AudioError, OSError) as error:
            entry.error = reason_of(error, path)
        entry.is_decoded = True
        while entries and entries[0].is_complete:
            yield entries.popleft()
    embed_waiting()
    yield from entries
