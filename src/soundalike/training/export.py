"""From a trained torch module to an encoder on disk."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

OPSET = 18


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
    partial = path.with_name(f"{path.name}.partial")
    program.save(str(partial), external_data=False)
    partial.replace(path)
