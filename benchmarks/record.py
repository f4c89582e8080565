"""Append what a benchmark measured to `benchmarks/results/`, one JSON line a run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("soundalike", "torch", "onnxruntime", "numpy")


def append(
    name: str, *, question: str, seed: int | None, config: dict[str, Any], values: dict[str, Any]
) -> None:
    """Append one line to `results/NAME.jsonl`.

    Args:
        name: the benchmark's own file name without its ending.
        question: what the numbers answer.
        seed: of everything random, or None where nothing is.
        config: what was chosen, as plain data.
        values: name with unit -> number, or what `spread` gives.
    """
    line = {
        "question": question,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{one: version(one) for one in _PACKAGES}},
        "seed": seed,
        "config": config,
        "values": values,
    }
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(json.dumps(values, indent=1))


def configs(name: str) -> list[dict[str, Any]]:
    """What was measured already by a benchmark: the configurations of its lines."""
    path = RESULTS / f"{name}.jsonl"
    if not path.exists():
        return []
    return [json.loads(line)["config"] for line in path.read_text(encoding="utf-8").splitlines()]


def spread(samples: list[float]) -> dict[str, Any]:
    """Median, smallest and largest of repeated measurements."""
    return {"median": median(samples), "min": min(samples), "max": max(samples), "n": len(samples)}


def numbers(text: str) -> list[int]:
    """`1,2,3` on the command line of a benchmark."""
    return [int(part) for part in text.split(",")]


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [line for line in information.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return {"system": platform.system(), "processor": model, "cores": os.cpu_count()}


def _commit() -> str:
    completed = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10"], capture_output=True, text=True, check=False
    )
    return completed.stdout.strip()
