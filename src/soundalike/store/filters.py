"""Lance filters that match many ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# Ids in one filter expression; the expression is text that Lance parses.
IDS_PER_FILTER = 1_000


def filters_of(ids: Iterable[str], *, column: str = "recording_id") -> Iterator[str]:
    """Lance filter expressions that together match `ids`."""
    every = sorted(set(ids))
    for start in range(0, len(every), IDS_PER_FILTER):
        quoted = ", ".join(
            "'" + one.replace("'", "''") + "'" for one in every[start : start + IDS_PER_FILTER]
        )
        yield f"{column} IN ({quoted})"
