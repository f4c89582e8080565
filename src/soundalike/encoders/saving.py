"""Writes an encoder of someone else's as an encoder folder, so that nothing has to be said of it again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from soundalike.config import ClipMode, Distance
from soundalike.encoders.card import Card, write_card
from soundalike.encoders.encoder import Encoder, OnnxEncoder
from soundalike.errors import UsageError


def save_encoder(
    encoder: Encoder, folder: Path, *, distance: Distance | None = None, clip: ClipMode | None = None
) -> Card:
    """Write an encoder folder: `encoder.onnx`, files that hold its weights, and last its card, named like the folder.

    Args:
        encoder: one whose graph is an ONNX file.
        folder: a new or empty folder.
        distance: the distance to search by, None for the encoder's.
        clip: what of a clip to evaluate, None for the encoder's.
    Returns:
        The card.
    Raises:
        UsageError: the encoder has no graph to copy, or the folder holds something already.
    """
    if not isinstance(encoder, OnnxEncoder):
        raise UsageError(f"the encoder '{encoder.name}' is no ONNX file; only those can be saved.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"'{folder}' is there already. Name a new folder, or empty this one first.")
    card = replace(
        encoder.card,
        name=folder.resolve().name,
        distance=distance or encoder.distance,
        clip=clip or encoder.clip,
    )
    encoder.graph.copy_to(folder)
    write_card(card, folder)
    return card
