"""What an optimiser step looks at: pairs by blocks, batches by labels, and sounds changed by chance."""

from soundalike.pairs.augment import AugmentSettings, augment
from soundalike.pairs.batches import label_batches
from soundalike.pairs.blocks import Step, block_steps
from soundalike.pairs.pair_sets import EPOCHS, PairSet, balanced_epoch, draw_balanced_pairs, unbalanced_epoch

__all__ = [
    "EPOCHS",
    "AugmentSettings",
    "PairSet",
    "Step",
    "augment",
    "balanced_epoch",
    "block_steps",
    "draw_balanced_pairs",
    "label_batches",
    "unbalanced_epoch",
]
