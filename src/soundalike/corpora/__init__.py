"""Corpora: gathered from the web as the paper gathered its own, and the public data sets one command away."""

from soundalike.corpora.collect import collect
from soundalike.corpora.labels import PAPER76, CorpusLabel, read_labels, synonyms_file
from soundalike.corpora.report import CollectReport
from soundalike.corpora.settings import CollectSettings
from soundalike.corpora.web import WebSettings, WebSource

__all__ = [
    "PAPER76",
    "CollectReport",
    "CollectSettings",
    "CorpusLabel",
    "WebSettings",
    "WebSource",
    "collect",
    "read_labels",
    "synonyms_file",
]
