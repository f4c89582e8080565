"""Encoders: waveforms in, embeddings out, run by ONNX Runtime."""

from soundalike.encoders.adapter import Adapter
from soundalike.encoders.card import (
    CARD_FILE,
    GRAPH_FILE,
    Calibration,
    Card,
    fingerprint_of,
    read_card,
    write_card,
)
from soundalike.encoders.encoder import Embed, Encoder, embed_on_threads, source_of
from soundalike.encoders.graph import Device
from soundalike.encoders.registry import BUILT_IN, DEFAULT, load_encoder
from soundalike.encoders.saving import save_encoder

__all__ = [
    "BUILT_IN",
    "CARD_FILE",
    "DEFAULT",
    "GRAPH_FILE",
    "Adapter",
    "Calibration",
    "Card",
    "Device",
    "Embed",
    "Encoder",
    "embed_on_threads",
    "fingerprint_of",
    "load_encoder",
    "read_card",
    "save_encoder",
    "source_of",
    "write_card",
]
