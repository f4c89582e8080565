"""Clips of several windows in training."""

from __future__ import annotations

import torch
from torch import nn

from soundalike.training.examples import Examples

OWNERS = torch.tensor([0, 0, 0, 1, 2, 2])


def examples(*, one_window_a_clip: bool = False) -> Examples:
    features = torch.arange(12.0).reshape(6, 2)
    return Examples(
        features=features, owners=OWNERS, labels=torch.tensor([0, 1, 0]), one_window_a_clip=one_window_a_clip
    )


def test_an_epoch_takes_all_windows() -> None:
    assert examples().draw(torch.Generator()).tolist() == [0, 1, 2, 3, 4, 5]


def test_an_epoch_of_one_window_a_clip_draws_each_of_its_windows_in_turn() -> None:
    random = torch.Generator().manual_seed(0)
    drawn = torch.stack([examples(one_window_a_clip=True).draw(random) for _ in range(300)])
    assert drawn.shape == (300, 3)
    assert (OWNERS[drawn] == torch.arange(3)).all()
    counts = drawn.flatten().bincount(minlength=6)
    assert counts[3] == 300
    assert (abs(counts[[0, 1, 2]] - 100) < 4 * 300**0.5 / 2).all()
    assert (abs(counts[[4, 5]] - 150) < 4 * 300**0.5 / 2).all()


def test_a_clip_is_embedded_as_the_mean_of_its_windows() -> None:
    embeddings = examples().embed(nn.Identity())
    assert embeddings.tolist() == [[2.0, 3.0], [6.0, 7.0], [9.0, 10.0]]
