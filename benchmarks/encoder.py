"""How much audio a second does the default encoder embed, and what do smaller numbers gain in speed and lose in MAP?

Seconds of audio a second, on one thread and on two, for batches of 1 and 64 windows: ONNX Runtime with the front end,
on the network alone (what is left without the front end), PyTorch with the front end, float16 weights, and 8-bit
weights and activations: with scales fixed beforehand from training windows ("static"), or taken from each batch
("dynamic"). All take turns; the ratios are of processor time, which a busy machine hardly changes. MAP by
the loudest window of every clip, queries of one fold, gallery of the others, for an encoder trained on these others.

    python benchmarks/encoder.py DATA --fold-encoder RUNS/cnn/fold4-seed0 --query-fold 4 --work RUNS/encoder
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import record
import torch
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from soundalike.data import load_clips, read_data
from soundalike.embedding import EmbeddedClips
from soundalike.encoders import Encoder, load_encoder
from soundalike.encoders.encoder import OnnxEncoder
from soundalike.encoders.graph import open_session
from soundalike.evaluation import evaluate_embeddings
from soundalike.features.logmel import NUM_SAMPLES, MelPower
from soundalike.models import Cnn, Twin
from soundalike.training import load_recipe
from soundalike.training.export import export_graph, halve_weights

WINDOW_S = 2.0
BATCH = 64
NUM_CALIBRATION = 128
# The network's own layers; the matrices of the front end are float32 products with a range of their own.
QUANTISED = ["Conv", "Gemm"]
Waveforms = NDArray[np.float32]


def widened(encoder: Encoder, path: Path) -> Path:
    """The encoder's graph with all weights in float32, as it was before they were halved."""
    assert isinstance(encoder, OnnxEncoder)
    model = onnx.load_model_from_string(encoder.graph.content)
    graph = model.graph
    halves = {one.name: one for one in graph.initializer if one.data_type == TensorProto.FLOAT16}
    for node in [one for one in graph.node if one.op_type == "Cast" and one.input[0] in halves]:
        weight = halves[node.input[0]]
        weight.CopyFrom(
            numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float32), node.output[0])
        )
        graph.node.remove(node)
    onnx.save(model, str(path))
    return path


