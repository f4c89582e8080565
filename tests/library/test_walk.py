from __future__ import annotations

import os
from pathlib import Path

import pytest

from soundalike.errors import UsageError
from soundalike.library.walk import NO_SUFFIX, walk


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        pytest.skip("no links on this system")


def found(*paths: Path, **options: object) -> list[str]:
    return [one.path for one in walk(paths, **options).found]  # type: ignore[arg-type]


def test_audio_and_video_below_a_folder_in_order(tmp_path: Path) -> None:
    for name in ("b/z.FLAC", "b/a.mp4", "c.wav", "a/x.ogg"):
        touch(tmp_path / name)
    assert found(tmp_path) == ["a/x.ogg", "b/a.mp4", "b/z.FLAC", "c.wav"]


def test_hidden_files_apple_doubles_and_the_rest_are_counted(tmp_path: Path) -> None:
    for name in ("a.wav", "._a.wav", ".hidden.mp3", ".DS_Store", "x.jpg", "y.JPG", "README", ".git/b.wav"):
        touch(tmp_path / name)
    result = walk([tmp_path])
    assert [one.path for one in result.found] == ["a.wav"]
    assert result.ignored == {".wav": 1, ".mp3": 1, NO_SUFFIX: 2, ".jpg": 2}
    assert result.num_hidden_folders == 1


def test_named_file_is_taken_whatever_its_extension(tmp_path: Path) -> None:
    (one,) = walk([touch(tmp_path / "take.one")]).found
    assert (one.root, one.path, one.location) == (str(tmp_path), "take.one", tmp_path / "take.one")


def test_exclude_matches_names_and_paths(tmp_path: Path) -> None:
    for name in ("a.wav", "old/b.wav", "c/old/d.wav", "c/e_draft.wav"):
        touch(tmp_path / name)
    assert found(tmp_path, exclude=["old"]) == ["a.wav", "c/e_draft.wav"]
    assert found(tmp_path, exclude=["c/*"]) == ["a.wav", "old/b.wav"]
    assert found(tmp_path, exclude=["*_draft.*", "old"]) == ["a.wav"]


def test_paths_that_overlap_give_every_file_once(tmp_path: Path) -> None:
    touch(tmp_path / "sub" / "a.wav")
    touch(tmp_path / "b.wav")
    result = walk([tmp_path / "sub", tmp_path, tmp_path / "b.wav"])
    assert sorted(str(one.location) for one in result.found) == [
        str(tmp_path / "b.wav"),
        str(tmp_path / "sub" / "a.wav"),
    ]


def test_links_are_followed_once(tmp_path: Path) -> None:
    real = touch(tmp_path / "in" / "real" / "a.wav")
    outside = touch(tmp_path / "out" / "b.wav")
    link(tmp_path / "in" / "1_link_to_real", real.parent)
    link(tmp_path / "in" / "0.wav", real)
    link(tmp_path / "in" / "real" / "up", tmp_path / "in")
    link(tmp_path / "in" / "out", outside.parent)
    link(tmp_path / "in" / "out_again", outside.parent)
    link(outside.parent / "back", tmp_path / "in")
    assert found(tmp_path / "in") == ["real/a.wav", "out/b.wav"]


def test_dangling_link_is_found_so_that_it_is_reported(tmp_path: Path) -> None:
    link(tmp_path / "a.wav", tmp_path / "gone.wav")
    assert found(tmp_path) == ["a.wav"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders on this system")
def test_pipes_are_named_and_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    link(tmp_path / "link.wav", tmp_path / "pipe.wav")
    assert found(tmp_path) == []
    (one,) = walk([tmp_path]).unreadable
    assert (Path(one.path).name, one.root, one.below) == ("pipe.wav", str(tmp_path), "pipe.wav")


@pytest.mark.skipif(os.name != "posix", reason="names are always Unicode on this system")
def test_name_that_is_not_unicode_is_reported(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")).write_bytes(b"")
    except OSError:
        pytest.skip("this file system refuses such names")
    (one,) = walk([tmp_path]).unreadable
    assert "Unicode" in one.reason
    one.path.encode("utf-8")
    assert (one.root, one.below) == (str(tmp_path), "caf?.wav")


def test_nothing_at_a_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        walk([tmp_path / "x"])


def test_all_files_are_taken_on_request(tmp_path: Path) -> None:
    names = [".DS_Store", "._a.wav", "README", "a.wav", "x.jpg"]
    for name in [*names, ".git/b.wav"]:
        touch(tmp_path / name)
    result = walk([tmp_path], files="all")
    assert [one.path for one in result.found] == names
    assert result.ignored == {}
