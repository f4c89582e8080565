"""A training small enough for a test: points on a few directions, with noise, and a network of two narrow layers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch
from lightning.fabric import Fabric

from soundalike.models import PaperMlp
from soundalike.training.examples import Examples
from soundalike.training.loop import EpochRecord, fit
from soundalike.training.recipe import Recipe, load_recipe

NUM_LABELS = 4
NUM_FEATURES = 40
WIDTHS = (16, 8)
SETTINGS = (
    "network.widths=[16, 8]",
    "pairs.largest_block=8",
    "optimiser.kind=adam",
    "optimiser.epochs=4",
    "optimiser.learning_rate=0.003",
)


def tiny_recipe(*assignments: str, name: str = "paper-unbalanced") -> Recipe:
    return load_recipe(name, [*SETTINGS, *assignments])


def tiny_examples(num_of_each: int, *, seed: int) -> Examples:
    """Clips of a label lie around a direction of their own."""
    directions = torch.randn(NUM_LABELS, NUM_FEATURES, generator=torch.Generator().manual_seed(100))
    labels = torch.arange(NUM_LABELS).repeat(num_of_each)
    noise = torch.randn(len(labels), NUM_FEATURES, generator=torch.Generator().manual_seed(seed))
    return Examples(
        features=directions[labels] + 1.5 * noise, owners=torch.arange(len(labels)), labels=labels
    )


def tiny_network(*, seed: int = 0, dropout: float = 0.3) -> PaperMlp:
    generator = torch.Generator().manual_seed(seed)
    return PaperMlp(NUM_FEATURES, widths=WIDTHS, dropout=dropout, generator=generator)


def tiny_fit(
    folder: Path,
    *,
    recipe: Recipe,
    seed: int = 0,
    identity: str = "one",
    devices: int = 1,
    dropout: float = 0.3,
    on_epoch=lambda record: None,
) -> tuple[PaperMlp, list[EpochRecord]]:
    """Train a tiny network in `folder`; gives it with its best weights, and the curve."""
    folder.mkdir(parents=True, exist_ok=True)
    fabric = Fabric(accelerator="cpu", devices=devices)
    fabric.launch()
    network = tiny_network(seed=seed, dropout=dropout)
    history = fit(
        fabric,
        network,
        tiny_examples(10, seed=1),
        tiny_examples(3, seed=2),
        recipe=recipe,
        seed=seed,
        folder=folder,
        identity=identity,
        on_epoch=on_epoch,
    )
    return network, history


def without_time(history: list[EpochRecord]) -> list[EpochRecord]:
    return [dataclasses.replace(record, wall_s=0.0) for record in history]


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(left, right) for left, right in pairs)
