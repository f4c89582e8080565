"""Synthetic everyday sounds for the demo and the tests, never for a claim of quality."""

from soundalike.data.synthetic.corpus import KINDS, synthesise, write_corpus

__all__ = ["KINDS", "synthesise", "write_corpus"]
