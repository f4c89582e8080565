"""The section of the results page about indexing on Ray."""

from __future__ import annotations

from typing import Any

from results_tables import latest, table


def scale(runs: list[dict[str, Any]]) -> str:
    """Seconds of one worker and of two, beside the plain command."""
    text = "## Indexing on Ray\n\n"
    for run in latest(runs):
        values, sizes = run["values"], run["config"]["files"]
        text += (
            f"One-minute files, encoder `{run['config']['encoder']}`, a window every {run['config']['hop_s']:g} s; the "
            "plain command and one worker on the same core, two workers on two. The load of the machine beside it was "
            f"{run['config']['load'][0]:.0f} at the end, so the clock says little.\n\n"
        )
        text += table(
            [
                "",
                *(f"{size} files, by the clock" for size in sizes),
                *(f"{size} files, CPU" for size in sizes),
            ],
            [
                [
                    way,
                    *(f"{one['wall_s']:.0f} s" for one in found),
                    *(f"{one['cpu_s']:.0f} s" for one in found),
                ]
                for way, found in values["runs"].items()
            ],
        )
    return text if runs else text + "Not measured yet.\n"
