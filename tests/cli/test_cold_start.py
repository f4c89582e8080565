"""A search from the shell imports what it needs and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Each of these once made a small search noticeably slower, or would.
UNWANTED = {
    *("torch", "matplotlib", "openTSNE", "sklearn", "scipy", "pandas", "av"),
    *("rich", "pydantic", "fastapi", "boto3", "asyncio", "tomllib", "zipfile", "lancedb"),
    *("numpy.ma", "numpy.random", "numpy.fft", "numpy.testing", "pyarrow.parquet", "importlib.metadata"),
    *("soundalike.evaluation", "soundalike.training", "soundalike.models", "soundalike.data"),
    *("soundalike.library.indexing", "soundalike.library.duplicates", "soundalike.audio.ffmpeg"),
    *("soundalike.cli.train", "soundalike.cli.index"),
}


def test_what_a_search_imports(library: Path, sounds: Path) -> None:
    code = (
        "import runpy, sys\n"
        "sys.argv = ['soundalike', 'search', *sys.argv[1:]]\n"
        "try:\n    runpy.run_module('soundalike', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    query = sounds / "rain" / "rain_000.wav"
    done = subprocess.run([sys.executable, "-c", code, library, query], capture_output=True, check=True)
    assert b"(the query itself)" in done.stdout
    imported = set(done.stderr.decode().split())
    base = "import sys, onnxruntime, lance\nprint(*sys.modules)"
    unavoidable = subprocess.run([sys.executable, "-c", base], capture_output=True, check=True)
    assert UNWANTED & imported <= set(unavoidable.stdout.decode().split())
