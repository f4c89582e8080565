"""One embedding for every clip of a manifest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import is_silent, open_audio, stream_windows
from soundalike.config import ClipMode
from soundalike.data import Clip, Manifest, load_clips, waveform_digest
from soundalike.encoders import Encoder
from soundalike.errors import AudioError, DataError, EncoderError, Skipped, reason_of

logger = logging.getLogger(__name__)

BATCH = 64
# Clips whose audio is in memory at once.
LOADED_CLIPS = 512

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class EmbeddedClips:
    """Clips with their embeddings, and those that could not be embedded.

    Attributes:
        clips: the clips that could be embedded, in the manifest's order.
        embeddings: float32 [clip, dim].
        skipped: the clips that could not be read, or are silent.
        sounds: what names the sound that was embedded of each clip, however it was encoded; empty if not known.
    """

    clips: tuple[Clip, ...]
    embeddings: NDArray[np.float32]
    skipped: tuple[Skipped, ...] = ()
    sounds: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.clips) != len(self.embeddings):
            raise ValueError(f"{len(self.clips)} clips, but {len(self.embeddings)} embeddings")

    def __len__(self) -> int:
        return len(self.clips)


def embed_clips(
    encoder: Encoder, manifest: Manifest, *, clip: ClipMode, progress: Progress | None = None
) -> EmbeddedClips:
    """Embed every clip of a manifest, in memory that does not grow with the length of the audio.

    Args:
        encoder: any encoder.
        manifest: the clips.
        clip: "loudest" embeds the window with the most energy, zero-padded if the clip is shorter; "whole"
            takes the mean of the embeddings of the clip's non-silent windows, half a window apart.
        progress: called with the number of clips done and the number of all clips.
    Raises:
        EncoderError: the encoder returns values that are not finite.
    """
    embed = _embed_loudest if clip == "loudest" else _embed_whole
    return embed(encoder, manifest, progress or _no_progress)


def _embed_loudest(encoder: Encoder, manifest: Manifest, progress: Progress) -> EmbeddedClips:
    clips: list[Clip] = []
    skipped: list[Skipped] = []
    sounds: list[bytes] = []
    embeddings = [np.empty((0, encoder.dim), dtype=np.float32)]
    for start in range(0, len(manifest), LOADED_CLIPS):
        part = replace(manifest, clips=manifest.clips[start : start + LOADED_CLIPS])
        try:
            audio = load_clips(part, sample_rate_hz=encoder.sample_rate_hz, window_s=encoder.window_s)
        except DataError as error:  # not one of this part could be loaded; others may
            skipped.extend(Skipped(path=str(one.path), reason=str(error)) for one in part.clips)
        else:
            for first in range(0, len(audio.clips), BATCH):
                embeddings.append(_embed_batch(encoder, audio.waveforms[first : first + BATCH]))
            clips.extend(audio.clips)
            sounds.extend(map(waveform_digest, audio.waveforms))
            skipped.extend(audio.skipped)
        progress(start + len(part), len(manifest))
    return EmbeddedClips(
        clips=tuple(clips),
        embeddings=np.concatenate(embeddings),
        skipped=tuple(skipped),
        sounds=tuple(sounds),
    )


def _embed_whole(encoder: Encoder, manifest: Manifest, progress: Progress) -> EmbeddedClips:
    # Windows of several clips share a batch; each window adds to the sum of its clip.
    sums = np.zeros((len(manifest), encoder.dim))
    num_windows = np.zeros(len(manifest), dtype=np.int64)
    sounds = [b""] * len(manifest)
    unreadable: dict[int, str] = {}
    windows = _non_silent_windows(encoder, manifest, unreadable, progress)
    while batch := list(islice(windows, BATCH)):
        owners = np.array([owner for owner, _ in batch])
        np.add.at(sums, owners, _embed_batch(encoder, np.stack([waveform for _, waveform in batch])))
        np.add.at(num_windows, owners, 1)
        for owner, waveform in batch:
            # A chain: the windows of a clip come in order.
            sounds[owner] = blake2b(sounds[owner] + waveform_digest(waveform), digest_size=16).digest()

    skipped = []
    kept = []
    for index, one in enumerate(manifest.clips):
        if index in unreadable:
            skipped.append(Skipped(path=str(one.path), reason=unreadable[index]))
        elif num_windows[index] == 0:
            skipped.append(Skipped(path=str(one.path), reason="silent"))
        else:
            kept.append(index)
    for left_out in skipped:
        logger.info("skipped '%s': %s", left_out.path, left_out.reason)
    return EmbeddedClips(
        clips=tuple(manifest.clips[index] for index in kept),
        embeddings=(sums[kept] / num_windows[kept, None]).astype(np.float32),
        skipped=tuple(skipped),
        sounds=tuple(sounds[index] for index in kept),
    )


def _non_silent_windows(
    encoder: Encoder, manifest: Manifest, unreadable: dict[int, str], progress: Progress
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Windows of all clips one after another, each with the index of its clip; fills `unreadable`."""
    for index, one in enumerate(manifest.clips):
        try:
            start_s = one.start_s if one.start_s is not None else 0.0
            with open_audio(
                one.path, sample_rate_hz=encoder.sample_rate_hz, start_s=start_s, end_s=one.end_s
            ) as stream:
                for _, waveform in stream_windows(
                    stream.blocks(),
                    sample_rate_hz=encoder.sample_rate_hz,
                    window_s=encoder.window_s,
                    hop_s=encoder.window_s / 2,
                ):
                    if not is_silent(waveform):
                        yield index, waveform
        except AudioError as error:
            unreadable[index] = reason_of(error, one.path)
        progress(index + 1, len(manifest))


def _embed_batch(encoder: Encoder, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
    embeddings = encoder.embed(waveforms)
    if not np.isfinite(embeddings).all():
        raise EncoderError(
            f"encoder '{encoder.name}' returned values that are not finite, for audio that is. Its ONNX file is "
            "damaged or was exported from a training run that diverged; use another checkpoint."
        )
    return embeddings


def _no_progress(done: int, total: int) -> None:
    pass
