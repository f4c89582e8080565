"""Training: the loop, its recipes, and the encoder that comes out of it."""

from soundalike.training.loop import EpochRecord
from soundalike.training.processes import is_first_process
from soundalike.training.recipe import Recipe, load_recipe, recipe_names
from soundalike.training.run import TrainingResult, train

__all__ = [
    "EpochRecord",
    "Recipe",
    "TrainingResult",
    "is_first_process",
    "load_recipe",
    "recipe_names",
    "train",
]
