"""What a caller searches with, made into an example that is compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import OpenFile
from soundalike.errors import RecordingNotFoundError, UsageError
from soundalike.library.gallery import Gallery
from soundalike.library.query import (
    Example,
    Part,
    example_of_embeddings,
    example_of_recording,
    example_of_source,
    parse_part,
)

if TYPE_CHECKING:
    from soundalike.encoders import Encoder

# What stands for a sound: a file, the bytes of one, "id:" and a recording's id, embeddings, or `Library.example` of it.
Asked = str | Path | bytes | OpenFile | NDArray[np.float32] | Example


def example_of(
    asked: Asked,
    gallery: Gallery,
    *,
    encoder: Callable[[], Encoder],
    start_s: float | None = None,
    end_s: float | None = None,
    most_s: float | None = None,
) -> Example:
    """Look a sound up in a library, or embed it.

    Args:
        asked: what stands for the sound.
        gallery: the library.
        encoder: loads the library's; called only if something has to be embedded.
        start_s: begin of the part to use, in seconds.
        end_s: its end.
        most_s: seconds of sound that may be decoded; None for any number.
    Raises:
        AudioError: it cannot be read, is silent, or longer than `most_s`.
        RecordingNotFoundError: there is no recording with this id.
        UsageError: an argument cannot be used.
    """
    dim = gallery.snapshot.header.encoder.dim
    if isinstance(asked, Example):
        if asked.embeddings.shape[1] != dim:
            raise UsageError("the library moved to another encoder meanwhile. Make the example again.")
        return asked
    if isinstance(asked, np.ndarray):
        return example_of_embeddings(asked, dim=dim)
    part = parse_part(asked)
    if start_s is not None or end_s is not None:
        part = Part(source=part.source, start_s=start_s, end_s=end_s)
    recording_id = part.recording_id
    if recording_id is None:
        return example_of_source(part, encoder=encoder(), most_s=most_s)
    windows = gallery.windows_of(recording_id)
    if windows is None:
        raise RecordingNotFoundError(f"the library holds no recording '{part.source!s}'.")
    return example_of_recording(part, windows)
