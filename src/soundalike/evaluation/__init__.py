"""Measures retrieval: the paper's metrics, what chance would give, tables, figures and the report."""

from soundalike.evaluation.experiment import describe, evaluate
from soundalike.evaluation.protocol import Evaluation, LabelScore, evaluate_embeddings

__all__ = [
    "Evaluation",
    "LabelScore",
    "describe",
    "evaluate",
    "evaluate_embeddings",
]
