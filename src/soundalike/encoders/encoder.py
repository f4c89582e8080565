"""The contract of an encoder, and the one class that fulfils it by running an ONNX graph."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from soundalike.config import ClipMode, Distance
from soundalike.encoders.card import Card, fingerprint_of
from soundalike.errors import EncoderError
from soundalike.features import logfreq_spectrogram

if TYPE_CHECKING:
    import onnxruntime


# Waveforms [batch, samples] -> embeddings [batch, dim].
Embed = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class Encoder(Protocol):
    """Turns waveforms into embeddings; everything it needs to know of them stands in its card."""

    @property
    def card(self) -> Card:
        """What is known of it."""
        ...

    @property
    def name(self) -> str:
        """Its name, for people."""
        ...

    @property
    def sample_rate_hz(self) -> int:
        """Rate of the waveforms it takes."""
        ...

    @property
    def window_s(self) -> float:
        """Length of the waveforms it takes, in seconds."""
        ...

    @property
    def dim(self) -> int:
        """Numbers in an embedding."""
        ...

    @property
    def distance(self) -> Distance:
        """The distance it was trained for."""
        ...

    @property
    def clip(self) -> ClipMode:
        """The part of a recording it was trained on."""
        ...

    @property
    def fingerprint(self) -> str:
        """Identity: two encoders with one fingerprint give the same embeddings."""
        ...

    def embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        """Waveforms [batch, samples] -> embeddings [batch, dim]."""
        ...


class _CardBacked:
    """What every encoder answers from its card."""

    def __init__(self, card: Card) -> None:
        self.card = card

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def sample_rate_hz(self) -> int:
        return self.card.sample_rate_hz

    @property
    def window_s(self) -> float:
        return self.card.window_s

    @property
    def dim(self) -> int:
        return self.card.dim

    @property
    def distance(self) -> Distance:
        return self.card.distance

    @property
    def clip(self) -> ClipMode:
        return self.card.clip

    @property
    def fingerprint(self) -> str:
        return self.card.fingerprint

    def _check(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        num_samples = round(self.window_s * self.sample_rate_hz)
        if waveforms.ndim != 2 or waveforms.shape[1] != num_samples:
            raise ValueError(
                f"encoder '{self.name}' takes waveforms [batch, {num_samples}], not {list(waveforms.shape)}"
            )
        return np.ascontiguousarray(waveforms, dtype=np.float32)


class OnnxEncoder(_CardBacked):
    """An encoder whose graph takes `[batch, samples]` and gives `[batch, dim]`."""

    def __init__(self, graph: bytes, card: Card) -> None:
        super().__init__(card)
        self._graph = graph
        self._session = open_session(graph, name=card.name)
        self._input = self._session.get_inputs()[0].name

    def embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        """Waveforms [batch, samples] -> embeddings [batch, dim]."""
        return self._run(self._session, waveforms)

    def embedder_for_threads(self) -> Embed:
        """`embed` for several threads at once: each call keeps to the thread that makes it."""
        session = open_session(self._graph, name=self.card.name, num_threads=1)
        return lambda waveforms: self._run(session, waveforms)

    def _run(
        self, session: onnxruntime.InferenceSession, waveforms: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        waveforms = self._check(waveforms)
        if len(waveforms) == 0:
            return np.zeros((0, self.dim), np.float32)
        embeddings: NDArray[np.floating] = session.run(None, {self._input: waveforms})[0]
        return embeddings.astype(np.float32, copy=False)


class FrontEndEncoder(_CardBacked):
    """A front end used as an encoder as it is: nothing in it was trained."""

    def __init__(self, card: Card, summarise: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
        super().__init__(card)
        self._summarise = summarise

    def embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        """Waveforms [batch, samples] -> embeddings [batch, dim]."""
        return self._summarise(logfreq_spectrogram(self._check(waveforms)))


def embed_on_threads(encoder: Encoder) -> Embed:
    """The `embed` of an encoder, for several threads at once.

    One call on each core keeps all cores busy without the threads of one call waiting for each other. Of an encoder
    that is not known to bear it, one call is made at a time.
    """
    if isinstance(encoder, OnnxEncoder):
        return encoder.embedder_for_threads()
    one_at_a_time = threading.Lock()

    def embed(waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        with one_at_a_time:
            return encoder.embed(waveforms)

    return embed


def open_session(graph: bytes, *, name: str, num_threads: int | None = None) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session on the CPU.

    Args:
        graph: the bytes of the ONNX file.
        name: of the encoder, for messages.
        num_threads: threads of one call; None means one for each core.
    Raises:
        EncoderError: the bytes are no ONNX graph that ONNX Runtime can run.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that wait by spinning take the cores from the decoders, and double the time that loading takes.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if num_threads is not None:
        options.intra_op_num_threads = num_threads
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # ONNX Runtime's own errors share no public base class
        raise EncoderError(f"encoder '{name}': ONNX Runtime cannot load it: {exc}") from exc


def _takes_waveforms(shapes: list[list[int | str | None]], num_samples: int) -> bool:
    """Whether a graph has one input [batch, samples], samples fixed at `num_samples` or free."""
    if len(shapes) != 1 or len(shapes[0]) != 2:
        return False
    length = shapes[0][1]
    return length == num_samples or not isinstance(length, int)


def open_bare_graph(path: Path, *, sample_rate_hz: int, window_s: float) -> OnnxEncoder:
    """An ONNX file of someone else's, with what its missing card would say.

    Raises:
        EncoderError: the file is unreadable, or its graph does not map [batch, samples] to [batch, dim].
    """
    try:
        graph = path.read_bytes()
    except OSError as exc:
        raise EncoderError(f"cannot read encoder '{path}': {exc.strerror}.") from exc
    session = open_session(graph, name=path.name)
    shapes = [node.shape for node in session.get_inputs()]
    num_samples = round(window_s * sample_rate_hz)
    if not _takes_waveforms(shapes, num_samples):
        raise EncoderError(
            f"encoder '{path}' takes inputs of shape {shapes}; needed is one input [batch, {num_samples}] "
            f"({window_s:g} s at {sample_rate_hz} Hz)."
        )
    try:
        probe = session.run(None, {session.get_inputs()[0].name: np.zeros((2, num_samples), np.float32)})[0]
    except Exception as exc:  # ONNX Runtime's own errors share no public base class
        raise EncoderError(f"encoder '{path}' fails on float32 [2, {num_samples}]: {exc}") from exc
    if probe.ndim != 2 or len(probe) != 2:
        raise EncoderError(f"encoder '{path}' gives {list(probe.shape)} for a batch of 2, not [2, dim].")
    card = Card(
        name=path.stem,
        sample_rate_hz=sample_rate_hz,
        window_s=window_s,
        dim=probe.shape[1],
        distance="cosine",
        clip="whole",
        fingerprint=fingerprint_of(graph),
    )
    return OnnxEncoder(graph, card)
