"""From a manifest to waveforms: the windows of every clip, those that cannot be read left out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from soundalike import audio
from soundalike.config import ClipMode
from soundalike.data.manifest import Clip, Manifest
from soundalike.errors import AudioError, DataError, Skipped, reason_of

logger = logging.getLogger(__name__)

T = TypeVar("T")


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

    def cut(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        if clip == "loudest":
            _, loudest = audio.loudest_window(waveform, sample_rate_hz=sample_rate_hz, window_s=window_s)
            return loudest[None, :]
        windows = audio.cut_windows(
            waveform, sample_rate_hz=sample_rate_hz, window_s=window_s, hop_s=window_s / 2
        )
        return windows[[not audio.is_silent(window) for window in windows]]

    kept, windows, skipped = map_waveforms(manifest, cut, sample_rate_hz=sample_rate_hz, progress=progress)
    return ClipAudio(
        clips=kept,
        waveforms=np.concatenate(windows),
        owners=np.repeat(np.arange(len(kept)), [len(found) for found in windows]),
        skipped=skipped,
    )


def map_waveforms(
    manifest: Manifest,
    make: Callable[[NDArray[np.float32]], T],
    *,
    sample_rate_hz: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[tuple[Clip, ...], list[T], tuple[Skipped, ...]]:
    """Load every clip, inside its `start_s` and `end_s` where it has them, and make something of its waveform.

    Args:
        manifest: the clips to load.
        make: from float32 [time], mono, not silent; called from several threads.
        sample_rate_hz: rate of the waveforms.
        progress: called with (clips done, clips in all) from the calling thread.
    Returns:
        The clips that could be loaded, what was made of each, and those left out with the reason.
    Raises:
        DataError: the manifest is empty, or nothing in it could be read.
    """

    def load(one: Clip) -> tuple[T | None, str]:
        try:
            sound = audio.load(
                one.path, sample_rate_hz=sample_rate_hz, start_s=one.start_s or 0.0, end_s=one.end_s
            )
        except AudioError as error:
            return None, reason_of(error, one.path)
        if audio.is_silent(sound.waveform):
            return None, "silent"
        return make(sound.waveform), ""

    kept: list[Clip] = []
    made: list[T] = []
    skipped: list[Skipped] = []
    # The decoders release the interpreter lock, so threads are enough; map gives results in order.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for index, (one, (found, reason)) in enumerate(
            zip(manifest.clips, pool.map(load, manifest.clips), strict=True)
        ):
            if found is None:
                skipped.append(Skipped(path=str(one.path), reason=reason))
                logger.info("skipped '%s': %s", one.path, reason)
            else:
                made.append(found)
                kept.append(one)
            if progress is not None:
                progress(index + 1, len(manifest))
    if not kept:
        first = f" The first, '{skipped[0].path}': {skipped[0].reason}." if skipped else ""
        raise DataError(
            f"none of the {len(manifest)} clips of '{manifest.name}' could be loaded.{first} "
            "Check the paths and the files."
        )
    return tuple(kept), made, tuple(skipped)
