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
from soundalike.losses import LossSettings
from soundalike.pairs import AugmentSettings

TrainingClip = Literal["loudest", "whole", "random"]
_FRONT_END_OF = {"mlp": "logfreq", "cnn": "logmel", "head": "backbone"}


@dataclass(frozen=True, kw_only=True)
class FrontEndSettings:
    """The spectrogram: the paper's, or the log-mel one, which has no settings; or a frozen encoder in its place.

    `window_samples` and `hop_samples` are at 16 kHz.
    """

    kind: Literal["logfreq", "logmel", "backbone"] = "logfreq"
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
    """The twin: the paper's perceptron, a residual network of convolutions, or a head on a frozen encoder.

    The last of `widths` is the embedding's dimension. Those before are neurons of layers, or channels of blocks. A head
    with one width is one linear layer.
    """

    kind: Literal["mlp", "cnn", "head"] = "mlp"
    widths: tuple[int, ...] = (512, 256, 128)
    dropout: float = 0.3

    def __post_init__(self) -> None:
        if not self.widths or min(self.widths) < 1 or not 0 <= self.dropout < 1:
            raise ConfigError("network: 'widths' need numbers over 0, 'dropout' one from 0 to below 1.")
        # With other numbers oneDNN's gradient of a convolution, channels last, writes over memory that is not its own.
        if self.kind == "cnn" and (len(self.widths) < 3 or any(width % 8 for width in self.widths[:-1])):
            raise ConfigError(
                "network: 'widths' of a cnn need two numbers of channels at least, multiples of 8, and the embedding's."
            )


@dataclass(frozen=True, kw_only=True)
class PairSettings:
    """What an optimiser step looks at: pairs by blocks, or batches of several clips of each of several labels.

    "balanced" and "unbalanced" are the paper's sets of pairs. An epoch embeds every clip `blocks` - 1 times and takes
    about `blocks`² / 2 optimiser steps, however many clips there are. No block grows over `largest_block` clips, which
    bounds the memory of a step. With "labels" an epoch embeds every clip once, in batches of about `batch` clips, made
    of groups of `clips_a_label` clips of one label; a label with more than `most_of_a_label` clips gives so many.
    """

    kind: Literal["balanced", "unbalanced", "labels"] = "unbalanced"
    blocks: int = 5
    largest_block: int = 1000
    batch: int = 64
    clips_a_label: int = 2
    most_of_a_label: int | None = None

    def __post_init__(self) -> None:
        if self.blocks < 1 or self.largest_block < 1:
            raise ConfigError("pairs: 'blocks' and 'largest_block' should be at least 1.")
        if self.batch < 2 or self.clips_a_label < 1:
            raise ConfigError("pairs: 'batch' should be at least 2 and 'clips_a_label' at least 1.")
        if self.most_of_a_label is not None and self.most_of_a_label < 1:
            raise ConfigError("pairs: 'most_of_a_label' should be at least 1.")

    def block_size(self, num_windows: int) -> int:
        """Windows in a block."""
        return min(self.largest_block, math.ceil(num_windows / self.blocks))


