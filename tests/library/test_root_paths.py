"""Paths as text, of Windows and of POSIX, whatever system the tests run on."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundalike.library.relocate import moved_roots
from soundalike.library.root_paths import below, is_of_windows, joined, root_name

PARTS = st.lists(st.sampled_from(["a", "b", "Field", "ü", "take 1", "x.wav"]), min_size=1, max_size=4)
STARTS = st.sampled_from(["/", "/mnt/", "D:\\", "d:\\audio\\", "\\\\nas\\share\\"])


@pytest.mark.parametrize(
    ("path", "folder", "way"),
    [
        ("/a/b/c.wav", "/a", "b/c.wav"),
        ("/a", "/a", ""),
        ("/a/b", "/", "a/b"),
        ("/ab", "/a", None),
        ("/a", "/a/b", None),
        ("/A/b", "/a", None),
        ("D:\\Audio\\Kick.wav", "d:\\audio", "Kick.wav"),
        ("D:/audio/sub/x.wav", "D:\\audio", "sub/x.wav"),
        ("D:\\audio", "D:\\", "audio"),
        ("E:\\audio", "D:\\audio", None),
        ("\\\\NAS\\Share\\a\\b.wav", "\\\\nas\\share", "a/b.wav"),
        ("\\\\nas\\share2\\b.wav", "\\\\nas\\share", None),
        ("/mnt/audio", "D:\\audio", None),
        (unicodedata.normalize("NFD", "/é/x"), unicodedata.normalize("NFC", "/é"), "x"),
    ],
)
def test_below(path: str, folder: str, way: str | None) -> None:
    assert below(path, folder) == way


@given(start=STARTS, outer=PARTS, inner=PARTS)
def test_joined_and_below_undo_each_other(start: str, outer: list[str], inner: list[str]) -> None:
    folder = joined(start, "/".join(outer))
    path = joined(folder, "/".join(inner))
    assert is_of_windows(path) == is_of_windows(start)
    assert below(path, folder) == "/".join(inner)
    assert below(folder, path) is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/mnt/field", "field"),
        ("/", "root"),
        ("D:\\", "D"),
        ("D:\\Töne", "Töne"),
        ("\\\\nas\\share\\", "nas\\share"),
    ],
)
def test_root_is_named_after_its_folder(path: str, name: str) -> None:
    assert root_name(path, []) == name
    assert root_name(path, [name, f"{name}-2"]) == f"{name}-3"


ROOTS = {"kicks": "D:\\audio\\kicks", "field": "D:\\audio\\field", "other": "E:\\other"}


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("D:\\", "F:\\", {"kicks": "F:\\audio\\kicks", "field": "F:\\audio\\field"}),
        ("d:\\AUDIO", "/Volumes/audio", {"kicks": "/Volumes/audio/kicks", "field": "/Volumes/audio/field"}),
        ("D:\\audio\\field", "\\\\nas\\field", {"field": "\\\\nas\\field"}),
        ("D:\\audio\\fie", "F:\\", {}),
    ],
)
def test_moved_roots(old: str, new: str, moved: dict[str, str]) -> None:
    assert moved_roots(ROOTS, old, new) == moved
