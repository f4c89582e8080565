"""What an indexing run did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from soundalike.errors import Skipped

COUNTED = ("added", "updated", "unchanged", "moved", "duplicate", "skipped", "missing", "ignored")


@dataclass(kw_only=True)
class IndexReport:
    """What an indexing run did.

    Attributes:
        recordings: files by what became of them: "added", "updated" (the content changed), "unchanged", "moved" (the
            content was known under a path that is gone), "duplicate" (the content is there under another path too),
            "skipped" (unreadable).
        missing: paths in the library, under the paths that were indexed, where no file is any more.
        skipped: the unreadable files, those of earlier runs included.
        ignored: files that are hidden or no audio by their name, counted by extension.
        hidden: those of them that are hidden, counted likewise.
        num_hidden_folders: hidden folders, which nobody looked into.
        num_damaged: files under the paths that were read with a warning; `status` lists them.
        num_silent: recordings under the paths that are silent from end to end.
        unmatched: paths in the table of metadata, as written there, at which the library knows no file.
        num_described: unchanged files of which the table now says something else.
        has_metadata: whether there was such a table.
        num_reembedded: recordings that were embedded with another encoder, when the library moved to it.
        num_windows: windows in the library after the run.
        audio_s: seconds of audio that this run decoded.
        wall_s: seconds the run took.
    """

    recordings: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    hidden: dict[str, int] = field(default_factory=dict)
    num_hidden_folders: int = 0
    num_damaged: int = 0
    num_silent: int = 0
    unmatched: list[str] = field(default_factory=list)
    num_described: int = 0
    has_metadata: bool = False
    num_reembedded: int = 0
    num_windows: int = 0
    audio_s: float = 0.0
    wall_s: float = 0.0

    def skip(self, path: str, reason: str) -> None:
        """Note a file that could not be read."""
        self.recordings["skipped"] += 1
        self.skipped.append(Skipped(path=path, reason=reason))

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `index --json` prints it."""
        counts = self.recordings | Counter(missing=len(self.missing), ignored=sum(self.ignored.values()))
        document: dict[str, Any] = {
            "recordings": {name: counts[name] for name in COUNTED},
            "windows": self.num_windows,
            "audio_s": round(self.audio_s, 3),
            "wall_s": round(self.wall_s, 3),
            "skipped": [vars(one) for one in self.skipped],
            "ignored": dict(sorted(self.ignored.items())),
        }
        if self.num_hidden_folders:
            document["hidden_folders"] = self.num_hidden_folders
        if self.num_reembedded:
            document["reembedded"] = self.num_reembedded
        if self.has_metadata:
            document["metadata"] = {"changed": self.num_described, "unmatched": self.unmatched}
        return document
