from pathlib import Path

import pytest

from soundalike.data import Clip, Manifest
from soundalike.errors import DataError


def clip(name: str, label: str, **values) -> Clip:
    return Clip(path=Path(name), label=label, recording=name, **values)


MANIFEST = Manifest(
    name="pets",
    clips=(
        clip("a", "dog", fold=1, split="train"),
        clip("b", "cat", fold=1, split="test"),
        clip("c", "dog", fold=2, split="train"),
        clip("d", "dog"),
    ),
)


def test_labels_are_sorted_and_unique():
    assert MANIFEST.labels == ("cat", "dog")
    assert len(MANIFEST) == 4


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, "abcd"),
        ({"folds": [1]}, "ab"),
        ({"folds": {1, 2}, "splits": ["train"]}, "ac"),
        ({"splits": ("train", "test")}, "abc"),
    ],
)
def test_select_keeps_order(wanted, expected):
    assert "".join(str(clip.path) for clip in MANIFEST.select(**wanted).clips) == expected


def test_select_of_nothing_says_what_there_is():
    with pytest.raises(
        DataError, match=r"'pets' has no clip in folds 3, 4 and splits train.*folds 1, 2.*test, train"
    ):
        MANIFEST.select(folds=[4, 3], splits=["train"])


def test_clips_can_be_members_of_sets():
    assert len({clip("a", "dog", extra={"x": "1"}), clip("a", "dog", extra={"x": "1"})}) == 1


def test_audio_elsewhere_is_written_with_its_absolute_path(tmp_path):
    inside, outside = tmp_path / "set" / "in.wav", tmp_path / "out.wav"
    clips = tuple(Clip(path=path, label="x", recording=path.name) for path in (inside, outside))
    Manifest(name="m", clips=clips).write_csv(tmp_path / "set" / "m.csv")
    lines = (tmp_path / "set" / "m.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith("in.wav,x,")
    assert lines[2].startswith(f"{outside.absolute().as_posix()},x,")
