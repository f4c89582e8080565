"""Networks, as torch modules."""

from soundalike.models.mlp import PaperMlp
from soundalike.models.twin import Twin, in_batches

__all__ = ["PaperMlp", "Twin", "in_batches"]
