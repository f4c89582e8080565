"""Parcels through Ray Data: which come back in any order, each of them once."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from soundalike.errors import ClusterError
from soundalike.scale.cluster import Cluster
from soundalike.scale.worker import EmbedParcel, Job, hash_parcel

# From a data set of parcels to one of outcomes.
Stage = Callable[[Any], Any]

# While a worker embeds a parcel, the next one is on its way to it.
_PARCELS_PER_WORKER = 2
# No outcome comes near this; Ray Data reserves memory by it.
_BLOCK_BYTES = 2**20


def run(parcels: Sequence[object], stage: Stage) -> Iterator[tuple[int, Any]]:
    """Send parcels through a stage.

    Returns:
        The number of a parcel and its outcome, for every parcel, as they are done.
    Raises:
        ClusterError: the cluster gave up.
    """
    import ray
    import ray.data

    if not parcels:
        return
    _be_quiet(ray.data.DataContext.get_current())
    rows = [{"number": number, "content": pickle.dumps(one)} for number, one in enumerate(parcels)]
    outcomes = stage(ray.data.from_items(rows, override_num_blocks=len(rows)))
    received: set[int] = set()
    try:
        for batch in outcomes.iter_batches(batch_size=None, prefetch_batches=0, batch_format="numpy"):
            for number, outcome in zip(batch["number"].tolist(), batch["outcome"].tolist(), strict=True):
                if number not in received:
                    received.add(number)
                    yield number, pickle.loads(outcome)
    except ray.exceptions.RayError as exc:
        raise ClusterError(
            f"the Ray cluster gave up: {_last_line(exc)}. What was finished is kept; run the command again."
        ) from exc
    if len(received) < len(parcels):
        raise ClusterError(
            f"the Ray cluster lost {len(parcels) - len(received)} of {len(parcels)} parcels of files. What was "
            "finished is kept; run the command again."
        )


def hash_on(environment: Mapping[str, str]) -> Stage:
    """Parcels of locations, as text, to their hashes.

    Args:
        environment: how to reach buckets.
    """
    return lambda parcels: parcels.map_batches(
        hash_parcel,
        fn_kwargs={"environment": dict(environment)},
        batch_size=None,
        batch_format="numpy",
        num_cpus=1,
    )


def embed_on(job: Job, cluster: Cluster, num_workers: int) -> Stage:
    """Parcels of tasks to what became of them."""

    def stage(parcels: Any) -> Any:
        from ray.data import ActorPoolStrategy

        return parcels.map_batches(
            EmbedParcel,
            fn_constructor_args=(job,),
            compute=ActorPoolStrategy(
                min_size=1,
                max_size=num_workers,
                initial_size=num_workers,
                max_tasks_in_flight_per_actor=_PARCELS_PER_WORKER,
            ),
            batch_size=None,
            batch_format="numpy",
            num_cpus=cluster.cpus_per_worker,
            num_gpus=cluster.gpus_per_worker,
        )

    return stage


def _be_quiet(context: Any) -> None:
    """Ray Data's own progress bars and reports would stand between ours."""
    import logging

    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.execution_options.preserve_order = False
    context.target_max_block_size = _BLOCK_BYTES
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def _last_line(exc: Exception) -> str:
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(exc).__name__
