"""Recipes: everything about a training except the data and the seed, as TOML that people read and edit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Literal

from soundalike.config import Distance, from_mapping, override, read_toml
from soundalike.errors import ConfigError
from soundalike.features.logfreq import NUM_SAMPLES, TimeAxis
from soundalike.pairs import PairSet


@dataclass(frozen=True, kw_only=True)
class FrontEndSettings:
    """The spectrogram. `window_samples` and `hop_samples` are at 16 kHz."""

    kind: Literal["logfreq"] = "logfreq"
    time_axis: TimeAxis = "log"
    window_samples: int = 1024
    hop_samples: int = 512

    def __post_init__(self) -> None:
        if not 2 <= self.window_samples <= NUM_SAMPLES or self.hop_samples < 1:
            raise ConfigError(
                f"front_end: 'window_samples' should be from 2 to {NUM_SAMPLES}, 'hop_samples' at least 1."
            )


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The twin. The last of `widths` is the embedding's dimension."""

    kind: Literal["mlp"] = "mlp"
    widths: tuple[int, ...] = (512, 256, 128)
    dropout: float = 0.3

    def __post_init__(self) -> None:
        if not self.widths or min(self.widths) < 1 or not 0 <= self.dropout < 1:
            raise ConfigError("network: 'widths' need numbers over 0, 'dropout' one from 0 to below 1.")


@dataclass(frozen=True, kw_only=True)
class PairSettings:
    """Which pairs an epoch is made of, and into how many blocks the clips are dealt.

    An epoch embeds every clip `blocks` - 1 times and takes about `blocks`² / 2 optimiser steps, however many clips
    there are. No block grows over `largest_block` clips, which bounds the memory of a step.
    """

    kind: PairSet = "unbalanced"
    blocks: int = 5
    largest_block: int = 1000

    def __post_init__(self) -> None:
        if self.blocks < 1 or self.largest_block < 1:
            raise ConfigError("pairs: 'blocks' and 'largest_block' should be at least 1.")

    def block_size(self, num_windows: int) -> int:
        """Windows in a block."""
        return min(self.largest_block, math.ceil(num_windows / self.blocks))


@dataclass(frozen=True, kw_only=True)
class LossSettings:
    """The loss on pairs."""

    kind: Literal["contrastive"] = "contrastive"
    margin: float = 1.0

    def __post_init__(self) -> None:
        if self.margin <= 0:
            raise ConfigError(f"loss: 'margin' is {self.margin}; it should be over 0.")


@dataclass(frozen=True, kw_only=True)
class OptimiserSettings:
    """Stochastic gradient descent with momentum, or Adam, for so many epochs.

    Adam takes no notice of `momentum`. A gradient longer than `largest_gradient` is shortened to it: with few clips, or
    few labels, one step can otherwise throw the weights out for good.
    """

    kind: Literal["sgd", "adam"] = "sgd"
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 0.0
    largest_gradient: float | None = None
    epochs: int = 200

    def __post_init__(self) -> None:
        if self.learning_rate <= 0 or self.epochs < 1:
            raise ConfigError("optimiser: 'learning_rate' should be over 0 and 'epochs' at least 1.")
        if self.largest_gradient is not None and self.largest_gradient <= 0:
            raise ConfigError("optimiser: 'largest_gradient' should be over 0.")
        if not 0 <= self.momentum < 1:
            raise ConfigError(f"optimiser: 'momentum' is {self.momentum}; it should be from 0 to below 1.")


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """How the encoder is stored, and the distance it is meant for."""

    distance: Distance = "euclidean"
    weights: Literal["float32", "float16"] = "float32"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training, as a file."""

    name: str
    front_end: FrontEndSettings = field(default_factory=FrontEndSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    pairs: PairSettings = field(default_factory=PairSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    export: ExportSettings = field(default_factory=ExportSettings)


def recipe_names() -> list[str]:
    """The recipes that come with soundalike."""
    folder = resources.files("soundalike.training").joinpath("recipes")
    return sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_recipe(spec: str | Path, assignments: Iterable[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        spec: the name of one that comes with soundalike, or a TOML file.
        assignments: `table.key=value` overrides, applied in order.
    Raises:
        ConfigError: no such recipe, or a key or value in it that cannot be used.
    """
    if str(spec) in recipe_names():
        resource = resources.files("soundalike.training").joinpath("recipes", f"{spec}.toml")
        with resources.as_file(resource) as path:
            mapping = read_toml(path)
    elif Path(spec).suffix == ".toml":
        mapping = read_toml(Path(spec))
    else:
        raise ConfigError(f"no recipe '{spec}': give a .toml file or one of {', '.join(recipe_names())}.")
    return from_mapping(Recipe, override(mapping, assignments), source=f"recipe '{spec}'")
