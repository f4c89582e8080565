from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundalike.data import Clip, Manifest, keep_aside, split_by_recording
from soundalike.errors import DataError


def make(pairs) -> Manifest:
    """(recording, label) pairs -> manifest; every pair is a clip."""
    clips = tuple(
        Clip(path=Path(f"{number}.wav"), label=label, recording=recording)
        for number, (recording, label) in enumerate(pairs)
    )
    return Manifest(name="made", clips=clips)


def one_label(num_recordings: int, clips_each: int = 1) -> Manifest:
    return make([(f"r{number}", "dog") for number in range(num_recordings) for _ in range(clips_each)])


def split_counts(manifest: Manifest) -> dict[str, int]:
    return dict(Counter({clip.recording: clip.split for clip in manifest.clips}.values()))


recordings_with_labels = st.lists(st.tuples(st.integers(0, 25).map(str), st.sampled_from("abc")), max_size=60)
recordings_of_one_label = st.dictionaries(st.integers(0, 200).map(str), st.sampled_from("abcd"), max_size=60)
seeds = st.integers(0, 2**63)


@settings(deadline=None)
@given(recordings_with_labels, seeds)
def test_no_recording_is_ever_split(pairs, seed):
    manifest = split_by_recording(make(pairs), seed=seed)
    splits = defaultdict(set)
    for clip in manifest.clips:
        splits[clip.recording].add(clip.split)
    assert all(len(sides) == 1 and sides <= {"train", "val", "test"} for sides in splits.values())
    assert tuple(replace(clip, split=None) for clip in manifest.clips) == make(pairs).clips


@settings(deadline=None)
@given(recordings_with_labels, seeds, st.randoms(use_true_random=False))
def test_the_order_of_the_clips_does_not_matter(pairs, seed, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    sides = [
        {clip.recording: clip.split for clip in split_by_recording(make(order), seed=seed).clips}
        for order in (pairs, shuffled)
    ]
    assert sides[0] == sides[1]


@settings(deadline=None)
@given(recordings_of_one_label, seeds)
def test_shares_hold_for_every_label(label_of, seed):
    manifest = split_by_recording(make(label_of.items()), seed=seed)
    for label in manifest.labels:
        counts = Counter(clip.split for clip in manifest.clips if clip.label == label)
        total = counts.total()
        assert counts["train"] >= 1
        assert counts["test"] >= (total >= 2)
        assert counts["val"] >= (total >= 3)
        for split, share in (("train", 0.7), ("val", 0.1), ("test", 0.2)):
            assert abs(counts[split] - share * total) < 2.0


@pytest.mark.parametrize(
    ("num_recordings", "expected"),
    [
        (1, {"train": 1}),
        (2, {"train": 1, "test": 1}),
        (3, {"train": 1, "val": 1, "test": 1}),
        (10, {"train": 7, "val": 1, "test": 2}),
        (40, {"train": 28, "val": 4, "test": 8}),
        (100, {"train": 70, "val": 10, "test": 20}),
    ],
)
@pytest.mark.parametrize("clips_each", [1, 3])
def test_shares_in_numbers(num_recordings, expected, clips_each):
    assert split_counts(split_by_recording(one_label(num_recordings, clips_each), seed=0)) == expected


def test_scarce_labels_come_first_where_a_recording_has_several():
    # "rare" has one recording, which is one of the many of "common".
    pairs = [(f"r{number}", "common") for number in range(20)] + [("r7", "rare")]
    for seed in range(20):
        manifest = split_by_recording(make(pairs), seed=seed)
        assert {clip.split for clip in manifest.clips if clip.recording == "r7"} == {"train"}
        assert split_counts(manifest) == {"train": 14, "val": 2, "test": 4}


def test_another_seed_another_split():
    splits = {
        tuple(clip.split for clip in split_by_recording(one_label(30), seed=seed).clips) for seed in range(10)
    }
    assert len(splits) == 10


def test_a_split_that_the_clips_have_is_overwritten_and_a_share_of_nothing_is_empty():
    manifest = split_by_recording(one_label(10), seed=0)
    assert split_counts(split_by_recording(manifest, fractions=(0.5, 0.0, 0.5), seed=1)) == {
        "train": 5,
        "test": 5,
    }


@pytest.mark.parametrize("fractions", [(0.7, 0.1, 0.1), (1.2, -0.2, 0.0)])
def test_fractions_that_are_no_shares(fractions):
    with pytest.raises(DataError, match="not shares of a whole"):
        split_by_recording(one_label(5), fractions=fractions, seed=0)


@settings(deadline=None)
@given(
    recordings_of_one_label.filter(lambda pairs: max(Counter(pairs.values()).values(), default=0) > 1), seeds
)
def test_keep_aside_takes_something_of_every_label_with_two_recordings(label_of, seed):
    manifest = make(label_of.items())
    rest, aside = keep_aside(manifest, fraction=0.1, seed=seed)
    assert {clip.recording for clip in rest.clips}.isdisjoint(clip.recording for clip in aside.clips)
    assert Counter(rest.clips + aside.clips) == Counter(manifest.clips)
    assert rest.labels == manifest.labels
    for label, total in Counter(label_of.values()).items():
        num_aside = sum(clip.label == label for clip in aside.clips)
        assert num_aside >= (total >= 2)
        assert abs(num_aside - 0.1 * total) < 1.0


def test_keep_aside_never_splits_a_recording_of_several_labels():
    pairs = [(f"r{number % 7}", "abc"[number % 3]) for number in range(40)]
    rest, aside = keep_aside(make(pairs), fraction=0.3, seed=3)
    assert {clip.recording for clip in rest.clips}.isdisjoint(clip.recording for clip in aside.clips)
    assert aside.labels == rest.labels == ("a", "b", "c")


def test_keep_aside_with_nothing_to_spare():
    with pytest.raises(DataError, match="no label of 'made' has two source recordings"):
        keep_aside(one_label(1, clips_each=5), fraction=0.1, seed=0)
