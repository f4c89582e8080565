"""The page's files in the package are what its sources give, with the licences of all that is in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src" / "soundalike" / "server" / "static"


def build_page(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_page.py", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_sources_give_the_files_in_the_package(page_packages: None, tmp_path: Path) -> None:
    build_page("--out", tmp_path)
    built, packed = files_below(tmp_path), files_below(STATIC)
    assert sorted(built) == sorted(packed), "run make page"
    assert [name for name in built if built[name] != packed[name]] == [], "run make page"


def test_the_tests_of_the_sources(page_packages: None) -> None:
    build_page("--test")


def test_every_package_in_the_page_has_its_licence() -> None:
    licences = (STATIC / "licences.txt").read_text(encoding="utf-8")
    for name in ("preact", "@preact/signals", "wavesurfer.js", "kdbush"):
        assert f"\n{name} " in f"\n{licences}"
    assert licences.count("Permission to use") + licences.count("Permission is hereby granted") >= 4


def test_the_page_has_no_script_of_its_own_and_names_no_other_host() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "style=" not in page
    assert "http" not in page.replace("<!doctype html>", "")
    assert max(path.stat().st_size for path in STATIC.rglob("*") if path.is_file()) < 1_000_000
