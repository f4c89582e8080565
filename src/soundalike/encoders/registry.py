"""From what a user writes after `--encoder` to an encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundalike.encoders.card import GRAPH_FILE, Card, fingerprint_of, read_card
from soundalike.encoders.encoder import Encoder, FrontEndEncoder, OnnxEncoder, open_bare_graph
from soundalike.errors import EncoderError, UsageError
from soundalike.features import LOGFREQ_LOG, LOGFREQ_NUM_SAMPLES, LOGFREQ_SAMPLE_RATE_HZ, graph_bytes

DEFAULT = "default"


def _flat(spectrograms: NDArray[np.float32]) -> NDArray[np.float32]:
    return spectrograms.reshape(len(spectrograms), 79 * 171)


def _averages(spectrograms: NDArray[np.float32]) -> NDArray[np.float32]:
    averages: NDArray[np.float32] = spectrograms.mean(axis=2)
    return averages


# Encoders without weights. "raw-logfreq" is the baseline that a trained network has to beat; "spectral-averages"
# lets tests and dry runs go fast and belongs in no table.
_WITHOUT_WEIGHTS = {"raw-logfreq": (_flat, 79 * 171), "spectral-averages": (_averages, 79)}
BUILT_IN = (DEFAULT, *_WITHOUT_WEIGHTS)


def load_encoder(
    spec: str | Path, *, sample_rate_hz: int | None = None, window_s: float | None = None
) -> Encoder:
    """Load an encoder.

    Args:
        spec: a built-in name (`BUILT_IN`), an encoder folder, or a bare `.onnx` file.
        sample_rate_hz: rate of the waveforms, for a bare file only.
        window_s: their length in seconds, for a bare file only.
    Raises:
        UsageError: nothing has this name, or a bare file came without its rate and window.
        EncoderError: the encoder is damaged.
    """
    if spec in _WITHOUT_WEIGHTS:
        summarise, dim = _WITHOUT_WEIGHTS[str(spec)]
        return FrontEndEncoder(_front_end_card(str(spec), dim), summarise)
    if spec == DEFAULT:
        return _open_folder(Path(__file__).with_name(DEFAULT))
    path = Path(spec)
    if path.is_dir():
        return _open_folder(path)
    if path.suffix.lower() == ".onnx" and path.exists():
        if sample_rate_hz is None or window_s is None:
            raise UsageError(
                f"'{path}' has no card: say what it takes with --sample-rate HZ and --window-s SECONDS."
            )
        return open_bare_graph(path, sample_rate_hz=sample_rate_hz, window_s=window_s)
    raise UsageError(
        f"no encoder '{spec}': it is neither a folder with a card.json, nor an .onnx file, nor one of "
        f"{', '.join(BUILT_IN)}."
    )


def _open_folder(folder: Path) -> OnnxEncoder:
    card = read_card(folder)
    try:
        graph = (folder / GRAPH_FILE).read_bytes()
    except OSError as exc:
        raise EncoderError(f"encoder '{folder}' has a card but no readable {GRAPH_FILE}.") from exc
    if fingerprint_of(graph) != card.fingerprint:
        raise EncoderError(
            f"encoder '{folder}': {GRAPH_FILE} is not the file its card describes (fingerprints differ). "
            "Copy the folder again, or train it again."
        )
    return OnnxEncoder(graph, card)


def _front_end_card(name: str, dim: int) -> Card:
    return Card(
        name=name,
        sample_rate_hz=LOGFREQ_SAMPLE_RATE_HZ,
        window_s=LOGFREQ_NUM_SAMPLES / LOGFREQ_SAMPLE_RATE_HZ,
        dim=dim,
        distance="euclidean",
        clip="loudest",
        # What determines the embeddings: the graph of the front end, and what is done with its spectrograms.
        fingerprint=fingerprint_of(name.encode() + graph_bytes(LOGFREQ_LOG)),
        notes={"training": "none: a front end used as it is"},
    )
