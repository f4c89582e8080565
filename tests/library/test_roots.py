"""Named roots: which root a file belongs to, roots that are offline, roots that move."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from band_encoder import BandEncoder, write_sound

from soundalike.errors import LibraryError, UsageError
from soundalike.library import index, open_library
from soundalike.library.roots import MANY_FILES
from soundalike.store import Store, read_header
from soundalike.store.header import write_header


def places(lib: Path) -> set[tuple[str, str]]:
    return {(row.root, row.path) for row in Store(lib).recordings()}


def online(lib: Path, encoder: BandEncoder) -> dict[str, bool]:
    return {root["name"]: root["online"] for root in open_library(lib, encoder=encoder).status()["roots"]}


def test_folders_of_one_name_become_two_roots(tmp_path: Path, lib: Path, encoder: BandEncoder) -> None:
    one, two = (
        write_sound(tmp_path / "1" / "kicks" / "a.wav", 1),
        write_sound(tmp_path / "2" / "kicks" / "a.wav", 2),
    )
    index(lib, [one.parent, two.parent], encoder=encoder)
    assert places(lib) == {("kicks", "a.wav"), ("kicks-2", "a.wav")}
    assert read_header(lib).roots == {"kicks": str(one.parent), "kicks-2": str(two.parent)}
    assert {row.location for row in Store(lib).recordings()} == {one, two}
    assert open_library(lib, encoder=encoder).status()["roots"] == [
        {"name": "kicks", "path": str(one.parent), "online": True, "recordings": 1},
        {"name": "kicks-2", "path": str(two.parent), "online": True, "recordings": 1},
    ]


def test_folder_inside_a_root_needs_none(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    new = write_sound(audio / "sub" / "deep" / "b.wav", 2)
    index(lib, [audio / "sub"], encoder=encoder)
    index(lib, [new], encoder=encoder)
    assert places(lib) == {("audio", "a.wav"), ("audio", "sub/deep/b.wav")}


def test_folder_around_a_root_leaves_it_alone(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "sub" / "b.wav", 2)
    index(lib, [audio / "sub"], encoder=encoder)
    write_sound(audio / "a.wav", 1)
    write_sound(audio / "sub" / "deep" / "c.wav", 3)
    index(lib, [audio], encoder=encoder)
    assert places(lib) == {("sub", "b.wav"), ("sub", "deep/c.wav"), ("audio", "a.wav")}
    assert index(lib, [audio], encoder=encoder).recordings == {"unchanged": 3}


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_root_reached_through_a_link_is_the_same(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "sub" / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    link, inner = audio.parent / "link", audio.parent / "inner"
    link.symlink_to(audio)
    inner.symlink_to(audio / "sub")
    write_sound(audio / "sub" / "b.wav", 2)
    assert index(lib, [link], encoder=encoder).recordings == {"unchanged": 1, "added": 1}
    assert index(lib, [link / "sub", inner], encoder=encoder).recordings == {"unchanged": 2}
    assert places(lib) == {("audio", "sub/a.wav"), ("audio", "sub/b.wav")}
    assert open_library(lib, encoder=encoder).remove([inner / "b.wav"]) == [str(audio / "sub" / "b.wav")]


def test_root_that_is_gone_is_offline_and_nothing_is_missing(
    audio: Path, lib: Path, encoder: BandEncoder
) -> None:
    for seed in range(3):
        write_sound(audio / f"{seed}.wav", seed)
    index(lib, [audio], encoder=encoder)
    away = audio.rename(audio.parent / "away")
    library = open_library(lib, encoder=encoder)
    assert online(lib, encoder) == {"audio": False}
    assert library.status()["missing"] == []
    with pytest.raises(UsageError, match="no file or folder at"):
        index(lib, [audio], encoder=encoder, prune=True)
    away.rename(audio)
    assert online(lib, encoder) == {"audio": True}
    assert index(lib, [audio], encoder=encoder, prune=True).recordings == {"unchanged": 3}


def test_empty_mount_point_is_not_pruned(
    audio: Path, lib: Path, encoder: BandEncoder, tmp_path: Path
) -> None:
    for seed in range(MANY_FILES):
        write_sound(audio / "disk" / f"{seed}.wav", seed)
    write_sound(audio / "here.wav", 99)
    index(lib, [audio / "disk"], encoder=encoder)
    index(lib, [audio], encoder=encoder)
    disk = audio / "disk"
    away = disk.rename(tmp_path / "away")
    disk.mkdir()
    (disk / ".keep").touch()
    with pytest.raises(
        LibraryError, match=r"is empty, but the library knows 10 files there\. Is a disk not connected"
    ):
        index(lib, [disk], encoder=encoder, prune=True)
    assert index(lib, [disk], encoder=encoder).missing == []
    # Neither when a folder around it is pruned.
    (audio / "here.wav").unlink()
    write_sound(audio / "new.wav", 98)
    assert len(index(lib, [audio], encoder=encoder, prune=True).missing) == 1
    assert len(Store(lib).recordings()) == MANY_FILES + 1
    assert online(lib, encoder) == {"disk": False, "audio": True}
    disk.joinpath(".keep").unlink()
    disk.rmdir()
    away.rename(disk)
    assert index(lib, [audio], encoder=encoder).recordings == {"unchanged": MANY_FILES + 1}
    # Files that are really gone can be forgotten.
    shutil.rmtree(disk)
    assert len(open_library(lib, encoder=encoder).remove([disk])) == MANY_FILES


def test_copy_of_a_file_that_is_offline_is_a_copy(
    audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder
) -> None:
    path = write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    shutil.copy2(path, write_sound(tmp_path / "other" / "b.wav", 5))
    audio.rename(tmp_path / "away")
    assert index(lib, [tmp_path / "other"], encoder=encoder).recordings == {"duplicate": 1}
    assert places(lib) == {("audio", "a.wav"), ("other", "b.wav")}


def test_renamed_root_is_moved(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    for seed in range(3):
        write_sound(audio / "x" / f"{seed}.wav", seed)
    index(lib, [audio], encoder=encoder)
    num_embedded = encoder.num_embedded
    renamed = audio.rename(audio.parent / "renamed")
    assert index(lib, [renamed], encoder=encoder).recordings == {"moved": 3}
    assert encoder.num_embedded == num_embedded
    assert read_header(lib).roots == {"renamed": str(renamed)}


def test_relocate_a_root(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "x" / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    reader = open_library(lib, encoder=encoder)
    query = reader.search(audio / "x" / "a.wav").hits[0].recording_id
    num_embedded = encoder.num_embedded
    new = audio.rename(audio.parent / "new")
    moved = open_library(lib).relocate(audio, new)
    assert (moved.old, moved.new, moved.num_files, moved.is_there) == (str(audio), str(new), 1, True)
    assert reader.search(f"id:{query}").hits[0].path == str(new / "x" / "a.wav")
    assert index(lib, [new], encoder=encoder).recordings == {"unchanged": 1}
    assert encoder.num_embedded == num_embedded


def test_relocate_a_folder_around_roots_to_where_nothing_is(
    audio: Path, lib: Path, encoder: BandEncoder
) -> None:
    write_sound(audio / "1" / "a.wav", 1)
    write_sound(audio / "2" / "b.wav", 2)
    index(lib, [audio / "1", audio / "2"], encoder=encoder)
    moved = open_library(lib).relocate(audio, "E:\\Sounds")
    assert (moved.num_files, moved.is_there) == (2, False)
    assert read_header(lib).roots == {"1": "E:\\Sounds\\1", "2": "E:\\Sounds\\2"}
    assert online(lib, encoder) == {"1": False, "2": False}
    assert open_library(lib).relocate("e:\\sounds", audio).num_files == 2
    assert index(lib, [audio], encoder=encoder).recordings == {"unchanged": 2}


def test_relocate_a_folder_inside_a_root(
    audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder
) -> None:
    write_sound(audio / "stays.wav", 1)
    write_sound(audio / "goes" / "deep" / "b.wav", 2)
    index(lib, [audio], encoder=encoder)
    (audio / "goes").rename(tmp_path / "gone")
    assert open_library(lib).relocate(audio / "goes", tmp_path / "gone").num_files == 1
    assert places(lib) == {("audio", "stays.wav"), ("gone", "deep/b.wav")}
    # And back, into the root that is there.
    (tmp_path / "gone").rename(audio / "back")
    open_library(lib).relocate(tmp_path / "gone", audio / "back")
    assert places(lib) >= {("audio", "stays.wav")}
    assert index(lib, [audio], encoder=encoder).recordings == {"unchanged": 2}


def test_relocate_what_cannot_be(audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "1" / "a.wav", 1)
    write_sound(audio / "2" / "a.wav", 2)
    index(lib, [audio / "1", audio / "2"], encoder=encoder)
    library = open_library(lib)
    with pytest.raises(LibraryError, match=r"knows no file in '.*nowhere'\. Its roots: '.*1', '.*2'"):
        library.relocate(tmp_path / "nowhere", tmp_path)
    with pytest.raises(LibraryError, match=r"a\.wav' is in the library already.*soundalike remove"):
        library.relocate(audio / "1", audio / "2")
    with pytest.raises(UsageError, match="the same folder"):
        library.relocate(audio / "1", audio / "1")
    assert places(lib) == {("1", "a.wav"), ("2", "a.wav")}


def test_header_that_lost_its_roots_is_damaged(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    path = write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    write_header(lib, replace(read_header(lib), roots={}))
    library = open_library(lib, encoder=encoder)
    for work in (library.status, lambda: library.search(path), lambda: index(lib, [audio], encoder=encoder)):
        with pytest.raises(
            LibraryError, match="header is damaged: it does not say where the root 'audio' is"
        ):
            work()


def test_root_that_moves_onto_another_becomes_one_with_it(
    audio: Path, lib: Path, encoder: BandEncoder
) -> None:
    write_sound(audio / "1" / "a.wav", 1)
    write_sound(audio / "2" / "b.wav", 2)
    index(lib, [audio / "1", audio / "2"], encoder=encoder)
    (audio / "1" / "a.wav").rename(audio / "2" / "a.wav")
    assert open_library(lib).relocate(audio / "1", audio / "2").num_files == 1
    assert read_header(lib).roots == {"2": str(audio / "2")}
    assert places(lib) == {("2", "a.wav"), ("2", "b.wav")}
    assert index(lib, [audio / "2"], encoder=encoder).recordings == {"unchanged": 2}


def test_root_does_not_become_a_file(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    path = write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    with pytest.raises(UsageError, match=r"a\.wav' is a file"):
        open_library(lib).relocate(audio, path)
