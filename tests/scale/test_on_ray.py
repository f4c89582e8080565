"""A library made on a Ray cluster is the one that a single machine makes, whatever dies on the way."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest

from cli.command_line import FAST, soundalike
from scale.conftest import NODE
from soundalike.errors import ClusterError
from soundalike.library import index
from soundalike.library.crew import Crew
from soundalike.scale import Cluster, connected, on_cluster
from soundalike.store import Recording, Store

ENCODER = "spectral-averages"
HOP_S = 0.5


@pytest.fixture(scope="module")
def expected(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The library that one machine makes, and its report."""
    lib = tmp_path_factory.mktemp("expected") / "lib"
    report = index(lib, [sounds], encoder=ENCODER, hop_s=HOP_S, jobs=1)
    assert (len(report.skipped), report.recordings["duplicate"]) == (2, 2)
    return lib, report.as_json()


@pytest.fixture
def driver(cluster: Any) -> Iterator[None]:
    """This process, connected to the cluster."""
    with connected(cluster.address):
        yield


def everything(lib: Path | str, root: Path | str) -> tuple[list[tuple[object, ...]], list[Any]]:
    """All that a library says, but for the random names of its rows and for where its audio lies."""
    store = Store(lib)
    rows = [
        (row.path, row.recording_id, row.status, row.reason, row.num_windows, row.num_silent, row.duration_s)
        for row in store.recordings()
    ]
    windows = store.windows()
    # Nothing beside the windows that count: nothing is there twice.
    assert store._windows.count_rows() == len(windows)
    return sorted(rows), [windows.recording_ids, windows.start_s, windows.end_s, windows.embeddings]


def assert_same(lib: Path | str, expected: Path) -> None:
    for one, other in zip(everything(lib, "")[1], everything(expected, "")[1], strict=True):
        np.testing.assert_array_equal(one, other)
    assert everything(lib, "")[0] == everything(expected, "")[0]


def comparable(document: dict[str, Any], root: str) -> dict[str, Any]:
    """A report without what is of the moment or the place."""
    skipped = [(one["path"].removeprefix(root), one["reason"]) for one in document["skipped"]]
    return {**document, "wall_s": None, "skipped": skipped}


def noticing(then: Callable[[], None], *, after: int = 1) -> Any:
    """A crew on the cluster that does something once, in the middle: when some files have come back."""

    @contextmanager
    def hire(store: Store, encoder: Any, on_read: Any) -> Iterator[Crew]:
        seen: list[Recording] = []

        def notice(row: Recording, read_s: float) -> None:
            seen.append(row)
            if len(seen) == after:
                then()
            on_read(row, read_s)

        inner: AbstractContextManager[Crew] = on_cluster(Cluster())(store, encoder, notice)
        with inner as crew:
            yield crew

    return hire


def workers_of(cluster: Any) -> list[int]:
    """The processes that embed, of this cluster's nodes and of no other."""
    nodes = {
        info.process.pid
        for node in cluster.list_all_nodes()
        for infos in node.all_processes.values()
        for info in infos
    }
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if b"EmbedParcel" in command and parent in nodes:
                found.append(int(entry.name))
    return found


