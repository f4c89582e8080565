"""How many searches a second does a server answer, how long does each take, and where does the time go?

    python benchmarks/serving.py [--sizes 10000,1000000] [--clients 1,8,64] [--seconds 10] [--encoder default]
           [--memory-requests 1000,10000] [--work FOLDER]

A real `soundalike serve` is asked over the loopback interface, by uploads of 2 seconds of sound and by stored
recordings, k = 10. Clients run in this process, on the same cores as the server: they ask again as soon as they are
answered. The windows are clustered at random; the encoder is real. Shares of time come from one thread of this
process that does what the server does for an upload.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import record
import soundfile

SEED = 0
K = 10
RATE_HZ = 16_000
WINDOWS_PER_RECORDING = 20
BATCH = 50_000
# Uploads that take turns.
NUM_SOUNDS = 32
NUM_TIMED = 100


def make_library(folder: Path, num_windows: int, encoder_name: str) -> None:
    """A library of that many windows around kinds of sound; there are no files behind it."""
    from soundalike.encoders import load_encoder
    from soundalike.library.encoder import record_of
    from soundalike.store import LibraryHeader, Recording, Store, Windows, refresh_index

    encoder = load_encoder(encoder_name)
    header = LibraryHeader(encoder=record_of(encoder, encoder_name), hop_s=1.0, soundalike_version="0")
    store = Store.create(folder, header)
    store.write_roots({"root": str(folder.parent)})
    random = np.random.default_rng(SEED)
    kinds = random.normal(size=(500, encoder.dim)).astype(np.float32)
    for start in range(0, num_windows, BATCH):
        numbers = np.arange(start, min(num_windows, start + BATCH))
        owners = numbers // WINDOWS_PER_RECORDING
        embeddings = kinds[owners % len(kinds)] + 0.5 * random.standard_normal(
            (len(numbers), encoder.dim), np.float32
        )
        embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
        begins = (numbers % WINDOWS_PER_RECORDING).astype(float)
        ids = np.array([id_of(owner) for owner in owners.tolist()])
        store.add_windows(
            Windows(
                recording_ids=ids, start_s=begins, end_s=begins + 2, embeddings=embeddings.astype(np.float32)
            )
        )
        rows = [
            Recording(
                root="root",
                root_path=str(folder.parent),
                path=f"{owner % 500}/{owner}.wav",
                recording_id=id_of(owner),
                duration_s=WINDOWS_PER_RECORDING + 1,
                sample_rate_hz=RATE_HZ,
                num_windows=int((owners == owner).sum()),
            )
            for owner in np.unique(owners).tolist()
        ]
        store.put_recordings(rows)
    store.compact()
    refresh_index(store)


def id_of(number: int) -> str:
    return f"{number:016x}"


def sounds() -> list[bytes]:
    """WAV files of 2 seconds, all different."""
    random = np.random.default_rng(SEED)
    made = []
    for _ in range(NUM_SOUNDS):
        out = io.BytesIO()
        soundfile.write(out, random.uniform(-0.5, 0.5, 2 * RATE_HZ), RATE_HZ, format="WAV")
        made.append(out.getvalue())
    return made


@contextmanager
def server(library: Path) -> Iterator[tuple[str, int]]:
    """The address of a running server, and its process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "soundalike", "serve", str(library), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the server did not start"
        yield found[0], process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


Ask = Callable[[aiohttp.ClientSession, int], Any]


def asks(address: str, num_recordings: int) -> dict[str, Ask]:
    """The two ways to ask: each sends one search."""
    random = np.random.default_rng(SEED)
    ids = [id_of(number) for number in random.integers(0, num_recordings, 10_000).tolist()]
    uploads = sounds()
    url = f"{address}/api/search"

    async def stored(session: aiohttp.ClientSession, number: int) -> None:
        async with session.post(url, data={"recording": ids[number % len(ids)], "k": str(K)}) as answer:
            assert answer.status == 200, await answer.text()
            await answer.read()

    async def upload(session: aiohttp.ClientSession, number: int) -> None:
        form = aiohttp.FormData({"k": str(K)})
        form.add_field("file", uploads[number % len(uploads)], filename="sound.wav")
        async with session.post(url, data=form) as answer:
            assert answer.status == 200, await answer.text()
            await answer.read()

    return {"stored recording": stored, "upload": upload}


