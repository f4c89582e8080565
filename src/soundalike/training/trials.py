"""Heads that are trained without some of the labels, to choose the blend by."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from soundalike.models import BlendedHead
from soundalike.training.blend import Choice, choose_blend
from soundalike.training.examples import Examples
from soundalike.training.loop import fit
from soundalike.training.recipe import Recipe

if TYPE_CHECKING:
    from lightning.fabric import Fabric

# Where neither the recipe nor labels left out say anything.
DEFAULT_SHARE = 0.5


def try_blends(
    fabric: Fabric,
    network: BlendedHead,
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
        network: the untrained head; it stays as it is.
        recordings: see `choose_blend`.
        folder: for the checkpoints of the heads; those of a training with the same identity are gone on from.
        on_trial: told (heads done, heads in all).
    """
    unchosen = Choice(share=DEFAULT_SHARE, keep=recipe.loss.keep)
    if recipe.blend.share is not None:
        return replace(unchosen, share=recipe.blend.share)

    def train_on(name: str, clips: Tensor, keep: float) -> BlendedHead:
        head = copy.deepcopy(network)
        (folder / name).mkdir(parents=True, exist_ok=True)
        fit(
            fabric,
            head,
            training.select(clips),
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
        train_on=train_on,
        on_trial=on_trial,
        tolerance=recipe.blend.tolerance,
        seed=seed,
    )
    return choice or unchosen


def keeping(recipe: Recipe, keep: float) -> Recipe:
    """The recipe with this weight of keeping the frozen similarities."""
    return replace(recipe, loss=replace(recipe.loss, keep=keep))
