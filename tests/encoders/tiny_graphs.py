"""Small ONNX graphs, put together by hand, that stand for encoders of someone else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

SAMPLE_RATE_HZ = 8000
WINDOW_S = 0.25
NUM_SAMPLES = 2000
DIM = 4


def write_graph(
    path: Path,
    *,
    batch: int | str = "batch",
    num_samples: int | str = NUM_SAMPLES,
    dtype: int = TensorProto.FLOAT,
    out_dtype: int = TensorProto.FLOAT,
) -> Path:
    """A graph that multiplies the magnitude of a waveform with fixed random weights.

    Args:
        batch: size of the first axis, or the name of a free one.
        num_samples: size of the second axis, or the name of a free one.
        dtype: type of the waveform.
        out_dtype: type of the embedding.
    """
    rows = num_samples if isinstance(num_samples, int) else NUM_SAMPLES
    weights = np.random.default_rng(0).normal(size=(rows, DIM)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["waveform"], ["single"], to=TensorProto.FLOAT),
        helper.make_node("Abs", ["single"], ["magnitude"]),
        helper.make_node("MatMul", ["magnitude", "weights"], ["product"]),
        helper.make_node("Cast", ["product"], ["typed"], to=out_dtype),
        helper.make_node("Identity", ["typed"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("waveform", dtype, [batch, num_samples])],
        [helper.make_tensor_value_info("embedding", out_dtype, [batch, DIM])],
        [numpy_helper.from_array(weights, "weights")],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(path))
    return path
