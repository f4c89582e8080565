"""The training loop on points of a few dimensions."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from soundalike.errors import ResumeError, TrainingError
from soundalike.training.checkpoint import CHECKPOINT_FILE
from soundalike.training.loop import rank_validation
from training.tiny_training import (
    NUM_LABELS,
    same_weights,
    tiny_examples,
    tiny_fit,
    tiny_network,
    tiny_recipe,
    without_time,
)

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["paper-balanced", "paper-unbalanced"])
def test_loss_falls_and_validation_rises_above_chance(tmp_path: Path, name: str) -> None:
    recipe = tiny_recipe("optimiser.epochs=12", name=name)
    network, history = tiny_fit(tmp_path, recipe=recipe)
    assert [record.epoch for record in history] == list(range(1, 13))
    assert history[-1].loss < 0.8 * history[0].loss
    best = max(history, key=lambda record: record.val_map)
    assert best.val_map > 1.8 / NUM_LABELS
    assert history[-1].complaint is None
    assert all(0 <= value <= 1 for record in history for value in (record.val_map, record.val_mp1))
    # The network that comes back is that of the best epoch.
    ranking, _ = rank_validation(
        network, tiny_examples(10, seed=1), tiny_examples(3, seed=2), distance="euclidean"
    )
    assert ranking.average_precision.mean() == pytest.approx(best.val_map, abs=1e-9)


def test_best_epoch_is_kept_even_where_it_is_not_the_last(tmp_path: Path) -> None:
    # At such a rate the curve goes up and down.
    recipe = tiny_recipe("optimiser.epochs=8", "optimiser.learning_rate=0.05")
    network, history = tiny_fit(tmp_path, recipe=recipe)
    best = max(history, key=lambda record: record.val_map)
    assert best.epoch < 8
    checkpoint = torch.load(tmp_path / CHECKPOINT_FILE, weights_only=True)
    assert checkpoint["epoch"] == 8
    for name, value in network.state_dict().items():
        assert torch.equal(checkpoint["best"][name], value)
    assert any(
        not torch.equal(checkpoint["learner"][f"network.{n}"], v) for n, v in network.state_dict().items()
    )


def test_same_seed_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    recipe = tiny_recipe()
    first, first_history = tiny_fit(tmp_path / "a", recipe=recipe, seed=5)
    again, again_history = tiny_fit(tmp_path / "b", recipe=recipe, seed=5)
    other, _ = tiny_fit(tmp_path / "c", recipe=recipe, seed=6)
    assert same_weights(first, again)
    assert without_time(first_history) == without_time(again_history)
    assert not same_weights(first, other)


def test_global_generator_is_left_alone(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    tiny_fit(tmp_path, recipe=tiny_recipe("optimiser.epochs=1"))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_stopped_between_epochs_it_goes_on_to_the_same_end(tmp_path: Path, kind: str) -> None:
    recipe = tiny_recipe("optimiser.epochs=6", f"optimiser.kind={kind}")
    unbroken, history = tiny_fit(tmp_path / "unbroken", recipe=recipe)

    def stop_after_3(record: object) -> None:
        if record.epoch == 3:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny_fit(tmp_path / "broken", recipe=recipe, on_epoch=stop_after_3)
    seen: list[int] = []
    # Another generator state than that of the first process must not matter.
    torch.manual_seed(123)
    resumed, resumed_history = tiny_fit(
        tmp_path / "broken", recipe=recipe, on_epoch=lambda record: seen.append(record.epoch)
    )
    assert seen == [4, 5, 6]
    assert same_weights(unbroken, resumed)
    assert without_time(history) == without_time(resumed_history)


def test_half_written_checkpoint_does_no_harm(tmp_path: Path) -> None:
    recipe = tiny_recipe()
    unbroken, _ = tiny_fit(tmp_path / "unbroken", recipe=recipe)
    short = tmp_path / "short"
    with pytest.raises(KeyboardInterrupt):
        tiny_fit(short, recipe=recipe, on_epoch=_interrupt)
    whole = (short / CHECKPOINT_FILE).read_bytes()
    (short / f"{CHECKPOINT_FILE}.partial").write_bytes(whole[: len(whole) // 2])
    resumed, history = tiny_fit(short, recipe=recipe)
    assert len(history) == 4
    assert same_weights(unbroken, resumed)
    assert not (short / f"{CHECKPOINT_FILE}.partial").exists()


def _interrupt(record: object) -> None:
    raise KeyboardInterrupt


def test_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    tiny_fit(tmp_path, recipe=tiny_recipe("optimiser.epochs=1"), identity="one")
    with pytest.raises(ResumeError, match=r"another recipe, seed or data"):
        tiny_fit(tmp_path, recipe=tiny_recipe("optimiser.epochs=1"), identity="two")


@pytest.mark.parametrize("content", [b"", b"garbage", "half"])
def test_damaged_checkpoint_is_refused(tmp_path: Path, content: bytes | str) -> None:
    tiny_fit(tmp_path, recipe=tiny_recipe("optimiser.epochs=1"))
    path = tmp_path / CHECKPOINT_FILE
    whole = path.read_bytes()
    path.write_bytes(content if isinstance(content, bytes) else whole[: len(whole) // 2])
    with pytest.raises(ResumeError, match=r"cannot read '.*checkpoint\.pt'"):
        tiny_fit(tmp_path, recipe=tiny_recipe("optimiser.epochs=1"))


def test_checkpoint_of_a_later_format_is_refused(tmp_path: Path) -> None:
    tiny_fit(tmp_path, recipe=tiny_recipe("optimiser.epochs=1"))
    path = tmp_path / CHECKPOINT_FILE
    torch.save({**torch.load(path, weights_only=True), "format_version": 3}, path)
    with pytest.raises(ResumeError, match="format version 3; this soundalike reads 2"):
        tiny_fit(tmp_path, recipe=tiny_recipe("optimiser.epochs=1"))


def test_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    recipe = tiny_recipe("optimiser.learning_rate=1e30")
    with pytest.raises(TrainingError, match="smaller learning rate"):
        tiny_fit(tmp_path, recipe=recipe)


@pytest.mark.parametrize("learning_rate", [3.0, 100.0])
def test_collapse_is_noticed_while_training(tmp_path: Path, learning_rate: float) -> None:
    recipe = tiny_recipe(f"optimiser.learning_rate={learning_rate}")
    _, history = tiny_fit(tmp_path, recipe=recipe)
    assert history[-1].complaint is not None
    assert history[-1].dead_units > 0.5 or history[-1].spread < 0.1
    assert all(math.isfinite(record.loss) for record in history)


TWO_PROCESSES = """
import sys
from pathlib import Path
import torch
from training.tiny_training import tiny_fit, tiny_recipe
seen = []
network, history = tiny_fit(
    Path(sys.argv[1]), recipe=tiny_recipe("optimiser.epochs=3"), devices=2, on_epoch=lambda r: seen.append(r.epoch)
)
rank = torch.distributed.get_rank()
torch.save(network.state_dict(), Path(sys.argv[1]) / f"rank{rank}.pt")
(Path(sys.argv[1]) / f"rank{rank}.txt").write_text(f"{seen} {[record.loss for record in history]}")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on loopback is tried on POSIX only")
def test_two_processes_end_with_the_same_weights(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(TWO_PROCESSES, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    weights = [torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in range(2)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    start = tiny_network().state_dict()
    assert any(not torch.equal(weights[0][name], start[name]) for name in start)
    told = [(tmp_path / f"rank{rank}.txt").read_text().split("] [") for rank in range(2)]
    assert [part[0] for part in told] == ["[1, 2, 3", "["]  # only the first process reports
    assert told[0][1] == told[1][1]  # and both know the loss of all pairs
