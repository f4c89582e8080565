"""From a manifest to waveforms: the loudest window of every clip, those that cannot be read left out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike import audio
from soundalike.data.manifest import Clip, Manifest
from soundalike.errors import AudioError, DataError, Skipped

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ClipAudio:
    """The clips that could be read, a window of each, and what was left out.

    Args:
        clips: in the order of the manifest, without the skipped ones.
        waveforms: float32 [clip, samples], mono, zero-padded at the end where the sound is shorter.
        skipped: clips that could not be read and clips without sound, each with its reason.
    """

    clips: tuple[Clip, ...]
    waveforms: NDArray[np.float32]
    skipped: tuple[Skipped, ...]


def load_clips(
    manifest: Manifest,
    *,
    sample_rate_hz: int,
    window_s: float,
    progress: Callable[[int, int], None] | None = None,
) -> ClipAudio:
    """Load the window with the most energy of every clip, inside its `start_s` and `end_s` where it has them.

    Args:
        manifest: the clips to load.
        sample_rate_hz: rate of the waveforms.
        window_s: length of a window in seconds.
        progress: called with (clips done, clips in all) from the calling thread.

    Raises:
        DataError: the manifest is empty, or nothing in it could be read.
    """
    windows = np.zeros((len(manifest), round(window_s * sample_rate_hz)), dtype=np.float32)

    def load(clip: Clip) -> NDArray[np.float32] | str:
        return _loudest(clip, sample_rate_hz=sample_rate_hz, window_s=window_s)

    loaded: list[int] = []
    skipped: list[Skipped] = []
    # The decoders release the interpreter lock, so threads are enough; map gives results in order.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for index, window in enumerate(pool.map(load, manifest.clips)):
            if isinstance(window, str):
                skipped.append(Skipped(path=str(manifest.clips[index].path), reason=window))
                logger.info("skipped '%s': %s", skipped[-1].path, window)
            else:
                windows[len(loaded)] = window
                loaded.append(index)
            if progress is not None:
                progress(index + 1, len(manifest))
    if not loaded:
        first = f" The first, '{skipped[0].path}': {skipped[0].reason}." if skipped else ""
        raise DataError(
            f"none of the {len(manifest)} clips of '{manifest.name}' could be loaded.{first} "
            "Check the paths and the files."
        )
    return ClipAudio(
        clips=tuple(manifest.clips[index] for index in loaded),
        waveforms=windows[: len(loaded)],
        skipped=tuple(skipped),
    )


def _loudest(clip: Clip, *, sample_rate_hz: int, window_s: float) -> NDArray[np.float32] | str:
    """The loudest window of a clip, or the reason why there is none."""
    try:
        sound = audio.load(
            clip.path, sample_rate_hz=sample_rate_hz, start_s=clip.start_s or 0.0, end_s=clip.end_s
        )
    except AudioError as error:
        return str(error)
    if audio.is_silent(sound.waveform):
        return "silent"
    _, window = audio.loudest_window(sound.waveform, sample_rate_hz=sample_rate_hz, window_s=window_s)
    return window
