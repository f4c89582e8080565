"""Places where a library may lie; a new kind of place is one line in `PLACES`."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

_numbers = itertools.count()


@pytest.fixture
def bucket(s3: str) -> str:
    """A new prefix in the bucket."""
    return f"{s3}/deep prefix/lib-{next(_numbers)}"


PLACES: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "folder": lambda request: str(Path(request.getfixturevalue("tmp_path")) / "lib"),
    "bucket": lambda request: str(request.getfixturevalue("bucket")),
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    """Where to make a library."""
    return PLACES[request.param](request)
