"""What counts as a copy of a recording, and what as a part of it.

Where in doubt, recordings are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from soundalike.audio.fingerprint import Agreement

Decider = Literal["fingerprints", "waveforms"]

# What fingerprints have to agree by where they alone decide, and where the waveforms are compared too. Chosen with
# benchmarks/duplicates.py; docs/decisions/0014-duplicates.md has the numbers.
MIN_AGREEMENT: dict[Decider, float] = {"fingerprints": 0.6, "waveforms": 0.3}
MIN_WEAKEST: dict[Decider, float] = {"fingerprints": 0.4, "waveforms": 0.2}
# A copy may lose its ends, and codecs add some silence; two recordings that share a part are not copies.
MIN_SHARED = 0.9
# What lacks more of the longer one is a part of it. Two copies of one reference overlap in a third of it at least:
# with a half here, both halves of a recording would stand in one group without sharing a sample.
MIN_SHARE_OF_LONGER = 2 / 3
# Half a second of a copy is this like the original's; most others are below.
MIN_LIKENESS_OF_ANCHORS = 0.4
# The lowest of copies was 0.58 (Opus at 16 kbit/s), the highest of other takes whose fingerprints agreed 0.22.
MIN_AGREEMENT_OF_WAVEFORMS = 0.45


def is_shared(agreement: Agreement, *, shorter_s: float, decided_by: Decider) -> bool:
    """Whether the sound of the shorter of two recordings lies in the longer, as far as fingerprints tell."""
    return (
        agreement.overall >= MIN_AGREEMENT[decided_by]
        and agreement.weakest >= MIN_WEAKEST[decided_by]
        and agreement.overlap_s >= MIN_SHARED * shorter_s
    )


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
        self,
        shorter: str,
        longer: str,
        agreement: Agreement,
        *,
        shorter_s: float,
        longer_s: float,
        decided_by: Decider = "fingerprints",
    ) -> None:
        """Note how the shorter of two recordings lies over the longer, if that makes it a copy or a part.

        Args:
            shorter: the shorter recording.
            longer: the longer one.
            agreement: of their fingerprints.
            shorter_s: length of the shorter one.
            longer_s: length of the longer one.
            decided_by: "waveforms" if these were compared and agree.
        """
        if not is_shared(agreement, shorter_s=shorter_s, decided_by=decided_by):
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
