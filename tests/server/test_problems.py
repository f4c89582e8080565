"""One table from error class to HTTP status."""

from __future__ import annotations

import inspect
import json

import pytest

from soundalike import errors
from soundalike.server import refusals
from soundalike.server.problems import STATUS, problem_of, status_of

FAMILY = [
    kind
    for module in (errors, refusals)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, errors.SoundalikeError)
]


@pytest.mark.parametrize("kind", FAMILY)
def test_every_error_is_a_problem_document(kind: type[errors.SoundalikeError]) -> None:
    answer = problem_of(kind("what happened"))
    document = json.loads(bytes(answer.body))
    assert answer.status_code == document["status"] == status_of(kind("")) >= 400
    assert document["detail"] == "what happened"
    assert document["type"].startswith("urn:soundalike:problem:")
    assert document["title"]
    assert answer.media_type == "application/problem+json"
    assert ("retry-after" in answer.headers) == (answer.status_code in (429, 503))


def test_kinds_of_problems_can_be_told_apart() -> None:
    kinds = [json.loads(bytes(problem_of(kind("")).body))["type"] for kind in FAMILY]
    assert len(set(kinds)) == len(set(FAMILY))


def test_refusals_are_the_clients_doing_or_pass_by_themselves() -> None:
    for kind in FAMILY:
        if issubclass(kind, refusals.RefusalError) and kind is not refusals.RefusalError:
            assert kind in STATUS
            assert STATUS[kind] < 500 or kind is refusals.OverloadedError


def test_the_request_is_told_from_the_servers_own_trouble() -> None:
    for kind in FAMILY:
        if issubclass(kind, errors.UsageError | errors.AudioError | errors.DataError):
            assert status_of(kind("")) < 500 or kind is errors.MissingExtraError
