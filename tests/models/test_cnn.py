"""The convolutional network."""

from __future__ import annotations

import pytest
import torch

from soundalike.features.logmel import NUM_FRAMES, NUM_MELS
from soundalike.models import Cnn


def tiny_cnn(*, seed: int = 0, widths: tuple[int, ...] = (8, 8, 16)) -> Cnn:
    return Cnn(widths=widths, dim=5, dropout=0.2, generator=torch.Generator().manual_seed(seed))


def power(num: int, *, seed: int = 0, frames: int = NUM_FRAMES) -> torch.Tensor:
    return torch.rand(num, NUM_MELS, frames, generator=torch.Generator().manual_seed(seed)) ** 3


def trained_a_little(network: Cnn) -> Cnn:
    """With statistics in its normalisations that are not those it was made with."""
    for step in range(3):
        network.train()(power(8, seed=step))
    return network.eval()


@pytest.mark.parametrize("widths", [(8, 16), (8, 8, 16), (8, 8, 16, 16)])
@pytest.mark.parametrize("frames", [50, NUM_FRAMES, 200])
def test_embeddings_have_length_one_whatever_the_length_of_the_sound(
    widths: tuple[int, ...], frames: int
) -> None:
    embeddings = tiny_cnn(widths=widths).eval()(power(3, frames=frames))
    assert embeddings.shape == (3, 5)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(3))


def test_folding_changes_nothing_but_the_number_of_layers() -> None:
    network = trained_a_little(tiny_cnn())
    folded = network.folded()
    torch.testing.assert_close(folded(power(4)), network(power(4)), rtol=0, atol=1e-5)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    assert any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())


def test_same_generator_same_weights_and_another_others() -> None:
    first, again, other = (tiny_cnn(seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["last.weight"], other["last.weight"])


def test_loudness_does_not_matter() -> None:
    network = trained_a_little(tiny_cnn())
    torch.testing.assert_close(network(100 * power(4)), network(power(4)), rtol=0, atol=1e-4)


def test_the_shipped_size_keeps_its_promise() -> None:
    from soundalike.training import load_recipe

    widths = load_recipe("cnn").network.widths
    network = Cnn(widths=widths[:-1], dim=widths[-1], dropout=0.0, generator=torch.Generator())
    assert widths[-1] == 128
    assert sum(weight.numel() for weight in network.parameters()) <= 2_000_000


def test_gradients_reach_every_weight() -> None:
    network = tiny_cnn().train()
    (network(power(6)) * torch.randn(6, 5, generator=torch.Generator().manual_seed(3))).sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in network.parameters())
