"""What counts as a copy of a recording, and what as a part of it.

Where in doubt, recordings are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from soundalike.audio.fingerprint import Agreement

# Chosen with benchmarks/duplicates.py; docs/decisions/0014-duplicates.md has the numbers.
MIN_AGREEMENT = 0.6
MIN_WEAKEST = 0.4
# A copy may lose its ends, and codecs add some silence; two recordings that share a part are not copies.
MIN_SHARED = 0.9
# What lacks more of the longer one is a part of it. Two copies of one reference overlap in a third of it at least:
# with a half here, both halves of a recording would stand in one group without sharing a sample.
MIN_SHARE_OF_LONGER = 2 / 3
# Half a second of a copy is this like the original's; most others are below.
MIN_LIKENESS_OF_ANCHORS = 0.4


@dataclass
class Relations:
    """Who is a copy of whom, and who is a part of whom, by `recording_id`.

    Attributes:
        near: for each recording its copies and how they lie over it, in both directions.
        inside: for each recording those that are parts of it and how they lie over it.
    """

    near: dict[str, dict[str, Agreement]] = field(default_factory=dict)
    inside: dict[str, dict[str, Agreement]] = field(default_factory=dict)

    def note(
        self, shorter: str, longer: str, agreement: Agreement, *, shorter_s: float, longer_s: float
    ) -> None:
        """Note how the shorter of two recordings lies over the longer, if that makes it a copy or a part."""
        if (
            agreement.overall < MIN_AGREEMENT
            or agreement.weakest < MIN_WEAKEST
            or agreement.overlap_s < MIN_SHARED * shorter_s
        ):
            return
        if agreement.overlap_s < MIN_SHARE_OF_LONGER * longer_s:
            self.inside.setdefault(longer, {})[shorter] = agreement
            return
        self.near.setdefault(longer, {})[shorter] = agreement
        self.near.setdefault(shorter, {})[longer] = Agreement(
            offset_s=-agreement.offset_s,
            overlap_s=agreement.overlap_s,
            overall=agreement.overall,
            weakest=agreement.weakest,
        )
