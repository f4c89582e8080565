"""Measures retrieval: the paper's metrics, what chance would give, tables, figures and the report."""

from soundalike.evaluation.experiment import describe, evaluate
from soundalike.evaluation.protocol import Evaluation, LabelScore, evaluate_embeddings, skipped_once
from soundalike.evaluation.report import write_report

__all__ = [
    "Evaluation",
    "LabelScore",
    "describe",
    "evaluate",
    "evaluate_embeddings",
    "skipped_once",
    "write_report",
]
