"""Front end and network in one module."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from soundalike.models import Twin, in_batches


def test_forward_is_front_end_then_network() -> None:
    twin = Twin(nn.Linear(3, 2), nn.Linear(2, 1))
    waveform = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(twin(waveform), twin.network(twin.front_end(waveform)))


@pytest.mark.parametrize("num", [1, 64, 65, 130])
def test_batches_give_what_one_call_gives(num: int) -> None:
    inputs = torch.randn(num, 3, generator=torch.Generator().manual_seed(2))
    network = nn.Linear(3, 2)
    outputs = in_batches(network, inputs, batch_size=64)
    assert not outputs.requires_grad
    torch.testing.assert_close(outputs, network(inputs).detach())
