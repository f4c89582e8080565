"""Networks, as torch modules."""

from soundalike.models.cnn import Cnn
from soundalike.models.head import BlendedHead, make_head
from soundalike.models.mlp import PaperMlp
from soundalike.models.paper import PaperNetwork
from soundalike.models.twin import Twin, in_batches

__all__ = ["BlendedHead", "Cnn", "PaperMlp", "PaperNetwork", "Twin", "in_batches", "make_head"]
