"""Files that hold weights of a graph: the same as the `onnx` package finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, load, numpy_helper, save
from onnx.external_data_helper import ExternalDataInfo, _get_all_tensors, uses_external_data

from encoders.toy_graphs import Toy
from soundalike.encoders.external_data import external_files


def by_onnx(path: Path) -> tuple[str, ...]:
    tensors = _get_all_tensors(load(str(path), load_external_data=False))
    return tuple(sorted({ExternalDataInfo(one).location for one in tensors if uses_external_data(one)}))


@pytest.mark.parametrize("one_file", [True, False])
def test_files_are_those_that_onnx_finds(tmp_path: Path, one_file: bool) -> None:
    path = Toy().write(
        tmp_path / "a.onnx",
        save_as_external_data=True,
        all_tensors_to_one_file=one_file,
        location="Gewichte é.bin" if one_file else None,
        size_threshold=0,
    )
    found = external_files(path.read_bytes())
    assert found == by_onnx(path)
    assert found == ("Gewichte é.bin",) if one_file else len(found) > 3


def test_weights_inside_nodes_and_branches(tmp_path: Path) -> None:
    def constant(name: str) -> tuple[object, object]:
        value = numpy_helper.from_array(np.ones(300, np.float32), name)
        made = helper.make_node("Constant", [], [f"{name} out"], value=value)
        return made, helper.make_tensor_value_info(f"{name} out", TensorProto.FLOAT, [300])

    branches = {}
    for branch in ("then", "else"):
        made, out = constant(branch)
        branches[f"{branch}_branch"] = helper.make_graph([made], branch, [], [out])
    graph = helper.make_graph(
        [helper.make_node("If", ["yes"], ["y"], **branches)],
        "g",
        [helper.make_tensor_value_info("yes", TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [300])],
    )
    path = tmp_path / "a.onnx"
    save(
        helper.make_model(graph),
        str(path),
        save_as_external_data=True,
        all_tensors_to_one_file=False,
        size_threshold=0,
        convert_attribute=True,
    )
    assert external_files(path.read_bytes()) == by_onnx(path) != ()


def test_graph_with_all_weights_inside_has_none(tmp_path: Path) -> None:
    assert external_files(Toy().write(tmp_path / "a.onnx").read_bytes()) == ()


def test_the_word_location_alone_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    model = load(str(Toy().write(path)))
    model.doc_string = "location"
    save(model, str(path))
    assert external_files(path.read_bytes()) == ()


@pytest.mark.parametrize(
    "content", [b"", b"location", b"\x3a\xff\xff\xff\xff", b"RIFF location \xff\xff", b"\x3f"]
)
def test_what_is_no_graph_names_no_files(content: bytes) -> None:
    assert external_files(content + b"location") == ()
