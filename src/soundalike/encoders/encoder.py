"""The contract of an encoder, and the classes that fulfil it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soundalike.config import ClipMode, Distance
from soundalike.encoders.adapter import AdaptedSession, Adapter
from soundalike.encoders.card import Card
from soundalike.encoders.graph import Device, OnnxGraph
from soundalike.features import logfreq_spectrogram

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

    def __init__(self, card: Card, *, source: str) -> None:
        self.card = card
        self.source = source

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
    """An encoder whose graph is run by ONNX Runtime, through the adapter on its card if there is one."""

    def __init__(self, graph: OnnxGraph, card: Card, *, source: str) -> None:
        super().__init__(card, source=source)
        self.graph = graph
        self._run = self._open(num_threads=None)

    def __getstate__(self) -> dict[str, object]:
        """What travels to another process: everything but the session, which is opened there when it is needed."""
        return {name: value for name, value in vars(self).items() if name != "_run"}

    @cached_property
    def _run(self) -> AdaptedSession:
        return self._open(num_threads=None)

    def embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        """Waveforms [batch, samples] -> embeddings [batch, dim]."""
        return self._embed(self._run, waveforms)

    def embedder_for_threads(self, *, device: Device = "cpu") -> Embed:
        """`embed` for several threads at once: each call keeps to the thread that makes it, or to the GPU."""
        run = self._open(num_threads=1, device=device)
        return lambda waveforms: self._embed(run, waveforms)

    def _open(self, *, num_threads: int | None, device: Device = "cpu") -> AdaptedSession:
        session = self.graph.open_session(num_threads=num_threads, device=device)
        plain = Adapter(input=session.get_inputs()[0].name, output=session.get_outputs()[0].name)
        return AdaptedSession(session, self.card.adapter or plain, name=self.name)

    def _embed(self, run: AdaptedSession, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        waveforms = self._check(waveforms)
        return run(waveforms) if len(waveforms) else np.zeros((0, self.dim), np.float32)


class FrontEndEncoder(_CardBacked):
    """A front end used as an encoder as it is: nothing in it was trained."""

    def __init__(self, card: Card, summarise: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
        super().__init__(card, source=card.name)
        self._summarise = summarise

    def embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        """Waveforms [batch, samples] -> embeddings [batch, dim]."""
        return self._summarise(logfreq_spectrogram(self._check(waveforms)))


def source_of(encoder: Encoder) -> str:
    """What `load_encoder` takes to load an encoder again; for one of another class than ours, its name."""
    return encoder.source if isinstance(encoder, _CardBacked) else encoder.name


def embed_on_threads(encoder: Encoder, *, device: Device = "cpu") -> Embed:
    """The `embed` of an encoder, for several threads at once.

    One call on each core keeps all cores busy without the threads of one call waiting for each other. Of an encoder
    that is not known to bear it, one call is made at a time.
    """
    if isinstance(encoder, OnnxEncoder):
        return encoder.embedder_for_threads(device=device)
    one_at_a_time = threading.Lock()

    def embed(waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        with one_at_a_time:
            return encoder.embed(waveforms)

    return embed