@pytest.mark.usefixtures("driver")
def test_audio_and_library_in_a_bucket(
    s3: str, sounds: Path, expected: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    lib, report = expected
    client = boto3.client("s3")
    for path in sounds.rglob("*.*"):
        client.put_object(
            Bucket="library-tests", Key=f"scale/{path.relative_to(sounds).as_posix()}", Body=path.read_bytes()
        )
    crew = on_cluster(Cluster())
    made = index(f"{s3}/scale-lib", [f"{s3}/scale"], encoder=ENCODER, hop_s=HOP_S, crew=crew)
    assert comparable(made.as_json(), f"{s3}/scale") == comparable(report, str(sounds))
    assert_same(f"{s3}/scale-lib", lib)
    again = index(f"{s3}/scale-lib", [f"{s3}/scale"], crew=crew)
    assert again.recordings == {"unchanged": 54, "skipped": 2}
    assert again.audio_s == 0


@pytest.mark.usefixtures("driver")
def test_workers_and_a_node_die_in_the_middle(
    cluster: Any, sounds: Path, expected: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    killed = []

    def disaster() -> None:
        for pid in workers_of(cluster):
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
        cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)

    try:
        crew = noticing(disaster, after=5)
        made = index(tmp_path / "lib", [sounds], encoder=ENCODER, hop_s=HOP_S, crew=crew)
    finally:
        cluster.add_node(**NODE)
    assert killed
    assert comparable(made.as_json(), str(sounds)) == comparable(expected[1], str(sounds))
    assert_same(tmp_path / "lib", expected[0])


def test_the_driver_dies_in_the_middle(
    cluster: Any, sounds: Path, expected: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    program = f"""
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
import soundalike.scale.crew as crew
from soundalike.library import index
from soundalike.scale import connected
from test_on_ray import noticing
crew.COMMIT_EVERY_S = 0.0
with connected({cluster.address!r}):
    die = noticing(lambda: os.kill(os.getpid(), signal.SIGKILL), after=20)
    index({str(tmp_path / "lib")!r}, [{str(sounds)!r}], encoder={ENCODER!r}, hop_s={HOP_S}, crew=die)
"""
    path = os.pathsep.join(one for one in sys.path if one)
    died = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    begun = len(Store(tmp_path / "lib").recordings())
    assert 0 < begun < 50
    done = soundalike("index", tmp_path / "lib", sounds, "--ray", cluster.address, "--json")
    assert done.exit_code == 3, done.stderr
    assert "core_worker" not in done.stderr
    counts = done.document["recordings"]
    assert counts["unchanged"] + counts["added"] + counts["duplicate"] == 54
    assert counts["unchanged"] >= begun - 2
    assert_same(tmp_path / "lib", expected[0])


@pytest.mark.usefixtures("driver")
def test_another_encoder_is_embedded_on_the_cluster_too(
    sounds: Path, expected: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    few = sounds / "kind-1"
    index(tmp_path / "lib", [few], encoder=ENCODER, hop_s=1.0)
    crew = on_cluster(Cluster(num_workers=1))
    moved = index(tmp_path / "lib", [], encoder="raw-logfreq", hop_s=HOP_S, reembed=True, crew=crew)
    assert moved.num_reembedded == len(list(few.iterdir()))
    index(tmp_path / "one", [few], encoder="raw-logfreq", hop_s=HOP_S)
    assert_same(tmp_path / "lib", tmp_path / "one")


@pytest.mark.usefixtures("driver")
def test_what_a_cluster_cannot_do(cluster: Any, sounds: Path, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="has 3 cores and 0 GPUs, too few for a worker with 8 cores"):
        index(tmp_path / "lib", [sounds], encoder=ENCODER, crew=on_cluster(Cluster(cpus_per_worker=8)))
    with pytest.raises(
        ClusterError, match=r"has 3 cores and 0 GPUs, too few for a worker with 1 cores and 0\.5 GPUs"
    ):
        index(tmp_path / "lib", [sounds], encoder=ENCODER, crew=on_cluster(Cluster(gpus_per_worker=0.5)))
    assert Store(tmp_path / "lib").recordings() == []


def test_a_machine_with_another_soundalike_is_refused(cluster: Any, tmp_path: Path) -> None:
    about = tmp_path / "soundalike-0.0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: soundalike\nVersion: 0.0.1\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    node = cluster.add_node(**NODE, env_vars={"PYTHONPATH": path})
    try:
        refusal = r"has soundalike 0\.0\.1, this one .* pip install soundalike=="
        with pytest.raises(ClusterError, match=refusal), connected(cluster.address):
            pass
    finally:
        cluster.remove_node(node)


def test_errors_before_any_work(sounds: Path, tmp_path: Path) -> None:
    lib = tmp_path / "lib"
    away = soundalike("index", lib, sounds, *FAST, "--ray", "127.0.0.1:9")
    assert (away.exit_code, "nothing answers at '127.0.0.1:9'" in away.stderr) == (1, True)
    odd = soundalike("index", lib, sounds, *FAST, "--ray", "somewhere")
    assert (odd.exit_code, "is no address of a cluster" in odd.stderr) == (2, True)
    alone = soundalike("index", lib, sounds, *FAST, "--workers", "2")
    assert (alone.exit_code, "are for --ray" in alone.stderr) == (2, True)
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "__init__.py").write_text("raise ImportError('No module named ray')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    without = soundalike("index", lib, sounds, *FAST, "--ray", "local", environment={"PYTHONPATH": path})
    assert (without.exit_code, "pip install 'soundalike[scale]'" in without.stderr) == (2, True)
    assert not lib.exists()


def test_the_page_from_laptop_to_cluster(
    cluster: Any, s3: str, sounds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands, as they are written; what copies folders is another tool's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    shutil.copytree(sounds / "kind-0", tmp_path / "sounds")
    (tmp_path / "sounds" / "broken.wav").write_bytes(b"no sound")
    client = boto3.client("s3")
    client.create_bucket(Bucket="my-bucket")
    page = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()]
    outcomes = []
    for words in lines:
        if words[:3] == ["aws", "s3", "sync"]:
            for path in Path(words[3]).rglob("*"):
                if path.is_file():
                    prefix = words[4].removeprefix("s3://my-bucket/")
                    key = f"{prefix}/{path.relative_to(words[3]).as_posix()}"
                    client.put_object(Bucket="my-bucket", Key=key, Body=path.read_bytes())
        else:
            fast = FAST if words[1:3] == ["index", "my-library"] else ()
            outcomes.append(soundalike(*words[1:], *fast, "--json"))
    assert [outcome.exit_code for outcome in outcomes] == [3, 0, 3], outcomes
    made, moved, again = (outcome.document for outcome in outcomes)
    assert moved["num_files"] == 14
    assert (again["recordings"]["unchanged"], again["audio_s"]) == (13, 0)
    assert (again["windows"], len(again["skipped"])) == (made["windows"], 1)
