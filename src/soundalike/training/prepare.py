"""From labelled recordings to what the loop trains on: two sides, their frames, and an untrained twin."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from soundalike.config import ClipMode
from soundalike.data import Clip, ClipAudio, Manifest, keep_aside, load_clips, refuse_audio_leaks
from soundalike.errors import DataError, Skipped
from soundalike.features.logfreq import (
    NUM_BINS,
    NUM_SAMPLES,
    NUM_TIME_BINS,
    SAMPLE_RATE_HZ,
    LogFreqSpectrogram,
)
from soundalike.models import PaperMlp, PaperNetwork, Twin, in_batches
from soundalike.training.loop import Examples
from soundalike.training.recipe import Recipe

WINDOW_S = NUM_SAMPLES / SAMPLE_RATE_HZ
VALIDATION_FRACTION = 0.1
# A clip takes about a megabyte in the front end.
_FRONT_END_BATCH = 64


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """An untrained twin and what to train it on.

    Attributes:
        twin: on the CPU.
        training: frames of the training clips.
        validation: frames of the validation clips.
        training_clips: those that could be read.
        skipped: those of both sides that could not.
    """

    twin: Twin
    training: Examples
    validation: Examples
    training_clips: tuple[Clip, ...]
    skipped: tuple[Skipped, ...]


def split_for_training(
    manifest: Manifest, *, folds: Collection[int] | None, val_folds: Collection[int] | None, seed: int
) -> tuple[Manifest, Manifest]:
    """Training and validation clips: by folds, else by the manifest's own split, else a tenth kept aside.

    Raises:
        DataError: a side is left without clips.
    """
    if val_folds is not None:
        rest = [fold for fold in {clip.fold for clip in manifest.clips} if fold is not None]
        training_folds = folds if folds is not None else [fold for fold in rest if fold not in val_folds]
        return manifest.select(folds=training_folds), manifest.select(folds=val_folds)
    chosen = manifest.select(folds=folds) if folds is not None else manifest
    if {clip.split for clip in chosen.clips} >= {"train", "val"}:
        return chosen.select(splits=["train"]), chosen.select(splits=["val"])
    return keep_aside(chosen, fraction=VALIDATION_FRACTION, seed=seed)


def prepare(
    training_clips: Manifest,
    validation_clips: Manifest,
    *,
    recipe: Recipe,
    seed: int,
    mode: ClipMode,
    allow_leaks: bool,
    on_load: Callable[[int, int], None] | None,
) -> Prepared:
    """Read both sides and build the untrained twin.

    The front end has nothing to learn and the windows do not change, so their features are computed once.
    """
    num_clips = len(training_clips) + len(validation_clips)

    def load(side: Manifest, first: int) -> ClipAudio:
        return load_clips(
            side,
            sample_rate_hz=SAMPLE_RATE_HZ,
            window_s=WINDOW_S,
            clip=mode,
            progress=None if on_load is None else lambda done, _: on_load(first + done, num_clips),
        )

    heard, unheard = load(training_clips, 0), load(validation_clips, len(training_clips))
    refuse_audio_leaks(heard, unheard, allow=allow_leaks, how_to_allow="--allow-leaks")
    known_labels = {clip.label for clip in heard.clips}
    if len(known_labels) < 2:
        raise DataError(
            f"'{training_clips.name}' has too few readable clips: training needs those of 2 labels."
        )
    if known_labels.isdisjoint(clip.label for clip in unheard.clips):
        raise DataError(
            f"'{validation_clips.name}': no readable validation clip has a label that training clips have."
        )

    settings = recipe.front_end
    spectrogram = LogFreqSpectrogram(
        time_axis=settings.time_axis, window_samples=settings.window_samples, hop_samples=settings.hop_samples
    )

    def frames_of(side: ClipAudio) -> Tensor:
        return in_batches(spectrogram.frames, torch.from_numpy(side.waveforms), batch_size=_FRONT_END_BATCH)

    frames = frames_of(heard)
    mlp = PaperMlp(
        NUM_BINS * NUM_TIME_BINS,
        widths=recipe.network.widths,
        dropout=recipe.network.dropout,
        generator=torch.Generator().manual_seed(seed),
    )
    network = PaperNetwork.standardised_by(frames, mlp, to_times=spectrogram.to_times)
    twin = Twin(spectrogram.frames, network)

    names = sorted({clip.label for clip in (*heard.clips, *unheard.clips)})

    def examples(side: ClipAudio, features: Tensor) -> Examples:
        return Examples(
            features=features,
            owners=torch.from_numpy(side.owners),
            labels=torch.tensor([names.index(clip.label) for clip in side.clips]),
        )

    training = examples(heard, frames)
    validation = examples(unheard, frames_of(unheard))
    return Prepared(
        twin=twin,
        training=training,
        validation=validation,
        training_clips=heard.clips,
        skipped=heard.skipped + unheard.skipped,
    )