@dataclass(frozen=True, kw_only=True)
class OptimiserSettings:
    """Gradient descent with momentum, Adam, or Adam with decoupled weight decay, for so many epochs.

    Only "sgd" takes notice of `momentum`. A gradient longer than `largest_gradient` is shortened to it: with few clips,
    or few labels, one step can otherwise throw the weights out for good.

    Attributes:
        schedule: "cosine" lets the learning rate fall to almost nothing along half a cosine.
        warm_up_epochs: over which the learning rate first rises.
        averaging: share of itself that a running average of the weights keeps in a step; the average is what is
            validated and exported. None: the weights as they are.
        validate_every: epochs from one validation to the next; the last epoch always is.
    """

    kind: Literal["sgd", "adam", "adamw"] = "sgd"
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 0.0
    largest_gradient: float | None = None
    epochs: int = 200
    schedule: Literal["constant", "cosine"] = "constant"
    warm_up_epochs: int = 0
    averaging: float | None = None
    validate_every: int = 1

    def __post_init__(self) -> None:
        if self.learning_rate <= 0 or self.epochs < 1:
            raise ConfigError("optimiser: 'learning_rate' should be over 0 and 'epochs' at least 1.")
        if self.largest_gradient is not None and self.largest_gradient <= 0:
            raise ConfigError("optimiser: 'largest_gradient' should be over 0.")
        if not 0 <= self.momentum < 1:
            raise ConfigError(f"optimiser: 'momentum' is {self.momentum}; it should be from 0 to below 1.")
        if self.averaging is not None and not 0 <= self.averaging < 1:
            raise ConfigError(f"optimiser: 'averaging' is {self.averaging}; it should be from 0 to below 1.")
        if self.warm_up_epochs < 0 or self.validate_every < 1:
            raise ConfigError(
                "optimiser: 'warm_up_epochs' should be at least 0, 'validate_every' at least 1."
            )

    def learning_rate_of(self, epoch: int) -> float:
        """The learning rate in epoch 1, 2, ...: the same for all its steps, so that any epoch can be resumed."""
        if epoch <= self.warm_up_epochs:
            return self.learning_rate * epoch / (self.warm_up_epochs + 1)
        if self.schedule == "constant":
            return self.learning_rate
        done = (epoch - 1 - self.warm_up_epochs) / max(1, self.epochs - self.warm_up_epochs)
        return self.learning_rate * 0.5 * (1.0 + math.cos(math.pi * done))

    def validates(self, epoch: int) -> bool:
        """Whether this epoch ends with a validation."""
        return epoch % self.validate_every == 0 or epoch == self.epochs


@dataclass(frozen=True, kw_only=True)
class BlendSettings:
    """How a head stands beside the frozen embeddings; see `BlendedHead`.

    Attributes:
        share: of the frozen cosine in the blend, from 0 to 1. None: chosen on labels that are left out of training.
        whiten: whether the frozen part is whitened where `share` is given; else that is chosen too.
        tolerance: how much MAP the choice may cost on labels never heard, against the frozen embeddings alone.
        keeps: values of `loss.keep` to choose among along with the share; empty: that of the recipe.
    """

    share: float | None = None
    whiten: bool = False
    tolerance: float = 0.01
    keeps: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.share is not None and not 0 <= self.share <= 1:
            raise ConfigError(f"blend: 'share' is {self.share}; it should be from 0 to 1.")
        if self.tolerance < 0:
            raise ConfigError(f"blend: 'tolerance' is {self.tolerance}; it should not be negative.")
        if self.keeps and min(self.keeps) < 0:
            raise ConfigError(f"blend: 'keeps' holds {min(self.keeps)}; none should be negative.")


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """How the encoder is stored, and the distance it is meant for."""

    distance: Distance = "euclidean"
    weights: Literal["float32", "float16"] = "float32"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training, as a file.

    `clip` is what of a recording to train on: its loudest window, all of its windows ("whole"), or a random one every
    epoch.
    """

    name: str
    clip: TrainingClip = "loudest"
    front_end: FrontEndSettings = field(default_factory=FrontEndSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    pairs: PairSettings = field(default_factory=PairSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    blend: BlendSettings = field(default_factory=BlendSettings)
    export: ExportSettings = field(default_factory=ExportSettings)

    def __post_init__(self) -> None:
        if self.front_end.kind != _FRONT_END_OF[self.network.kind]:
            raise ConfigError(
                "a network of kind 'cnn' takes the front end 'logmel', one of kind 'mlp' takes 'logfreq', one of kind "
                "'head' takes 'backbone'."
            )
        if self.pairs.kind != "labels" and not self.loss.counts_pairs:
            raise ConfigError(
                f"loss '{self.loss.kind}' looks at a batch as a whole: set pairs.kind to 'labels'. Only "
                "'contrastive' without 'auxiliary' can count single pairs."
            )
        if self.front_end.kind != "logmel" and self.augment != AugmentSettings():
            raise ConfigError("augment: only the front end 'logmel' can change sounds while training.")
        if self.network.kind == "head" and self.export.distance != "cosine":
            raise ConfigError("export: 'distance' of a head is 'cosine', by which it is blended.")
        if self.network.kind != "head" and (self.loss.keep or self.blend != BlendSettings()):
            raise ConfigError("'blend' and 'loss.keep' are for a network of kind 'head'.")


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
