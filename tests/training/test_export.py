"""From a torch module to an ONNX file and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from soundalike.encoders.graph import open_session
from soundalike.features.logfreq import NUM_SAMPLES, LogFreqSpectrogram
from soundalike.models import PaperMlp, PaperNetwork, Twin
from soundalike.training.export import export_graph, halve_weights

WIDTHS = (96, 16)


@pytest.fixture(scope="module")
def twin() -> Twin:
    generator = torch.Generator().manual_seed(0)
    spectrogram = LogFreqSpectrogram()
    mlp = PaperMlp(13509, widths=WIDTHS, dropout=0.3, generator=generator)
    mean = -8 + torch.randn(79, 61, generator=generator)
    scale = 1 + torch.rand(79, 171, generator=generator)
    network = PaperNetwork(mlp, to_times=spectrogram.to_times, mean=mean, scale=scale)
    return Twin(spectrogram.frames, network)


@pytest.fixture(scope="module")
def graph(twin: Twin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "encoder.onnx"
    assert isinstance(twin.network, PaperNetwork)
    export_graph(Twin(twin.front_end, twin.network.folded()), path, example=torch.zeros(2, NUM_SAMPLES))
    return path


def waveforms(num: int) -> torch.Tensor:
    levels = torch.logspace(-3, 0, num)[:, None]
    return levels * torch.randn(num, NUM_SAMPLES, generator=torch.Generator().manual_seed(1))


def run(graph: Path, batch: torch.Tensor) -> np.ndarray:
    return open_session(graph.read_bytes(), name="test").run(None, {"waveform": batch.numpy()})[0]


@pytest.mark.parametrize("num", [1, 3, 64])
def test_graph_gives_what_the_module_gives(twin: Twin, graph: Path, num: int) -> None:
    batch = waveforms(num)
    with torch.no_grad():
        expected = twin.eval()(batch).numpy()
    assert (expected > 0).any()
    np.testing.assert_allclose(run(graph, batch), expected, rtol=0, atol=1e-4)


def test_file_stands_alone(graph: Path) -> None:
    assert [path.name for path in graph.parent.iterdir()] == ["encoder.onnx"]
    model = onnx.load(str(graph))
    onnx.checker.check_model(model)
    assert [node.name for node in model.graph.input] == ["waveform"]
    assert [node.name for node in model.graph.output] == ["embedding"]


def test_no_dropout_is_left(graph: Path) -> None:
    assert "Dropout" not in {node.op_type for node in onnx.load(str(graph)).graph.node}


def test_half_the_weights_weigh_half_and_embed_nearly_the_same(graph: Path, tmp_path: Path) -> None:
    halved = tmp_path / "half.onnx"
    halved.write_bytes(graph.read_bytes())
    halve_weights(halved)
    onnx.checker.check_model(onnx.load(str(halved)))
    saved_bytes = graph.stat().st_size - halved.stat().st_size
    assert saved_bytes == pytest.approx(2 * 79 * 61 * WIDTHS[0], rel=0.01)
    assert [path.name for path in tmp_path.iterdir()] == ["half.onnx"]
    whole_embeddings, half_embeddings = run(graph, waveforms(16)), run(halved, waveforms(16))
    assert half_embeddings.dtype == np.float32
    error = np.linalg.norm(whole_embeddings - half_embeddings, axis=1)
    assert 0 < error.max() < 0.01 * np.linalg.norm(whole_embeddings, axis=1).mean()


def test_window_that_gives_171_frames_survives_the_export(tmp_path: Path) -> None:
    front_end = LogFreqSpectrogram(time_axis="linear", window_samples=372, hop_samples=186)
    path = tmp_path / "front_end.onnx"
    export_graph(front_end, path, example=torch.zeros(2, NUM_SAMPLES))
    batch = waveforms(3)
    np.testing.assert_allclose(run(path, batch), front_end(batch).numpy(), rtol=0, atol=1e-4)


def test_graph_tells_nothing_of_the_machine_that_made_it(graph: Path) -> None:
    assert str(Path(__file__).parents[2]).encode() not in graph.read_bytes()
    assert not any(node.metadata_props for node in onnx.load(str(graph)).graph.node)
