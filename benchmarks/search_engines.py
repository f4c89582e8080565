"""One search engine, built or asked in a process of its own; `search.py` starts these.

    python search_engines.py build|ask ENGINE DATA OUT

DATA holds `gallery.npy` float32 [window, dim] of length 1, `queries.npy`, `tuning.npy`, and the ten true neighbours of
each, `truth.npy` and `tuning_truth.npy`. Every engine answers a query with ten rows of path, start and end. The last
line of the output is JSON.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

WINDOWS_PER_RECORDING = 100
BATCH = 50_000
K = 10
COLUMNS = ("id", "path", "start_s", "end_s")
RECALL = 0.99
# A path, a start and an end for each of ten windows, and the windows' numbers.
Answer = tuple[list[tuple[str, float, float]], list[int]]
Ask = Callable[[np.ndarray], Answer]


class Engine(Protocol):
    def build(self, data: Path, out: Path) -> dict[str, Any]:
        """Write an index of `data` to `out`; returns what was chosen. Choosing settings by recall is not timed."""
        ...

    def open(self, data: Path, out: Path) -> Ask: ...


def path_of(number: int) -> str:
    return f"recordings/{number // WINDOWS_PER_RECORDING:08d}.wav"


class Vectors:
    """The rows of a file, read when asked for: mapped pages would count as memory of the engine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        mapped = np.load(path, mmap_mode="r")
        self.shape, self._offset = mapped.shape, mapped.offset

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        first, last, _ = rows.indices(len(self))
        dim = self.shape[1]
        block = np.fromfile(
            self._path, np.float32, (last - first) * dim, offset=self._offset + first * dim * 4
        )
        return block.reshape(-1, dim)

    def sample(self, num_rows: int) -> np.ndarray:
        chosen = np.sort(np.random.default_rng(0).choice(len(self), min(len(self), num_rows), replace=False))
        parts = [
            self[start : start + BATCH][chosen[(chosen >= start) & (chosen < start + BATCH)] - start]
            for start in range(0, len(self), BATCH)
        ]
        return np.concatenate(parts)


class Table:
    """The metadata look-up of those engines that have none: a table in SQLite, as perch-hoplite has."""

    def __init__(self, out: Path) -> None:
        self._connection = sqlite3.connect(out / "windows.sqlite")

    def fill(self, num_windows: int) -> None:
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(
            "CREATE TABLE windows (id INTEGER PRIMARY KEY, path TEXT, start_s REAL, end_s REAL)"
        )
        rows = (
            (n, path_of(n), n % WINDOWS_PER_RECORDING, n % WINDOWS_PER_RECORDING + 2)
            for n in range(num_windows)
        )
        self._connection.executemany("INSERT INTO windows VALUES (?, ?, ?, ?)", rows)
        self._connection.commit()

    def look_up(self, numbers: np.ndarray) -> Answer:
        wanted = numbers.tolist()
        marks = ",".join("?" * len(wanted))
        rows = self._connection.execute(
            f"SELECT id, path, start_s, end_s FROM windows WHERE id IN ({marks})", wanted
        ).fetchall()
        found = {row[0]: row[1:] for row in rows}
        return [found[number] for number in wanted], wanted


class Numpy:
    def build(self, data: Path, out: Path) -> dict[str, Any]:
        Table(out).fill(len(Vectors(data / "gallery.npy")))
        return {"what": "one product of matrices over everything"}

    def open(self, data: Path, out: Path) -> Ask:
        gallery, table = np.load(data / "gallery.npy"), Table(out)

        def ask(query: np.ndarray) -> Answer:
            products = gallery @ query
            best = np.argpartition(products, -K)[-K:]
            return table.look_up(best[np.argsort(-products[best])])

        return ask


