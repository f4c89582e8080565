"""From a manifest to waveforms: the windows of every clip, those that cannot be read left out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike import audio
from soundalike.config import ClipMode
from soundalike.data.manifest import Clip, Manifest
from soundalike.errors import AudioError, DataError, Skipped

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ClipAudio:
    """The clips that could be read, their windows, and what was left out.

    Args:
        clips: in the order of the manifest, without the skipped ones.
        waveforms: float32 [window, samples], mono, zero-padded at the end where the sound is shorter.
        owners: int64 [window], the position in `clips` of the clip that each window is cut from, rising.
        skipped: clips that could not be read and clips without sound, each with its reason.
    """

    clips: tuple[Clip, ...]
    waveforms: NDArray[np.float32]
    owners: NDArray[np.int64]
    skipped: tuple[Skipped, ...]


def load_clips(
    manifest: Manifest,
    *,
    sample_rate_hz: int,
    window_s: float,
    clip: ClipMode = "loudest",
    progress: Callable[[int, int], None] | None = None,
) -> ClipAudio:
    """Load the windows of every clip, inside its `start_s` and `end_s` where it has them.

    Args:
        manifest: the clips to load.
        sample_rate_hz: rate of the waveforms.
        window_s: length of a window in seconds.
        clip: "loudest" for the window with the most energy, "whole" for all windows that are not silent, half a
            window apart.
        progress: called with (clips done, clips in all) from the calling thread.

    Raises:
        DataError: the manifest is empty, or nothing in it could be read.
    """

    def load(one: Clip) -> NDArray[np.float32] | str:
        return _windows_of(one, sample_rate_hz=sample_rate_hz, window_s=window_s, mode=clip)

    windows: list[NDArray[np.float32]] = []
    kept: list[Clip] = []
    skipped: list[Skipped] = []
    # The decoders release the interpreter lock, so threads are enough; map gives results in order.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for index, (one, found) in enumerate(
            zip(manifest.clips, pool.map(load, manifest.clips), strict=True)
        ):
            if isinstance(found, str):
                skipped.append(Skipped(path=str(one.path), reason=found))
                logger.info("skipped '%s': %s", one.path, found)
            else:
                windows.append(found)
                kept.append(one)
            if progress is not None:
                progress(index + 1, len(manifest))
    if not kept:
        first = f" The first, '{skipped[0].path}': {skipped[0].reason}." if skipped else ""
        raise DataError(
            f"none of the {len(manifest)} clips of '{manifest.name}' could be loaded.{first} "
            "Check the paths and the files."
        )
    return ClipAudio(
        clips=tuple(kept),
        waveforms=np.concatenate(windows),
        owners=np.repeat(np.arange(len(kept)), [len(found) for found in windows]),
        skipped=tuple(skipped),
    )


def _windows_of(
    clip: Clip, *, sample_rate_hz: int, window_s: float, mode: ClipMode
) -> NDArray[np.float32] | str:
    """The windows of a clip, float32 [window, samples], or the reason why there is none."""
    try:
        sound = audio.load(
            clip.path, sample_rate_hz=sample_rate_hz, start_s=clip.start_s or 0.0, end_s=clip.end_s
        )
    except AudioError as error:
        return str(error)
    if audio.is_silent(sound.waveform):
        return "silent"
    if mode == "loudest":
        _, window = audio.loudest_window(sound.waveform, sample_rate_hz=sample_rate_hz, window_s=window_s)
        return window[None, :]
    windows = audio.cut_windows(
        sound.waveform, sample_rate_hz=sample_rate_hz, window_s=window_s, hop_s=window_s / 2
    )
    return windows[[not audio.is_silent(window) for window in windows]]
