"""From a name, a folder or a file to an encoder; and every way this can fail."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from encoders.tiny_graphs import DIM, NUM_SAMPLES, SAMPLE_RATE_HZ, WINDOW_S, write_graph
from soundalike.encoders import GRAPH_FILE, Card, embed_on_threads, fingerprint_of, load_encoder, write_card
from soundalike.errors import EncoderError, UsageError
from soundalike.features import logfreq_spectrogram


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An encoder folder whose graph is a few thousand bytes."""
    folder = tmp_path / "Encodeur é"
    folder.mkdir()
    graph = write_graph(folder / GRAPH_FILE)
    card = Card(
        name="tiny",
        sample_rate_hz=SAMPLE_RATE_HZ,
        window_s=WINDOW_S,
        dim=DIM,
        distance="cosine",
        clip="whole",
        fingerprint=fingerprint_of(graph.read_bytes()),
    )
    write_card(card, folder)
    return folder


def noise(num: int, num_samples: int = NUM_SAMPLES) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(num, num_samples)).astype(np.float32)


def test_folder_is_loaded_with_its_card(folder: Path) -> None:
    for spec in (folder, str(folder)):
        encoder = load_encoder(spec)
        assert (encoder.name, encoder.dim, encoder.distance, encoder.clip) == ("tiny", DIM, "cosine", "whole")
        assert encoder.embed(noise(2)).shape == (2, DIM)


def test_moved_folder_gives_the_same_embeddings(folder: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    here, there = load_encoder(folder), load_encoder(moved)
    assert here.fingerprint == there.fingerprint
    np.testing.assert_array_equal(here.embed(noise(3)), there.embed(noise(3)))


def test_missing_graph(folder: Path) -> None:
    (folder / GRAPH_FILE).unlink()
    with pytest.raises(EncoderError, match=r"has a card but no readable encoder\.onnx"):
        load_encoder(folder)


def test_tampered_graph(folder: Path) -> None:
    graph = bytearray((folder / GRAPH_FILE).read_bytes())
    graph[len(graph) // 2] ^= 1
    (folder / GRAPH_FILE).write_bytes(graph)
    with pytest.raises(EncoderError, match="fingerprints differ"):
        load_encoder(folder)


def test_card_over_a_graph_that_is_none(folder: Path) -> None:
    (folder / GRAPH_FILE).write_bytes(b"no graph")
    card = load_card_of(folder, fingerprint=fingerprint_of(b"no graph"))
    write_card(card, folder)
    with pytest.raises(EncoderError, match="ONNX Runtime cannot load it"):
        load_encoder(folder)


def load_card_of(folder: Path, *, fingerprint: str) -> Card:
    return Card(
        name=folder.name,
        sample_rate_hz=SAMPLE_RATE_HZ,
        window_s=WINDOW_S,
        dim=DIM,
        distance="cosine",
        clip="whole",
        fingerprint=fingerprint,
    )


@pytest.mark.parametrize("spec", ["no-such", "missing/folder", "missing.onnx", "defaultt"])
def test_no_such_encoder_names_the_built_in_ones(spec: str) -> None:
    with pytest.raises(UsageError, match=rf"no encoder '{spec}'.*default, raw-logfreq, spectral-averages"):
        load_encoder(spec)


def test_file_that_is_no_graph(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(b"RIFF")
    with pytest.raises(UsageError, match="no encoder"):
        load_encoder(path)
    bare = tmp_path / "bad.onnx"
    bare.write_bytes(b"RIFF")
    with pytest.raises(EncoderError, match=r"bad\.onnx': ONNX Runtime cannot load it"):
        load_encoder(bare, sample_rate_hz=8000, window_s=1.0)


@pytest.mark.parametrize("num_samples", [NUM_SAMPLES, "samples"])
def test_bare_graph_is_asked_for_its_dimension(tmp_path: Path, num_samples: int | str) -> None:
    path = write_graph(tmp_path / "other.onnx", num_samples=num_samples)
    encoder = load_encoder(path, sample_rate_hz=SAMPLE_RATE_HZ, window_s=WINDOW_S)
    assert (encoder.name, encoder.dim) == ("other", DIM)


@pytest.mark.parametrize("out_dtype", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_bare_graph_of_another_precision_gives_float32(tmp_path: Path, out_dtype: int) -> None:
    path = write_graph(tmp_path / "other.onnx", out_dtype=out_dtype)
    encoder = load_encoder(path, sample_rate_hz=SAMPLE_RATE_HZ, window_s=WINDOW_S)
    assert encoder.embed(noise(2)).dtype == np.float32


def test_raw_logfreq_is_the_spectrogram_row_by_row() -> None:
    waveforms = noise(2, 32_000)
    embeddings = load_encoder("raw-logfreq").embed(waveforms)
    np.testing.assert_array_equal(embeddings, logfreq_spectrogram(waveforms).reshape(2, -1))


def test_spectral_averages_are_means_over_time() -> None:
    waveforms = noise(2, 32_000)
    embeddings = load_encoder("spectral-averages").embed(waveforms)
    np.testing.assert_allclose(embeddings, logfreq_spectrogram(waveforms).mean(axis=2), rtol=1e-6)


def test_built_in_encoders_have_fingerprints_of_their_own() -> None:
    assert load_encoder("raw-logfreq").fingerprint != load_encoder("spectral-averages").fingerprint


def test_fingerprint_of_a_built_in_encoder_follows_its_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_encoder("raw-logfreq").fingerprint
    assert load_encoder("raw-logfreq").fingerprint == before
    monkeypatch.setattr("soundalike.encoders.registry.graph_bytes", lambda name: name.encode() + b" changed")
    assert load_encoder("raw-logfreq").fingerprint != before


@pytest.mark.parametrize("spec", ["folder", "spectral-averages"])
def test_encoders_travel_to_other_processes(folder: Path, spec: str) -> None:
    encoder = load_encoder(folder if spec == "folder" else spec)
    num_samples = round(encoder.window_s * encoder.sample_rate_hz)
    waveforms = np.random.default_rng(0).normal(size=(3, num_samples)).astype(np.float32)
    there = pickle.loads(pickle.dumps(encoder))
    assert there.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(embed_on_threads(there)(waveforms), encoder.embed(waveforms))
    np.testing.assert_array_equal(there.embed(waveforms), encoder.embed(waveforms))


def test_a_gpu_that_onnx_runtime_does_not_know(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(EncoderError, match=r"cannot compute on a GPU: .* pip install onnxruntime-gpu"):
        embed_on_threads(load_encoder(folder), device="gpu")


def test_loading_and_embedding_need_no_torch(folder: Path) -> None:
    program = """
import sys
import numpy as np
from soundalike.encoders import load_encoder
for spec in ("raw-logfreq", sys.argv[1]):
    encoder = load_encoder(spec)
    encoder.embed(np.zeros((1, round(encoder.window_s * encoder.sample_rate_hz)), np.float32))
print("torch" in sys.modules, "sklearn" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["False", "False"], done.stderr
