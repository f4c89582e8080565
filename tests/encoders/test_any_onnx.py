"""ONNX files of all shapes become encoders, and what a file does not say is asked for."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnxruntime.quantization import QuantType, quantize_dynamic

from encoders.toy_graphs import (
    DIM,
    FRAME,
    INT64,
    NUM_SAMPLES,
    RATE_HZ,
    TOYS,
    WINDOW_S,
    Toy,
    by_hand,
    node,
    noise,
)
from soundalike.encoders import Encoder, embed_on_threads, load_encoder, save_encoder
from soundalike.errors import EncoderError, UsageError

YAMNET = TOYS["one waveform, its frames, three outputs"]


def load(toy: Toy, path: Path, **changes: Any) -> Encoder:
    return load_encoder(toy.write(path), **{"sample_rate_hz": RATE_HZ, **toy.options, **changes})


@pytest.mark.parametrize("name", TOYS)
def test_every_shape_gives_the_embedding(name: str, tmp_path: Path) -> None:
    toy = TOYS[name]
    encoder = load(toy, tmp_path / "other.onnx")
    waveforms = noise(7)
    expected = toy.gain * by_hand(waveforms)
    atol = toy.tolerance * np.abs(expected).max()
    for embed in (encoder.embed, embed_on_threads(encoder)):
        for num in (0, 1, 2, 3, 7):
            found = embed(waveforms[:num])
            assert (found.shape, found.dtype) == ((num, DIM), np.float32)
            np.testing.assert_allclose(found, expected[:num].reshape(num, DIM), rtol=0, atol=atol)


@pytest.mark.parametrize("name", TOYS)
def test_what_is_found_stands_on_the_card(name: str, tmp_path: Path) -> None:
    toy = TOYS[name]
    card = load(toy, tmp_path / "other.onnx").card
    assert card.adapter is not None
    assert (card.adapter.input, card.adapter.output) == ("waveform", "embedding")
    assert (card.adapter.input_layout, card.adapter.output_layout) == toy.layouts
    assert card.adapter.batch == toy.batch
    assert (card.sample_rate_hz, card.window_s, card.dim) == (RATE_HZ, WINDOW_S, DIM)
    assert (card.distance, card.clip) == ("cosine", "whole")


@pytest.mark.parametrize("name", TOYS)
def test_saved_encoder_is_the_same_and_needs_no_options(name: str, tmp_path: Path) -> None:
    encoder = load(TOYS[name], tmp_path / "other.onnx")
    card = save_encoder(encoder, tmp_path / "encodeur é", distance="euclidean")
    (tmp_path / "other.onnx").unlink()
    saved = load_encoder(tmp_path / "encodeur é")
    assert saved.card == card == replace(encoder.card, name="encodeur é", distance="euclidean")
    np.testing.assert_array_equal(saved.embed(noise(4)), encoder.embed(noise(4)))
    by_its_graph = load_encoder(tmp_path / "encodeur é" / "encoder.onnx")
    assert by_its_graph.card == card


def test_other_rates_and_windows(tmp_path: Path) -> None:
    encoder = load(
        TOYS["any batch, any length"], tmp_path / "a.onnx", sample_rate_hz=22_050, window_s=1 / 22.05
    )
    assert encoder.embed(noise(2)[:, :1000]).shape == (2, DIM)
    fixed = load(TOYS["any batch, fixed length"], tmp_path / "b.onnx", sample_rate_hz=48_000)
    assert round(fixed.window_s * fixed.sample_rate_hz) == NUM_SAMPLES


def test_samples_beyond_full_scale_do_not_wrap_around(tmp_path: Path) -> None:
    toy = TOYS["16 bits in"]
    encoder = load(toy, tmp_path / "a.onnx")
    loud = np.full((1, NUM_SAMPLES), 7.0, np.float32)
    expected = by_hand(np.full((1, NUM_SAMPLES), 32767 / 32768, np.float32))
    np.testing.assert_allclose(encoder.embed(loud), expected, rtol=1e-4)


def test_scale_taken_from_the_whole_batch_is_noticed(tmp_path: Path) -> None:
    whole = TOYS["any batch, any length"].write(tmp_path / "whole.onnx")
    quantize_dynamic(str(whole), str(tmp_path / "int8.onnx"), weight_type=QuantType.QUInt8)
    encoder = load_encoder(tmp_path / "int8.onnx", sample_rate_hz=RATE_HZ, window_s=WINDOW_S)
    assert encoder.card.adapter is not None
    assert encoder.card.adapter.batch == 1
    waveforms = noise(2) * np.array([[0.01], [1.0]], np.float32)
    np.testing.assert_array_equal(encoder.embed(waveforms)[0], encoder.embed(waveforms[:1])[0])


# ---- identity


def test_fingerprint_names_what_the_embeddings_depend_on(tmp_path: Path) -> None:
    def fingerprint(**changes: Any) -> str:
        return load(YAMNET, tmp_path / "a.onnx", **changes).fingerprint

    assert fingerprint() == fingerprint()
    others = [
        fingerprint(),
        fingerprint(output="scores"),
        fingerprint(sample_rate_hz=2 * RATE_HZ, window_s=WINDOW_S / 2),
        fingerprint(window_s=2 * WINDOW_S),
        fingerprint(full_scale=2.0),
    ]
    assert len(set(others)) == len(others)


def test_fingerprint_does_not_depend_on_the_name_of_the_file(tmp_path: Path) -> None:
    here = load(YAMNET, tmp_path / "a.onnx")
    there = load(YAMNET, tmp_path / "b.onnx")
    assert here.fingerprint == there.fingerprint


def test_changed_adapter_on_a_card_is_refused(tmp_path: Path) -> None:
    save_encoder(load(YAMNET, tmp_path / "a.onnx"), tmp_path / "saved")
    card = tmp_path / "saved" / "card.json"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace('"output": "embedding"', '"output": "scores"'), encoding="utf-8")
    with pytest.raises(EncoderError, match="fingerprints differ"):
        load_encoder(tmp_path / "saved")


def test_found_adapter_loads_the_file_without_looking(tmp_path: Path) -> None:
    encoder = load(YAMNET, tmp_path / "a.onnx")
    again = load_encoder(
        tmp_path / "a.onnx", sample_rate_hz=RATE_HZ, window_s=WINDOW_S, adapter=encoder.card.adapter
    )
    assert again.card == encoder.card


def test_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    adapter = load(YAMNET, tmp_path / "a.onnx").card.adapter
    other = TOYS["a rate, a gain and a state"].write(tmp_path / "b.onnx")
    with pytest.raises(EncoderError, match=r"inputs sr, gain, state, waveform.*another model than before"):
        load_encoder(other, sample_rate_hz=RATE_HZ, window_s=WINDOW_S, adapter=adapter)


# ---- questions


def test_everything_unknown_is_asked_for_at_once(tmp_path: Path) -> None:
    path = YAMNET.write(tmp_path / "my yamnet.onnx")
    with pytest.raises(UsageError) as caught:
        load_encoder(path)
    message = str(caught.value)
    assert "input 'waveform' float32 [samples], of which 'waveform' takes the waveform" in message
    assert "outputs 'scores' float32 [frames, 6], 'spectrogram' float32 [frames, 6], 'embedding'" in message
    assert (
        "Missing: the sample rate in Hz, the length of a window in seconds, which output is the embedding."
        in message
    )
    assert "Add to the command: --sample-rate HZ --window-s SECONDS --output embedding." in message
    assert message.endswith(
        f"soundalike encoders '{path}' --sample-rate HZ --window-s SECONDS --output embedding "
        f"--save '{path.with_suffix('')}'"
    )


@pytest.mark.parametrize(
    ("name", "said", "asked"),
    [
        ("any batch, fixed length", {}, "--sample-rate HZ."),
        ("any batch, any length", {"sample_rate_hz": 8000}, "--sample-rate 8000 --window-s SECONDS."),
        ("any batch, any length", {"window_s": 0.25}, "--sample-rate HZ --window-s 0.25."),
        (
            "one waveform, its frames, three outputs",
            {"sample_rate_hz": 8000, "window_s": 0.25},
            "--sample-rate 8000 --window-s 0.25 --output embedding.",
        ),
    ],
)
def test_only_what_is_unknown_is_asked_for(
    name: str, said: dict[str, Any], asked: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        load_encoder(TOYS[name].write(tmp_path / "a.onnx"), **said)
    assert f"Add to the command: {asked}" in str(caught.value)


def test_values_of_further_inputs_are_asked_for(tmp_path: Path) -> None:
    path = TOYS["a rate, a gain and a state"].write(tmp_path / "a.onnx")
    with pytest.raises(
        UsageError, match=r"value for the input 'gain', a value for the input 'state'"
    ) as caught:
        load_encoder(path, sample_rate_hz=RATE_HZ, window_s=WINDOW_S)
    assert "--input gain=NUMBER --input state=NUMBER --save" in str(caught.value)
    assert "Add to the command" not in str(caught.value)
    assert "'sr'" not in str(caught.value).partition("Missing")[2]


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        (
            "any batch, fixed length",
            {"window_s": 1.0},
            r"takes 2000 samples, which is 0\.25 s at 8000 Hz, not 1 s",
        ),
        ("any batch, any length", {"window_s": 0.0}, "holds no sample"),
        ("any batch, any length", {"output": "loudness"}, r"no output 'loudness'. Found: output 'embedding'"),
        ("any batch, any length", {"inputs": {"sr": 1.0}}, r"no input 'sr'. Found: input 'waveform'"),
        ("any batch, any length", {"output_layout": "batch frames"}, r"output layout 'batch frames': write"),
    ],
)
def test_wrong_answers(name: str, said: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        load(TOYS[name], tmp_path / "a.onnx", **said)


SPECTRUM = Toy(takes=("batch", 64), cut=(0, -1, 64), frame=64, options={})
LOUDNESS = (node("ReduceMean", ["frames", "last"], "made", keepdims=0),)


@pytest.mark.parametrize(
    ("toy", "message"),
    [
        (SPECTRUM, r"takes no waveform\. Found: input 'waveform' float32 \[batch, 64\]"),
        (replace(SPECTRUM, takes=("batch", 1, 96, 64)), r"takes no waveform.*has its front end inside"),
        (Toy(takes=("batch", 2, "samples")), "takes no waveform"),
        (Toy(kind=INT64), r"takes no waveform. Found: input 'waveform' int64"),
        (Toy(cut=(0, -1, FRAME - 1), frame=FRAME - 1), r"fails on float32 \[1, 2000\]"),
        (
            Toy(gives=("batch", "frames"), body=LOUDNESS),
            r"gives \[1, 4\], and \[1, 8\] for waveforms of twice the length: no axis is an embedding",
        ),
        (Toy(takes=("samples",), gives=("frames",), cut=(1, -1), frame=1), "fails|no axis is an embedding"),
        (
            replace(TOYS["embeddings relative to the batch"], takes=(2, "samples")),
            "embeds a waveform differently when others are in the batch",
        ),
    ],
)
def test_graphs_that_are_no_encoders(toy: Toy, message: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=message):
        load(toy, tmp_path / "a.onnx")


def test_graph_that_is_misread_is_set_right(tmp_path: Path) -> None:
    # 64 samples look like the bands of a spectrogram.
    encoder = load(SPECTRUM, tmp_path / "a.onnx", input_layout="batch samples")
    assert encoder.embed(noise(3)[:, :64]).shape == (3, DIM)
    # Both axes of the output have a fixed length; the last is taken for the embedding.
    toy = replace(TOYS["a channel at the end, frames"], gives=("batch", 4, DIM))
    turned = load(toy, tmp_path / "b.onnx", output_layout="batch dim frames")
    frames = [by_hand(noise(3)[:, start : start + FRAME]) for start in range(0, NUM_SAMPLES, FRAME)]
    np.testing.assert_allclose(turned.embed(noise(3)), np.mean(frames, axis=2).T, rtol=1e-4)


def test_saving_over_something_is_refused(tmp_path: Path) -> None:
    encoder = load(YAMNET, tmp_path / "a.onnx")
    for taken in (tmp_path, tmp_path / "a.onnx"):
        with pytest.raises(UsageError, match=r"is there already"):
            save_encoder(encoder, taken)
    with pytest.raises(UsageError, match="no ONNX file"):
        save_encoder(load_encoder("spectral-averages"), tmp_path / "new")


# ---- weights in other files


def test_weights_in_other_files(tmp_path: Path) -> None:
    toy = TOYS["any batch, any length"]
    folder = tmp_path / "größer"
    folder.mkdir()
    how = {"save_as_external_data": True, "location": "weights.bin", "size_threshold": 100}
    encoder = load_encoder(toy.write(folder / "a.onnx", **how), sample_rate_hz=RATE_HZ, window_s=WINDOW_S)
    np.testing.assert_allclose(encoder.embed(noise(3)), by_hand(noise(3)), rtol=1e-4)
    save_encoder(encoder, tmp_path / "saved")
    assert {path.name for path in (tmp_path / "saved").iterdir()} == {
        "encoder.onnx",
        "weights.bin",
        "card.json",
    }

    weights = bytearray((folder / "weights.bin").read_bytes())
    weights[10] ^= 1
    (folder / "weights.bin").write_bytes(weights)
    changed = load_encoder(folder / "a.onnx", sample_rate_hz=RATE_HZ, window_s=WINDOW_S)
    assert changed.fingerprint != encoder.fingerprint

    shutil.rmtree(folder)
    saved = load_encoder(tmp_path / "saved")
    np.testing.assert_allclose(embed_on_threads(saved)(noise(3)), by_hand(noise(3)), rtol=1e-4)
    (tmp_path / "saved" / "weights.bin").unlink()
    with pytest.raises(EncoderError, match=r"keeps weights in 'weights\.bin', which does not lie beside it"):
        load_encoder(tmp_path / "saved")