class Windows(CalibrationDataReader):
    """Training windows, some at a time, from which the ranges of all activations are taken."""

    def __init__(self, waveforms: Waveforms) -> None:
        self.batches: Iterator[Waveforms] = iter(np.array_split(waveforms, max(1, len(waveforms) // 16)))

    def get_next(self) -> dict[str, Waveforms] | None:
        batch = next(self.batches, None)
        return None if batch is None else {"waveform": batch}


def variants_of(encoder: Encoder, folder: Path, calibration: Waveforms) -> dict[str, Path]:
    """The same encoder in several precisions, as files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {"float32": widened(encoder, folder / "float32.onnx")}
    paths["float16 weights"] = folder / "float16.onnx"
    paths["float16 weights"].write_bytes(paths["float32"].read_bytes())
    halve_weights(paths["float16 weights"])
    paths["int8 static"], paths["int8 dynamic"] = folder / "static.onnx", folder / "dynamic.onnx"
    quantize_static(
        str(paths["float32"]),
        str(paths["int8 static"]),
        Windows(calibration),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=QUANTISED,
    )
    quantize_dynamic(
        str(paths["float32"]),
        str(paths["int8 dynamic"]),
        weight_type=QuantType.QUInt8,
        op_types_to_quantize=QUANTISED,
    )
    return paths


def runner(path: Path, *, num_threads: int) -> Callable[[Any], Any]:
    session = open_session(path.read_bytes(), name=path.stem, num_threads=num_threads)
    return lambda batch: session.run(None, {"waveform": batch})


def speeds(
    paths: dict[str, Path], network: Path, twin: Twin, waveforms: Waveforms, *, num_rounds: int
) -> dict[str, Any]:
    """Seconds of audio a second, and the median ratio to ONNX Runtime in float32 of the same round."""
    with torch.no_grad():
        power = twin.front_end(torch.from_numpy(waveforms)).numpy()
    found: dict[str, Any] = {}
    for num_threads in (1, 2):
        torch.set_num_threads(num_threads)
        runs: dict[str, tuple[Callable[[Any], Any], NDArray[np.float32]]] = {
            name: (runner(path, num_threads=num_threads), waveforms) for name, path in paths.items()
        }
        runs["network alone"] = (runner(network, num_threads=num_threads), power)

        def by_torch(batch: Waveforms) -> torch.Tensor:
            with torch.no_grad():
                return twin(torch.from_numpy(batch))

        runs["PyTorch"] = (by_torch, waveforms)
        for batch, num_windows in ((1, 8), (BATCH, BATCH)):
            taken: dict[str, list[float]] = {name: [] for name in runs}
            worked: dict[str, list[float]] = {name: [] for name in runs}
            for _ in range(num_rounds + 1):
                for name, (run, inputs) in runs.items():
                    started, began = time.perf_counter(), time.process_time()
                    for start in range(0, num_windows, batch):
                        run(inputs[start : start + batch])
                    audio_s = num_windows * WINDOW_S
                    worked[name].append(audio_s / (time.process_time() - began))
                    taken[name].append(audio_s / (time.perf_counter() - started))
            found[f"{num_threads} threads, batch {batch}"] = {
                name: {
                    "audio_s_per_s": record.spread(values[1:]),
                    "audio_s_per_processor_s": record.spread(worked[name][1:]),
                    "of_float32": record.spread(
                        [one / whole for one, whole in zip(worked[name], worked["float32"], strict=True)][1:]
                    ),
                }
                for name, values in taken.items()
            }
    return found


def quality(path: Path, sides: dict[str, tuple[Any, Waveforms]]) -> float:
    session = open_session(path.read_bytes(), name=path.stem)
    embedded = {
        name: EmbeddedClips(
            clips=clips,
            embeddings=np.concatenate(
                [
                    session.run(None, {"waveform": waveforms[start : start + BATCH]})[0]
                    for start in range(0, len(waveforms), BATCH)
                ]
            ),
        )
        for name, (clips, waveforms) in sides.items()
    }
    return evaluate_embeddings(
        embedded["queries"], embedded["gallery"], distance="cosine"
    ).mean_average_precision


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--fold-encoder", required=True, help="trained on the other folds")
    parser.add_argument("--dataset", default="esc50")
    parser.add_argument("--query-fold", type=int, default=4)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--most-clips", type=int, help="of each side, for a quick look")
    arguments = parser.parse_args()

    encoder, default = load_encoder(arguments.fold_encoder), load_encoder("default")
    everything = read_data(arguments.data)
    clips = tuple(clip for clip in everything.clips if clip.dataset == arguments.dataset)
    manifest = replace(everything, name=arguments.dataset, clips=clips)
    others = [fold for fold in (1, 2, 3, 4) if fold != arguments.query_fold]
    sides = {}
    for name, folds in (("queries", [arguments.query_fold]), ("gallery", others)):
        chosen = manifest.select(folds=folds)
        step = max(1, len(chosen) // (arguments.most_clips or len(chosen)))
        chosen = replace(chosen, clips=chosen.clips[::step])
        heard = load_clips(chosen, sample_rate_hz=encoder.sample_rate_hz, window_s=encoder.window_s)
        sides[name] = (heard.clips, heard.waveforms)
    gallery = sides["gallery"][1]
    picked = np.random.default_rng(0).permutation(len(gallery))
    calibration = gallery[picked[:NUM_CALIBRATION]]

    of_fold = variants_of(encoder, arguments.work / "fold", calibration)
    maps = {name: quality(path, sides) for name, path in of_fold.items()}
    of_default = variants_of(default, arguments.work / "default", calibration)
    widths = default.card.config["recipe"]["network"]["widths"]
    recipe = load_recipe("cnn", [f"network.widths={list(widths)}"])
    network = Cnn(
        widths=recipe.network.widths[:-1],
        dim=recipe.network.widths[-1],
        dropout=0.0,
        generator=torch.Generator().manual_seed(0),
    ).eval()
    twin = Twin(MelPower(), network.folded()).eval()
    power = twin.front_end(torch.zeros(2, NUM_SAMPLES))
    alone = arguments.work / "network.onnx"
    export_graph(twin.network, alone, example=power)
    waveforms = gallery[np.resize(picked, BATCH)]
    record.append(
        "encoder",
        question="How much audio a second does the default encoder embed, and what does less precision cost?",
        seed=0,
        config={
            "default": default.fingerprint,
            "fold_encoder": encoder.fingerprint,
            "query_fold": arguments.query_fold,
            "num_queries": len(sides["queries"][0]),
            "num_gallery": len(sides["gallery"][0]),
            "rounds": arguments.rounds,
        },
        values={
            "MAP": maps,
            "MB": {name: path.stat().st_size / 1e6 for name, path in of_default.items()},
            "speed": speeds(of_default, alone, twin, waveforms, num_rounds=arguments.rounds),
        },
    )


if __name__ == "__main__":
    main()
