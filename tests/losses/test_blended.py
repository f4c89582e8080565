"""The loss of a head beside frozen embeddings."""

from __future__ import annotations

import math

import pytest
import torch

from soundalike.errors import ConfigError
from soundalike.losses import LossSettings, make_loss
from soundalike.losses.blended import KeepSimilarities


def made(*, keep: float, num_frozen: int) -> torch.nn.Module:
    settings = LossSettings(kind="supcon", temperature=0.5, keep=keep)
    return make_loss(
        settings, num_labels=3, dim=4, num_frozen=num_frozen, generator=torch.Generator().manual_seed(0)
    )


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    embeddings = torch.randn(6, 9, generator=torch.Generator().manual_seed(1))
    return embeddings, torch.nn.functional.one_hot(torch.tensor([0, 0, 1, 1, 2, 2])).float()


def test_it_is_the_head_s_loss_plus_what_became_of_the_similarities() -> None:
    embeddings, shares = batch()
    plain = float(made(keep=0.0, num_frozen=0)(embeddings[:, 5:], shares))
    kept = float(made(keep=2.0, num_frozen=5)(embeddings, shares))
    differences = []
    for one in embeddings:
        for other in embeddings:
            cosines = [
                float(one[part] @ other[part] / (one[part].norm() * other[part].norm()))
                for part in (slice(0, 5), slice(5, 9))
            ]
            differences.append((cosines[0] - cosines[1]) ** 2)
    assert kept == pytest.approx(plain + 2.0 * sum(differences) / len(differences), rel=1e-5)


def test_without_weight_or_with_a_head_like_the_backbone_nothing_is_added() -> None:
    embeddings, shares = batch()
    plain = float(made(keep=0.0, num_frozen=0)(embeddings[:, 5:], shares))
    assert float(made(keep=0.0, num_frozen=5)(embeddings, shares)) == pytest.approx(plain)
    same = torch.cat([3 * embeddings[:, 5:], embeddings[:, 5:]], dim=1)
    assert float(made(keep=50.0, num_frozen=4)(same, shares)) == pytest.approx(plain, abs=1e-5)


def test_the_frozen_part_alone_decides_what_is_kept_and_zeros_do_no_harm() -> None:
    embeddings, shares = batch()
    embeddings[0] = 0
    embeddings.requires_grad_()
    loss = made(keep=2.0, num_frozen=5)
    assert isinstance(loss, KeepSimilarities)
    value = loss(embeddings, shares)
    value.backward()
    assert math.isfinite(value.item())
    assert embeddings.grad is not None
    assert torch.isfinite(embeddings.grad).all()


def test_negative_weight_is_refused() -> None:
    with pytest.raises(ConfigError, match="'keep' is -1"):
        LossSettings(keep=-1)
