"""From what a user writes after `--encoder` to an encoder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundalike.encoders.adapter import Adapter, InputLayout
from soundalike.encoders.card import CARD_FILE, GRAPH_FILE, Card, fingerprint_of, read_card
from soundalike.encoders.encoder import Encoder, FrontEndEncoder, OnnxEncoder
from soundalike.encoders.graph import OnnxGraph
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
    spec: str | Path,
    *,
    sample_rate_hz: int | None = None,
    window_s: float | None = None,
    output: str | None = None,
    inputs: Mapping[str, float] | None = None,
    input_layout: InputLayout | None = None,
    output_layout: str | None = None,
    full_scale: float | None = None,
    adapter: Adapter | None = None,
) -> Encoder:
    """Load an encoder.

    All arguments but the first are for a bare ONNX file, one without a card. Its graph is inspected; what the graph
    does not say has to be given.

    Args:
        spec: a built-in name (`BUILT_IN`), an encoder folder, or a bare `.onnx` file.
        sample_rate_hz: rate of the waveforms it takes.
        window_s: their length in seconds; not needed where the graph fixes the number of samples.
        output: name of the output to use, if there are several.
        inputs: values of inputs besides the waveform, by name.
        input_layout: the axes of the waveform, if the graph is misread; see `Adapter`.
        output_layout: the axes of the output, if the graph is misread.
        full_scale: what a sample of 1.0 becomes: 32768 for a graph that takes 16-bit samples as fractions. Found out
            where the input takes whole numbers.
        adapter: all of this as it was found out before (`Encoder.card.adapter`); then the graph is not inspected.
    Raises:
        UsageError: nothing has this name, or something is needed that the graph does not say.
        EncoderError: the encoder is damaged, or takes no waveform.
    """
    if spec in _WITHOUT_WEIGHTS:
        summarise, dim = _WITHOUT_WEIGHTS[str(spec)]
        return FrontEndEncoder(_front_end_card(str(spec), dim), summarise)
    if spec == DEFAULT:
        return _open_folder(Path(__file__).with_name(DEFAULT), source=DEFAULT)
    path = Path(spec)
    if path.name == GRAPH_FILE and (path.parent / CARD_FILE).exists():
        path = path.parent
    if path.is_dir():
        try:
            return _open_folder(path, source=str(path.resolve()))
        except EncoderError as exc:
            if (path / CARD_FILE).exists():
                raise
            raise UsageError(str(exc)) from exc
    if path.suffix.lower() == ".onnx" and path.exists():
        from soundalike.encoders.bare import open_bare_graph  # a search by the default encoder does without
        from soundalike.encoders.questions import Hints

        hints = Hints(
            sample_rate_hz=sample_rate_hz,
            window_s=window_s,
            output=output,
            inputs=inputs or {},
            input_layout=input_layout,
            output_layout=output_layout,
            full_scale=full_scale,
        )
        return open_bare_graph(path, hints, adapter=adapter)
    raise UsageError(
        f"no encoder '{spec}': it is neither a folder with a card.json, nor an .onnx file, nor one of "
        f"{', '.join(BUILT_IN)}."
    )


def _open_folder(folder: Path, *, source: str) -> OnnxEncoder:
    card = read_card(folder)
    if not (folder / GRAPH_FILE).is_file():
        raise EncoderError(f"encoder '{folder}' has a card but no readable {GRAPH_FILE}.")
    graph = OnnxGraph.read(folder / GRAPH_FILE)
    num_samples = round(card.window_s * card.sample_rate_hz)
    found = graph.fingerprint(card.adapter, num_samples=num_samples, sample_rate_hz=card.sample_rate_hz)
    if found != card.fingerprint:
        raise EncoderError(
            f"encoder '{folder}': {GRAPH_FILE} is not the file its card describes (fingerprints differ). "
            "Copy the folder again, or train it again."
        )
    return OnnxEncoder(graph, card, source=source)


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
