"""The section about serving: searches a second over HTTP."""

from __future__ import annotations

from typing import Any

from results_tables import table

_STAGES = {"decode": "decode", "embed": "embed", "search": "search", "as text": "write"}


def serving(runs: list[dict[str, Any]]) -> str:
    """Searches over HTTP by size of the library, way of asking and number of clients."""
    text = "## Searches over HTTP\n\n"
    if not runs:
        return text + "Not measured yet.\n"
    text += (
        "`soundalike serve` asked over the loopback interface by clients on the same cores, k = 10: by an upload of "
        '2 seconds of sound, or\nby a stored recording of 20 windows. "Processor" is what the server took for each '
        "search; the times on the clock hold for a\nmachine as busy as the load average says.\n\n"
    )
    rows = []
    for run in runs:
        for name, values in run["values"].items():
            if "clients" in name:
                way, _, clients = name.partition(", ")
                rows.append(
                    [
                        f"{run['config']['windows']:,}",
                        way,
                        clients.removesuffix(" clients"),
                        f"{values['per_s']:.1f}",
                        *(f"{values[f'{which}_ms']:.0f} ms" for which in ("median", "p95", "p99")),
                        f"{values['cpu_ms']:.1f} ms",
                    ]
                )
    text += table(["windows", "asked by", "clients", "a second", "median", "95 %", "99 %", "processor"], rows)
    return text + "".join(f"\n{_about(run)}\n" for run in runs)


def _about(run: dict[str, Any]) -> str:
    """Shares of time and memory, in words."""
    stages, size = run["values"]["stages_ms"], f"{run['config']['windows']:,} windows"
    total_ms = sum(stages.values())
    parts = ", ".join(f"{_STAGES[name]} {one / total_ms:.0%}" for name, one in stages.items())
    words = f"{size}, a search by upload in one thread: {parts}."
    memory = run["values"].get("memory_mb")
    if memory:
        held = ", ".join(f"{one:.0f} MB {name} searches" for name, one in memory.items())
        words += f" Memory of the server: {held}."
    return f"{words} Load average before: {run['values']['load_average_before']:.0f}."
