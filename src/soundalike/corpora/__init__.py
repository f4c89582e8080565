"""Corpora: gathered from the web as the paper gathered its own, and the public data sets one command away."""

from soundalike.corpora.labels import PAPER76, CorpusLabel, read_labels, synonyms_file

__all__ = [
    "PAPER76",
    "CorpusLabel",
    "read_labels",
    "synonyms_file",
]
