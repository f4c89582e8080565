"""A frozen graph and a head become one file, whatever shape the graph has."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from encoders.toy_graphs import DIM, NUM_SAMPLES, RATE_HZ, TOYS, WINDOW_S, node, noise
from soundalike.encoders import Adapter, Card, load_encoder, write_card
from soundalike.encoders.encoder import OnnxEncoder
from soundalike.encoders.graph import OnnxGraph
from soundalike.models import BlendedHead, make_head
from soundalike.training.join import join


def head_on(num_frozen: int, *, seed: int = 0, widths: tuple[int, ...] = (9, 4)) -> BlendedHead:
    generator = torch.Generator().manual_seed(seed)
    layers = make_head(num_frozen, widths=widths, dropout=0.5, generator=generator)
    frozen = torch.randn(30, num_frozen, generator=generator) + 1.0
    labels = torch.arange(30) % 3 if seed == 0 else None
    head = BlendedHead.standardised_by(frozen, layers, labels=labels, num_clips=300)
    return head.with_share(0.3).eval()


def in_numpy(head: BlendedHead, frozen: NDArray[np.float32]) -> NDArray[np.float64]:
    """Backbone and head as formulas, in double precision."""

    def direction(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    base = direction(frozen.astype(np.float64))
    centred = base - head.mean.numpy()
    if head.whitening is not None:
        base = direction(centred @ head.whitening.numpy().astype(np.float64))
    learned = centred / float(head.scale)
    linear = [layer for layer in head.layers if isinstance(layer, torch.nn.Linear)]
    for number, layer in enumerate(linear):
        learned = learned @ layer.weight.detach().numpy().T.astype(np.float64) + layer.bias.detach().numpy()
        learned = np.maximum(learned, 0) if number < len(linear) - 1 else learned
    share = float(head.share)
    return np.concatenate([share**0.5 * base, (1 - share) ** 0.5 * direction(learned)], axis=1)


def opened(folder: Path, backbone: OnnxEncoder, head: BlendedHead) -> OnnxEncoder:
    """The joined file as an encoder folder, loaded."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "encoder.onnx"
    adapter = join(backbone, head, path)
    num_samples = round(backbone.window_s * backbone.sample_rate_hz)
    card = Card(
        name="joined",
        sample_rate_hz=backbone.sample_rate_hz,
        window_s=backbone.window_s,
        dim=head.dim,
        distance="cosine",
        clip="whole",
        fingerprint=OnnxGraph.read(path).fingerprint(
            adapter, num_samples=num_samples, sample_rate_hz=backbone.sample_rate_hz
        ),
        adapter=adapter,
    )
    write_card(card, folder)
    encoder = load_encoder(folder)
    assert isinstance(encoder, OnnxEncoder)
    return encoder


@pytest.mark.parametrize("name", TOYS)
def test_joined_file_gives_what_backbone_and_head_give(name: str, tmp_path: Path) -> None:
    toy = TOYS[name]
    backbone = load_encoder(toy.write(tmp_path / "other.onnx"), sample_rate_hz=RATE_HZ, **toy.options)
    assert isinstance(backbone, OnnxEncoder)
    head = head_on(DIM)
    waveforms = noise(7)
    expected = in_numpy(head, backbone.embed(waveforms))
    joined = opened(tmp_path / "joined", backbone, head)
    (tmp_path / "other.onnx").unlink()
    for num in (0, 1, 2, 3, 7):
        found = joined.embed(waveforms[:num])
        assert found.shape == (num, head.dim)
        np.testing.assert_allclose(found, expected[:num], rtol=0, atol=1e-5)


def test_encoder_of_our_own_needs_no_adapter_and_a_head_can_stand_on_a_head(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [node("MatMul", ["waveform", "weights"], "embedding")],
        "ours",
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["batch", NUM_SAMPLES])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIM])],
        [
            numpy_helper.from_array(
                np.random.default_rng(0).normal(size=(NUM_SAMPLES, DIM)).astype(np.float32), "weights"
            )
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, str(tmp_path / "ours.onnx"))
    bare = load_encoder(tmp_path / "ours.onnx", sample_rate_hz=RATE_HZ)
    assert isinstance(bare, OnnxEncoder)
    ours = OnnxEncoder(bare.graph, replace(bare.card, adapter=None), source="ours")
    first_head = head_on(DIM)
    first = opened(tmp_path / "first", ours, first_head)
    assert first.card.adapter is None
    second_head = head_on(first_head.dim, seed=1, widths=(3,))
    second = opened(tmp_path / "second", first, second_head)
    waveforms = noise(3)
    once = in_numpy(first_head, ours.embed(waveforms))
    np.testing.assert_allclose(first.embed(waveforms), once, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        second.embed(waveforms), in_numpy(second_head, once.astype(np.float32)), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("opset", [11, 13, 17])
def test_old_graphs_are_joined_in_their_own_version(opset: int, tmp_path: Path) -> None:
    graph = helper.make_graph(
        [
            node("Reshape", ["waveform", "cut"], "frames"),
            node("Identity", ["frames"], "embedding"),
            node("Softmax", ["frames"], "classes"),
        ],
        "old",
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["batch", "samples"])],
        [
            helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["batch", "frames", 100]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", "frames", 100]),
        ],
        [numpy_helper.from_array(np.array([0, -1, 100], np.int64), "cut")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
    onnx.save(model, str(tmp_path / "old.onnx"))
    backbone = load_encoder(
        tmp_path / "old.onnx", sample_rate_hz=RATE_HZ, window_s=WINDOW_S, output="embedding"
    )
    assert isinstance(backbone, OnnxEncoder)
    head = head_on(100)
    joined = opened(tmp_path / "joined", backbone, head)
    expected = in_numpy(head, noise(3).reshape(3, -1, 100).mean(axis=1))
    np.testing.assert_allclose(joined.embed(noise(3)), expected, rtol=0, atol=1e-5)
    written = onnx.load(str(tmp_path / "joined" / "encoder.onnx"))
    onnx.checker.check_model(written)
    assert written.opset_import[0].version == opset
    assert [value.name for value in written.graph.output] == ["embedding"]
    assert "Softmax" not in {one.op_type for one in written.graph.node}


def test_weights_in_another_file_come_inside(tmp_path: Path) -> None:
    toy = TOYS["any batch, any length"]
    (tmp_path / "elsewhere").mkdir()
    path = toy.write(
        tmp_path / "elsewhere" / "a.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=1000,
    )
    backbone = load_encoder(path, sample_rate_hz=RATE_HZ, **toy.options)
    assert isinstance(backbone, OnnxEncoder)
    assert backbone.graph.weights
    head = head_on(DIM)
    expected = in_numpy(head, backbone.embed(noise(2)))
    joined = opened(tmp_path / "joined", backbone, head)
    shutil.rmtree(tmp_path / "elsewhere")
    np.testing.assert_allclose(joined.embed(noise(2)), expected, rtol=0, atol=1e-5)
    assert sorted(one.name for one in (tmp_path / "joined").iterdir()) == ["card.json", "encoder.onnx"]


def test_what_feeds_the_graph_stays_and_what_reads_it_is_plain(tmp_path: Path) -> None:
    toy = TOYS["one waveform, its frames, three outputs"]
    backbone = load_encoder(toy.write(tmp_path / "a.onnx"), sample_rate_hz=RATE_HZ, **toy.options)
    assert isinstance(backbone, OnnxEncoder)
    adapter = join(backbone, head_on(DIM), tmp_path / "joined.onnx")
    assert adapter == Adapter(
        input="waveform", input_layout="samples", output="embedding", output_layout="batch dim", batch=1
    )
