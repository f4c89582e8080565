"""Heads that are trained without some of the labels, to choose the blend by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from soundalike.models import BlendedHead, make_head
from soundalike.training.blend import Choice, Untrained, choose_blend
from soundalike.training.examples import Examples
from soundalike.training.loop import fit
from soundalike.training.recipe import Recipe

if TYPE_CHECKING:
    from lightning.fabric import Fabric

# Where neither the recipe nor labels left out say anything.
DEFAULT_SHARE = 0.5


def try_blends(
    fabric: Fabric,
    untrained: Untrained,
    training: Examples,
    validation: Examples,
    *,
    recordings: Sequence[str],
    recipe: Recipe,
    seed: int,
    folder: Path,
    identity: str,
    on_trial: Callable[[int, int], None],
) -> Choice:
    """What the recipe says of the blend, or what heads trained without some of the labels say.

    Args:
        untrained: makes a head.
        recordings: see `choose_blend`.
        folder: for the checkpoints of the heads; those of a training with the same identity are gone on from.
        on_trial: told (heads done, heads in all).
    """
    unchosen = Choice(share=DEFAULT_SHARE, whiten=False, keep=recipe.loss.keep)
    if recipe.blend.share is not None:
        return replace(unchosen, share=recipe.blend.share, whiten=recipe.blend.whiten)

    def train(name: str, head: BlendedHead, heard: Examples, keep: float) -> BlendedHead:
        (folder / name).mkdir(parents=True, exist_ok=True)
        fit(
            fabric,
            head,
            heard,
            validation,
            recipe=keeping(recipe, keep),
            seed=seed,
            folder=folder / name,
            identity=identity,
            on_epoch=lambda record: None,
        )
        return head.cpu()

    choice = choose_blend(
        training,
        validation,
        recordings=recordings,
        keeps=recipe.blend.keeps or [recipe.loss.keep],
        untrained=untrained,
        train=train,
        on_trial=on_trial,
        tolerance=recipe.blend.tolerance,
        seed=seed,
    )
    return choice or unchosen


def untrained_head(recipe: Recipe, training: Examples, *, whiten: bool, seed: int) -> BlendedHead:
    """The head of a recipe with the statistics of training clips and its first weights.

    Args:
        training: frozen embeddings.
        whiten: whether its base is whitened.
        seed: draws the first weights.
    """
    layers = make_head(
        training.features.shape[1],
        widths=recipe.network.widths,
        dropout=recipe.network.dropout,
        generator=torch.Generator().manual_seed(seed),
    )
    return BlendedHead.standardised_by(
        training.features,
        layers,
        labels=training.labels[training.owners] if whiten else None,
        num_clips=len(training.labels),
    )


def keeping(recipe: Recipe, keep: float) -> Recipe:
    """The recipe with this weight of keeping the frozen similarities."""
    return replace(recipe, loss=replace(recipe.loss, keep=keep))
