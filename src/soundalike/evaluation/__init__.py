"""Measures retrieval: the paper's metrics, what chance would give, tables, figures and the report."""

from soundalike.evaluation.protocol import Evaluation, LabelScore, evaluate_embeddings

__all__ = ["Evaluation", "LabelScore", "evaluate_embeddings"]
