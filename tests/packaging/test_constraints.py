"""The constraints file pins what the tests run with: a pin that drifts from it may not even install."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


def test_every_pinned_package_is_installed_in_that_version() -> None:
    pins = dict(
        line.split("==") for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines() if "==" in line
    )
    assert len(pins) > 50
    # "2.13.0+cpu" is 2.13.0, built for processors.
    installed = {name: metadata.version(name).partition("+")[0] for name in pins}
    assert installed == pins
