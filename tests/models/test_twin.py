"""Front end, standardisation and network in one module."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from soundalike.models import Twin, in_batches


def test_forward_is_front_end_then_standardisation_then_network() -> None:
    mean, scale = torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0])
    twin = Twin(nn.Linear(3, 2), nn.Linear(2, 1), mean=mean, scale=scale)
    waveform = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    expected = twin.network((twin.front_end(waveform) - mean) / scale)
    torch.testing.assert_close(twin(waveform), expected)


def test_standardised_training_features_have_mean_0_and_spread_1() -> None:
    features = 5 + 3 * torch.randn(50, 2, 3, generator=torch.Generator().manual_seed(1))
    twin = Twin(nn.Identity(), nn.Identity(), mean=features.mean(0), scale=features.std(0))
    standard = twin.standardise(features)
    torch.testing.assert_close(standard.mean(0), torch.zeros(2, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(standard.std(0), torch.ones(2, 3))


def test_statistics_are_saved_with_the_weights() -> None:
    twin = Twin(nn.Identity(), nn.Linear(2, 1), mean=torch.ones(2), scale=torch.full((2,), 3.0))
    assert {"mean", "scale", "network.weight"} <= set(twin.state_dict())


@pytest.mark.parametrize("num", [1, 64, 65, 130])
def test_batches_give_what_one_call_gives(num: int) -> None:
    inputs = torch.randn(num, 3, generator=torch.Generator().manual_seed(2))
    network = nn.Linear(3, 2)
    outputs = in_batches(network, inputs)
    assert not outputs.requires_grad
    torch.testing.assert_close(outputs, network(inputs).detach())
