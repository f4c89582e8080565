"""A run over unchanged files looks at their size and time and at nothing else."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from band_encoder import BandEncoder, write_sound

from soundalike.library import index
from soundalike.store import Store

NUM_FILES = 2_000


def test_two_thousand_unchanged_files_are_not_opened(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "0.wav", 1, duration_s=0.5)
    sound = bytearray((audio / "0.wav").read_bytes())
    for number in range(1, NUM_FILES):
        sound[-2:] = number.to_bytes(2, "little")
        path = audio / f"{number // 100:02}" / f"{number}.wav"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sound)
    began_s = time.perf_counter()
    assert index(lib, [audio], encoder=encoder).recordings == {"added": NUM_FILES}
    first_s = time.perf_counter() - began_s

    # Who opened one of them would find no sound in it.
    for path in audio.rglob("*.wav"):
        stat = path.stat()
        path.write_bytes(bytes(stat.st_size))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    opened: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and str(arguments[0]).startswith(str(audio)):
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    version = Store(lib).version
    began_s = time.perf_counter()
    assert index(lib, [audio], encoder=encoder).recordings == {"unchanged": NUM_FILES}
    again_s = time.perf_counter() - began_s
    watching = False
    assert opened == []
    assert Store(lib).version == version, "nothing new, nothing written"
    assert encoder.num_embedded == NUM_FILES
    # The encoder of this test costs next to nothing, so the first run is mostly opening files; with a real one the
    # share is a tenth of this (benchmarks/indexing.py).
    assert again_s < 0.25 * first_s
