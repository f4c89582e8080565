"""Embeddings leave for NumPy and pandas, and come back the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from band_encoder import RATE_HZ, WINDOW_S, BandEncoder, write_sound

import soundalike
from soundalike.audio import cut_windows, load
from soundalike.errors import OutputError, UsageError
from soundalike.library import embedding_files, index, open_library
from soundalike.library.embedding_files import EmbeddedWindows, embedding_file

COLUMNS = ["path", "recording_id", "label", "start_s", "end_s", "embedding"]


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The columns and what they were made with, without soundalike."""
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in COLUMNS}, json.loads(str(arrays["soundalike"]))
    table = pq.read_table(path)
    columns = {name: np.array(table[name].to_pylist()) for name in COLUMNS}
    return columns, json.loads(table.schema.metadata[b"soundalike"])


def expected_of(paths: list[Path], *, hop_s: float) -> dict[str, np.ndarray]:
    starts, vectors, names = [], [], []
    for path in paths:
        waveform = load(path, sample_rate_hz=RATE_HZ).waveform
        windows = cut_windows(waveform, sample_rate_hz=RATE_HZ, window_s=WINDOW_S, hop_s=hop_s)
        vectors.append(BandEncoder().embed(windows))
        starts += [number * hop_s for number in range(len(windows))]
        names += [str(path)] * len(windows)
    return {"path": np.array(names), "start_s": np.array(starts), "embedding": np.concatenate(vectors)}


@pytest.fixture
def sounds(audio: Path) -> list[Path]:
    names = ["a, b.wav", "Käuzchen.wav", "quote'.wav", "梟.wav"]
    return sorted(write_sound(audio / "owls" / name, seed) for seed, name in enumerate(names))


def check(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    np.testing.assert_array_equal(found["path"], expected["path"])
    np.testing.assert_allclose(found["start_s"], expected["start_s"])
    np.testing.assert_allclose(found["embedding"], expected["embedding"], rtol=1e-5)
    assert (found["end_s"] > found["start_s"]).all()
    assert set(found["label"]) == {"owls"}
    assert len(set(found["recording_id"])) == 4


@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_embeddings_of_files(sounds: list[Path], audio: Path, tmp_path: Path, suffix: str) -> None:
    (audio / "owls" / "zz broken.wav").write_text("no sound", encoding="utf-8")
    soundfile.write(audio / "owls" / "zzz silent.wav", np.zeros(RATE_HZ), RATE_HZ)
    out = tmp_path / f"owls.{suffix}"
    report = soundalike.embed([audio], out, encoder=BandEncoder(), hop_s=0.25)
    found, metadata = read(out)
    check(found, expected_of(sounds, hop_s=0.25))
    assert report.as_json() | {"skipped": None} == {
        "files": 5,
        "windows": len(found["path"]),
        "silent": 3,
        "skipped": None,
    }
    assert [Path(one.path).name for one in report.skipped] == ["zz broken.wav"]
    assert metadata == {
        **{"encoder": "bands", "fingerprint": "bands-1", "sample_rate_hz": RATE_HZ, "window_s": WINDOW_S},
        **{"hop_s": 0.25, "dim": 8, "distance": "euclidean"},
    }
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_embeddings_of_a_library(
    sounds: list[Path], audio: Path, lib: Path, tmp_path: Path, suffix: str
) -> None:
    index(lib, [audio], encoder=BandEncoder(), hop_s=0.25)
    library = open_library(lib, encoder=BandEncoder())
    out = tmp_path / f"lib.{suffix}"
    written = library.export(out)
    found, _ = read(out)
    check(found, expected_of(sounds, hop_s=0.25))
    assert written == {"recordings": 4, "windows": len(found["path"])}
    assert list(found["recording_id"][:1]) == [library.search(sounds[0], k=1).hits[0].recording_id]
    some = library.export(out, where="start_s < 0.3 AND path LIKE '%zchen.wav'")
    assert some == {"recordings": 1, "windows": 2}
    assert list(read(out)[0]["start_s"]) == [0.0, 0.25]
    library.remove([sounds[0]])
    assert library.export(out)["recordings"] == 3
    assert str(sounds[0]) not in set(read(out)[0]["path"])


def test_batches_are_shared_between_files(audio: Path, tmp_path: Path) -> None:
    paths = [write_sound(audio / f"{seed:02}.wav", seed, duration_s=0.5 * (seed + 1)) for seed in range(12)]
    encoder = BandEncoder()
    soundalike.embed([audio], tmp_path / "all.npz", encoder=encoder, hop_s=0.1)
    found, _ = read(tmp_path / "all.npz")
    expected = expected_of(paths, hop_s=0.1)
    np.testing.assert_array_equal(found["path"], expected["path"])
    np.testing.assert_allclose(found["embedding"], expected["embedding"], rtol=1e-5)


def rows(number: int, count: int) -> EmbeddedWindows:
    return EmbeddedWindows(
        path=["x"] * count,
        recording_id=["y"] * count,
        label=["z"] * count,
        start_s=np.full(count, float(number)),
        end_s=np.full(count, number + 1.0),
        embedding=np.full((count, 2), number, np.float32),
    )


def test_parquet_goes_out_in_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_files, "ROWS_PER_GROUP", 10)
    out = tmp_path / "x.parquet"
    with embedding_file(out, {"dim": 2}) as file:
        for number in range(9):
            file.write(rows(number, number))
    groups = pq.ParquetFile(out)
    sizes = [groups.metadata.row_group(one).num_rows for one in range(groups.num_row_groups)]
    assert sum(sizes) == 36
    assert max(sizes) <= 10
    assert len(sizes) <= 6
    starts = pq.read_table(out)["start_s"].to_pylist()
    assert starts == [float(number) for number in range(9) for _ in range(number)]


@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_no_windows(tmp_path: Path, suffix: str) -> None:
    with embedding_file(tmp_path / f"x.{suffix}", {"dim": 3}):
        pass
    assert len(read(tmp_path / f"x.{suffix}")[0]["path"]) == 0


@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_a_file_is_whole_or_not_there(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"x.{suffix}"
    out.write_text("before", encoding="utf-8")

    def stopped() -> None:
        with embedding_file(out, {"dim": 2}) as file:
            file.write(rows(0, 3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    assert out.read_text(encoding="utf-8") == "before"


def test_wrong_usage(audio: Path, tmp_path: Path) -> None:
    path = write_sound(audio / "a.wav", 1)
    with pytest.raises(UsageError, match=r"neither \.npz nor \.parquet"):
        soundalike.embed([path], tmp_path / "x.csv", encoder=BandEncoder())
    with pytest.raises(UsageError, match="hop_s is 0"):
        soundalike.embed([path], tmp_path / "x.npz", encoder=BandEncoder(), hop_s=0)
    with pytest.raises(OutputError, match="cannot write"):
        soundalike.embed([path], tmp_path / "no folder" / "x.npz", encoder=BandEncoder())
    with pytest.raises(UsageError, match="no file or folder"):
        soundalike.embed([tmp_path / "nothing.wav"], tmp_path / "x.npz", encoder=BandEncoder())


def test_memory_of_parquet_does_not_grow_with_the_library(tmp_path: Path) -> None:
    import pyarrow as pa

    peaks = []
    for num_parts in (8, 64):
        before = pa.total_allocated_bytes()
        most = 0
        with embedding_file(tmp_path / f"{num_parts}.parquet", {"dim": 2}) as file:
            for _ in range(num_parts):
                file.write(rows(1, 4096))
                most = max(most, pa.total_allocated_bytes() - before)
        peaks.append(most)
    assert peaks[1] < 2 * peaks[0]
