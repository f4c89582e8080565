"""The share of the frozen space in a blend is chosen on labels that were left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from soundalike.models import BlendedHead, make_head
from soundalike.training.blend import SHARES, Choice, best_share, choose_blend
from soundalike.training.examples import Examples

NUM_FROZEN = 12


def clips(num_of_each: int, *, num_labels: int, seed: int, spread: float = 0.4) -> Examples:
    """Clips of two windows; labels lie around directions of their own, but for the first number, which is noise."""
    directions = torch.randn(num_labels, NUM_FROZEN, generator=torch.Generator().manual_seed(9))
    labels = torch.arange(num_labels).repeat(num_of_each)
    owners = torch.arange(len(labels)).repeat_interleave(2)
    noise = torch.randn(len(owners), NUM_FROZEN, generator=torch.Generator().manual_seed(seed))
    features = directions[labels[owners]] + spread * noise
    features[:, 0] = 5.0 * noise[:, 0]
    return Examples(features=features, owners=owners, labels=labels)


def ruined(training: Examples) -> BlendedHead:
    """A head that finds all sounds alike, so that the frozen space is best."""
    layers = make_head(
        NUM_FROZEN, widths=(NUM_FROZEN,), dropout=0.0, generator=torch.Generator().manual_seed(0)
    )
    torch.nn.init.zeros_(layers[0].weight)
    torch.nn.init.ones_(layers[0].bias)
    return BlendedHead.standardised_by(training.features, layers, share=0.5)


def choose(num_labels: int, *, keeps: tuple[float, ...] = (0.0,)) -> tuple[Choice | None, list[Tensor]]:
    """The choice, and the labels that were left out, group by group; only `keep` 5 makes a head that hears no noise."""
    training = clips(4, num_labels=num_labels, seed=1)
    validation = clips(2, num_labels=num_labels, seed=2)
    asked: list[Tensor] = []

    def train(name: str, chosen: Tensor, keep: float) -> BlendedHead:
        asked.append(training.labels[~chosen].unique())
        head = ruined(training)
        if keep == 5:
            torch.nn.init.eye_(head.layers[0].weight)
            head.layers[0].weight.data[0] = 0
            torch.nn.init.zeros_(head.layers[0].bias)
        return head

    choice = choose_blend(
        training,
        validation,
        recordings=[str(number) for number in range(len(training.labels) + len(validation.labels))],
        keeps=keeps,
        train_on=train,
        on_trial=lambda done, total: None,
        tolerance=0.01,
        seed=0,
    )
    return choice, asked


@pytest.mark.parametrize(("num_labels", "num_groups"), [(4, 2), (5, 2), (7, 3), (11, 4), (23, 4)])
def test_every_label_is_left_out_once_in_groups_of_two_or_more(num_labels: int, num_groups: int) -> None:
    choice, asked = choose(num_labels)
    assert choice is not None
    assert len(asked) == num_groups == choice.num_groups
    assert min(map(len, asked)) >= 2
    assert sorted(torch.cat(asked).tolist()) == list(range(num_labels))


def test_head_that_spoils_everything_is_left_out_of_the_ranking() -> None:
    choice, _ = choose(8)
    assert choice is not None
    assert choice.share > 0
    assert choice.seen_map[SHARES.index(choice.share)] >= choice.seen_map[-1]
    assert choice.seen_map[0] < choice.seen_map[-1]
    assert choice.as_json()["frozen"]["unseen MAP"] == pytest.approx(choice.unseen_map[-1])


def test_what_keeps_the_frozen_space_is_chosen_where_that_is_best() -> None:
    choice, asked = choose(8, keeps=(0.0, 5.0))
    assert choice is not None
    assert (len(asked), choice.keep) == (8, 5.0)


@pytest.mark.parametrize("num_labels", [2, 3])
def test_too_few_labels_to_leave_any_out(num_labels: int) -> None:
    assert choose(num_labels) == (None, [])
    assert Choice(share=0.5, keep=3.0).as_json() == {"share_of_frozen": 0.5, "keep": 3.0, "chosen": False}


def test_best_share_by_hand() -> None:
    rising = np.linspace(0.3, 0.7, len(SHARES))
    assert best_share(rising[::-1], rising, tolerance=0.01) == 1.0
    assert best_share(rising[::-1], rising, tolerance=0.05) == 0.9
    assert best_share(rising[::-1], rising, tolerance=1.0) == 0.0
    assert best_share(rising, rising, tolerance=1.0) == 1.0


def test_clips_of_one_recording_are_no_answers_to_each_other() -> None:
    training, validation = clips(2, num_labels=4, seed=1), clips(1, num_labels=4, seed=2)
    recordings = [f"label {label}" for label in [*training.labels.tolist(), *validation.labels.tolist()]]
    choice = choose_blend(
        training,
        validation,
        recordings=recordings,
        keeps=[0.0],
        train_on=lambda name, chosen, keep: ruined(training),
        on_trial=lambda done, total: None,
        tolerance=0.01,
        seed=0,
    )
    assert choice is None
