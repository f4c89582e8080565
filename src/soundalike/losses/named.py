"""The losses that a recipe can name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from soundalike.errors import ConfigError
from soundalike.losses.blended import KeepSimilarities
from soundalike.losses.contrastive import ContrastiveLoss
from soundalike.losses.interface import CrossEntropy, Loss, Sum
from soundalike.losses.supcon import SupervisedContrastiveLoss

LossName = Literal[
    "contrastive",
    "supcon",
    "cross-entropy",
    "all-pairs",
    "triplet",
    "multi-similarity",
    "proxy-anchor",
    "proxy-nca",
    "circle",
]


@dataclass(frozen=True, kw_only=True)
class LossSettings:
    """Which loss, and its knobs.

    Attributes:
        kind: "contrastive" is the paper's Eq. 2, "supcon" supervised contrastive, "cross-entropy" a classifier that is
            dropped at export; the others are those of pytorch-metric-learning.
        margin: of Eq. 2.
        temperature: of supcon.
        auxiliary: weight of a cross-entropy beside the loss.
        scale: factor on the cosines in cross-entropy.
        keep: of a head beside frozen embeddings, weight of finding sounds as alike as these do; see `KeepSimilarities`.
    """

    kind: LossName = "contrastive"
    margin: float = 1.0
    temperature: float = 0.1
    auxiliary: float = 0.0
    scale: float = 16.0
    keep: float = 0.0

    def __post_init__(self) -> None:
        for name in ("margin", "temperature", "scale"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"loss: '{name}' is {getattr(self, name)}; it should be over 0.")
        for name in ("auxiliary", "keep"):
            if getattr(self, name) < 0:
                raise ConfigError(f"loss: '{name}' is {getattr(self, name)}; it should not be negative.")

    @property
    def counts_pairs(self) -> bool:
        """Whether it can weigh single pairs, as the paper's pair sets ask."""
        return self.kind == "contrastive" and self.auxiliary == 0


def make_loss(
    settings: LossSettings, *, num_labels: int, dim: int, num_frozen: int = 0, generator: torch.Generator
) -> Loss:
    """The loss that the settings name.

    Args:
        num_labels: labels of the training clips.
        dim: numbers in an embedding, without the frozen ones.
        num_frozen: frozen numbers at the beginning of an embedding, which no loss can change.
        generator: draws the first values of what a loss learns for itself.
    """
    loss = _learnable(settings, num_labels=num_labels, dim=dim, generator=generator)
    return KeepSimilarities(loss, num_frozen=num_frozen, weight=settings.keep) if num_frozen else loss


def _learnable(settings: LossSettings, *, num_labels: int, dim: int, generator: torch.Generator) -> Loss:
    cross_entropy = CrossEntropy(num_labels, dim, scale=settings.scale, generator=generator)
    if settings.kind == "cross-entropy":
        return cross_entropy
    if settings.kind == "contrastive":
        loss: Loss = ContrastiveLoss(margin=settings.margin)
    elif settings.kind == "supcon":
        loss = SupervisedContrastiveLoss(temperature=settings.temperature)
    else:
        loss = FromMetricLearning(_from_metric_learning(settings.kind, num_labels, dim, generator))
    return Sum(loss, cross_entropy, weight=settings.auxiliary) if settings.auxiliary else loss


class FromMetricLearning(Loss):
    """A loss of pytorch-metric-learning, which knows one label a clip: a mixture counts as its larger part."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, embeddings: Tensor, shares: Tensor, counts: Tensor | None = None) -> Tensor:
        """What the loss gives for the batch; `counts` is not looked at."""
        loss: Tensor = self.loss(embeddings, shares.argmax(dim=1))
        return loss


def _from_metric_learning(kind: str, num_labels: int, dim: int, generator: torch.Generator) -> nn.Module:
    """With the values of the losses' own papers, which are the library's defaults, unless said otherwise."""
    from pytorch_metric_learning import losses

    # Proxies are drawn from torch's global generator: seeded, and given back as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=generator)))
        if kind == "all-pairs":
            made = losses.ContrastiveLoss(pos_margin=0.0, neg_margin=1.0)
        elif kind == "triplet":
            made = losses.TripletMarginLoss(margin=0.1)
        elif kind == "multi-similarity":
            made = losses.MultiSimilarityLoss()
        elif kind == "proxy-anchor":
            made = losses.ProxyAnchorLoss(num_labels, dim)
        elif kind == "proxy-nca":
            made = losses.ProxyNCALoss(num_labels, dim, softmax_scale=16)
        else:
            made = losses.CircleLoss()
    module: nn.Module = made
    return module
