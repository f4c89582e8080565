"""Groups of copies are stars: no chain, and nothing that only a longer recording has in common."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from soundalike.audio.fingerprint import Agreement
from soundalike.audio.relations import Relations
from soundalike.library.copies import group_recordings
from soundalike.store import Recording

# A recording is a stretch of one endless tape: where it begins and how long it is.
stretches = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 24)), min_size=1, max_size=12, unique=True)


def overlap(one: tuple[int, int], other: tuple[int, int]) -> int:
    return max(0, min(sum(one), sum(other)) - max(one[0], other[0]))


def is_part(shorter: tuple[int, int], longer: tuple[int, int]) -> bool:
    return overlap(shorter, longer) >= 0.9 * shorter[1]


def is_copy(shorter: tuple[int, int], longer: tuple[int, int]) -> bool:
    return is_part(shorter, longer) and 3 * overlap(shorter, longer) >= 2 * longer[1]


@given(stretches)
def test_grouping_is_no_chain(tape: list[tuple[int, int]]) -> None:
    by_id = {str(number): one for number, one in enumerate(tape)}
    files = {
        one: [Recording(root="r", path=one, recording_id=one, duration_s=stretch[1], size_bytes=stretch[1])]
        for one, stretch in by_id.items()
    }
    relations = Relations()
    for one, other in combinations(by_id, 2):
        short, long = sorted((one, other), key=lambda name: by_id[name][1])
        shared_s = overlap(by_id[short], by_id[long])
        if shared_s:
            lies = Agreement(
                offset_s=by_id[short][0] - by_id[long][0], overlap_s=shared_s, overall=1.0, weakest=1.0
            )
            relations.note(short, long, lies, shorter_s=by_id[short][1], longer_s=by_id[long][1])
    groups = group_recordings(files, relations)

    reference_of = {one: one for one in by_id}
    for group in groups:
        first, *others = (one.recording_id for one in group.recordings)
        for one, place in zip(others, group.recordings[1:], strict=True):
            assert by_id[one][1] <= by_id[first][1]
            assert place.offset_s == by_id[one][0] - by_id[first][0]
            assert is_part(by_id[one], by_id[first])
            assert is_copy(by_id[one], by_id[first]) == (group.kind == "near")
        if group.kind == "near":
            for one in others:
                assert reference_of[one] == one, "in two groups"
                reference_of[one] = first
            for one, other in combinations(others, 2):
                assert 3 * overlap(by_id[one], by_id[other]) >= by_id[first][1]
    for group in groups:
        if group.kind == "near":
            assert reference_of[group.recordings[0].recording_id] == group.recordings[0].recording_id

    told = {
        (group.recordings[0].recording_id, one.recording_id)
        for group in groups
        if group.kind == "contained"
        for one in group.recordings[1:]
    }
    for one, other in combinations(by_id, 2):
        part, whole = sorted((one, other), key=lambda name: by_id[name][1])
        if by_id[part][1] < by_id[whole][1] and is_part(by_id[part], by_id[whole]):
            references = reference_of[whole], reference_of[part]
            assert (
                is_copy(by_id[part], by_id[whole])
                or references[0] == references[1]
                or {(whole, part), references} & told
            )


def test_what_agrees_too_little_is_neither_copy_nor_part() -> None:
    for overall, weakest, shared_s in ((0.59, 0.9, 10.0), (0.9, 0.39, 10.0), (0.9, 0.9, 8.9)):
        relations = Relations()
        lies = Agreement(offset_s=0.0, overlap_s=shared_s, overall=overall, weakest=weakest)
        relations.note("short", "long", lies, shorter_s=10.0, longer_s=11.0)
        assert relations == Relations()
