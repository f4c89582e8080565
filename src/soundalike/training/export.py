"""From a trained torch module to an encoder on disk."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

OPSET = 18
# Biases and statistics stay as they are: they weigh little and their precision is cheap.
_SMALLEST_HALVED = 100_000


def export_graph(module: nn.Module, path: Path, *, example: Tensor) -> None:
    """Write a module as one self-contained ONNX file: input `waveform`, output `embedding`, any batch size.

    Args:
        module: takes float32 [batch, samples].
        path: where the file goes; it appears whole or not at all.
        example: an input of the right shape, batch at least 2.
    """
    quiet = logging.getLogger("torch.onnx")
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module.eval().cpu(),
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=["waveform"],
                output_names=["embedding"],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                verbose=False,
            )
    finally:
        quiet.setLevel(level)
    assert program is not None
    # The exporter notes on every node where in whose source tree it came from; that is nobody's business, and it would
    # make the fingerprint depend on the folder of the checkout.
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()
        for value in node.outputs:
            value.metadata_props.clear()
    program.model.metadata_props.clear()
    program.model.graph.metadata_props.clear()
    partial = path.with_name(f"{path.name}.partial")
    program.save(str(partial), external_data=False)
    partial.replace(path)


def halve_weights(path: Path) -> None:
    """Store the large float32 weights of an ONNX file in float16, cast back to float32 when it is loaded.

    Half the size on disk; the arithmetic stays in float32.
    """
    import numpy as np
    from onnx import TensorProto, helper, load, numpy_helper, save

    model = load(str(path))
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < _SMALLEST_HALVED:
            continue
        name = weight.name
        halved = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), f"{name}.float16")
        weight.CopyFrom(halved)
        casts.append(helper.make_node("Cast", [halved.name], [name], to=TensorProto.FLOAT))
    for position, cast in enumerate(casts):
        graph.node.insert(position, cast)
    partial = path.with_name(f"{path.name}.partial")
    save(model, str(partial))
    partial.replace(path)
