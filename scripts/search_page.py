"""Print `docs/search-speed.md` from the records that `benchmarks/search.py` left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_HEAD = """# How fast a search is

Printed from `benchmarks/results/search.jsonl`; `make docs` writes this page again. What the search index is, and why
it is one: [decision 0013](decisions/0013-search-index.md).

Every engine gets the same vectors of 128 numbers and length 1, and answers with the path, start and end of ten
windows: from its own tables where it has them (soundalike, perch-hoplite, LanceDB), else from a table in SQLite. Each
builds and answers in processes of its own with one thread. "Build" is everything from an array to a file that can be
searched; for soundalike that is a library in Lance and its index. "Warm" is the second time that the same 500 queries
are asked; a warm time is from embedding to hits with metadata, and "CPU" the part of it in which the processor was at
work, which other programs on the machine disturb less. FAISS, USearch and LanceDB look as far as 200 other queries
need for a recall@10 of 0.99, or as far as 4096 if that is not enough; perch-hoplite has no such setting in its public
interface. Recall@10 is the share of the ten nearest windows among the ten answers.
"""
_COLUMNS = {
    "build_s": ("build, s", "{:,.1f}"),
    "build_cpu_s": ("build, CPU s", "{:,.1f}"),
    "disk_mb": ("disk, MB", "{:,.0f}"),
    "first_ms": ("first, ms", "{:,.1f}"),
    "warm_median_ms": ("warm, ms", "{:,.2f}"),
    "warm_p95_ms": ("95 %, ms", "{:,.2f}"),
    "warm_cpu_median_ms": ("warm, CPU ms", "{:,.2f}"),
    "recall_at_10": ("recall@10", "{:.4f}"),
    "build_peak_mb": ("memory to build, MB", "{:,.0f}"),
    "ask_peak_mb": ("memory to answer, MB", "{:,.0f}"),
}


def build(folder: Path) -> str:
    """The whole page."""
    measured: dict[tuple[str, int], dict[str, dict[str, Any]]] = {}
    machines: dict[tuple[str, int], dict[str, Any]] = {}
    path = folder / "search.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        run = json.loads(line)
        key = run["config"]["vectors"], run["config"]["windows"]
        # A later run of an engine replaces an earlier one.
        measured.setdefault(key, {}).update(run["values"])
        machines[key] = run
    sections = [_section(*key, measured[key], machines[key]) for key in sorted(measured)]
    return "\n".join([_HEAD, *(sections or ["Not measured yet.\n"])])


def _section(vectors: str, windows: int, engines: dict[str, dict[str, Any]], run: dict[str, Any]) -> str:
    header = ["engine", *(title for title, _ in _COLUMNS.values())]
    rows = [
        [name, *(form.format(values[one]) if one in values else "" for one, (_, form) in _COLUMNS.items())]
        for name, values in engines.items()
    ]
    loads = [values["load_before"] for values in engines.values() if values.get("load_before") is not None]
    machine = run["machine"]
    text = f"## {windows:,} windows, {vectors}\n\n"
    text += "\n".join("| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows]) + "\n"
    settings = "; ".join(f"{name}: {_settings(values['about'])}" for name, values in engines.items())
    text += f"\n{settings}.\n\nOn {machine['cores']} cores of {machine['processor']}"
    if loads:
        text += f", shared with other programs (load average {min(loads):.1f} to {max(loads):.1f})"
    return text + f"; {run['date']}, commit {run['commit']}.\n"


def _settings(about: dict[str, Any]) -> str:
    rest = [f"{name} {value}" for name, value in about.items() if name != "what"]
    return ", ".join([about["what"], *rest])
