"""How a graph that was not made for soundalike is fed, and how its output becomes one embedding a waveform."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from soundalike.errors import ConfigError, EncoderError

if TYPE_CHECKING:
    import onnxruntime

# The axes of the input. Without "batch" a call takes one waveform.
InputLayout = Literal["samples", "batch samples", "batch 1 samples", "batch samples 1"]
INPUT_LAYOUTS: tuple[InputLayout, ...] = get_args(InputLayout)

TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """What lies between `[batch, samples]` and a graph, and between its output and `[batch, dim]`.

    Attributes:
        input: name of the input that takes the waveform.
        input_layout: its axes.
        output: name of the output to read.
        output_layout: the axes of that output, words from "batch" (first, if there), "frames" (the mean is taken over
            it, any number of them) and "dim" (once): "batch dim", "frames dim", "batch dim frames".
        batch: how many waveforms a call takes, None for any number. The last call is filled up with silence.
        full_scale: what a sample of 1.0 becomes; 32768 for graphs that take 16-bit samples, as whole numbers or not.
        constants: values for the other inputs; every element of the input gets the value.
    """

    input: str
    input_layout: InputLayout = "batch samples"
    output: str
    output_layout: str = "batch dim"
    batch: int | None = None
    full_scale: float = 1.0
    constants: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        words = self.output_layout.split()
        if self.input_layout not in INPUT_LAYOUTS:
            known = ", ".join(map(repr, INPUT_LAYOUTS))
            raise ConfigError(f"input layout {self.input_layout!r}: it can be {known}.")
        if words.count("dim") != 1 or "batch" in words[1:] or set(words) - {"batch", "frames", "dim"}:
            raise ConfigError(
                f"output layout {self.output_layout!r}: write the axes as words, 'dim' once, 'batch' at most at the "
                "beginning, 'frames' for what the mean is taken over; as in 'batch frames dim'."
            )
        several = self.batch is None or self.batch > 1
        if several and not self.takes_batches:
            raise ConfigError(f"batch is {self.batch}; it is 1 where the input has no batch axis.")
        if several and words[0] != "batch":
            raise ConfigError(f"batch is {self.batch}; it is 1 where the output has no batch axis.")
        if self.batch is not None and self.batch < 1:
            raise ConfigError(f"batch is {self.batch}; it should be 1 or more.")

    @property
    def takes_batches(self) -> bool:
        """Whether the input has a batch axis, be it of length 1."""
        return self.input_layout.startswith("batch")


class AdaptedSession:
    """A session that takes [batch, samples] and gives [batch, dim], by an adapter."""

    def __init__(self, session: onnxruntime.InferenceSession, adapter: Adapter, *, name: str) -> None:
        self._session = session
        self._adapter = adapter
        self._name = name
        inputs = {node.name: node for node in session.get_inputs()}
        outputs = [node.name for node in session.get_outputs()]
        if set(inputs) != {adapter.input, *adapter.constants} or adapter.output not in outputs:
            raise EncoderError(
                f"encoder '{name}' has the inputs {', '.join(inputs)} and the outputs {', '.join(outputs)}, which does "
                f"not fit what is known of it: input {', '.join([adapter.input, *adapter.constants])}, output "
                f"{adapter.output}. It is another model than before."
            )
        self._type = TYPES[inputs[adapter.input].type]
        self._extra = [(inputs[one], value) for one, value in adapter.constants.items()]

    def __call__(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        """Waveforms [batch, samples], at least one -> embeddings [batch, dim]."""
        size = self._adapter.batch or len(waveforms)
        parts = [self._embed(waveforms[start : start + size]) for start in range(0, len(waveforms), size)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def run(self, waveforms: NDArray[np.float32]) -> NDArray[np.generic]:
        """The output of one call, as the graph gives it.

        Args:
            waveforms: [batch, samples], as many as a call takes.
        Raises:
            EncoderError: the graph fails.
        """
        axes = {"batch": len(waveforms), "samples": waveforms.shape[1], "1": 1}
        shape = [axes[word] for word in self._adapter.input_layout.split()]
        feed = {self._adapter.input: self._as_typed(waveforms).reshape(shape)}
        for node, value in self._extra:
            # Free axes of states and the like follow the batch.
            sizes = [size if isinstance(size, int) else len(waveforms) for size in node.shape]
            feed[node.name] = np.full(sizes, value, TYPES[node.type])
        try:
            output: NDArray[np.generic] = self._session.run([self._adapter.output], feed)[0]
        except Exception as exc:  # ONNX Runtime's own errors share no public base class
            kind = np.dtype(self._type).name
            raise EncoderError(f"encoder '{self._name}' fails on {kind} {shape}: {exc}") from exc
        return output

    def _embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        num = len(waveforms)
        if self._adapter.batch is not None and num < self._adapter.batch:
            waveforms = np.pad(waveforms, ((0, self._adapter.batch - num), (0, 0)))
        return pooled(self.run(waveforms), self._adapter.output_layout, name=self._name)[:num]

    def _as_typed(self, waveforms: NDArray[np.float32]) -> NDArray[np.generic]:
        if self._adapter.full_scale != 1.0:
            waveforms = waveforms * np.float32(self._adapter.full_scale)
        if not np.issubdtype(self._type, np.integer):
            return np.ascontiguousarray(waveforms, dtype=self._type)
        limit = 2.0 ** (8 * np.dtype(self._type).itemsize - 1)
        return np.clip(np.rint(waveforms.astype(np.float64)), -limit, limit - 1).astype(self._type)


def pooled(output: NDArray[np.generic], layout: str, *, name: str) -> NDArray[np.float32]:
    """The output of a call as [batch, dim]: the mean over all "frames" axes.

    Raises:
        EncoderError: the output has another number of axes than the layout, or no frame.
    """
    words = layout.split()
    frames = tuple(axis for axis, word in enumerate(words) if word == "frames")
    if output.ndim != len(words) or 0 in output.shape:
        raise EncoderError(f"encoder '{name}' gives {list(output.shape)}, which is not [{', '.join(words)}].")
    # Half precision overflows in sums.
    numbers = output.astype(np.float32, copy=False)
    if frames:
        numbers = numbers.mean(axis=frames)
    return numbers.reshape(-1, output.shape[words.index("dim")])
