"""Pairs of clips for training, visited by blocks so that every clip is embedded only a few times an epoch."""

from soundalike.pairs.blocks import Step, block_steps
from soundalike.pairs.pair_sets import EPOCHS, PairSet, balanced_epoch, draw_balanced_pairs, unbalanced_epoch

__all__ = [
    "EPOCHS",
    "PairSet",
    "Step",
    "balanced_epoch",
    "block_steps",
    "draw_balanced_pairs",
    "unbalanced_epoch",
]
