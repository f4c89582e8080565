"""The paper's network."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from soundalike.models import PaperMlp


def mlp(*, seed: int = 0, dropout: float = 0.3, widths: tuple[int, ...] = (32, 16, 8)) -> PaperMlp:
    return PaperMlp(60, widths=widths, dropout=dropout, generator=torch.Generator().manual_seed(seed))


def features(num: int = 5) -> torch.Tensor:
    return torch.randn(num, 6, 10, generator=torch.Generator().manual_seed(9))


def test_layers_are_those_of_the_paper() -> None:
    network = PaperMlp(13509, widths=(512, 256, 128), dropout=0.3, generator=torch.Generator().manual_seed(0))
    kinds = [type(layer).__name__ for layer in [network.first, *network.rest]]
    assert kinds == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear", "ReLU"]
    sizes = [
        (layer.in_features, layer.out_features)
        for layer in [network.first, *network.rest]
        if isinstance(layer, nn.Linear)
    ]
    assert sizes == [(13509, 512), (512, 256), (256, 128)]
    assert all(layer.p == 0.3 for layer in [network.first, *network.rest] if isinstance(layer, nn.Dropout))


@pytest.mark.parametrize("widths", [(8,), (32, 16), (32, 16, 8)])
def test_shape_is_batch_by_last_width(widths: tuple[int, ...]) -> None:
    assert mlp(widths=widths)(features()).shape == (5, widths[-1])


def test_no_output_is_negative() -> None:
    embeddings = mlp().eval()(features(200))
    assert (embeddings >= 0).all()
    assert (embeddings > 0).any()


def test_dropout_acts_in_training_only() -> None:
    network = mlp()
    network.eval()
    assert torch.equal(network(features()), network(features()))
    network.train()
    assert not torch.equal(network(features()), network(features()))


def test_seed_decides_the_weights() -> None:
    def weights(seed: int) -> torch.Tensor:
        return torch.cat([parameter.flatten() for parameter in mlp(seed=seed).parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))
    assert weights(1).isfinite().all()


def test_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    mlp()
    assert torch.equal(torch.get_rng_state(), before)
