"""The training loop: one for every recipe, on a CPU, a GPU or several of either."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from soundalike.config import Distance
from soundalike.errors import TrainingError
from soundalike.evaluation.metrics import mean
from soundalike.evaluation.ranking import Ranking, rank
from soundalike.losses import contrastive_loss, squared_distances
from soundalike.models import in_batches
from soundalike.pairs import EPOCHS, Step
from soundalike.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from soundalike.training.collapse import measure_health
from soundalike.training.recipe import OptimiserSettings, Recipe

if TYPE_CHECKING:
    from lightning.fabric import Fabric

# Hits per validation query that the similarity curve is made from.
CALIBRATION_K = 10
_EMBED_BATCH = 512


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What a network trains on or is validated with.

    Attributes:
        features: [window, ...].
        owners: int64 [window], the clip that each window is cut from, rising; every clip has one window at least.
        labels: int64 [clip].
        one_window_a_clip: train an epoch on one window of each clip, drawn anew every time, instead of on all.
    """

    features: Tensor
    owners: Tensor
    labels: Tensor
    one_window_a_clip: bool = False

    def draw(self, generator: torch.Generator) -> Tensor:
        """The windows of one epoch, int64 [drawn]."""
        if not self.one_window_a_clip:
            return torch.arange(len(self.owners))
        num_windows = self.owners.bincount()
        first = num_windows.cumsum(0) - num_windows
        return first + (torch.rand(len(num_windows), generator=generator) * num_windows).long()

    @torch.no_grad()
    def embed(self, network: nn.Module) -> Tensor:
        """The mean embedding of each clip's windows, [clip, dim], on the CPU."""
        embeddings = in_batches(network, self.features, batch_size=_EMBED_BATCH, device=self.features.device)
        sums = torch.zeros(len(self.labels), embeddings.shape[1]).index_add_(0, self.owners, embeddings)
        return sums / self.owners.bincount()[:, None]


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """One line of the training curve; `val_*` with the validation clips as queries, the training clips as gallery."""

    epoch: int
    loss: float
    val_map: float
    val_mp1: float
    dead_units: float
    spread: float
    complaint: str | None
    wall_s: float


def fit(
    fabric: Fabric,
    network: nn.Module,
    training: Examples,
    validation: Examples,
    *,
    recipe: Recipe,
    seed: int,
    folder: Path,
    identity: str,
    on_epoch: Callable[[EpochRecord], None],
) -> list[EpochRecord]:
    """Train a network, keep the epoch with the best validation MAP in it, and return the curve.

    A checkpoint in `folder` that carries the same identity is gone on from. Every epoch draws from a generator of its
    own, made from the seed and the epoch's number, so a resumed run takes the same steps as an unbroken one.

    Args:
        fabric: launched; says on which devices.
        network: features -> embeddings; trained in place.
        identity: fingerprint of recipe, seed and data.
        on_epoch: told after every epoch.
    Raises:
        ResumeError: the checkpoint in `folder` belongs to another training.
        TrainingError: the loss is no longer a finite number.
    """
    optimiser = _optimiser(network, recipe.optimiser)
    history: list[EpochRecord] = []
    best: dict[str, Tensor] = {}
    checkpoint = load_checkpoint(folder, identity=identity)
    if checkpoint is not None:
        network.load_state_dict(checkpoint.network)
        history = [EpochRecord(**record) for record in checkpoint.history]
        best = checkpoint.best
    model, fabric_optimiser = fabric.setup(network, optimiser)
    if checkpoint is not None:
        # Only now: the state goes where the weights are, and `setup` may have moved them to a GPU.
        optimiser.load_state_dict(checkpoint.optimiser)
    training_on_device = replace(training, features=fabric.to_device(training.features))

    for epoch in range(len(history) + 1, recipe.optimiser.epochs + 1):
        started = time.perf_counter()
        # Dropout draws from torch's global generator: seeded for the epoch, and given back as it was.
        with torch.random.fork_rng():
            torch.manual_seed(_epoch_seed(seed, epoch, rank=fabric.global_rank))
            generator = torch.Generator().manual_seed(_epoch_seed(seed, epoch))
            loss = _train_epoch(
                fabric, model, fabric_optimiser, training_on_device, recipe=recipe, generator=generator
            )
        if not math.isfinite(loss):
            raise TrainingError(
                f"epoch {epoch}: the loss is no longer a finite number. Train with a smaller learning rate."
            )
        ranking, gallery = rank_validation(
            network, training_on_device, validation, distance=recipe.export.distance
        )
        health = measure_health(gallery, training.labels, margin=recipe.loss.margin)
        record = EpochRecord(
            epoch=epoch,
            loss=loss,
            val_map=float(mean(ranking.average_precision)),
            val_mp1=float(mean(ranking.reciprocal_rank)),
            **asdict(health),
            complaint=health.complaint(),
            wall_s=time.perf_counter() - started,
        )
        if all(record.val_map > earlier.val_map for earlier in history) or not best:
            best = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        history.append(record)
        if fabric.is_global_zero:
            save_checkpoint(
                Checkpoint(
                    identity=identity,
                    epoch=epoch,
                    network=network.state_dict(),
                    optimiser=optimiser.state_dict(),
                    history=[asdict(entry) for entry in history],
                    best=best,
                ),
                folder,
            )
            on_epoch(record)
    network.load_state_dict(best)
    return history


