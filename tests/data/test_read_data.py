import unicodedata
from pathlib import Path

import pytest

from soundalike.data import read_data
from soundalike.errors import DataError


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_each_subfolder_is_a_label(tmp_path):
    root = tmp_path / "sounds"
    touch(root, "dog/b.wav", "dog/deep er/a.FLAC", "cat/c.mp3", "loose.wav")
    manifest = read_data(root)
    assert manifest.name == "sounds"
    assert [(clip.label, clip.recording) for clip in manifest.clips] == [
        ("cat", "cat/c.mp3"),
        ("dog", "dog/b.wav"),
        ("dog", "dog/deep er/a.FLAC"),
    ]
    assert manifest.clips[2].path == root / "dog" / "deep er" / "a.FLAC"


def test_hidden_files_and_other_files_are_passed_over(tmp_path):
    touch(
        tmp_path, "dog/a.wav", "dog/._a.wav", "dog/cover.jpg", "dog/.cache/b.wav", ".git/c.wav", "notes/d.txt"
    )
    assert [clip.recording for clip in read_data(tmp_path).clips] == ["dog/a.wav"]


def test_a_label_folder_may_be_a_link_and_loops_end(tmp_path):
    touch(tmp_path, "elsewhere/dog/a.wav", "sounds/cat/b.wav")
    (tmp_path / "sounds" / "hound").symlink_to(tmp_path / "elsewhere" / "dog", target_is_directory=True)
    (tmp_path / "sounds" / "cat" / "loop").symlink_to(tmp_path / "sounds", target_is_directory=True)
    clips = read_data(tmp_path / "sounds").clips
    assert [(clip.label, clip.recording) for clip in clips] == [
        ("cat", "cat/b.wav"),
        ("hound", "hound/a.wav"),
    ]


def test_two_spellings_of_one_label_are_one_label(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "Vögel") for form in ("NFC", "NFD"))
    touch(tmp_path, f"{composed}/a.wav", f"{decomposed}/b.wav")
    manifest = read_data(tmp_path)
    assert manifest.labels == (composed,)
    assert len(manifest) == 2
    assert all(clip.path.exists() for clip in manifest.clips)


def test_a_manifest_in_the_folder_is_used(tmp_path):
    touch(tmp_path, "dog/a.wav")
    (tmp_path / "manifest.csv").write_text("path,label\ndog/a.wav,hound\n", encoding="utf-8")
    manifest = read_data(tmp_path)
    assert manifest.labels == ("hound",)
    assert manifest.name == tmp_path.name == read_data(tmp_path / "manifest.csv").name


def test_another_csv_of_that_name_is_not(tmp_path):
    touch(tmp_path, "dog/a.wav")
    (tmp_path / "manifest.csv").write_text("file;size\n", encoding="utf-8")
    assert read_data(tmp_path).labels == ("dog",)


def test_a_folder_with_nothing_in_it_says_what_was_looked_for(tmp_path):
    touch(tmp_path, "loose.wav")
    with pytest.raises(
        DataError, match=r"nothing recognised.*ESC-50.*UrbanSound8K.*TUT.*manifest\.csv.*subfolders"
    ):
        read_data(tmp_path)


def test_what_the_system_refuses_to_open_is_no_traceback(tmp_path):
    with pytest.raises(DataError):
        read_data(tmp_path / ("long" * 2000))


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match=r"there is no file or folder '.*gone'"):
        read_data(tmp_path / "gone")
