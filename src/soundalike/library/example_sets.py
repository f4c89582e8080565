"""Examples under a name: what a person marked as alike and as unlike, kept in the library for later.

They lie in `sets.json` beside the tables. A recording's id names its content, so sets outlive a move of the files and
of the library to another encoder.
"""

from __future__ import annotations

import csv
import io
import json
import math
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from soundalike.config import from_mapping
from soundalike.errors import ConfigError, LibraryError, SetNotFoundError, UsageError
from soundalike.library.gallery import Gallery
from soundalike.library.recordings import files_of
from soundalike.store import Storage

SETS_NAME = "sets.json"
FORMAT_VERSION = 1
LONGEST_NAME = 100
MOST_EXAMPLES = 10_000


@dataclass(frozen=True, kw_only=True)
class MarkedSpan:
    """A part of a recording, in seconds; all of it where no times are given."""

    recording_id: str
    start_s: float | None = None
    end_s: float | None = None

    def __post_init__(self) -> None:
        start_s = self.start_s or 0.0
        end_s = math.inf if self.end_s is None else self.end_s
        if not (math.isfinite(start_s) and 0 <= start_s < end_s):
            raise UsageError(f"the part from {start_s:g} s to {end_s:g} s of '{self.recording_id}' is none.")


@dataclass(frozen=True, kw_only=True)
class ExampleSet:
    """Examples of one thing.

    Attributes:
        name: of the set.
        label: that the examples carry in a manifest; empty for the name.
        plus: what it sounds like.
        minus: what it does not sound like.
    """

    name: str
    label: str = ""
    plus: tuple[MarkedSpan, ...] = ()
    minus: tuple[MarkedSpan, ...] = ()

    def __post_init__(self) -> None:
        usable = self.name.strip() == self.name and self.name.isprintable() and "/" not in self.name
        if not usable or not 1 <= len(self.name) <= LONGEST_NAME or self.name in (".", ".."):
            raise UsageError(
                f"{self.name!r} can not be the name of a set: give 1 to {LONGEST_NAME} letters, none of them '/'."
            )
        if len(self.label) > LONGEST_NAME or not (self.label or "x").isprintable():
            raise UsageError(f"{self.label!r} can not be a label.")
        if len(self.plus) + len(self.minus) > MOST_EXAMPLES:
            raise UsageError(f"a set holds at most {MOST_EXAMPLES} examples.")

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            **asdict(self),
            "plus": [asdict(one) for one in self.plus],
            "minus": [asdict(one) for one in self.minus],
        }


class ExampleSets:
    """The sets of one library.

    Args:
        storage: where the library lies.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._writing = threading.Lock()

    def all(self) -> dict[str, ExampleSet]:
        """Every set by its name.

        Raises:
            LibraryError: they cannot be read.
        """
        try:
            content = self._storage.read(SETS_NAME)
        except FileNotFoundError:
            return {}
        place = f"{self._storage}: {SETS_NAME}"
        try:
            plain = json.loads(content)
            if plain["format_version"] != FORMAT_VERSION:
                raise LibraryError(
                    f"'{place}' has format version {plain['format_version']!r}; this soundalike reads 1."
                )
            sets = [from_mapping(ExampleSet, one, source=place) for one in plain["sets"]]
        except (ValueError, KeyError, TypeError, ConfigError, UsageError) as exc:
            raise LibraryError(
                f"'{place}' is damaged ({exc}). Restore it from a copy, or delete it."
            ) from exc
        return {one.name: one for one in sets}

    def get(self, name: str) -> ExampleSet:
        """The set of this name.

        Raises:
            SetNotFoundError: there is none.
        """
        found = self.all().get(name)
        if found is None:
            raise SetNotFoundError(f"there is no set '{name}'.")
        return found

    def put(self, one: ExampleSet) -> None:
        """Keep a set, in the place of one of the same name."""
        with self._writing:
            self._write({**self.all(), one.name: one}.values())

    def delete(self, name: str) -> None:
        """Forget a set."""
        with self._writing:
            self.get(name)
            self._write(one for one in self.all().values() if one.name != name)

    def _write(self, sets: Iterable[ExampleSet]) -> None:
        plain = {"format_version": FORMAT_VERSION, "sets": [one.as_json() for one in sets]}
        self._storage.write(SETS_NAME, json.dumps(plain, ensure_ascii=False, indent=1).encode("utf-8"))


def manifest_of(one: ExampleSet, gallery: Gallery) -> str:
    """The examples of a set as a CSV manifest that `train` takes: `path,label,start_s,end_s`.

    What is not alike carries the label with "not " before it. Recordings that the library no longer holds are left out.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["path", "label", "start_s", "end_s"])
    label = one.label or one.name
    for spans, said in ((one.plus, label), (one.minus, f"not {label}")):
        for span in spans:
            if gallery.files.number_of(span.recording_id) is not None:
                path = files_of(gallery, span.recording_id)[0].location
                rows.writerow([path, said, _written(span.start_s), _written(span.end_s)])
    return out.getvalue()


def _written(time_s: float | None) -> str:
    return "" if time_s is None else str(round(time_s, 6))
