"""Several processes at one library: readers see whole recordings, and a second writer is told that it is second."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from band_encoder import BandEncoder, write_sound

from soundalike.library import index, open_library
from soundalike.store import HEADER_NAME, Store

WRITER = """
import sys
from band_encoder import BandEncoder
from soundalike.errors import LibraryError
from soundalike.library import index, intake
intake.COMMIT_EVERY_S, intake.COMMIT_SHARE = 0.0, 1.0
try:
    report = index(sys.argv[1], [sys.argv[2]], encoder=BandEncoder(pause_s=0.1), hop_s=0.25)
    print("done", report.recordings["added"])
except LibraryError as exc:
    print(exc)
"""


def start_writer(lib: Path, audio: Path) -> subprocess.Popen[str]:
    places = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(lib), str(audio)],
        env={**os.environ, "PYTHONPATH": places},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_reader_sees_whole_recordings_while_a_writer_writes(audio: Path, lib: Path, tmp_path: Path) -> None:
    lengths_s = [0.5 + 3.0 * (seed % 5) for seed in range(40)]
    for seed, length_s in enumerate(lengths_s):
        write_sound(audio / f"{seed:02}.wav", seed, duration_s=length_s)
    query = write_sound(tmp_path / "query.wav", 0, duration_s=0.5)
    writer = start_writer(lib, audio)
    while not (lib / HEADER_NAME).exists():
        assert writer.poll() is None
        time.sleep(0.01)
    reader = open_library(lib, encoder=BandEncoder())
    numbers = []
    while writer.poll() is None:
        store = Store(lib)
        windows = store.windows()
        rows = {row.recording_id: row for row in store.recordings()}
        for recording_id in set(windows.recording_ids.tolist()):
            starts_s = windows.start_s[windows.recording_ids == recording_id]
            row = rows[recording_id]
            assert len(starts_s) == row.num_windows
            np.testing.assert_array_equal(starts_s, 0.25 * np.arange(row.num_windows))
        numbers.append(len(rows))
        for hit in reader.search(query, k=5, per="recording").hits:
            assert Path(hit.path).exists()
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 2, "the reader should have seen the library grow"
    assert writer.communicate()[0] == "done 40\n"
    assert len(Store(lib).recordings()) == 40


def test_two_indexers_at_once_work_or_are_told_why_not(audio: Path, lib: Path) -> None:
    for seed in range(40):
        write_sound(audio / f"{seed:02}.wav", seed, duration_s=10.0)
    writers = [start_writer(lib, audio) for _ in range(3)]
    said = [writer.communicate()[0] for writer in writers]
    assert "done 40\n" in said
    others = [one for one in said if one != "done 40\n"]
    # One that came when the first was done already finds everything unchanged.
    assert all(one == "done 0\n" or "another process is writing to the library" in one for one in others)
    assert index(lib, [audio], encoder=BandEncoder(), hop_s=0.25).recordings == {"unchanged": 40}
    assert Store(lib).clear_orphans() == 0
