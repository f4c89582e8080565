"""Several processes that share a step take the step that one process takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from soundalike.errors import TrainingError
from soundalike.training.processes import gather, part_of, part_sizes
from training.tiny_training import tiny_fit, tiny_recipe

TESTS = Path(__file__).parents[1]

GRADIENTS = """
import copy, sys
import torch
from lightning.fabric import Fabric
from torch import nn
from soundalike.losses import make_loss
from soundalike.training.learner import Learner
from soundalike.training.processes import hold_normalisation, part_of, part_sizes
from soundalike.training.recipe import LossSettings

fabric = Fabric(accelerator="cpu", devices=2)
fabric.launch()
random = torch.Generator().manual_seed(0)
features = torch.randn(7, 6, generator=random)
shares = torch.softmax(torch.randn(7, 3, generator=random), dim=1)
counts = torch.ones(7, 7).triu(1)
counts[2, 5] = 0.0
sizes = part_sizes(7, world_size=2)
assert sizes == [4, 3]
clips = part_of(torch.arange(7), rank=fabric.global_rank, world_size=2)
for kind in ("contrastive", "supcon", "cross-entropy", "multi-similarity", "all-pairs", "proxy-anchor"):
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 4))
    loss = make_loss(LossSettings(kind=kind), num_labels=3, dim=4, generator=torch.Generator().manual_seed(2))
    learner = Learner(network, loss)
    alone = copy.deepcopy(learner).train()
    hold_normalisation(alone, fabric)
    counted = counts if kind == "contrastive" else None
    expected = alone(features, shares, counted, [7])
    expected.backward()
    model, optimiser = fabric.setup(learner, torch.optim.SGD(learner.parameters(), lr=0.1))
    model.train()
    hold_normalisation(model, fabric)
    found = model(features[clips], shares[clips], counted, sizes)
    fabric.backward(found)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    for (name, one), other in zip(alone.named_parameters(), learner.parameters(), strict=True):
        assert one.grad.abs().max() > 0, (kind, name)
        torch.testing.assert_close(other.grad, one.grad, rtol=0, atol=1e-5, msg=lambda text: f"{kind} {name}: {text}")
    for one, other in zip(alone.buffers(), learner.buffers(), strict=True):
        torch.testing.assert_close(one, other)
print("done")
"""

TRAINING = """
import sys
from pathlib import Path
import torch
from training.tiny_training import tiny_fit, tiny_recipe
folder = Path(sys.argv[1])
network, _ = tiny_fit(folder, recipe=tiny_recipe("optimiser.epochs=2"), dropout=0.0, devices=2)
if torch.distributed.get_rank() == 0:
    torch.save(network.state_dict(), folder / "weights.pt")
"""


def run_script(script: Path, text: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on loopback is tried on POSIX only")
def test_gradients_are_those_of_one_process_with_all_clips(tmp_path: Path) -> None:
    assert run_script(tmp_path / "compare_gradients.py", GRADIENTS).stdout.count("done") == 2


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on loopback is tried on POSIX only")
def test_training_takes_the_same_steps(tmp_path: Path) -> None:
    run_script(tmp_path / "train_on_two.py", TRAINING, tmp_path / "two")
    alone, _ = tiny_fit(tmp_path / "one", recipe=tiny_recipe("optimiser.epochs=2"), dropout=0.0)
    shared = torch.load(tmp_path / "two" / "weights.pt", weights_only=True)
    for name, weights in alone.state_dict().items():
        torch.testing.assert_close(shared[name], weights, rtol=0, atol=1e-5)


@pytest.mark.parametrize("num_clips", [5, 17, 40])
@pytest.mark.parametrize("world_size", [1, 2, 3, 5])
def test_every_clip_has_one_process(num_clips: int, world_size: int) -> None:
    clips = torch.randperm(num_clips)
    parts = [part_of(clips, rank=rank, world_size=world_size) for rank in range(world_size)]
    assert torch.equal(torch.cat(parts), clips)
    assert [len(part) for part in parts] == part_sizes(num_clips, world_size=world_size)


def test_more_processes_than_clips_are_refused() -> None:
    with pytest.raises(TrainingError, match="a step of 2 clips cannot keep 3 processes busy"):
        part_sizes(2, world_size=3)


def test_one_process_gathers_nothing() -> None:
    embeddings = nn.Parameter(torch.ones(3, 2))
    assert gather(embeddings, [3]) is embeddings
