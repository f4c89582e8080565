"""Stopping at any moment: kill -9, Ctrl-C, errors, a second writer, a folder that cannot be written."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from band_encoder import BandEncoder, write_sound

from soundalike.errors import EncoderError, LibraryError
from soundalike.library import index, open_library
from soundalike.library.intake import BATCH
from soundalike.store import HEADER_NAME, Store, only_writer

CHILD = """
import sys
import lance
from band_encoder import BandEncoder
from soundalike.library import index, intake

intake.COMMIT_EVERY_S, intake.COMMIT_SHARE = 0.0, 1.0
print("ready", flush=True)
index(sys.argv[1], [sys.argv[2]], encoder=BandEncoder(pause_s=float(sys.argv[3])), hop_s=0.25)
"""


def start_child(lib: Path, audio: Path, *, pause_s: float = 0.05) -> subprocess.Popen[str]:
    places = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": places}
    command = [sys.executable, "-c", CHILD, str(lib), str(audio), str(pause_s)]
    # Whoever runs the tests in the background may ignore SIGINT, and children would inherit that.
    reset = (lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) if os.name == "posix" else None
    child = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=reset,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def contents(lib: Path) -> dict[str, np.ndarray]:
    """Embeddings of every recording, by path."""
    store = Store(lib)
    return {row.path: store.windows([row.recording_id]).embeddings for row in store.recordings()}


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for path in one:
        np.testing.assert_array_equal(one[path], other[path])


@pytest.fixture
def many(audio: Path) -> Path:
    for seed in range(120):
        write_sound(audio / f"{seed:03}.wav", seed)
    # One recording that is longer than many batches.
    write_sound(audio / "060_long.wav", 1000, duration_s=120.0)
    return audio


@pytest.mark.slow
def test_kill_9_at_random_moments_loses_only_the_batch_in_flight(
    many: Path, lib: Path, tmp_path: Path
) -> None:
    index(tmp_path / "unbroken", [many], encoder=BandEncoder(), hop_s=0.25)
    expected = contents(tmp_path / "unbroken")
    rng = random.Random(5)
    num_before = 0
    for attempt in range(10):
        child = start_child(lib, many)
        time.sleep(rng.uniform(0.0, 0.1 * (attempt + 2)))
        child.kill()
        child.communicate()
        if not (lib / HEADER_NAME).exists():
            continue
        # Readers see whole recordings only, and nothing that was there is lost.
        reached = contents(lib)
        assert_same(reached, {path: expected[path] for path in reached})
        assert len(reached) >= num_before
        num_before = len(reached)
        open_library(lib, encoder=BandEncoder()).search(many / "000.wav")
    assert num_before > 0
    report = index(lib, [many], encoder=BandEncoder(), hop_s=0.25)
    assert report.recordings == Counter(unchanged=num_before, added=121 - num_before)
    assert_same(contents(lib), expected)
    assert Store(lib).clear_orphans() == 0
    assert report.num_windows == sum(len(one) for one in expected.values())


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_is_handed_up_and_leaves_nothing_behind(many: Path, lib: Path) -> None:
    # Slow enough that a busy machine sees it before it is done.
    child = start_child(lib, many, pause_s=0.5)
    while not (lib / HEADER_NAME).exists() or not Store(lib).recordings():
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode != 0
    assert errors.rstrip().endswith("KeyboardInterrupt")
    store = Store(lib)
    num_recordings = len(store.recordings())
    assert 0 < num_recordings < 121
    assert store.clear_orphans() == 0
    report = index(lib, [many], encoder=BandEncoder(), hop_s=0.25)
    assert report.recordings == {"unchanged": num_recordings, "added": 121 - num_recordings}


def test_encoder_that_fails_loses_only_the_batch_in_flight(audio: Path, lib: Path) -> None:
    for seed in range(BATCH + 10):
        write_sound(audio / f"{seed:03}.wav", seed, duration_s=0.5)
    encoder = BandEncoder()
    embed, calls = encoder.embed, []

    def fail_later(waveforms: np.ndarray) -> np.ndarray:
        calls.append(len(waveforms))
        return embed(waveforms) if len(calls) == 1 else np.full((len(waveforms), 8), np.nan, np.float32)

    encoder.embed = fail_later  # type: ignore[method-assign]
    with pytest.raises(EncoderError, match="not finite"):
        index(lib, [audio], encoder=encoder)
    assert index(lib, [audio], encoder=BandEncoder()).recordings == {"unchanged": BATCH, "added": 10}
    assert Store(lib).clear_orphans() == 0


def test_file_that_breaks_off_late_takes_its_windows_along(
    audio: Path, lib: Path, encoder: BandEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soundalike.library.intake.COMMIT_EVERY_S", 0.0)
    import soundfile

    path = audio / "long.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 4000 * 60), 4000, format="FLAC")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2 :] = b"\xff" * (len(damaged) - len(damaged) // 2)
    path.write_bytes(damaged)
    write_sound(audio / "z.wav", 1, duration_s=0.5)
    report = index(lib, [audio], encoder=encoder)
    rows = {row.path: row for row in Store(lib).recordings()}
    assert len(Store(lib).windows()) == report.num_windows
    assert Store(lib).clear_orphans() == 0
    assert rows["long.flac"].status == "skipped" or rows["long.flac"].warning
    assert rows["z.wav"].num_windows == 1


def test_leftovers_of_a_dead_creation_are_no_obstacle(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    (lib / HEADER_NAME).rename(lib / f"{HEADER_NAME}.tmp")
    assert index(lib, [audio], encoder=encoder).recordings == {"added": 1}


def test_two_writers_at_once(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    with only_writer(lib):
        with pytest.raises(LibraryError, match="another process is writing"):
            index(lib, [audio], encoder=encoder)
        with pytest.raises(LibraryError, match="another process is writing"):
            open_library(lib, encoder=encoder).remove([audio])
        assert open_library(lib, encoder=encoder).search(audio / "a.wav").hits
    assert index(lib, [audio], encoder=encoder).recordings == {"unchanged": 1}
