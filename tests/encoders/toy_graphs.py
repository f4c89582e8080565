"""Toy encoders of all shapes that encoders of other people have. All of them compute the same embedding.

A waveform is cut into frames; the magnitude of each frame is multiplied with fixed weights; the embedding is the mean
over the frames. The toys differ in what they want to be fed, in how much of this they do themselves, and in how their
output lies in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper, save

RATE_HZ = 8000
NUM_SAMPLES = 2000
WINDOW_S = 0.25
DIM = 6
FRAME = 500
WEIGHTS = np.random.default_rng(0).normal(size=(FRAME, DIM)).astype(np.float32)

FLOAT, HALF = TensorProto.FLOAT, TensorProto.FLOAT16
INT16, INT64 = TensorProto.INT16, TensorProto.INT64


def by_hand(waveforms: NDArray[np.float32]) -> NDArray[np.float64]:
    """What every toy has to give: one waveform at a time, frame by frame."""
    embeddings = []
    for waveform in waveforms.astype(np.float64):
        frames = [
            np.abs(waveform[start : start + FRAME]) @ WEIGHTS for start in range(0, len(waveform), FRAME)
        ]
        embeddings.append(np.mean(frames, axis=0))
    return np.array(embeddings)


def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
    return helper.make_node(kind, inputs, [output], **attributes)


@dataclass(frozen=True, kw_only=True)
class Toy:
    """A graph to write, and what a user has to say of it.

    Attributes:
        takes: axes of the waveform.
        gives: axes of the embedding.
        body: nodes from "frames", float [..., frame, dim], to "made".
        cut: shape that the waveform is cut to.
        frame: length of a frame, `FRAME` at most.
        kind: type of the waveform.
        out_kind: type of the embedding.
        scale: what the waveform is multiplied with before all else.
        gain: how much larger the embedding is than that of other toys.
        more_inputs: further inputs, name -> type and axes.
        defaults: values that inputs have of themselves.
        more_outputs: further outputs, name -> axes; they hold something else.
        options: for `load_encoder`, besides the rate.
        layouts: how the axes should be understood.
        batch: how many waveforms a call should take.
        tolerance: rounding of the types, relative to the largest number.
    """

    takes: tuple[int | str, ...] = ("batch", "samples")
    gives: tuple[int | str, ...] = ("batch", DIM)
    body: tuple[NodeProto, ...] = (node("ReduceMean", ["frames", "before last"], "made", keepdims=0),)
    cut: tuple[int, ...] = (0, -1, FRAME)
    frame: int = FRAME
    kind: int = FLOAT
    out_kind: int = FLOAT
    scale: float = 1.0
    gain: float = 1.0
    more_inputs: dict[str, tuple[int, tuple[int | str, ...]]] = field(default_factory=dict)
    defaults: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    more_outputs: dict[str, tuple[int | str, ...]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=lambda: {"window_s": WINDOW_S})
    layouts: tuple[str, str] = ("batch samples", "batch dim")
    batch: int | None = None
    tolerance: float = 1e-5

    def write(self, path: Path, **how: Any) -> Path:
        """Write the graph; `how` is for `onnx.save`."""
        nodes = [
            node("Cast", ["waveform"], "single", to=FLOAT),
            node("Mul", ["single", "scale"], "scaled"),
            node("Reshape", ["scaled", "cut"], "pieces"),
            node("Abs", ["pieces"], "magnitude"),
            node("MatMul", ["magnitude", "weights"], "frames"),
            *self.body,
            node("Cast", ["made"], "embedding", to=self.out_kind),
            *(node("Neg", ["frames"], name) for name in self.more_outputs),
        ]
        constants = {
            "scale": np.array(self.scale, np.float32),
            "cut": np.array(self.cut, np.int64),
            "weights": WEIGHTS[: self.frame],
            "first": np.array([0], np.int64),
            "before last": np.array([-2], np.int64),
            "last": np.array([-1], np.int64),
            "rate": np.array(RATE_HZ, np.float32),
            "flat": np.array([-1, DIM], np.int64),
            **self.defaults,
        }
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            nodes,
            "toy",
            [
                *(value(name, kind, axes) for name, (kind, axes) in self.more_inputs.items()),
                value("waveform", self.kind, self.takes),
            ],
            [
                *(value(name, FLOAT, axes) for name, axes in self.more_outputs.items()),
                value("embedding", self.out_kind, self.gives),
            ],
            [numpy_helper.from_array(array, name) for name, array in constants.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
        save(model, str(path), **how)
        return path


KEEP_FRAMES = (node("Identity", ["frames"], "made"),)
OVER_FRAMES = node("ReduceMean", ["frames", "before last"], "mean", keepdims=0)

TOYS: dict[str, Toy] = {
    "any batch, any length": Toy(),
    "any batch, fixed length": Toy(takes=("batch", NUM_SAMPLES), options={}),
    "one waveform, its frames, three outputs": Toy(
        takes=("samples",),
        gives=("frames", DIM),
        cut=(-1, FRAME),
        body=KEEP_FRAMES,
        more_outputs={"scores": ("frames", DIM), "spectrogram": ("frames", DIM)},
        options={"window_s": WINDOW_S, "output": "embedding"},
        layouts=("samples", "frames dim"),
        batch=1,
    ),
    "one waveform, no other axis": Toy(
        takes=("samples",), gives=(DIM,), cut=(-1, FRAME), layouts=("samples", "dim"), batch=1
    ),
    "a batch of one": Toy(takes=(1, NUM_SAMPLES), gives=(1, DIM), options={}, batch=1),
    "a batch of three": Toy(takes=(3, NUM_SAMPLES), gives=(3, DIM), options={}, batch=3),
    "a batch of one, its frames": Toy(
        takes=(1, "samples"),
        gives=(1, "frames", DIM),
        body=KEEP_FRAMES,
        layouts=("batch samples", "batch frames dim"),
        batch=1,
    ),
    "a channel, embedding before frames": Toy(
        takes=("batch", 1, "samples"),
        gives=("batch", DIM, "frames"),
        body=(node("Transpose", ["frames"], "made", perm=[0, 2, 1]),),
        layouts=("batch 1 samples", "batch dim frames"),
    ),
    "a channel at the end, frames": Toy(
        takes=("batch", NUM_SAMPLES, 1),
        gives=("batch", NUM_SAMPLES // FRAME, DIM),
        body=KEEP_FRAMES,
        options={},
        layouts=("batch samples 1", "batch frames dim"),
    ),
    "a map of channels": Toy(
        gives=("batch", DIM, "frames", 1),
        body=(
            node("Transpose", ["frames"], "turned", perm=[0, 2, 1]),
            node("Unsqueeze", ["turned", "last"], "made"),
        ),
        layouts=("batch samples", "batch dim frames frames"),
    ),
    "half precision": Toy(kind=HALF, out_kind=HALF, tolerance=3e-3),
    "16 bits in": Toy(kind=INT16, scale=2.0**-15, tolerance=3e-4),
    "16 bits out": Toy(out_kind=INT16, scale=100.0, gain=100.0, tolerance=1e-2),
    "16 bits in, as fractions": Toy(scale=2.0**-15, options={"window_s": WINDOW_S, "full_scale": 2.0**15}),
    "a rate, a gain and a state": Toy(
        body=(
            OVER_FRAMES,
            node("Cast", ["sr"], "sr single", to=FLOAT),
            node("Div", ["sr single", "rate"], "one"),
            node("Mul", ["mean", "one"], "product"),
            node("Mul", ["product", "gain"], "softer"),
            node("ReduceSum", ["state", "first"], "zeros", keepdims=0),
            node("Add", ["softer", "zeros"], "made"),
        ),
        more_inputs={"sr": (INT64, ()), "gain": (FLOAT, (1,)), "state": (FLOAT, (2, "batch", DIM))},
        options={"window_s": WINDOW_S, "inputs": {"gain": 0.5, "state": 0.0}},
        gain=0.5,
    ),
    "an input that has a default": Toy(
        body=(OVER_FRAMES, node("Mul", ["mean", "gain"], "made")),
        more_inputs={"gain": (FLOAT, (1,))},
        defaults={"gain": np.array([3.0], np.float32)},
        gain=3.0,
    ),
    "any batch declared, made for one": Toy(cut=(1, -1, FRAME), batch=1),
    "frames of all waveforms in one row": Toy(
        gives=("rows", DIM),
        body=(node("Reshape", ["frames", "flat"], "made"),),
        layouts=("batch samples", "frames dim"),
        batch=1,
    ),
    "embeddings relative to the batch": Toy(
        body=(
            OVER_FRAMES,
            node("ReduceMean", ["mean"], "of all", keepdims=1),
            node("Sub", ["mean", "of all"], "relative"),
            node("ReduceMean", ["mean", "last"], "of one", keepdims=1),
            node("Add", ["relative", "of one"], "made"),
        ),
        batch=1,
    ),
}


def noise(num: int, *, seed: int = 1) -> NDArray[np.float32]:
    """Waveforms of different loudness, within full scale."""
    rng = np.random.default_rng(seed)
    levels = rng.uniform(0.05, 0.9, size=(num, 1))
    return (levels * rng.uniform(-1, 1, size=(num, NUM_SAMPLES))).astype(np.float32)
