"""How copies and parts of recordings are grouped; `audio/relations.py` says what is one.

Where in doubt, recordings are kept apart. A group of copies is a star: each of them was compared with its reference and
agrees with it directly. Files that merely occur in one long file never come together through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from soundalike.audio.fingerprint import Agreement
from soundalike.audio.relations import Relations
from soundalike.store import Recording

Kind = Literal["same", "near", "contained"]
_ORDER: tuple[Kind, ...] = ("same", "near", "contained")


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One content in a group.

    Attributes:
        recording_id: names the content.
        paths: every file with these bytes.
        duration_s: its length.
        offset_s: where it begins in the group's reference; negative if it begins before it.
        agreement: correlation of its fingerprint with the reference's, 1 for equal sound and for the reference itself.
    """

    recording_id: str
    paths: tuple[str, ...]
    duration_s: float
    offset_s: float
    agreement: float


@dataclass(frozen=True, kw_only=True)
class DuplicateGroup:
    """Files that share their sound.

    Attributes:
        kind: "same" for the same bytes under several paths; "near" for copies of the first recording; "contained" for
            parts of the first recording, which are no copies of it nor of each other.
        recordings: the reference first, which all others were compared with. Of copies it is the longest, and of those
            as long to a tenth of a second the largest file.
    """

    kind: Kind
    recordings: tuple[Copy, ...]

    @property
    def reference(self) -> str | None:
        """Path of the file that the others were compared with; None where all have the same bytes."""
        return None if self.kind == "same" else self.recordings[0].paths[0]

    def as_json(self) -> dict[str, Any]:
        """Plain data; parts of a longer recording also have `start_s` and `end_s`, their place in it."""
        recordings = [{**vars(one), "paths": list(one.paths)} for one in self.recordings]
        if self.kind == "contained":
            whole_s = self.recordings[0].duration_s
            for one, part in zip(self.recordings[1:], recordings[1:], strict=True):
                part["start_s"] = max(0.0, one.offset_s)
                part["end_s"] = round(min(whole_s, one.offset_s + one.duration_s), 3)
        return {"kind": self.kind, "reference": self.reference, "recordings": recordings}


def group_recordings(
    files: Mapping[str, Sequence[Recording]], relations: Relations
) -> tuple[DuplicateGroup, ...]:
    """Group files of the same bytes, then copies around their reference, then parts under what contains them.

    A recording is in one group of copies at most, and stands there for all files of its bytes.

    Args:
        files: `recording_id` -> the files with this content.
        relations: what comparing the recordings gave.
    """
    groups = [
        DuplicateGroup(kind="same", recordings=(_copy(one, rows, None),))
        for one, rows in files.items()
        if len(rows) > 1
    ]
    reference_of: dict[str, str] = {}
    for first in sorted(files, key=lambda one: _longest_and_largest_first(files[one])):
        if first in reference_of:
            continue
        near = {one: at for one, at in relations.near.get(first, {}).items() if one not in reference_of}
        reference_of.update(dict.fromkeys((first, *near), first))
        if near:
            groups.append(_group("near", first, near, files))
    for whole in relations.inside:
        parts = dict(_parts(whole, relations, reference_of))
        if parts:
            groups.append(_group("contained", whole, parts, files))
    return tuple(sorted(groups, key=lambda group: (_ORDER.index(group.kind), group.recordings[0].paths)))


def _longest_and_largest_first(rows: Sequence[Recording]) -> tuple[float, int, str]:
    """Codecs lengthen a sound by some milliseconds, and the largest of equally long files has lost least."""
    return -round(rows[0].duration_s, 1), -rows[0].size_bytes, str(rows[0].location)


def _parts(
    whole: str, relations: Relations, reference_of: Mapping[str, str]
) -> Iterator[tuple[str, Agreement]]:
    """What lies in a recording, but for what the references of both already tell."""
    for part, at in relations.inside[whole].items():
        references = reference_of[whole], reference_of[part]
        told = references[1] in relations.inside.get(references[0], {})
        if references[0] != references[1] and (references == (whole, part) or not told):
            yield part, at


def _group(
    kind: Kind, first: str, others: Mapping[str, Agreement], files: Mapping[str, Sequence[Recording]]
) -> DuplicateGroup:
    copies = [_copy(one, files[one], at) for one, at in others.items()]
    copies.sort(key=lambda one: (one.offset_s if kind == "contained" else 0.0, one.paths))
    return DuplicateGroup(kind=kind, recordings=(_copy(first, files[first], None), *copies))


def _copy(recording_id: str, rows: Sequence[Recording], at: Agreement | None) -> Copy:
    return Copy(
        recording_id=recording_id,
        paths=tuple(sorted(str(row.location) for row in rows)),
        duration_s=round(rows[0].duration_s, 3),
        offset_s=0.0 if at is None else round(at.offset_s, 3),
        agreement=1.0 if at is None else round(at.overall, 4),
    )
