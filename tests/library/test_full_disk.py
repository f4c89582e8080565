"""A disk without room, and a folder that may not be written: a clear error, and a library that is as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from band_encoder import BandEncoder, write_sound
from plain_user import bound_by_permissions, folder_for_everybody

from soundalike.errors import LibraryError
from soundalike.library import index, open_library
from soundalike.store import Store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX limits and permissions")

# No file may grow beyond a limit, as on a disk that is full.
LIMITED = """
import resource, sys
from band_encoder import BandEncoder
from soundalike.errors import LibraryError
from soundalike.library import index
if sys.argv[3] != "none":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    index(sys.argv[1], [sys.argv[2]], encoder=BandEncoder(), hop_s=0.25)
except LibraryError as exc:
    print(exc)
"""


def message_of_a_run(lib: Path, audio: Path, *, limit: str) -> str:
    places = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", LIMITED, str(lib), str(audio), limit]
    environment = {**os.environ, "PYTHONPATH": places}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def small_disk(folder: Path, num_bytes: int) -> Iterator[bool]:
    """A file system of this size at `folder`, where whoever runs the tests may mount one; says whether there is."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={num_bytes}", "tmpfs", str(folder)]
    try:
        is_there = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        is_there = False
    try:
        yield is_there
    finally:
        if is_there:
            subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_is_named_and_leaves_the_library_as_it_was(audio: Path, tmp_path: Path) -> None:
    for seed in range(20):
        write_sound(audio / f"{seed:02}.wav", seed)
    with small_disk(tmp_path / "disk", 400_000) as is_there:
        lib = tmp_path / "disk" / "lib"
        index(lib, [audio], encoder=BandEncoder(), hop_s=0.25)
        before = Store(lib).windows()
        write_sound(audio / "99 long.wav", 99, duration_s=3600.0)
        message = message_of_a_run(lib, audio, limit="none" if is_there else "150000")
        assert f"cannot write to the library '{lib}'" in message
        assert "free space" in message
        assert ".rs:" not in message
        store = Store(lib)
        assert len(store.recordings()) == 20
        assert (store.windows().embeddings == before.embeddings).all()
        assert open_library(lib, encoder=BandEncoder()).search(audio / "05.wav", k=3).hits[0].is_query
        # The user makes room.
        (audio / "99 long.wav").unlink()
        for seed in range(20, 23):
            write_sound(audio / f"{seed:02}.wav", seed)
        report = index(lib, [audio], encoder=BandEncoder(), hop_s=0.25)
        assert report.recordings == {"unchanged": 20, "added": 3}
        assert Store(lib).clear_orphans() == 0
        assert len(Store(lib).windows()) == report.num_windows


def test_disk_that_was_full_from_the_start_gives_no_half_library(audio: Path, lib: Path) -> None:
    write_sound(audio / "a.wav", 1, duration_s=60.0)
    message = message_of_a_run(lib, audio, limit="50")
    assert f"'{lib}'" in message
    report = index(lib, [audio], encoder=BandEncoder(), hop_s=0.25)
    assert report.recordings == {"added": 1}
    assert len(Store(lib).windows()) == report.num_windows


def test_read_only_library_can_be_searched_but_not_indexed() -> None:
    encoder = BandEncoder()
    with folder_for_everybody() as folder:
        audio, lib = folder / "audio", folder / "lib"
        write_sound(audio / "a.wav", 1)
        index(lib, [audio], encoder=encoder)
        write_sound(audio / "b.wav", 2)
        for path in (lib, *lib.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        with bound_by_permissions():
            assert open_library(lib, encoder=encoder).search(audio / "a.wav").hits
            with pytest.raises(LibraryError, match="cannot write"):
                index(lib, [audio], encoder=encoder)
            with pytest.raises(LibraryError, match="cannot make a library"):
                index(lib / "new", [audio], encoder=encoder)
        for path in (lib, *lib.rglob("*")):
            path.chmod(0o755)
        assert index(lib, [audio], encoder=encoder).recordings == {"unchanged": 1, "added": 1}


def test_forbidden_file_is_tried_again() -> None:
    encoder = BandEncoder()
    with folder_for_everybody() as folder:
        (folder / "libs").mkdir()
        (folder / "libs").chmod(0o777)
        path = write_sound(folder / "audio" / "a.wav", 1)
        path.chmod(0)
        with bound_by_permissions():
            report = index(folder / "libs" / "lib", [folder / "audio"], encoder=encoder)
            assert report.recordings == {"skipped": 1}
            assert "Permission denied" in report.skipped[0].reason
        path.chmod(0o644)
        with bound_by_permissions():
            assert index(folder / "libs" / "lib", [folder / "audio"], encoder=encoder).recordings == {
                "updated": 1
            }
