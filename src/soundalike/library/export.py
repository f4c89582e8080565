"""The embeddings of a library in a file of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from soundalike.library.embedding_files import EmbeddedWindows, check_out, embedding_file, metadata_of
from soundalike.library.gallery import Gallery
from soundalike.library.where import allowed_by, filterable

# Windows in memory at once.
ROWS_AT_ONCE = 16_384


def export(gallery: Gallery, out: str | Path, *, where: str | None = None) -> dict[str, Any]:
    """Write windows with their embeddings, by the path of their recording and their start.

    Args:
        gallery: the library.
        out: file to write, ending in .parquet or .npz.
        where: only windows for which this SQL expression is true.
    Returns:
        How much was written: {"recordings", "windows"}.
    Raises:
        UsageError: `where` cannot be understood.
        OutputError: the file cannot be written.
    """
    check_out(out)
    owners = gallery.recordings
    allowed = None if where is None else allowed_by(where, filterable(gallery))
    numbers = np.flatnonzero(owners >= 0 if allowed is None else (owners >= 0) & allowed.windows)
    numbers = numbers[np.lexsort((gallery.start_s[numbers], owners[numbers]))]
    header = gallery.snapshot.header
    with embedding_file(out, metadata_of(header.encoder, header.hop_s)) as file:
        for first in range(0, len(numbers), ROWS_AT_ONCE):
            windows = gallery.take(numbers[first : first + ROWS_AT_ONCE])
            own = windows.recordings.tolist()
            named = {number: files[0] for number, files in gallery.files.of(own).items()}
            if allowed is not None:
                for number in named:
                    fits = int(np.argmax(allowed.files[gallery.files.rows_of(number)]))
                    named[number] = gallery.files.of([number])[number][fits]
            file.write(
                EmbeddedWindows(
                    path=[str(named[number].location) for number in own],
                    recording_id=[named[number].recording_id for number in own],
                    label=[named[number].label for number in own],
                    start_s=windows.start_s,
                    end_s=windows.end_s,
                    embedding=windows.embeddings,
                )
            )
    return {"recordings": len(np.unique(owners[numbers])), "windows": len(numbers)}
