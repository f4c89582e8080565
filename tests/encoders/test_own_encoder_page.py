"""What the page on encoders of other people shows is true: its functions work, its message is the one that comes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from encoders.toy_graphs import DIM, NUM_SAMPLES, RATE_HZ, TOYS, by_hand, noise
from soundalike.encoders import load_encoder

PAGE = Path(__file__).parents[2] / "docs" / "use-your-own-encoder.md"


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """The functions in the `python` blocks of the page."""
    namespace: dict[str, Any] = {}
    for block in re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        exec(block, namespace)
    return namespace


class Frames(nn.Module):
    """Gives an embedding every 100 samples, as [batch, dim, frames]."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(1, DIM, kernel_size=400, stride=100)

    def forward(self, waveform: Tensor) -> Tensor:
        return torch.relu(self.convolution(waveform[:, None]))


def test_torch_module_becomes_an_encoder(shown: dict[str, Any], tmp_path: Path) -> None:
    module = Frames()
    shown["to_onnx"](module, str(tmp_path / "a.onnx"), NUM_SAMPLES)
    assert [path.name for path in tmp_path.iterdir()] == ["a.onnx"]
    encoder = load_encoder(tmp_path / "a.onnx", sample_rate_hz=RATE_HZ, output_layout="batch dim frames")
    assert encoder.card.adapter is not None
    assert encoder.card.adapter.batch is None
    with torch.no_grad():
        expected = torch.stack([module(torch.from_numpy(one)[None])[0].mean(dim=1) for one in noise(5)])
    np.testing.assert_allclose(encoder.embed(noise(5)), expected.numpy(), rtol=1e-4, atol=1e-6)


def test_graph_is_cut_at_an_inner_tensor(shown: dict[str, Any], tmp_path: Path) -> None:
    path = TOYS["any batch, any length"].write(tmp_path / "classes.onnx")
    model = onnx.load(str(path))
    model.graph.node[-1].output[0] = "before"
    model.graph.node.append(onnx.helper.make_node("Softmax", ["before"], ["embedding"]))
    onnx.save(model, str(path))
    shown["cut_at"](str(path), str(tmp_path / "cut.onnx"), "before")
    encoder = load_encoder(tmp_path / "cut.onnx", sample_rate_hz=RATE_HZ, window_s=0.25)
    np.testing.assert_allclose(encoder.embed(noise(3)), by_hand(noise(3)), rtol=1e-4)
