"""A Ray cluster of three nodes on this machine, for all tests of this folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

# Before anything imports Ray. Each node would start workers in advance, and most of a test's time would go into that.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_enable_worker_prestart"] = "0"  # noqa: SIM112  Ray reads it so
os.environ["RAY_prestart_worker_first_driver"] = "0"  # noqa: SIM112

RATE_HZ = 16000
NODE: dict[str, Any] = {
    "num_cpus": 1,
    "object_store_memory": 80 * 2**20,
    "include_dashboard": False,
}


@pytest.fixture(scope="session")
def cluster(s3_url: str) -> Iterator[Any]:
    """Three nodes of one core each; workers inherit the environment of the nodes, and so the sources under test."""
    from ray.cluster_utils import Cluster

    # Ray's sockets lie in it, and their paths may have 100 characters.
    folder = tempfile.mkdtemp(prefix="ray-")
    started = Cluster(initialize_head=True, head_node_args={**NODE, "temp_dir": folder})
    for _ in range(2):
        started.add_node(**NODE)
    yield started
    processes = [
        info.process.pid
        for node in started.list_all_nodes()
        for infos in node.all_processes.values()
        for info in infos
    ]
    started.shutdown()
    left = [pid for pid in processes if Path(f"/proc/{pid}/cmdline").exists() and _is_running(pid)]
    shutil.rmtree(folder, ignore_errors=True)
    assert left == []


def _is_running(pid: int) -> bool:
    return " Z " not in Path(f"/proc/{pid}/stat").read_text()


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty short recordings and a longer one, copies of some of them, one that is silent and two that are no sound."""
    folder = tmp_path_factory.mktemp("sounds")
    for seed in range(50):
        _write(folder / f"kind-{seed % 4}" / f"{seed:02}.wav", seed, duration_s=2 + seed % 3)
    _write(folder / "long.flac", 99, duration_s=60)
    for seed in (3, 7):
        original = folder / f"kind-{seed % 4}" / f"{seed:02}.wav"
        (folder / f"copy of {seed}.wav").write_bytes(original.read_bytes())
    soundfile.write(folder / "silent.wav", np.zeros(3 * RATE_HZ), RATE_HZ)
    for name in ("broken.wav", "broken too.wav"):
        (folder / name).write_bytes(b"RIFF this is no sound")
    return folder


def _write(path: Path, seed: int, *, duration_s: float) -> None:
    path.parent.mkdir(exist_ok=True)
    random = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    tone = np.sin(2 * np.pi * random.uniform(100, 4000) * time_s)
    soundfile.write(path, 0.3 * tone + 0.05 * random.normal(size=len(time_s)), RATE_HZ)
