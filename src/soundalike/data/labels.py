"""Labels where data sets meet: kept apart by default, joined on request.

What one data set calls `siren` need not be what another calls so; `esc50/siren` and `urbansound8k/siren` stay
two labels until `merge_labels` or a synonyms file says that they are one.

A synonyms file is a CSV with the columns `label,canonical`. `label` is written with its data set
(`urbansound8k/dog_bark`) or, for every data set at once, without (`dog_bark`):

    label,canonical
    esc50/dog,dog
    urbansound8k/dog_bark,dog
    siren,siren
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from soundalike.data.manifest import Clip
from soundalike.data.tables import read_rows
from soundalike.errors import DataError


def name_labels(
    clips: tuple[Clip, ...], *, merge_labels: bool = False, synonyms: Mapping[str, str] | None = None
) -> tuple[Clip, ...]:
    """Give each clip the label that it goes by among clips of several data sets.

    Clips of one data set keep their labels. A label that already begins with its data set is left alone, so
    that a manifest written to CSV reads back as it was.
    """
    synonyms = synonyms or {}
    keep_apart = not merge_labels and len({clip.dataset for clip in clips}) > 1

    def name_of(clip: Clip, label: str) -> str:
        prefix = f"{clip.dataset}/" if clip.dataset else ""
        plain = label.removeprefix(prefix)
        for known in (prefix + plain, plain):
            if known in synonyms:
                return synonyms[known]
        return plain if merge_labels else prefix + plain if keep_apart else label

    return tuple(
        replace(
            clip,
            label=name_of(clip, clip.label),
            other_labels=tuple(name_of(clip, other) for other in clip.other_labels),
        )
        for clip in clips
    )


def read_synonyms(path: Path) -> dict[str, str]:
    """Read a synonyms file: label -> canonical label.

    Raises:
        DataError: a value is missing, or a label has two canonical names.
    """
    synonyms: dict[str, str] = {}
    for where, row in read_rows(path, ("label", "canonical")):
        label, canonical = (unicodedata.normalize("NFC", row[name]) for name in ("label", "canonical"))
        if not label or not canonical:
            raise DataError(f"{where}: a label or its canonical name is empty. Fill in both.")
        if synonyms.setdefault(label, canonical) != canonical:
            raise DataError(
                f"{where}: '{label}' is called '{canonical}' here and '{synonyms[label]}' above. Keep one."
            )
    return synonyms
