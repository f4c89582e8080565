"""The training loop: one for every recipe, on a CPU, a GPU or several of either."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from soundalike.config import Distance
from soundalike.errors import TrainingError
from soundalike.evaluation.metrics import mean
from soundalike.evaluation.ranking import Ranking, rank
from soundalike.features.logmel import NUM_FRAMES
from soundalike.losses import make_loss
from soundalike.models import BlendedHead
from soundalike.pairs import EPOCHS, AugmentSettings, Step, augment, label_batches
from soundalike.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from soundalike.training.collapse import measure_health
from soundalike.training.examples import TrainingSet
from soundalike.training.learner import Learner, average_of, make_optimiser
from soundalike.training.processes import hold_normalisation, part_of, part_sizes, share_normalisation
from soundalike.training.recipe import PairSettings, Recipe

if TYPE_CHECKING:
    from lightning.fabric import Fabric

# Hits per validation query that the similarity curve is made from.
CALIBRATION_K = 10


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """One line of the training curve.

    `val_*` with the validation clips as queries, the training clips as gallery; they, `dead_units`, `spread` and
    `complaint` are None after an epoch without validation.
    """

    epoch: int
    loss: float
    val_map: float | None = None
    val_mp1: float | None = None
    dead_units: float | None = None
    spread: float | None = None
    complaint: str | None = None
    wall_s: float


def fit(
    fabric: Fabric,
    network: nn.Module,
    training: TrainingSet,
    validation: TrainingSet,
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
    loss = make_loss(
        recipe.loss,
        num_labels=int(training.labels.max()) + 1,
        dim=recipe.network.widths[-1],
        num_frozen=network.num_frozen if isinstance(network, BlendedHead) else 0,
        generator=torch.Generator().manual_seed(_epoch_seed(seed, 0)),
    )
    learner = Learner(share_normalisation(network, fabric), loss)
    optimiser = make_optimiser(learner, recipe.optimiser)
    history: list[EpochRecord] = []
    best: dict[str, Tensor] = {}
    checkpoint = load_checkpoint(folder, identity=identity)
    if checkpoint is not None:
        learner.load_state_dict(checkpoint.learner)
        history = [EpochRecord(**record) for record in checkpoint.history]
        best = checkpoint.best
    model, fabric_optimiser = fabric.setup(learner, optimiser)
    average = average_of(network, recipe.optimiser.averaging)
    if checkpoint is not None:
        # Only now: the state goes where the weights are, and `setup` may have moved them to a GPU.
        optimiser.load_state_dict(checkpoint.optimiser)
        if average is not None:
            average.load_state_dict(checkpoint.average)
    validated = network if average is None else average.module
    training_on_device, validation_on_device = training.to(fabric.device), validation.to(fabric.device)

    for epoch in range(len(history) + 1, recipe.optimiser.epochs + 1):
        started = time.perf_counter()
        for group in optimiser.param_groups:
            group["lr"] = recipe.optimiser.learning_rate_of(epoch)
        # Dropout draws from torch's global generator: seeded for the epoch, and given back as it was.
        with torch.random.fork_rng():
            torch.manual_seed(_epoch_seed(seed, epoch, rank=fabric.global_rank))
            mean_loss = _train_epoch(
                fabric,
                model,
                fabric_optimiser,
                training_on_device,
                recipe=recipe,
                seeds=(_epoch_seed(seed, epoch), _epoch_seed(seed, epoch, rank=1 + fabric.global_rank)),
                after_step=lambda: average.update_parameters(network) if average is not None else None,
            )
        if not math.isfinite(mean_loss):
            raise TrainingError(
                f"epoch {epoch}: the loss is no longer a finite number. Train with a smaller learning rate."
            )
        measured = {}
        if recipe.optimiser.validates(epoch):
            ranking, gallery = rank_validation(
                validated, training_on_device, validation_on_device, distance=recipe.export.distance
            )
            health = measure_health(gallery, training.labels, margin=recipe.loss.margin)
            measured = {
                "val_map": float(mean(ranking.average_precision)),
                "val_mp1": float(mean(ranking.reciprocal_rank)),
                **asdict(health),
                "complaint": health.complaint(),
            }
        record = EpochRecord(epoch=epoch, loss=mean_loss, **measured, wall_s=time.perf_counter() - started)
        history.append(record)
        if record.val_map is not None and best_epoch(history) is record:
            best = {name: value.detach().cpu().clone() for name, value in validated.state_dict().items()}
        if fabric.is_global_zero:
            save_checkpoint(
                Checkpoint(
                    identity=identity,
                    epoch=epoch,
                    learner=learner.state_dict(),
                    average=average.state_dict() if average is not None else {},
                    optimiser=optimiser.state_dict(),
                    history=[asdict(entry) for entry in history],
                    best=best,
                ),
                folder,
            )
            on_epoch(record)
    network.load_state_dict(best)
    return history


def best_epoch(history: list[EpochRecord]) -> EpochRecord:
    """The first of the epochs with the highest validation MAP."""
    return max(history, key=lambda record: -1.0 if record.val_map is None else record.val_map)


def _train_epoch(
    fabric: Fabric,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    training: TrainingSet,
    *,
    recipe: Recipe,
    seeds: tuple[int, int],
    after_step: Callable[[], None],
) -> float:
    """Take every step of an epoch; gives the mean loss of its pairs, or of its clips.

    Args:
        seeds: of what all processes draw alike (windows, steps), and of what each draws for itself (changed sounds).
    """
    model.train()
    hold_normalisation(model, fabric)
    generator = torch.Generator().manual_seed(seeds[0])
    chance = torch.Generator(fabric.device).manual_seed(seeds[1])
    windows = training.draw(generator)
    labels = training.labels_of(windows)
    num_labels = int(training.labels.max()) + 1
    total_loss, total_weight = torch.zeros((), device=fabric.device), 0.0
    steps = _steps_of_an_epoch(labels, recipe.pairs, generator=generator)
    for step in steps:
        sizes = part_sizes(len(step.clips), world_size=fabric.world_size)
        clips = part_of(step.clips, rank=fabric.global_rank, world_size=fabric.world_size)
        features = training.take(windows[clips])
        shares = nn.functional.one_hot(labels[clips], num_labels).float().to(features.device)
        if recipe.augment != AugmentSettings():
            features, shares = augment(
                features, shares, recipe.augment, num_frames=NUM_FRAMES, generator=chance
            )
        counts = None if step.counts is None else step.counts.to(features.device)
        loss = model(features, shares, counts, sizes)
        optimiser.zero_grad()
        fabric.backward(loss)
        if recipe.optimiser.largest_gradient is not None:
            fabric.clip_gradients(
                model, optimiser, max_norm=recipe.optimiser.largest_gradient, error_if_nonfinite=False
            )
        optimiser.step()
        after_step()
        weight = float(len(step.clips) if step.counts is None else step.counts.sum())
        total_loss += loss.detach() * weight
        total_weight += weight
    totals = fabric.all_reduce(
        torch.stack([total_loss, torch.tensor(total_weight, device=fabric.device)]), reduce_op="sum"
    )
    assert isinstance(totals, Tensor)
    return float(totals[0] / totals[1].clamp_min(1.0))


def _steps_of_an_epoch(
    labels: Tensor, settings: PairSettings, *, generator: torch.Generator
) -> Iterator[Step]:
    if settings.kind == "labels":
        return label_batches(
            labels,
            clips_a_label=settings.clips_a_label,
            batch_size=settings.batch,
            most_of_a_label=settings.most_of_a_label,
            generator=generator,
        )
    return EPOCHS[settings.kind](labels, block_size=settings.block_size(len(labels)), generator=generator)


def rank_validation(
    network: nn.Module, training: TrainingSet, validation: TrainingSet, *, distance: Distance
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
