"""Nothing is told to anybody: ONNX Runtime would report to its maker if it were let."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LOAD = "import soundalike; soundalike.load_encoder('default')"


def test_loading_an_encoder_leaves_no_trace_of_reports(tmp_path: Path) -> None:
    place = {
        "TMPDIR": str(tmp_path),
        "TEMP": str(tmp_path),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", LOAD], env={**environment, **place}, check=True)
    assert list(tmp_path.iterdir()) == []


def test_who_wants_to_report_may() -> None:
    show = "import os, soundalike; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    for said, told in ((None, "1"), ("0", "0")):
        environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
        if said is not None:
            environment["ORT_DISABLE_TELEMETRY"] = said
        done = subprocess.run(
            [sys.executable, "-c", show], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == told
