"""The library does not depend on how many threads made it, nor on which of them was done first."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from band_encoder import BandEncoder, write_sound

from soundalike.encoders import embed_on_threads, load_encoder
from soundalike.errors import EncoderError, UsageError
from soundalike.library import index
from soundalike.library.workers import Workers
from soundalike.store import Store


def everything(lib: Path) -> tuple[list[tuple[object, ...]], list[np.ndarray]]:
    """All that a library says, but for the random names of its rows and for places on disk."""
    store = Store(lib)
    rows = store.recordings()
    said = [
        (row.path, row.recording_id, row.status, row.reason, row.num_windows, row.num_silent, row.duration_s)
        for row in rows
    ]
    windows = store.windows()
    columns = [windows.recording_ids, windows.start_s, windows.end_s, windows.embeddings]
    return said, columns


@pytest.fixture
def mixed(audio: Path) -> Path:
    """Files of very different length, copies beside their originals, and files that are no sound, twice each."""
    write_sound(audio / "00.wav", 100, duration_s=60.0)
    for seed in range(1, 30):
        path = write_sound(audio / f"{seed:02}.wav", seed)
        if seed % 3 == 0:
            shutil.copy(path, audio / f"{seed:02} copy.wav")
        if seed % 5 == 0:
            for name in ("x.wav", "y.wav"):
                (audio / f"{seed:02}{name}").write_text(f"no sound {seed}")
    shutil.copy(audio / "00.wav", audio / "00 copy.wav")
    return audio


def test_any_number_of_jobs_makes_the_same_library(mixed: Path, tmp_path: Path) -> None:
    reports, libraries = [], []
    for jobs in (1, 2, 7):
        lib = tmp_path / f"{jobs}"
        reports.append(index(lib, [mixed], encoder=BandEncoder(), hop_s=0.25, jobs=jobs).as_json())
        libraries.append(everything(lib))
        del reports[-1]["wall_s"]
    assert reports[0]["recordings"]["duplicate"] == 10
    assert reports[0]["recordings"]["skipped"] == 10
    for report, (said, columns) in zip(reports[1:], libraries[1:], strict=True):
        assert report == reports[0]
        assert said == libraries[0][0]
        for column, expected in zip(columns, libraries[0][1], strict=True):
            np.testing.assert_array_equal(column, expected)


def test_second_file_of_content_that_is_being_decoded_waits_for_it(audio: Path, lib: Path) -> None:
    encoder = BandEncoder(pause_s=0.02)
    first = write_sound(audio / "0.wav", 1, duration_s=20.0)
    for number in range(1, 6):
        shutil.copy(first, audio / f"{number}.wav")
    report = index(lib, [audio], encoder=encoder, hop_s=0.25, jobs=4)
    assert report.recordings == {"added": 1, "duplicate": 5}
    assert encoder.num_embedded == report.num_windows == 79


def test_default_encoder_gives_a_window_the_same_embedding_in_any_batch_and_thread() -> None:
    encoder = load_encoder("default")
    waveforms = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 32_000)).astype(np.float32)
    expected = encoder.embed(waveforms)
    embed = embed_on_threads(encoder)
    np.testing.assert_allclose(
        np.concatenate([embed(waveforms[:7]), embed(waveforms[7:])]), expected, rtol=1e-5
    )
    parts: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(
            target=lambda one=one: parts.__setitem__(one, embed(waveforms[5 * one : 5 * one + 5]))
        )
        for one in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(np.concatenate([parts[one] for one in range(4)]), expected, rtol=1e-5)


def test_encoder_that_is_not_known_to_bear_threads_is_called_by_one_at_a_time(audio: Path, lib: Path) -> None:
    class Alone(BandEncoder):
        def embed(self, waveforms: np.ndarray) -> np.ndarray:
            assert not self.busy, "two calls at once"
            self.busy = True
            time.sleep(0.01)
            self.busy = False
            return super().embed(waveforms)

        busy = False

    for seed in range(6):
        write_sound(audio / f"{seed}.wav", seed, duration_s=30.0)
    assert index(lib, [audio], encoder=Alone(), hop_s=0.25, jobs=6).recordings == {"added": 6}


def test_jobs_below_one_are_refused(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    with pytest.raises(UsageError, match="jobs is 0"):
        index(lib, [audio], encoder=encoder, jobs=0)
    assert not lib.exists()


def test_results_are_taken_in_the_thread_that_asks() -> None:
    workers = Workers(3)
    rng, taken = random.Random(0), set()

    def job(number: int) -> Callable[[], int]:
        pause_s = rng.uniform(0, 0.01)
        return lambda: (time.sleep(pause_s), number)[1]

    for number in range(20):
        workers.submit(job(number), lambda one: taken.add((one, threading.get_ident())))
    workers.finish()
    assert taken == {(number, threading.get_ident()) for number in range(20)}
    workers.stop()


def test_job_that_fails_raises_where_its_result_is_taken() -> None:
    def fail() -> None:
        raise EncoderError("broken")

    workers = Workers(1)
    workers.submit(fail, lambda _: None)
    with pytest.raises(EncoderError, match="broken"):
        workers.finish()
    workers.stop()
