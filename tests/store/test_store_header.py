from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from soundalike.errors import LibraryError, LibraryNotFoundError
from soundalike.store import EncoderRecord, LibraryHeader, Store
from soundalike.store.header import HEADER_NAME, read_header, write_header

HEADER = LibraryHeader(
    encoder=EncoderRecord(
        name="Wal-Gesänge",
        source="/models/wal",
        fingerprint="f" * 32,
        window_s=2.0,
        sample_rate_hz=16000,
        dim=4,
        distance="cosine",
    ),
    hop_s=0.5,
    roots={"Gesänge": "D:\\Gesänge"},
    soundalike_version="0.1.0",
)


def change(folder: Path, **values: Any) -> None:
    plain = json.loads((folder / HEADER_NAME).read_text(encoding="utf-8"))
    (folder / HEADER_NAME).write_text(json.dumps({**plain, **values}), encoding="utf-8")


def test_header_survives_the_disk(tmp_path: Path) -> None:
    write_header(tmp_path, HEADER)
    assert read_header(tmp_path) == HEADER
    assert [path.name for path in tmp_path.iterdir()] == [HEADER_NAME]


@pytest.mark.parametrize("version", [1, 3, "2", None])
def test_unknown_format_is_refused(tmp_path: Path, version: object) -> None:
    Store.create(tmp_path / "lib", HEADER)
    change(tmp_path / "lib", format_version=version)
    with pytest.raises(
        LibraryError, match=rf"format version {version!r}, this soundalike reads version 2\. Use"
    ):
        Store(tmp_path / "lib")


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "\x00"])
def test_damaged_header(tmp_path: Path, text: str) -> None:
    (tmp_path / HEADER_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(LibraryError):
        read_header(tmp_path)


def test_header_with_a_wrong_value(tmp_path: Path) -> None:
    write_header(tmp_path, HEADER)
    change(tmp_path, hop_s="often")
    with pytest.raises(LibraryError, match="'hop_s' is 'often'"):
        read_header(tmp_path)


def test_no_library(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "file"):
        with pytest.raises(LibraryNotFoundError, match="there is no library at"):
            read_header(path)


def test_tables_that_are_gone(tmp_path: Path) -> None:
    write_header(tmp_path, HEADER)
    with pytest.raises(LibraryError, match="cannot read the library"):
        Store(tmp_path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"hop_s": 0.0}, "'hop_s' is 0"),
        ({"hop_s": float("nan")}, "'hop_s' is nan"),
        ({"revision": -1}, "'revision' is -1"),
        ({"roots": {"a": "relative"}}, "the root 'a' lies at 'relative'"),
        ({"roots": {"a": "/a\0b"}}, "the root 'a' lies at"),
    ],
)
def test_header_that_no_soundalike_wrote(tmp_path: Path, values: dict[str, Any], words: str) -> None:
    write_header(tmp_path, HEADER)
    change(tmp_path, **values)
    with pytest.raises(LibraryError, match=f"the library header is damaged.*{words}"):
        read_header(tmp_path)
