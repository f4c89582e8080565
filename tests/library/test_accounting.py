"""Every file under a folder is accounted for, once: by a count of the report, or as ignored."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from band_encoder import BandEncoder, write_sound
from hypothesis import given, settings
from hypothesis import strategies as st

from soundalike.library import index, open_library

FOLDERS = st.sampled_from(["", "a", "a/b", "c"])
# What a file is -> whether a run takes it for audio by its name.
KINDS = {
    "sound": True,
    "copy": True,
    "silence": True,
    "broken": True,
    "empty": True,
    "picture": False,
    "no suffix": False,
    "hidden": False,
    "twin": False,
}
FILES = st.lists(
    st.tuples(FOLDERS, st.sampled_from(sorted(KINDS)), st.integers(0, 4)), max_size=14, unique=True
)


def make(audio: Path, folder: str, kind: str, number: int) -> None:
    names = {"picture": "cover{}.JPG", "no suffix": "README{}", "hidden": ".h{}.wav", "twin": "._k{}.wav"}
    path = audio / folder / names.get(kind, f"{kind}{{}}.wav").format(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "sound":
        write_sound(path, number)
    elif kind == "copy":
        write_sound(path, 0)
    elif kind == "silence":
        write_sound(path, number)
        with path.open("r+b") as file:
            file.seek(44)
            file.write(bytes(path.stat().st_size - 44))
    else:
        path.write_bytes(b"" if kind == "empty" else f"{kind} {number}".encode())


@settings(max_examples=25, deadline=None)
@given(first=FILES, later=FILES)
def test_counts_add_up_to_the_files(
    first: list[tuple[str, str, int]], later: list[tuple[str, str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        audio, lib = Path(name) / "audio", Path(name) / "lib"
        audio.mkdir()
        for files in (first, later):
            for one in files:
                make(audio, *one)
            report = index(lib, [audio], encoder=BandEncoder(), jobs=3).as_json()
            there = [path for path in audio.rglob("*") if path.is_file()]
            counts = report["recordings"]
            assert sum(counts.values()) - counts["missing"] == len(there)
            assert counts["ignored"] == sum(report["ignored"].values())
            assert counts["skipped"] == len(report["skipped"])
            taken = (
                {one for one in {*first, *later} if KINDS[one[1]]}
                if files is later
                else {one for one in first if KINDS[one[1]]}
            )
            assert sum(counts.values()) - counts["ignored"] - counts["missing"] == len(taken)
            status = open_library(lib, encoder=BandEncoder()).status()
            assert {(one["path"], one["reason"]) for one in status["skipped"]} == {
                (one["path"], one["reason"]) for one in report["skipped"]
            }
        everything = index(lib, [audio], encoder=BandEncoder(), files="all").as_json()
        assert everything["ignored"] == {}
        assert sum(everything["recordings"].values()) == len(there)
        shutil.rmtree(lib)
