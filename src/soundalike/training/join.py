"""Writes a frozen graph and the head on it as one ONNX file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import nn

from soundalike.encoders import Adapter
from soundalike.encoders.encoder import OnnxEncoder
from soundalike.errors import TrainingError
from soundalike.models import BlendedHead

if TYPE_CHECKING:
    import onnx

OUTPUT = "embedding"
# Before this opset the axes of a mean are an attribute, from it on an input.
_AXES_ARE_INPUT = 18
_MOST_BYTES = 2**31 - 1
_TINY = 1e-12


def join(backbone: OnnxEncoder, network: BlendedHead, path: Path) -> Adapter | None:
    """Write backbone and head as one self-contained file: the waveform in, `embedding` out.

    The nodes of the head are written in the operators that all versions of ONNX have alike, since the version is the
    backbone's to choose. Its other outputs, and what only they need, are left out.

    Args:
        path: where the file goes; it appears whole or not at all.
    Returns:
        How the file is fed and read: as the backbone was fed, and with one embedding a waveform. None for a backbone
        that needs no adapter.
    Raises:
        TrainingError: the file would have over 2 GB, more than one ONNX file can hold.
    """
    import onnx

    model = _whole_model(backbone)
    adapter = backbone.card.adapter
    output = adapter.output if adapter else model.graph.output[0].name
    if OUTPUT in _names(model.graph):
        inner = _free_name(model.graph)
        _rename(model.graph, OUTPUT, inner)
        output = inner if output == OUTPUT else output
    opset = next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))
    head = _Nodes(prefix=_free_name(model.graph), opset=opset)
    frozen = head.add("Cast", output, to=onnx.TensorProto.FLOAT)
    if adapter is not None:
        frozen = _pooled(head, frozen, adapter.output_layout.split(), dim=backbone.dim)
    _write_head(head, frozen, network)

    model.graph.node.extend(head.nodes)
    model.graph.initializer.extend(head.constants)
    del model.graph.output[:]
    model.graph.output.append(
        onnx.helper.make_tensor_value_info(OUTPUT, onnx.TensorProto.FLOAT, ["batch", network.dim])
    )
    _keep_what_is_needed(model.graph)
    if model.ByteSize() > _MOST_BYTES:
        raise TrainingError(
            f"backbone '{backbone.name}' and its head have over 2 GB, more than one ONNX file can hold."
        )
    partial = path.with_name(f"{path.name}.partial")
    onnx.save(model, str(partial))
    partial.replace(path)
    return replace(adapter, output=OUTPUT, output_layout="batch dim") if adapter else None


def _whole_model(backbone: OnnxEncoder) -> onnx.ModelProto:
    """The backbone's model with all its weights inside."""
    import onnx

    model = onnx.load_model_from_string(backbone.graph.content)
    if backbone.graph.weights:
        onnx.load_external_data_for_model(model, str(backbone.graph.folder))
    return model


class _Nodes:
    """Nodes and constants, with names of their own."""

    def __init__(self, *, prefix: str, opset: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.opset = opset
        self._prefix = prefix

    def add(self, kind: str, *inputs: str, name: str | None = None, **attributes: object) -> str:
        """A node; gives the name of its output."""
        from onnx import helper

        output = name or f"{self._prefix}/{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, array: NDArray[np.generic]) -> str:
        """A constant; gives its name."""
        from onnx import numpy_helper

        name = f"{self._prefix}/constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def number(self, value: float) -> str:
        """A constant of one number."""
        return self.constant(np.array(value, np.float32))

    def mean(self, name: str, axes: list[int]) -> str:
        """The mean over some axes, which are gone then."""
        if self.opset >= _AXES_ARE_INPUT:
            return self.add("ReduceMean", name, self.constant(np.array(axes, np.int64)), keepdims=0)
        return self.add("ReduceMean", name, axes=axes, keepdims=0)

    def direction(self, name: str, dim: int) -> str:
        """Rows [batch, dim] made 1 long; zeros stay zeros."""
        squares = self.add(
            "MatMul", self.add("Mul", name, name), self.constant(np.ones((dim, 1), np.float32))
        )
        return self.add("Div", name, self.add("Max", self.add("Sqrt", squares), self.number(_TINY)))


def _pooled(head: _Nodes, output: str, layout: list[str], *, dim: int) -> str:
    """The output as [batch, dim], as `encoders.adapter.pooled` does it."""
    frames = [axis for axis, word in enumerate(layout) if word == "frames"]
    if frames:
        output = head.mean(output, frames)
    return head.add("Reshape", output, head.constant(np.array([-1, dim], np.int64)))


def _write_head(head: _Nodes, frozen: str, network: BlendedHead) -> None:
    """What `BlendedHead.forward` computes."""
    base = head.direction(frozen, network.num_frozen)
    centred = head.add("Sub", base, head.constant(network.mean.cpu().numpy()))
    if network.whitening is not None:
        whitened = head.add("MatMul", centred, head.constant(network.whitening.cpu().numpy()))
        base = head.direction(whitened, network.num_frozen)
    learned = head.add("Div", centred, head.number(float(network.scale)))
    for layer in network.layers:
        if isinstance(layer, nn.Linear):
            weight, bias = layer.weight.detach().cpu().numpy(), layer.bias.detach().cpu().numpy()
            product = head.add("MatMul", learned, head.constant(weight.T))
            learned = head.add("Add", product, head.constant(bias))
        elif isinstance(layer, nn.ReLU):
            learned = head.add("Relu", learned)
    learned = head.direction(learned, network.dim - network.num_frozen)
    share = float(network.share)
    head.add(
        "Concat",
        head.add("Mul", base, head.number(share**0.5)),
        head.add("Mul", learned, head.number((1.0 - share) ** 0.5)),
        name=OUTPUT,
        axis=1,
    )


def _all_graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and those inside its nodes: branches, bodies of loops."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                yield from _all_graphs(inner)


def _names(graph: onnx.GraphProto) -> set[str]:
    """Every name of a tensor, here and in inner graphs."""
    names: set[str] = set()
    for one in _all_graphs(graph):
        names.update(value.name for value in [*one.input, *one.output, *one.initializer])
        for node in one.node:
            names.update([*node.input, *node.output])
    return names


def _free_name(graph: onnx.GraphProto) -> str:
    """A name that no name of the graph begins with: it may have a head already."""
    names = _names(graph)
    number = 1
    while any(name.startswith(f"head{number}") for name in names):
        number += 1
    return f"head{number}"


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for one in _all_graphs(graph):
        for value in [*one.input, *one.output, *one.initializer, *one.value_info]:
            if value.name == old:
                value.name = new
        for node in one.node:
            for names in (node.input, node.output):
                for position, name in enumerate(names):
                    if name == old:
                        names[position] = new


def _keep_what_is_needed(graph: onnx.GraphProto) -> None:
    """Leave out nodes and weights that no output depends on, such as classifiers behind the embedding."""
    needed = {value.name for value in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
            for attribute in node.attribute:
                for inner in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                    needed.update(_names(inner))
    weights = [one for one in graph.initializer if one.name in needed]
    declared = [one for one in graph.value_info if one.name in needed]
    for field, values in (
        (graph.node, kept[::-1]),
        (graph.initializer, weights),
        (graph.value_info, declared),
    ):
        copies = [type(value).FromString(value.SerializeToString()) for value in values]
        del field[:]
        field.extend(copies)