def _optimiser(network: nn.Module, settings: OptimiserSettings) -> torch.optim.Optimizer:
    if settings.kind == "adam":
        return torch.optim.Adam(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
    return torch.optim.SGD(
        network.parameters(),
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        fused=True,
    )


def _train_epoch(
    fabric: Fabric,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    training: Examples,
    *,
    recipe: Recipe,
    generator: torch.Generator,
) -> float:
    """Take every step of an epoch; gives the mean loss of its pairs."""
    model.train()
    windows = training.draw(generator)
    window_labels = training.labels[training.owners[windows]]
    steps = EPOCHS[recipe.pairs.kind](
        window_labels, block_size=recipe.pairs.block_size(len(windows)), generator=generator
    )
    total_loss, total_pairs = torch.zeros((), device=fabric.device), 0.0
    for step in _share(steps, rank=fabric.global_rank, world_size=fabric.world_size):
        embeddings = model(training.features[windows[step.clips].to(training.features.device)])
        labels = window_labels[step.clips]
        losses = contrastive_loss(
            squared_distances(embeddings, embeddings),
            (labels[:, None] == labels[None, :]).to(embeddings.device),
            margin=recipe.loss.margin,
        )
        num_pairs = float(step.counts.sum())
        loss = (losses * step.counts.to(embeddings.device)).sum() / max(num_pairs, 1.0)
        optimiser.zero_grad()
        fabric.backward(loss)
        if recipe.optimiser.largest_gradient is not None:
            fabric.clip_gradients(
                model, optimiser, max_norm=recipe.optimiser.largest_gradient, error_if_nonfinite=False
            )
        optimiser.step()
        total_loss += loss.detach() * num_pairs
        total_pairs += num_pairs
    totals = fabric.all_reduce(
        torch.stack([total_loss, torch.tensor(total_pairs, device=fabric.device)]), reduce_op="sum"
    )
    assert isinstance(totals, Tensor)
    return float(totals[0] / totals[1].clamp_min(1.0))


def _share(steps: Iterator[Step], *, rank: int, world_size: int) -> Iterator[Step]:
    """The steps of one process of several: every `world_size`-th, the gradients of each round being averaged.

    Each process needs the same number of steps. Where the last round is short, the others repeat one of its steps
    with every pair counted zero times.
    """
    while group := list(islice(steps, world_size)):
        if rank < len(group):
            yield group[rank]
        else:
            yield Step(clips=group[0].clips, counts=torch.zeros_like(group[0].counts))


def rank_validation(
    network: nn.Module, training: Examples, validation: Examples, *, distance: Distance
) -> tuple[Ranking, Tensor]:
    """Rank the training clips for every validation clip; gives the ranking and the training clips' embeddings."""
    network.eval()
    gallery, queries = training.embed(network), validation.embed(network)
    gallery_labels, query_labels = training.labels.numpy(), validation.labels.numpy()
    ranking = rank(
        queries.numpy(),
        gallery.numpy(),
        distance=distance,
        relevant=lambda block: query_labels[block, None] == gallery_labels[None, :],
        excluded=lambda block: np.zeros((len(query_labels[block]), len(gallery_labels)), np.bool_),
        k_max=CALIBRATION_K,
    )
    return ranking, gallery


def _epoch_seed(seed: int, epoch: int, *, rank: int = 0) -> int:
    """A seed that differs for every epoch and process, far apart for neighbouring run seeds."""
    return int(np.random.SeedSequence([seed, epoch, rank]).generate_state(1, np.uint64)[0] >> 1)
