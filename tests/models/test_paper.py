"""The folded network against its slow twin: stretch, standardise, and the MLP, one after another."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundalike.features.logfreq import TimeAxis, time_weights
from soundalike.models import PaperMlp, PaperNetwork

NUM_BINS, NUM_FRAMES = 79, 61


def frames_of(num: int, *, seed: int = 0) -> Tensor:
    noise = torch.randn(num, NUM_BINS, NUM_FRAMES, generator=torch.Generator().manual_seed(seed))
    return -8.0 + 3.0 * noise


def network_on(frames: Tensor, *, time_axis: TimeAxis = "log", dropout: float = 0.0) -> PaperNetwork:
    mlp = PaperMlp(
        NUM_BINS * 171, widths=(32, 16, 8), dropout=dropout, generator=torch.Generator().manual_seed(1)
    )
    to_times = torch.from_numpy(time_weights(NUM_FRAMES, time_axis)).float()
    return PaperNetwork.standardised_by(frames, mlp, to_times=to_times)


def step_by_step(network: PaperNetwork, training: Tensor, frames: Tensor) -> Tensor:
    stretched, training = frames @ network.to_times, training @ network.to_times
    scale = training.std(0).clamp_min(1e-3)
    return network.mlp((stretched - training.mean(0)) / scale)


@pytest.mark.parametrize("time_axis", ["log", "linear"])
def test_outputs_are_those_of_the_three_steps(time_axis: TimeAxis) -> None:
    training, queries = frames_of(300), frames_of(7, seed=3)
    network = network_on(training, time_axis=time_axis)
    torch.testing.assert_close(
        network(queries), step_by_step(network, training, queries), rtol=1e-4, atol=1e-5
    )


def test_gradients_are_those_of_the_three_steps() -> None:
    training, queries = frames_of(40), frames_of(9, seed=4)
    network = network_on(training)
    wanted = torch.randn(9, 8, generator=torch.Generator().manual_seed(5))

    def gradients(embeddings: Tensor) -> list[Tensor]:
        return list(torch.autograd.grad(((embeddings - wanted) ** 2).sum(), list(network.mlp.parameters())))

    for folded, slow in zip(
        gradients(network(queries)), gradients(step_by_step(network, training, queries)), strict=True
    ):
        torch.testing.assert_close(folded, slow, rtol=1e-3, atol=1e-5)


def test_the_exported_layers_are_the_same_function() -> None:
    training = frames_of(30)
    network = network_on(training, dropout=0.3).eval()
    torch.testing.assert_close(network.folded().eval()(training), network(training))


def test_a_bin_that_never_changes_is_not_blown_up() -> None:
    training = frames_of(20)
    training[:, 5] = -23.0
    embeddings = network_on(training)(training)
    assert torch.isfinite(embeddings).all()
    assert embeddings.abs().max() < 100


def test_statistics_are_saved_with_the_weights() -> None:
    names = set(network_on(frames_of(3)).state_dict())
    assert {"mean", "scale", "to_times", "mlp.first.weight"} <= names
