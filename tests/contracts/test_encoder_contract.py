"""What every encoder keeps, whoever made it: float32 [batch, samples] -> float32 [batch, dim]."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from encoders.tiny_graphs import SAMPLE_RATE_HZ, WINDOW_S, write_graph
from encoders.toy_graphs import RATE_HZ, TOYS
from soundalike.encoders import GRAPH_FILE, Card, Encoder, fingerprint_of, load_encoder, write_card
from soundalike.features.logfreq import LogFreqSpectrogram
from soundalike.features.logmel import MelPower
from soundalike.models import Cnn, PaperMlp, PaperNetwork, Twin
from soundalike.training.export import export_graph, halve_weights


def exported(folder: Path, *, half: bool = False) -> Encoder:
    """An untrained network of the paper's kind, exported as training does it."""
    spectrogram = LogFreqSpectrogram()
    mlp = PaperMlp(13509, widths=(16, 8), dropout=0.3, generator=torch.Generator().manual_seed(0))
    network = PaperNetwork(
        mlp,
        to_times=spectrogram.to_times,
        mean=torch.full((79, 61), -5.0),
        scale=torch.full((79, 171), 2.0),
    )
    return written(Twin(spectrogram.frames, network.folded()), folder, half=half)


def convolutional(folder: Path) -> Encoder:
    """An untrained network of convolutions, likewise."""
    network = Cnn(widths=(8, 8, 16), dim=8, dropout=0.1, generator=torch.Generator().manual_seed(0))
    return written(Twin(MelPower(), network.folded()), folder)


def written(twin: Twin, folder: Path, *, half: bool = False) -> Encoder:
    graph = folder / GRAPH_FILE
    export_graph(twin, graph, example=torch.zeros(2, 32_000))
    if half:
        halve_weights(graph)
    card = Card(
        name="exported",
        sample_rate_hz=16_000,
        window_s=2.0,
        dim=8,
        distance="euclidean",
        clip="loudest",
        fingerprint=fingerprint_of(graph.read_bytes()),
    )
    write_card(card, folder)
    return load_encoder(folder)


def bare(folder: Path) -> Encoder:
    path = write_graph(folder / "other.onnx")
    return load_encoder(path, sample_rate_hz=SAMPLE_RATE_HZ, window_s=WINDOW_S)


def toy(name: str) -> Callable[[Path], Encoder]:
    """An encoder of someone else's, fed and read through an adapter."""

    def make(folder: Path) -> Encoder:
        path = TOYS[name].write(folder / "toy.onnx")
        return load_encoder(path, sample_rate_hz=RATE_HZ, **TOYS[name].options)

    return make


MAKERS: dict[str, Callable[[Path], Encoder]] = {
    "raw-logfreq": lambda folder: load_encoder("raw-logfreq"),
    "spectral-averages": lambda folder: load_encoder("spectral-averages"),
    "exported": exported,
    "convolutional": convolutional,
    "exported, half the weights": lambda folder: exported(folder, half=True),
    "bare": bare,
    **{name: toy(name) for name in TOYS},
}


@pytest.fixture(scope="module", params=MAKERS)
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return MAKERS[request.param](tmp_path_factory.mktemp("encoder"))


def waveforms(encoder: Encoder, num: int) -> NDArray[np.float32]:
    num_samples = round(encoder.window_s * encoder.sample_rate_hz)
    levels = np.geomspace(0.001, 1.0, max(num, 1))[:num, None]
    return (levels * np.random.default_rng(num).normal(size=(num, num_samples))).astype(np.float32)


@pytest.mark.parametrize("num", [0, 1, 2, 65])
def test_shape_and_type(encoder: Encoder, num: int) -> None:
    embeddings = encoder.embed(waveforms(encoder, num))
    assert embeddings.shape == (num, encoder.dim)
    assert embeddings.dtype == np.float32
    assert np.isfinite(embeddings).all()


def test_a_row_does_not_depend_on_its_batch(encoder: Encoder) -> None:
    batch = waveforms(encoder, 7)
    together = encoder.embed(batch)
    for row in range(len(batch)):
        alone = encoder.embed(batch[row : row + 1])[0]
        np.testing.assert_allclose(together[row], alone, rtol=1e-5, atol=1e-4)


def test_same_waveforms_give_the_same_embeddings(encoder: Encoder) -> None:
    batch = waveforms(encoder, 3)
    before = batch.copy()
    np.testing.assert_array_equal(encoder.embed(batch), encoder.embed(batch))
    np.testing.assert_array_equal(batch, before)


def test_different_waveforms_give_different_embeddings(encoder: Encoder) -> None:
    first, second = encoder.embed(waveforms(encoder, 2))
    assert not np.array_equal(first, second)


def test_silence_has_a_finite_embedding(encoder: Encoder) -> None:
    assert np.isfinite(encoder.embed(np.zeros_like(waveforms(encoder, 1)))).all()


def test_layout_and_precision_of_the_array_do_not_matter(encoder: Encoder) -> None:
    batch = waveforms(encoder, 3)
    expected = encoder.embed(batch)
    np.testing.assert_array_equal(encoder.embed(np.asfortranarray(batch)), expected)
    np.testing.assert_array_equal(encoder.embed(batch.astype(np.float64)), expected)


@pytest.mark.parametrize("change", ["one more sample", "one axis", "three axes"])
def test_wrong_shape_is_refused(encoder: Encoder, change: str) -> None:
    batch = waveforms(encoder, 2)
    wrong = {
        "one more sample": np.pad(batch, ((0, 0), (0, 1))),
        "one axis": batch[0],
        "three axes": batch[None],
    }
    with pytest.raises(ValueError, match=r"takes waveforms \[batch, \d+\]"):
        encoder.embed(wrong[change])


def test_properties_are_those_of_the_card(encoder: Encoder) -> None:
    card = encoder.card
    assert encoder.name == card.name
    assert encoder.fingerprint == card.fingerprint
    assert (encoder.sample_rate_hz, encoder.window_s, encoder.dim) == (
        card.sample_rate_hz,
        card.window_s,
        card.dim,
    )
    assert encoder.distance in ("euclidean", "cosine")
    assert encoder.clip in ("loudest", "whole")
