"""Losses on the embeddings of a batch of clips, and how a recipe names them."""

from soundalike.losses.contrastive import ContrastiveLoss, contrastive_loss, squared_distances
from soundalike.losses.interface import CrossEntropy, Loss, Sum
from soundalike.losses.named import FromMetricLearning, LossName, LossSettings, make_loss
from soundalike.losses.supcon import SupervisedContrastiveLoss, supervised_contrastive_loss

__all__ = [
    "ContrastiveLoss",
    "CrossEntropy",
    "FromMetricLearning",
    "Loss",
    "LossName",
    "LossSettings",
    "Sum",
    "SupervisedContrastiveLoss",
    "contrastive_loss",
    "make_loss",
    "squared_distances",
    "supervised_contrastive_loss",
]
