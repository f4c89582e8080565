"""The share of the frozen space in a blend is chosen on labels that were left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from soundalike.models import BlendedHead, make_head
from soundalike.training.blend import DEFAULT_SHARE, SHARES, Choice, best_share, choose_share
from soundalike.training.examples import Examples

NUM_FROZEN = 12


def clips(num_of_each: int, *, num_labels: int, seed: int, spread: float = 0.4) -> Examples:
    """Clips of two windows; labels lie around directions of their own."""
    directions = torch.randn(num_labels, NUM_FROZEN, generator=torch.Generator().manual_seed(9))
    labels = torch.arange(num_labels).repeat(num_of_each)
    owners = torch.arange(len(labels)).repeat_interleave(2)
    noise = torch.randn(len(owners), NUM_FROZEN, generator=torch.Generator().manual_seed(seed))
    return Examples(features=directions[labels[owners]] + spread * noise, owners=owners, labels=labels)


def ruined(training: Examples) -> BlendedHead:
    """A head that finds all sounds alike, so that the frozen space is best."""
    layers = make_head(NUM_FROZEN, widths=(3,), dropout=0.0, generator=torch.Generator().manual_seed(0))
    torch.nn.init.zeros_(layers[0].weight)
    torch.nn.init.ones_(layers[0].bias)
    return BlendedHead.standardised_by(training.features, layers, share=0.5)


def choose(num_labels: int, *, train_on: object = None, num_of_each: int = 4) -> tuple[Choice, list[Tensor]]:
    training = clips(num_of_each, num_labels=num_labels, seed=1)
    validation = clips(2, num_labels=num_labels, seed=2)
    asked: list[Tensor] = []

    def train(name: str, chosen: Tensor) -> BlendedHead:
        assert name == str(len(asked) + 1)
        asked.append(training.labels[~chosen].unique())
        return ruined(training)

    choice = choose_share(
        training,
        validation,
        recordings=[str(number) for number in range(len(training.labels) + len(validation.labels))],
        train_on=train,
        on_trial=lambda done, total: None,
        tolerance=0.01,
        seed=0,
    )
    return choice, asked


@pytest.mark.parametrize(("num_labels", "num_groups"), [(4, 2), (5, 2), (7, 3), (11, 5), (23, 5)])
def test_every_label_is_left_out_once_in_groups_of_two_or_more(num_labels: int, num_groups: int) -> None:
    choice, asked = choose(num_labels)
    assert len(asked) == num_groups == choice.num_groups
    assert min(map(len, asked)) >= 2
    assert sorted(torch.cat(asked).tolist()) == list(range(num_labels))


def test_head_that_spoils_everything_is_left_out_of_the_ranking() -> None:
    choice, _ = choose(8)
    assert choice.share > 0
    assert choice.seen_map[SHARES.index(choice.share)] >= choice.seen_map[-1]
    assert choice.seen_map[0] < choice.seen_map[-1]
    assert choice.as_json()["frozen"]["unseen MAP"] == pytest.approx(choice.unseen_map[-1])


@pytest.mark.parametrize("num_labels", [2, 3])
def test_too_few_labels_to_leave_any_out(num_labels: int) -> None:
    choice, asked = choose(num_labels)
    assert asked == []
    assert choice == Choice(share=DEFAULT_SHARE)
    assert choice.as_json() == {"share_of_frozen": 0.5, "chosen": False}


def test_best_share_by_hand() -> None:
    rising = np.linspace(0.3, 0.7, len(SHARES))
    assert best_share(rising[::-1], rising, tolerance=0.01) == 1.0
    assert best_share(rising[::-1], rising, tolerance=0.05) == 0.9
    assert best_share(rising[::-1], rising, tolerance=1.0) == 0.0
    assert best_share(rising, rising, tolerance=1.0) == 1.0


def test_clips_of_one_recording_are_no_answers_to_each_other() -> None:
    training, validation = clips(2, num_labels=4, seed=1), clips(1, num_labels=4, seed=2)
    recordings = [f"label {label}" for label in [*training.labels.tolist(), *validation.labels.tolist()]]
    choice = choose_share(
        training,
        validation,
        recordings=recordings,
        train_on=lambda name, chosen: ruined(training),
        on_trial=lambda done, total: None,
        tolerance=0.01,
        seed=0,
    )
    assert choice.num_groups == 0
