"""An ONNX file of someone else's as an encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from soundalike.encoders.adapter import AdaptedSession, Adapter
from soundalike.encoders.card import Card
from soundalike.encoders.encoder import OnnxEncoder
from soundalike.encoders.graph import OnnxGraph
from soundalike.encoders.inspection import Inspected, inspect_graph
from soundalike.encoders.questions import Hints


def open_bare_graph(path: Path, hints: Hints, *, adapter: Adapter | None = None) -> OnnxEncoder:
    """Open an ONNX file, and make the card that it lacks.

    Args:
        path: of the file.
        hints: what the user says of it.
        adapter: how it is fed and read, if that was found out before; `hints` then has the rate and the window.
    Raises:
        UsageError: something can be known by the user alone; the message says what was found and what to type.
        EncoderError: the file cannot be read, takes no waveform, or gives no embedding.
    """
    graph = OnnxGraph.read(path)
    session = graph.open_session()
    if adapter is None or hints.sample_rate_hz is None or hints.window_s is None:
        found = inspect_graph(session, hints, path=path)
    else:
        found = Inspected(adapter=adapter, sample_rate_hz=hints.sample_rate_hz, window_s=hints.window_s)
    num_samples = round(found.window_s * found.sample_rate_hz)
    silence = np.zeros((1, num_samples), np.float32)
    card = Card(
        name=path.stem,
        sample_rate_hz=found.sample_rate_hz,
        window_s=found.window_s,
        dim=AdaptedSession(session, found.adapter, name=str(path))(silence).shape[1],
        distance="cosine",
        clip="whole",
        fingerprint=graph.fingerprint(
            found.adapter, num_samples=num_samples, sample_rate_hz=found.sample_rate_hz
        ),
        adapter=found.adapter,
    )
    return OnnxEncoder(graph, card, source=str(path.resolve()))