async def load(ask: Ask, *, num_clients: int, until: Callable[[int, float], bool]) -> list[float]:
    """Ask from several clients at once, and return the seconds that each answer took.

    Args:
        ask: sends one search.
        num_clients: how many ask at the same time.
        until: told the searches begun and the seconds passed; whether that is enough.
    """
    took_s: list[float] = []
    began_s, num_begun = time.perf_counter(), 0

    async def client(session: aiohttp.ClientSession) -> None:
        nonlocal num_begun
        while not until(num_begun, time.perf_counter() - began_s):
            number, num_begun = num_begun, num_begun + 1
            asked_s = time.perf_counter()
            await ask(session, number)
            took_s.append(time.perf_counter() - asked_s)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=num_clients)) as session:
        await asyncio.gather(*(client(session) for _ in range(num_clients)))
    return took_s


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process has taken; NaN where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return float("nan")
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def measure(ask: Ask, pid: int, num_clients: int, seconds: float) -> dict[str, float]:
    """Searches a second, how long they take, and the server's processor time for each."""
    began_s, began_cpu_s = time.perf_counter(), processor_s(pid)
    took_s = asyncio.run(load(ask, num_clients=num_clients, until=lambda _, passed_s: passed_s > seconds))
    wall_s = time.perf_counter() - began_s
    middle, high, highest = np.percentile(np.array(took_s) * 1e3, [50, 95, 99]).tolist()
    return {
        "per_s": round(len(took_s) / wall_s, 1),
        "median_ms": round(middle, 2),
        "p95_ms": round(high, 2),
        "p99_ms": round(highest, 2),
        "cpu_ms": round((processor_s(pid) - began_cpu_s) / len(took_s) * 1e3, 2),
    }


def shares(library: Path) -> dict[str, float]:
    """Milliseconds of each stage of a search by upload, by one thread: medians."""
    from soundalike.audio import load as load_sound
    from soundalike.library import open_library

    opened = open_library(library)
    encoder, uploads = opened.encoder, sounds()
    stages: dict[str, list[float]] = {"decode": [], "embed": [], "search": [], "as text": []}
    for number in range(NUM_TIMED):
        times = [time.perf_counter()]
        waveform = load_sound(uploads[number % len(uploads)], sample_rate_hz=encoder.sample_rate_hz).waveform
        times.append(time.perf_counter())
        embedding = encoder.embed(waveform[None])
        times.append(time.perf_counter())
        found = opened.search(embedding, k=K)
        times.append(time.perf_counter())
        str(found.as_json())
        times.append(time.perf_counter())
        for name, one_ms in zip(stages, (np.diff(times) * 1e3).tolist(), strict=True):
            stages[name].append(one_ms)
    return {name: round(float(np.median(one)), 3) for name, one in stages.items()}


def memory(ask: Ask, pid: int, counts: list[int]) -> dict[str, float]:
    """Resident memory of the server in MB after so many searches."""
    done, found = 0, {}
    for count in counts:
        todo = count - done
        asyncio.run(load(ask, num_clients=8, until=lambda begun, _, todo=todo: begun >= todo))
        done = count
        line = next(
            one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS")
        )
        found[f"after {count}"] = round(int(line.split()[1]) / 1e3, 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=record.numbers, default=[10_000, 1_000_000])
    parser.add_argument("--clients", type=record.numbers, default=[1, 8, 64])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--encoder", default="default")
    parser.add_argument("--memory-requests", type=record.numbers, default=[1_000, 10_000])
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    for size in options.sizes:
        with tempfile.TemporaryDirectory(dir=options.work) as folder:
            library = Path(folder) / "library"
            make_library(library, size, options.encoder)
            busy = round(os.getloadavg()[0], 1)
            values: dict[str, Any] = {"load_average_before": busy, "stages_ms": shares(library)}
            with server(library) as (address, pid):
                ways = asks(address, -(-size // WINDOWS_PER_RECORDING))
                for way, ask in ways.items():
                    asyncio.run(
                        load(ask, num_clients=2, until=lambda begun, _: begun >= 20)
                    )  # the first ones load
                    for num_clients in options.clients:
                        values[f"{way}, {num_clients} clients"] = measure(
                            ask, pid, num_clients, options.seconds
                        )
            if options.memory_requests and Path("/proc").exists():
                with server(library) as (address, pid):
                    ask = asks(address, -(-size // WINDOWS_PER_RECORDING))["upload"]
                    values["memory_mb"] = memory(ask, pid, options.memory_requests)
        record.append(
            "serving",
            question="searches a second over HTTP, their times, and memory",
            seed=SEED,
            config={
                "windows": size,
                "encoder": options.encoder,
                "seconds": options.seconds,
                "k": K,
            },
            values=values,
        )


if __name__ == "__main__":
    main()
