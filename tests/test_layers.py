"""Imports point one way, and stay cheap."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_layers_hold() -> None:
    lint_imports = shutil.which("lint-imports", path=sysconfig.get_path("scripts"))
    assert lint_imports is not None
    done = run(lint_imports, "--no-cache", "--no-logo")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "import soundalike",
        "import soundalike; soundalike.load_encoder; soundalike.SoundalikeError; soundalike.__version__",
    ],
)
def test_import_loads_nothing_heavy(statement: str) -> None:
    heavy = (
        "{'torch', 'lightning', 'lance', 'lancedb', 'pyarrow', 'onnxruntime', 'matplotlib', 'sklearn', 'av'}"
    )
    done = run(sys.executable, "-c", f"import sys; {statement}; print(sorted({heavy} & set(sys.modules)))")
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_every_public_name_can_be_loaded() -> None:
    statement = "import soundalike; print(all(hasattr(soundalike, name) for name in soundalike.__all__))"
    done = run(sys.executable, "-W", "ignore", "-c", statement)
    assert done.stdout.strip() == "True", done.stderr