class Faiss:
    """IVF-Flat or HNSW; how far to look is the smallest power of two that reaches 0.99 on the tuning queries."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def build(self, data: Path, out: Path) -> dict[str, Any]:
        import faiss

        gallery = Vectors(data / "gallery.npy")
        num_windows, dim = gallery.shape
        if self._kind == "ivf":
            num_cells = int(4 * np.sqrt(num_windows))
            index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, num_cells, faiss.METRIC_INNER_PRODUCT)
            index.train(gallery.sample(64 * num_cells))
        else:
            index = faiss.IndexHNSWFlat(dim, 32, faiss.METRIC_INNER_PRODUCT)
        for start in range(0, num_windows, BATCH):
            index.add(gallery[start : start + BATCH])
        faiss.write_index(index, str(out / "index.faiss"))
        Table(out).fill(num_windows)
        return {"what": "IndexIVFFlat, 4 sqrt(n) cells" if self._kind == "ivf" else "IndexHNSWFlat, M 32"}

    def tune(self, data: Path, out: Path) -> dict[str, Any]:
        index = self._read(out)
        queries, truth = np.load(data / "tuning.npy"), np.load(data / "tuning_truth.npy")
        effort = 1
        while effort < 4096:
            self._set(index, effort)
            if recall_of(index.search(queries, K)[1], truth) >= RECALL:
                break
            effort *= 2
        (out / "effort.json").write_text(json.dumps(effort))
        return {"nprobe" if self._kind == "ivf" else "efSearch": effort}

    def open(self, data: Path, out: Path) -> Ask:
        index, table = self._read(out), Table(out)
        self._set(index, json.loads((out / "effort.json").read_text()))
        return lambda query: table.look_up(index.search(query[None], K)[1][0])

    def _read(self, out: Path) -> Any:
        import faiss

        return faiss.read_index(str(out / "index.faiss"))

    def _set(self, index: Any, effort: int) -> None:
        if self._kind == "ivf":
            index.nprobe = effort
        else:
            index.hnsw.efSearch = effort


class USearch:
    def build(self, data: Path, out: Path) -> dict[str, Any]:
        from usearch.index import Index

        gallery = Vectors(data / "gallery.npy")
        index = Index(ndim=gallery.shape[1], metric="ip", dtype="f32")
        for start in range(0, len(gallery), BATCH):
            block = gallery[start : start + BATCH]
            index.add(np.arange(start, start + len(block)), block, threads=1)
        index.save(str(out / "index.usearch"))
        Table(out).fill(len(gallery))
        return {"what": "its defaults, float32"}

    def tune(self, data: Path, out: Path) -> dict[str, Any]:
        queries, truth = np.load(data / "tuning.npy"), np.load(data / "tuning_truth.npy")
        index, effort = self._read(out), 16
        while effort < 4096:
            index.expansion_search = effort
            if recall_of([index.search(query, K).keys for query in queries], truth) >= RECALL:
                break
            effort *= 2
        (out / "effort.json").write_text(json.dumps(effort))
        return {"expansion_search": effort}

    def open(self, data: Path, out: Path) -> Ask:
        index, table = self._read(out), Table(out)
        index.expansion_search = json.loads((out / "effort.json").read_text())
        return lambda query: table.look_up(index.search(query, K, threads=1).keys.astype(np.int64))

    def _read(self, out: Path) -> Any:
        from usearch.index import Index

        return Index.restore(str(out / "index.usearch"))


class LanceDB:
    def __init__(self, *, indexed: bool = True) -> None:
        self._indexed = indexed

    def build(self, data: Path, out: Path) -> dict[str, Any]:
        import lancedb
        import pyarrow as pa

        gallery = Vectors(data / "gallery.npy")
        num_windows, dim = gallery.shape

        def batch(start: int) -> Any:
            block = gallery[start : start + BATCH]
            numbers = np.arange(start, start + len(block))
            return pa.table(
                {
                    "id": numbers,
                    "path": [path_of(n) for n in numbers.tolist()],
                    "start_s": (numbers % WINDOWS_PER_RECORDING).astype(float),
                    "end_s": (numbers % WINDOWS_PER_RECORDING + 2).astype(float),
                    "vector": pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), dim),
                }
            )

        database = lancedb.connect(out / "lancedb")
        table = database.create_table("windows", batch(0))
        for start in range(BATCH, num_windows, BATCH):
            table.add(batch(start))
        if not self._indexed:
            return {"what": "a scan"}
        table.create_index(
            metric="dot",
            vector_column_name="vector",
            index_type="IVF_FLAT",
            num_partitions=int(np.sqrt(num_windows)),
        )
        return {"what": "IVF_FLAT, sqrt(n) partitions"}

    def tune(self, data: Path, out: Path) -> dict[str, Any]:
        queries, truth = np.load(data / "tuning.npy"), np.load(data / "tuning_truth.npy")
        effort = 1
        while self._indexed and effort < 4096:
            (out / "effort.json").write_text(json.dumps(effort))
            ask = self.open(data, out)
            if recall_of([ask(query)[1] for query in queries], truth) >= RECALL:
                break
            effort *= 2
        return {"nprobes": effort} if self._indexed else {}

    def open(self, data: Path, out: Path) -> Ask:
        import lancedb

        table = lancedb.connect(out / "lancedb").open_table("windows")
        effort = json.loads((out / "effort.json").read_text()) if self._indexed else 0

        def ask(query: np.ndarray) -> Answer:
            search = table.search(query).distance_type("dot").select([*COLUMNS, "_distance"])
            rows = (search.nprobes(effort) if self._indexed else search).limit(K).to_list()
            return [(row["path"], row["start_s"], row["end_s"]) for row in rows], [row["id"] for row in rows]

        return ask


class Hoplite:
    def build(self, data: Path, out: Path) -> dict[str, Any]:
        from perch_hoplite.db import sqlite_usearch_impl as implementation

        gallery = Vectors(data / "gallery.npy")
        database = implementation.SQLiteUSearchDB.create(
            str(out / "hoplite"), implementation.get_default_usearch_config(gallery.shape[1])
        )
        deployment = database.insert_deployment(name="all", project="benchmark")
        for start in range(0, len(gallery), WINDOWS_PER_RECORDING):
            recording = database.insert_recording(path_of(start), deployment_id=deployment)
            block = gallery[start : start + WINDOWS_PER_RECORDING]
            windows = [
                {"recording_id": recording, "offsets": [float(n), float(n + 2)]} for n in range(len(block))
            ]
            database.insert_windows_batch(windows, block, handle_duplicates="allow")
        database.commit()
        return {"what": "SQLite and USearch with its own settings"}

    def open(self, data: Path, out: Path) -> Ask:
        from perch_hoplite.db import sqlite_usearch_impl as implementation

        database = implementation.SQLiteUSearchDB.create(str(out / "hoplite"))

        def ask(query: np.ndarray) -> Answer:
            rows, numbers = [], []
            for result in sorted(database.search(query, K).search_results, key=lambda one: -one.sort_score):
                window = database.get_window(int(result.window_id))
                recording = database.get_recording(window.recording_id)
                rows.append((recording.filename, window.offsets[0], window.offsets[1]))
                numbers.append(
                    int(recording.filename[-12:-4]) * WINDOWS_PER_RECORDING + int(window.offsets[0])
                )
            return rows, numbers

        return ask


class Soundalike:
    def __init__(self, *, exact: bool = False) -> None:
        self._exact = exact

    def build(self, data: Path, out: Path) -> dict[str, Any]:
        from soundalike.store import (
            EncoderRecord,
            LibraryHeader,
            Recording,
            Store,
            Windows,
            refresh_index,
        )

        gallery = Vectors(data / "gallery.npy")
        record = EncoderRecord(
            name="benchmark",
            source="benchmark",
            fingerprint="benchmark",
            window_s=2.0,
            sample_rate_hz=16_000,
            dim=gallery.shape[1],
            distance="euclidean",
        )
        store = Store.create(
            out / "library", LibraryHeader(encoder=record, hop_s=1.0, soundalike_version="0")
        )
        store.write_roots({"root": "/"})
        for start in range(0, len(gallery), BATCH):
            block = gallery[start : start + BATCH]
            numbers = np.arange(start, start + len(block))
            ids = [f"{number // WINDOWS_PER_RECORDING:016x}" for number in numbers.tolist()]
            begins = (numbers % WINDOWS_PER_RECORDING).astype(float)
            store.add_windows(
                Windows(recording_ids=np.array(ids), start_s=begins, end_s=begins + 2, embeddings=block)
            )
            firsts = range(start, start + len(block), WINDOWS_PER_RECORDING)
            store.put_recordings(
                [
                    Recording(
                        root="root",
                        root_path="/",
                        path=path_of(first),
                        recording_id=f"{first // WINDOWS_PER_RECORDING:016x}",
                        num_windows=min(WINDOWS_PER_RECORDING, len(gallery) - first),
                    )
                    for first in firsts
                ]
            )
        written_s = time.perf_counter()
        refresh_index(store)
        return {
            "what": "a library in Lance, with its search index where it has one",
            "index_s": round(time.perf_counter() - written_s, 2),
        }

    def open(self, data: Path, out: Path) -> Ask:
        from soundalike.library import open_library

        library = open_library(out / "library", encoder=_Encoder())  # type: ignore[arg-type]

        def ask(query: np.ndarray) -> Answer:
            hits = library.search(query, k=K, per="window", exact=self._exact).hits
            rows = [(hit.path, hit.start_s, hit.end_s) for hit in hits]
            return rows, [int(path[-12:-4]) * WINDOWS_PER_RECORDING + int(start) for path, start, _ in rows]

        return ask


class _Encoder:
    """Stands where the encoder of the library would; nothing is embedded here."""

    name = fingerprint = "benchmark"
    window_s = 2.0
    sample_rate_hz = 16_000
    dim = 128
    distance = "euclidean"

    class card:  # noqa: N801
        calibration = None


ENGINES: dict[str, Callable[[], Any]] = {
    "soundalike": Soundalike,
    "soundalike --exact": lambda: Soundalike(exact=True),
    "perch-hoplite": Hoplite,
    "LanceDB": LanceDB,
    "LanceDB scan": lambda: LanceDB(indexed=False),
    "FAISS IVF": lambda: Faiss("ivf"),
    "FAISS HNSW": lambda: Faiss("hnsw"),
    "USearch": USearch,
    "NumPy": Numpy,
}


def recall_of(found: Iterable[Iterable[int]], truth: np.ndarray) -> float:
    return float(
        np.mean([len(set(one) & set(true)) / len(true) for one, true in zip(found, truth, strict=True)])
    )


def build(engine: Any, data: Path, out: Path) -> dict[str, Any]:
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    about = engine.build(data, out)
    values = {
        "build_s": round(time.perf_counter() - started_s, 2),
        "build_cpu_s": round(time.process_time() - started_cpu_s, 2),
        "build_peak_mb": peak_mb(),
    }
    if hasattr(engine, "tune"):
        about |= engine.tune(data, out)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return {**values, "disk_mb": round(size / 1e6, 1), "about": about}


def ask(engine: Any, data: Path, out: Path) -> dict[str, Any]:
    queries, truth = np.load(data / "queries.npy"), np.load(data / "truth.npy")
    started_s = time.perf_counter()
    answer = engine.open(data, out)
    opened_s = time.perf_counter()
    answer(queries[0])
    first_s = time.perf_counter()
    took_ms, worked_ms, found = [], [], []
    # Twice: what the second round finds in memory is what "warm" means.
    for _ in range(2):
        took_ms, worked_ms, found = [], [], []
        for query in queries:
            before_s, before_cpu_s = time.perf_counter(), time.process_time()
            rows, numbers = answer(query)
            took_ms.append((time.perf_counter() - before_s) * 1e3)
            worked_ms.append((time.process_time() - before_cpu_s) * 1e3)
            assert len(rows) == K
            found.append(numbers)
    return {
        "open_ms": round((opened_s - started_s) * 1e3, 1),
        "first_ms": round((first_s - opened_s) * 1e3, 1),
        "warm_median_ms": round(float(np.median(took_ms)), 3),
        "warm_p95_ms": round(float(np.quantile(took_ms, 0.95)), 3),
        "warm_cpu_median_ms": round(float(np.median(worked_ms)), 3),
        "warm_cpu_p95_ms": round(float(np.quantile(worked_ms, 0.95)), 3),
        "recall_at_10": round(recall_of(found, truth), 4),
        "ask_peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says begins with the peak of the process that started this one.
        lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return round(int(lines[0].split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    step, name, data_folder, out_folder = sys.argv[1:]
    work = {"build": build, "ask": ask}[step]
    print(json.dumps(work(ENGINES[name](), Path(data_folder), Path(out_folder))))
