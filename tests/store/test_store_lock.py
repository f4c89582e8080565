from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from soundalike.errors import LibraryError
from soundalike.store import only_writer

HOLDER = """
import sys
from pathlib import Path
from soundalike.store import only_writer

with only_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_lock_binds_other_processes_and_dies_with_its_holder(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LibraryError, match="another process is writing"), only_writer(tmp_path):
        pass
    holder.kill()
    holder.communicate()
    with only_writer(tmp_path):
        pass


def test_lock_is_free_after_use_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), only_writer(tmp_path):
        _ = 1 / 0
    with only_writer(tmp_path):
        pass


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot write to the library"), only_writer(tmp_path / "nothing"):
        pass
