"""Starts Ray on this machine, or joins a cluster, and makes sure that its machines can do the work."""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from soundalike.errors import ClusterError, MissingExtraError, UsageError
from soundalike.library.workers import usable_cores

# Ray's own least; what travels through it here are names and rows, never sound or embeddings.
_OBJECT_STORE_BYTES = 80 * 2**20
_CONNECT_TIMEOUT_S = 5.0
_CHECK_TIMEOUT_S = 120.0
_HOST_AND_PORT = re.compile(r"(?P<host>[^:/\s]+|\[[0-9a-fA-F:]+\]):(?P<port>\d+)")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """How the work is dealt out on a cluster that this process is connected to.

    Attributes:
        num_workers: processes that decode and embed, at most; None for as many as have room.
        cpus_per_worker: cores of each, > 0.
        gpus_per_worker: GPUs of each; below 1, several workers share one.
    """

    num_workers: int | None = None
    cpus_per_worker: int = 1
    gpus_per_worker: float = 0.0

    def __post_init__(self) -> None:
        if self.num_workers is not None and self.num_workers < 1:
            raise UsageError(f"there should be 1 worker or more, not {self.num_workers}.")
        if self.cpus_per_worker < 1:
            raise UsageError(f"a worker needs 1 core or more, not {self.cpus_per_worker}.")
        if self.gpus_per_worker < 0:
            raise UsageError(f"a worker cannot have {self.gpus_per_worker:g} GPUs.")

    def room(self) -> int:
        """How many workers there can be now.

        Raises:
            ClusterError: there is no room for one.
        """
        import ray

        has = ray.cluster_resources()
        room = int(has.get("CPU", 0) // self.cpus_per_worker)
        if self.gpus_per_worker:
            room = min(room, int(has.get("GPU", 0) / self.gpus_per_worker))
        if room < 1:
            raise ClusterError(
                f"the Ray cluster has {has.get('CPU', 0):g} cores and {has.get('GPU', 0):g} GPUs, too few for a worker "
                f"with {self.cpus_per_worker} cores and {self.gpus_per_worker:g} GPUs."
            )
        return room if self.num_workers is None else min(room, self.num_workers)


@contextmanager
def connected(address: str, *, num_cpus: int | None = None) -> Iterator[None]:
    """Connect this process to Ray; a program that is connected already stays so.

    Args:
        address: "local" starts Ray on this machine, until the end; "auto" finds the cluster that this machine belongs
            to; else the cluster's "host:port".
        num_cpus: cores that "local" may use; None for all.
    Raises:
        MissingExtraError: Ray is not installed.
        ClusterError: there is no cluster, it cannot be joined, or its machines lack soundalike.
    """
    # Nothing about anybody's runs leaves the machine.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # What Ray's core says of its own inside goes to our standard error; what matters arrives as an exception.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # A worker without a GPU should not be told that there are none; and "local" is this machine alone.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as exc:
        raise MissingExtraError(
            "--ray needs Ray, which is not installed: pip install 'soundalike[scale]'."
        ) from exc
    if ray.is_initialized():
        _refuse_unfit_machines(ray)
        yield
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address == "local":
            options |= {
                "num_cpus": num_cpus or usable_cores(),
                "include_dashboard": False,
                "object_store_memory": _OBJECT_STORE_BYTES,
                "_node_ip_address": "127.0.0.1",
            }
        elif address != "auto":
            _refuse_unreachable(address)
        with _silent():
            ray.init(address, **options)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError, OSError) as exc:
        raise ClusterError(_told(address, exc)) from exc
    try:
        _refuse_unfit_machines(ray)
        yield
    finally:
        ray.shutdown()


@contextmanager
def _silent() -> Iterator[None]:
    """While Ray's core tells standard error, past Python, what it was told in the environment."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _refuse_unreachable(address: str) -> None:
    """Say at once what Ray would say after a minute."""
    found = _HOST_AND_PORT.fullmatch(address)
    if found is None:
        raise UsageError(
            f"--ray '{address}' is no address of a cluster: write local, auto, or HOST:PORT as `ray start` prints it."
        )
    try:
        place = found["host"].strip("[]"), int(found["port"])
        socket.create_connection(place, timeout=_CONNECT_TIMEOUT_S).close()
    except (OSError, OverflowError) as exc:
        raise ClusterError(
            f"nothing answers at '{address}': {exc}. Start a cluster with `ray start --head`, or use --ray local."
        ) from exc


def _told(address: str, exc: Exception) -> str:
    reason = str(exc).strip().split("\n", 1)[0].rstrip(".")
    if address == "auto" and isinstance(exc, ConnectionError):
        return (
            "this machine belongs to no Ray cluster. Start one with `ray start --head`, join one with "
            "`ray start --address HOST:PORT`, or use --ray local."
        )
    return f"cannot join the Ray cluster '{address}': {reason}. Run this on a machine of the cluster."


def _refuse_unfit_machines(ray: Any) -> None:
    """Make sure that every machine with cores has this soundalike, before any work is lost there."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    own = version("soundalike")
    asked = {
        node["NodeID"]: node["NodeManagerAddress"]
        for node in ray.nodes()
        if node["Alive"] and node["Resources"].get("CPU")
    }
    # By value: a function that is looked up by its name could not even say that the package is missing.
    probe = ray.remote(num_cpus=0)(_probe())
    answers = {
        probe.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False)).remote(): host
        for node_id, host in asked.items()
    }
    for answer, host in answers.items():
        try:
            found = ray.get(answer, timeout=_CHECK_TIMEOUT_S)
        except ray.exceptions.RayError as exc:
            raise ClusterError(
                f"the machine {host} of the Ray cluster cannot be used: {str(exc).strip().splitlines()[-1]}"
            ) from exc
        if found != own:
            has = f"soundalike {found}" if found else "no soundalike"
            raise ClusterError(
                f"the machine {host} of the Ray cluster has {has}, this one {own}. Install the same there: "
                f"pip install soundalike=={own}"
            )


def _probe() -> Any:
    """A function that travels as code, and says which soundalike there is where it runs."""

    def installed() -> str:
        from importlib.metadata import PackageNotFoundError, version
        from importlib.util import find_spec

        try:
            return version("soundalike") if find_spec("soundalike") else ""
        except PackageNotFoundError:
            return ""

    # Cloudpickle sends what belongs to __main__ by value.
    installed.__module__ = "__main__"
    return installed
