"""A convolutional encoder with random weights, to time what has the cost of a real one.

python benchmarks/random_conv.py OUT.onnx        takes 2 s at 16 kHz, about 25 million multiplications a window
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SAMPLE_RATE_HZ = 16_000
WINDOW_S = 2.0
# Filters, kernel and stride of the front end, which turns a waveform into an image of bands over time.
BANDS, BAND_SAMPLES, BAND_HOP = 64, 400, 320
# Channels of the 3 x 3 convolutions; each halves the image.
CHANNELS = (16, 32, 64, 128)
DIM = 128


def write(path: Path, *, seed: int) -> int:
    """Write the graph and return its multiplications a window."""
    rng = np.random.default_rng(seed)
    weights: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []

    def weight(name: str, *shape: int) -> str:
        values = rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))
        weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def node(kind: str, *inputs: str, **attributes: object) -> str:
        output = f"{kind}-{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(name: str, values: list[int]) -> str:
        weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    num_samples = round(SAMPLE_RATE_HZ * WINDOW_S)
    frames = (num_samples - BAND_SAMPLES) // BAND_HOP + 1
    one_channel = node("Unsqueeze", "waveform", constant("channel axis", [1]))
    bands = node("Conv", one_channel, weight("bands", BANDS, 1, BAND_SAMPLES), strides=[BAND_HOP])
    num_products = BANDS * BAND_SAMPLES * frames
    weights.append(numpy_helper.from_array(np.float32(1e-3), "floor"))
    x = node("Log", node("Add", node("Abs", bands), "floor"))
    x = node("Unsqueeze", x, "channel axis")
    height, width, channels = BANDS, frames, 1
    for number, wider in enumerate(CHANNELS):
        x = node("Conv", x, weight(f"conv {number}", wider, channels, 3, 3), pads=[1, 1, 1, 1])
        x = node("Relu", x)
        num_products += height * width * 9 * channels * wider
        x = node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
        height, width, channels = height // 2, width // 2, wider
    x = node("Flatten", node("GlobalAveragePool", x))
    nodes.append(helper.make_node("MatMul", [x, weight("head", channels, DIM)], ["embedding"]))
    graph = helper.make_graph(
        nodes,
        "random convolutions",
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["batch", num_samples])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIM])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return num_products + channels * DIM


if __name__ == "__main__":
    print(f"{write(Path(sys.argv[1]), seed=0) / 1e6:.1f} million multiplications a window")
