"""The wheel, installed without the train extra, far from the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cli.command_line import FAST, refused, soundalike
from soundalike.data.synthetic import write_corpus

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "soundalike"
TRAIN_EXTRA = ("torch", "lightning", "onnx", "onnxscript", "pytorch_metric_learning")

pytestmark = pytest.mark.slow


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that nothing is left in the repository."""
    copy, out = tmp_path_factory.mktemp("source") / "soundalike", tmp_path_factory.mktemp("wheel")
    copy.mkdir()
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, cwd=copy)
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel and what it asks for, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = python_of(folder / "venv")
    constraints = ("--constraint", ROOT / "constraints.txt")
    run(python, "-m", "pip", "install", "--quiet", wheel, *constraints, cwd=folder)
    return python


def test_wheel_holds_what_is_no_python(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"soundalike/{path.relative_to(SOURCE).as_posix()}"
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= held
    assert {
        "soundalike/py.typed",
        "soundalike/features/onnx/logfreq-log.onnx",
        "soundalike/training/recipes/paper-unbalanced.toml",
        "soundalike/evaluation/report.html",
    } <= held
    assert not {name.split("/")[0] for name in held} - {"soundalike"} - {wheel_metadata(held)}


def wheel_metadata(names: set[str]) -> str:
    (folder,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
    return folder


def test_installed_without_torch_it_searches_and_measures(installed: Path, tmp_path: Path) -> None:
    sounds, encoder = tmp_path / "sounds", tmp_path / "encoder"
    write_corpus(sounds, clips_per_kind=6, seed=0, kinds=("birds", "rain", "siren"), duration_s=2.2)
    settings = ("--set", "network.widths=[16,8]", "--set", "optimiser.epochs=2")
    assert soundalike("train", sounds, "--out", encoder, *settings).exit_code == 0

    missing = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    found = subprocess.run(
        [installed, "-c", missing, *TRAIN_EXTRA], cwd=tmp_path, capture_output=True, check=True
    )
    assert found.stdout.strip() == b"[]"

    here = {"python": installed, "cwd": tmp_path}
    assert soundalike("--help", **here).exit_code == 0
    assert soundalike("--version", **here).stdout == soundalike("--version").stdout
    if (SOURCE / "encoders" / "default").is_dir():
        assert "default" in soundalike("encoders", "--json", **here).document
        assert soundalike("index", "default library", "sounds", **here).exit_code == 0

    for chosen in (FAST, ("--encoder", "encoder")):
        library = f"library of {chosen[1]}"
        assert soundalike("index", library, "sounds", *chosen, **here).exit_code == 0
        query = Path("sounds") / "rain" / "rain_000.wav"
        hits = soundalike("search", library, query, "--json", **here).document["hits"]
        assert Path(hits[0]["path"]) == tmp_path / query
        assert hits[0]["distance"] == pytest.approx(0, abs=1e-3)
    outcome = soundalike("evaluate", "encoder", "--gallery", "sounds", "--report", "report", "--json", **here)
    assert outcome.exit_code == 0
    assert (tmp_path / "report" / "index.html").stat().st_size > 10_000
    at_home = soundalike("evaluate", encoder, "--gallery", sounds, "--json").document
    assert outcome.document["MAP"] == pytest.approx(at_home["MAP"], abs=1e-6)

    for command in (["train", "sounds"], ["reproduce", "sounds"], ["demo"]):
        outcome = soundalike(*command, "--out", "made", **here)
        refused(outcome, "'torch'", "pip install 'soundalike[train]'", exit_code=2)
    assert not (tmp_path / "made").exists()
