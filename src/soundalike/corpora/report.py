"""What became of every search: per label how many were asked, found and kept, and why the others were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundalike.corpora.labels import CorpusLabel
from soundalike.corpora.ledger import Ledger
from soundalike.data import Manifest
from soundalike.errors import Skipped


@dataclass(frozen=True, kw_only=True)
class LabelReport:
    """One label.

    Attributes:
        label: its id.
        asked: recordings wanted.
        found: results that were looked at.
        kept: recordings taken.
        struck: recordings that a listener struck out.
        dropped: kind of reason -> how many were dropped for it.
        splits: "train", "val", "test" -> how many of those kept stand there.
    """

    label: str
    asked: int
    found: int
    kept: int
    struck: int
    dropped: Mapping[str, int]
    splits: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class CollectReport:
    """A corpus after a run.

    Attributes:
        folder: of the corpus.
        labels: a row a label.
        skipped: what could not be downloaded or decoded in this run.
        num_near: recordings that share sound with another one that is kept.
    """

    folder: Path
    labels: tuple[LabelReport, ...]
    skipped: tuple[Skipped, ...]
    num_near: int

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `collect --json` prints it."""
        return {
            "folder": str(self.folder),
            "kept": sum(one.kept for one in self.labels),
            "near_duplicates": self.num_near,
            "labels": {
                one.label: {name: value for name, value in vars(one).items() if name != "label"}
                for one in self.labels
            },
            "skipped": [vars(one) for one in self.skipped],
        }


def make_report(
    labels: Sequence[CorpusLabel],
    ledger: Ledger,
    manifest: Manifest,
    *,
    num_asked: int,
    skipped: Sequence[Skipped],
    folder: Path,
) -> CollectReport:
    """Count what the ledger holds."""
    splits: dict[str, Counter[str]] = {}
    for clip in manifest.clips:
        splits.setdefault(clip.label, Counter())[clip.split or ""] += 1
    rows = []
    for label in labels:
        entries = ledger.of(label.id)
        status = Counter(entry.status for entry in entries)
        rows.append(
            LabelReport(
                label=label.id,
                asked=num_asked,
                found=len(entries),
                kept=status["kept"],
                struck=status["struck"],
                dropped=dict(sorted(Counter(one.why for one in entries if one.status == "dropped").items())),
                splits={name: splits.get(label.id, Counter())[name] for name in ("train", "val", "test")},
            )
        )
    sizes = Counter(clip.recording for clip in manifest.clips)
    return CollectReport(
        folder=folder,
        labels=tuple(rows),
        skipped=tuple(skipped),
        num_near=sum(size for size in sizes.values() if size > 1),
    )
