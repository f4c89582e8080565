"""Encoders of other people, from the command line: asked about, used, remembered, kept."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cli.command_line import refused, soundalike
from encoders.toy_graphs import RATE_HZ, TOYS, WINDOW_S

YAMNET = TOYS["one waveform, its frames, three outputs"]
SAID = ("--sample-rate", str(RATE_HZ), "--window-s", str(WINDOW_S), "--output", "embedding")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "models é"
    folder.mkdir()
    return YAMNET.write(folder / "net.onnx")


def test_library_remembers_how_the_file_is_used(model: Path, sounds: Path, tmp_path: Path) -> None:
    rain, library = sounds / "rain", tmp_path / "library"
    indexed = soundalike("index", library, rain, "--encoder", model.name, *SAID, "--json", cwd=model.parent)
    assert indexed.document["recordings"]["added"] == 8
    query = rain / "rain_003.wav"
    found = soundalike("search", library, query, "-k", "3", "--per", "recording", "--json", cwd=tmp_path)
    first = found.document["hits"][0]
    assert (Path(first["path"]), first["is_query"]) == (query, True)
    assert first["distance"] == pytest.approx(0, abs=1e-5)
    assert soundalike("index", library, rain, "--json").document["recordings"]["unchanged"] == 8
    adapter = soundalike("status", library, "--json").document["encoder"]["adapter"]
    assert (adapter["output"], adapter["output_layout"]) == ("embedding", "frames dim")

    # Another output gives other embeddings.
    other = soundalike("index", library, rain, "--encoder", model, *SAID[:-1], "scores")
    refused(other, "was made with the encoder 'net'", exit_code=1)

    moved = model.rename(tmp_path / "moved.onnx")
    refused(soundalike("search", library, query), "no longer at", "--encoder PATH", exit_code=1)
    assert soundalike("search", library, query, "--encoder", moved, "--json").document["hits"]


def test_what_it_asks_for_can_be_typed_and_is_kept(model: Path, sounds: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    asked = soundalike("index", library, sounds / "rain", "--encoder", model)
    refused(asked, "Missing: the sample rate in Hz", "--output embedding", exit_code=2)
    assert not library.exists()

    (typed,) = re.findall(r"soundalike (encoders .*--save .*)$", asked.stderr.strip())
    typed = typed.replace("HZ", str(RATE_HZ)).replace("SECONDS", str(WINDOW_S))
    saved = soundalike(*shlex.split(typed))
    assert saved.exit_code == 0, saved.stderr
    assert "name this folder after --encoder from now on" in saved.stderr
    assert re.search(r"output +'embedding' \[frames, dim\], mean over the frames", saved.stdout)
    assert re.search(r"a call takes +1 waveform *$", saved.stdout, re.MULTILINE)

    folder = model.parent / "net"
    indexed = soundalike("index", library, sounds / "rain", "--encoder", folder, "--json")
    assert indexed.document["recordings"]["added"] == 8
    found = soundalike("search", library, sounds / "rain" / "rain_001.wav", "--json")
    assert found.document["hits"][0]["is_query"]
    assert soundalike("encoders", folder, "--json").document["net"]["adapter"]["batch"] == 1


def test_graph_with_a_fixed_batch_is_searched(sounds: Path, tmp_path: Path) -> None:
    model = TOYS["a batch of three"].write(tmp_path / "three.onnx")
    library = tmp_path / "library"
    done = soundalike("index", library, sounds / "siren", "--encoder", model, "--sample-rate", str(RATE_HZ))
    assert done.exit_code == 0, done.stderr
    found = soundalike("search", library, sounds / "siren" / "siren_002.wav", "--json")
    assert found.document["hits"][0]["is_query"]


def test_evaluate_takes_the_same_options(model: Path, sounds: Path) -> None:
    document = soundalike("evaluate", model, "--gallery", sounds, *SAID, "--json").document
    assert document["encoder"]["name"] == "net"
    assert document["MAP"] > document["chance"]["MAP"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--input", "sr"], "write it as NAME=NUMBER"),
        (["--input", "=1"], "write it as NAME=NUMBER"),
        (["--input", "sr=fast"], "write it as NAME=NUMBER"),
        ([*SAID, "--distance", "euclidean"], "--save DIR"),
        ([*SAID, "--save", "."], "is there already"),
        ([*SAID[:-1], "loudness"], "has no output 'loudness'"),
    ],
)
def test_wrong_usage_of_encoders(arguments: list[str], words: str, model: Path) -> None:
    refused(soundalike("encoders", model, *arguments, cwd=model.parent), words, exit_code=2)


def test_options_without_their_file(tmp_path: Path, sounds: Path) -> None:
    refused(soundalike("encoders", "--save", tmp_path / "new"), "needs an .onnx file", exit_code=2)
    refused(
        soundalike("index", tmp_path / "library", sounds, "--output", "x"),
        "name it with --encoder",
        exit_code=2,
    )
