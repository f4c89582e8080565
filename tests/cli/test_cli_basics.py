"""What holds for every command: help, exit codes, pipes, encodings, and a quick start."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from cli.command_line import FAST, refused, soundalike, start
from soundalike import __version__

COMMANDS = (
    "demo",
    "index",
    "search",
    "serve",
    "status",
    "remove",
    "relocate",
    "optimize",
    "duplicates",
    "embed",
    "export",
    "train",
    "evaluate",
    "reproduce",
    "encoders",
    "collect",
    "datasets",
)
HEAVY = {
    "torch",
    "lightning",
    "lance",
    "onnxruntime",
    "pyarrow",
    "matplotlib",
    "av",
    "sklearn",
    "openTSNE",
    "onnx",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    outcome = soundalike(command, "--help")
    assert outcome.exit_code == 0
    assert outcome.stdout.startswith(f"Usage: soundalike {command}")
    assert outcome.stderr == ""


def test_help_lists_every_command_and_no_others() -> None:
    text = soundalike("--help").stdout
    listed = text.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "] == list(COMMANDS)


def test_without_arguments_it_prints_its_help() -> None:
    outcome = soundalike()
    assert "Commands:" in outcome.stdout + outcome.stderr
    assert outcome.exit_code in (0, 2)


def test_version() -> None:
    outcome = soundalike("--version")
    assert (outcome.exit_code, outcome.stdout) == (0, f"soundalike {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["index", "--nope"], "No such option: --nope"),
        (["sing"], "sing"),
        (["index"], "Missing argument"),
        (["search", "library", "query.wav", "-k", "0"], "-k"),
        (["search", "library", "query.wav", "--per", "note"], "--per"),
        (["search", "library", "query.wav", "--distance", "manhattan"], "--distance"),
        (["evaluate", "raw-logfreq"], "--gallery"),
        (["train", "data"], "--out"),
        (["train", "data", "--out", "x", "--seed", "one"], "--seed"),
        (["train", "data", "--out", "x", "--clip", "best"], "--clip"),
    ],
)
def test_wrong_usage_is_2(arguments: list[str], words: str) -> None:
    outcome = soundalike(*arguments)
    refused(outcome, words, exit_code=2)
    assert outcome.stdout == ""


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import runpy, sys\n"
        "sys.argv = ['soundalike', '--help']\n"
        "try:\n    runpy.run_module('soundalike', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert b"Usage:" in done.stdout
    modules = done.stderr.decode().split()
    assert "soundalike.cli.app" in modules
    assert not HEAVY.intersection(modules)


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX pipe")
@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["status", "--json"], ["search"]])
def test_reader_that_went_away_is_no_crash(library: Path, sounds: Path, arguments: list[str]) -> None:
    if arguments[0] == "status":
        arguments = [arguments[0], str(library), *arguments[1:]]
    elif arguments[0] == "search":
        arguments = ["search", str(library), str(sounds / "rain" / "rain_000.wav")]
    reader, writer = os.pipe()
    os.close(reader)
    child = start(*arguments, stdout=writer)
    os.close(writer)
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 1
    assert errors == b""


def test_json_survives_a_pipe_that_is_not_utf_8(tmp_path: Path, sounds: Path) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir()
    for name in ("café.wav", "\U0001f436.wav", "日本.wav"):
        (folder / name).write_bytes((sounds / "rain" / "rain_000.wav").read_bytes())
    assert soundalike("index", tmp_path / "library", folder, *FAST).exit_code == 0
    for environment in ({}, {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"}):
        found = soundalike(
            "search", tmp_path / "library", folder / "café.wav", "--json", environment=environment
        )
        (hit,) = found.document["hits"]
        assert {Path(path).name for path in (hit["path"], *hit["also"])} == {
            "café.wav",
            "\U0001f436.wav",
            "日本.wav",
        }


def test_rows_of_a_table_stay_whole_in_a_pipe(library: Path, sounds: Path) -> None:
    outcome = soundalike("search", library, sounds / "rain" / "rain_000.wav", "-k", "5", "--per", "recording")
    header, *rows = outcome.stdout.splitlines()
    assert header.split() == ["euclidean", "similarity", "from", "to", "label", "path"]
    assert len(rows) == 5
    assert rows[0].rstrip().endswith(f"{sounds / 'rain' / 'rain_000.wav'} (the query itself)")


@pytest.mark.skipif(
    not resources.files("soundalike.encoders").joinpath("default", "card.json").is_file(),
    reason="the default encoder is not in this checkout",
)
def test_encoders_lists_what_is_installed() -> None:
    cards = soundalike("encoders", "--json").document
    assert set(cards) == {"default", "raw-logfreq", "spectral-averages"}
    for name, card in cards.items():
        assert {"sample_rate_hz", "window_s", "dim", "distance", "clip", "fingerprint"} <= set(card)
        assert card["name"] == name or name == "default"
    outcome = soundalike("encoders")
    assert outcome.exit_code == 0
    assert all(name in outcome.stdout for name in cards)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["status"], ["status", "--json"], ["search"]]
)
def test_output_that_cannot_be_written(library: Path, sounds: Path, arguments: list[str]) -> None:
    if arguments[0] == "status":
        arguments = [arguments[0], str(library), *arguments[1:]]
    elif arguments[0] == "search":
        arguments = ["search", str(library), str(sounds / "rain" / "rain_000.wav"), "--format", "csv"]
    with Path("/dev/full").open("wb") as full:
        child = start(*arguments, stdout=full.fileno())
        _, errors = child.communicate(timeout=120)
    assert child.returncode == 1
    assert errors == b"error: the output could not be written: No space left on device.\n"


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_output_that_is_closed_is_no_crash(library: Path, sounds: Path) -> None:
    done = subprocess.run(
        [
            *("sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "soundalike", "search"),
            *(str(library), str(sounds / "rain" / "rain_000.wav"), "--format", "csv"),
        ],
        stderr=subprocess.PIPE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_while_it_starts() -> None:
    code = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from soundalike.cli import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")


@pytest.mark.parametrize("place", ["", "s3://B_*bad/../..", "s3://bucket/a/../b", "s3://bucket//"])
def test_place_that_no_library_can_have(place: str) -> None:
    refused(soundalike("status", place), "place", exit_code=2)


@pytest.mark.skipif(os.name != "posix", reason="needs file names with control characters")
def test_names_do_not_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "a\x1b[31m\r\n.wav").write_bytes(b"no sound")
    outcomes = [
        soundalike("index", tmp_path / "lib", tmp_path / "audio", *FAST),
        soundalike("status", tmp_path / "lib"),
    ]
    for outcome in outcomes:
        assert r"a\x1b[31m\r\n.wav" in outcome.stdout + outcome.stderr
        assert not {"\x1b", "\r"}.intersection(outcome.stdout + outcome.stderr)
