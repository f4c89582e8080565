"""A recording that a search found, and where recordings come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One recording that a search found; what is not known is empty or None.

    Attributes:
        url: the page or file that it was found at; names the recording.
        raw: what its source needs to fetch it.
    """

    url: str
    title: str = ""
    uploader: str = ""
    licence: str = ""
    duration_s: float | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)


class UnavailableError(Exception):
    """One recording cannot be had; the message says why.

    Attributes:
        slow_down: whether the site said that it is asked too much (HTTP 429).
    """

    def __init__(self, reason: str, *, slow_down: bool = False) -> None:
        super().__init__(reason)
        self.slow_down = slow_down


class Source(Protocol):
    """Where recordings are searched and fetched."""

    def search(self, words: str) -> Iterator[Candidate]:
        """What is found for some words, best first.

        Raises:
            CorpusError: the search fails.
        """

    def describe(self, candidate: Candidate) -> Candidate:
        """The same candidate with all that its page tells.

        Raises:
            UnavailableError: it cannot be had.
        """

    def fetch(self, candidate: Candidate, stem: Path) -> Path:
        """Download what `describe` gave to `stem` with the ending that it has, and say where it is.

        Raises:
            UnavailableError: it cannot be had.
        """
