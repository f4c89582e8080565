"""What is known of every recording that a search found: taken, dropped with its reason, or struck out by a listener.

The ledger is a file of JSON lines, `recordings.jsonl`. A line is added for every change and the last one of a recording
counts, so that a process that dies loses at most the line that it was writing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from soundalike.errors import CorpusError

LEDGER = "recordings.jsonl"

Status = Literal["kept", "struck", "dropped"]
# Why a recording was dropped: its length, its licence, another label has it, it has the bytes of another one, it is
# silent, it could not be downloaded, or not decoded.
Why = Literal["", "length", "licence", "taken", "same bytes", "silent", "download", "decoding"]
# What another run may see otherwise, once its settings differ.
FILTERS: tuple[Why, ...] = ("length", "licence")
FAILURES: tuple[Why, ...] = ("download", "decoding")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One recording under one label.

    Attributes:
        label: the id of the label.
        url: where it was found; with the label it names the entry.
        status: "kept", "struck" by a listener, or "dropped".
        why: the kind of reason for dropping it.
        reason: the reason in words.
        title, uploader, licence: what its page says; empty where it says nothing.
        duration_s: length of the file, or what its page says of it.
        retrieved_at: when it was downloaded, or tried, UTC.
        path: the file, relative to the corpus, with forward slashes.
        content: a hash of the file's bytes.
        start_s, end_s: the clip in it.
        clip: how the clip was placed, to place it anew once that changes.
    """

    label: str
    url: str
    status: Status
    why: Why = ""
    reason: str = ""
    title: str = ""
    uploader: str = ""
    licence: str = ""
    duration_s: float | None = None
    retrieved_at: str = ""
    path: str = ""
    content: str = ""
    start_s: float = 0.0
    end_s: float = 0.0
    clip: str = ""


_FIELDS = {one.name for one in fields(Entry)}


class Ledger:
    """The ledger of one corpus."""

    def __init__(self, folder: Path) -> None:
        """Read what is there.

        Raises:
            CorpusError: a line in the middle is no entry.
        """
        self._path = folder / LEDGER
        self._entries: dict[tuple[str, str], Entry] = {}
        self._owner: dict[str, str] = {}
        self._content: dict[str, str] = {}
        for entry in _read(self._path):
            self._note(entry)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def get(self, label: str, url: str) -> Entry | None:
        """The entry of a recording under a label."""
        return self._entries.get((label, url))

    def owner(self, url: str) -> str | None:
        """The label that has taken the recording found here; what was struck out stays with its label."""
        return self._owner.get(url)

    def same_bytes(self, content: str) -> str | None:
        """Where a recording with these bytes was found that is kept or was struck out."""
        return self._content.get(content)

    def of(self, label: str, *, status: Status | None = None) -> list[Entry]:
        """The entries of a label, in the order in which they were first met."""
        return [
            entry for entry in self if entry.label == label and (status is None or entry.status == status)
        ]

    def add(self, entry: Entry) -> None:
        """Write an entry; it takes the place of an earlier one of the same recording and label."""
        with self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        self._note(entry)

    def forget(self, *, why: tuple[Why, ...]) -> None:
        """Look at recordings again that were dropped for one of these reasons. The file keeps its lines."""
        gone = [key for key, entry in self._entries.items() if entry.status == "dropped" and entry.why in why]
        for key in gone:
            del self._entries[key]

    def _note(self, entry: Entry) -> None:
        self._entries[entry.label, entry.url] = entry
        if entry.status != "dropped":
            self._owner[entry.url] = entry.label
            self._content[entry.content] = entry.url


def _read(path: Path) -> Iterator[Entry]:
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    except OSError as exc:
        raise CorpusError(f"cannot read '{path}': {exc.strerror}. Check its permissions.") from exc
    if lines[-1]:
        # The process died while it wrote this line; what it was about is looked at again.
        with path.open("r+b") as file:
            file.truncate(sum(len(line) + 1 for line in lines[:-1]))
    for number, line in enumerate(lines[:-1], start=1):
        try:
            row = json.loads(line)
            yield Entry(**{name: value for name, value in row.items() if name in _FIELDS})
        except (ValueError, TypeError, AttributeError) as exc:
            raise CorpusError(
                f"'{path}', line {number} is no entry ({exc}). Repair or delete the line."
            ) from exc
