"""`import soundalike`: few names, and nothing heavy before one of them is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import soundalike

HEAVY = ["torch", "lance", "pyarrow", "onnxruntime", "numpy", "soundfile", "av", "matplotlib"]


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_all_is_sorted_and_true() -> None:
    assert soundalike.__all__ == sorted(soundalike.__all__)
    for name in soundalike.__all__:
        if name != "train":  # only with the train extra
            assert getattr(soundalike, name) is not None
    assert set(soundalike.__all__) <= set(dir(soundalike))


def test_import_loads_nothing_heavy() -> None:
    assert run(f"import sys, soundalike; print([name for name in {HEAVY} if name in sys.modules])") == "[]"


def test_library_loads_no_torch_and_lance_only_when_opened() -> None:
    code = "import sys, soundalike; soundalike.open; print({'torch', 'lance'} & sys.modules.keys())"
    assert run(code) == "set()"


def test_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert soundalike.__version__ == version("soundalike")


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'serach'"):
        _ = soundalike.serach  # type: ignore[attr-defined]
