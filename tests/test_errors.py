"""The error family and its exit codes."""

from __future__ import annotations

import inspect
import re

import pytest

from soundalike import errors

FAMILY = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.SoundalikeError)
]
ROW = re.compile(r"[│├└─ ]*(\w+Error)\b\s*(\d)?")


def tree() -> dict[str, tuple[int, int | None]]:
    """Class -> (depth, exit code where it is written), as drawn in the docstring."""
    rows = {}
    for line in (errors.__doc__ or "").splitlines():
        match = ROW.match(line)
        if match:
            depth = (match.start(1) - 4) // 4
            rows[match[1]] = (depth, int(match[2]) if match[2] else None)
    return rows


def test_docstring_names_every_class_and_no_other() -> None:
    assert set(tree()) == {kind.__name__ for kind in FAMILY}


@pytest.mark.parametrize("kind", FAMILY)
def test_docstring_draws_the_class_where_it_is(kind: type[errors.SoundalikeError]) -> None:
    depth, exit_code = tree()[kind.__name__]
    assert depth == len(kind.__mro__) - len(errors.SoundalikeError.__mro__)
    assert exit_code in (None, kind.exit_code)


@pytest.mark.parametrize("kind", FAMILY)
def test_every_class_has_an_exit_code_and_says_what_it_is(kind: type[errors.SoundalikeError]) -> None:
    assert kind.exit_code == (2 if issubclass(kind, errors.UsageError) else 1)
    assert kind.__doc__
    assert str(kind("what happened")) == "what happened"


def test_exit_codes_are_distinct() -> None:
    codes = {errors.EXIT_OK, errors.EXIT_SOME_AUDIO_SKIPPED, errors.EXIT_INTERRUPTED, 1, 2}
    assert codes == {0, 1, 2, 3, 130}


def test_skipped_is_no_error() -> None:
    assert not issubclass(errors.Skipped, Exception)
    assert errors.Skipped(path="a.wav", reason="empty") == errors.Skipped(path="a.wav", reason="empty")
