"""The constraints file pins what the tests run with: a pin that drifts from it may not even install."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


def test_what_is_installed_has_the_pinned_version() -> None:
    pins = dict(
        line.split("==") for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines() if "==" in line
    )
    assert len(pins) > 50
    # "2.13.0+cpu" is 2.13.0, built for processors.
    installed = {one.name: one.version.partition("+")[0] for one in metadata.distributions()}
    both = pins.keys() & installed.keys()
    assert len(both) > 0.9 * len(pins)
    assert {name: installed[name] for name in both} == {name: pins[name] for name in both}
