"""The share of the frozen space in a blend is chosen on labels that were left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

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


def untrained(heard: Examples, whiten: bool) -> BlendedHead:
    layers = make_head(
        NUM_FROZEN, widths=(NUM_FROZEN,), dropout=0.0, generator=torch.Generator().manual_seed(0)
    )
    labels = heard.labels[heard.owners] if whiten else None
    return BlendedHead.standardised_by(heard.features, layers, labels=labels, num_clips=len(heard.labels))


def ruin(name: str, head: BlendedHead, heard: Examples, keep: float) -> BlendedHead:
    """Make it find all sounds alike, so that the base is best; `keep` 5 makes a head that hears no noise."""
    torch.nn.init.zeros_(head.layers[0].weight)
    torch.nn.init.ones_(head.layers[0].bias)
    if keep == 5:
        torch.nn.init.eye_(head.layers[0].weight)
        torch.nn.init.zeros_(head.layers[0].bias)
        head.layers[0].weight.data[0] = 0
    return head


def choose(
    num_labels: int, *, keeps: tuple[float, ...] = (0.0,), same_recording: bool = False
) -> tuple[Choice | None, list[list[int]]]:
    """The choice, and the labels that were left out, group by group."""
    training = clips(4, num_labels=num_labels, seed=1)
    validation = clips(2, num_labels=num_labels, seed=2)
    labels = [*training.labels.tolist(), *validation.labels.tolist()]
    asked: list[list[int]] = []

    def train(name: str, head: BlendedHead, heard: Examples, keep: float) -> BlendedHead:
        asked.append(sorted(set(range(num_labels)) - set(heard.labels.tolist())))
        return ruin(name, head, heard, keep)

    choice = choose_blend(
        training,
        validation,
        recordings=[str(label if same_recording else place) for place, label in enumerate(labels)],
        keeps=keeps,
        untrained=untrained,
        train=train,
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
    assert sorted(label for group in asked for label in group) == list(range(num_labels))


def test_head_that_spoils_everything_is_left_out_of_the_ranking() -> None:
    choice, _ = choose(8)
    assert choice is not None
    assert choice.share > 0
    assert choice.seen_map[0] < choice.seen_map[SHARES.index(1.0)]
    found = choice.as_json()
    assert found["head"]["seen MAP"] < found["blended"]["seen MAP"]
    assert found["frozen"]["unseen MAP"] == choice.unseen_map[-1]


def test_base_is_whitened_where_that_helps_labels_left_out() -> None:
    choice, _ = choose(8)
    assert choice is not None
    assert choice.whiten
    assert choice.unseen_map[SHARES.index(1.0)] > choice.unseen_map[-1]


def test_what_keeps_the_frozen_space_is_chosen_where_that_is_best() -> None:
    choice, asked = choose(8, keeps=(0.0, 5.0))
    assert choice is not None
    assert len(asked) == 8
    assert choice.keep == 5.0


@pytest.mark.parametrize("num_labels", [2, 3])
def test_too_few_labels_to_leave_any_out(num_labels: int) -> None:
    assert choose(num_labels) == (None, [])
    assert Choice(share=0.5, whiten=False, keep=3.0).as_json() == {
        "share_of_base": 0.5,
        "whitened_base": False,
        "keep": 3.0,
        "chosen": False,
    }


def test_clips_of_one_recording_are_no_answers_to_each_other() -> None:
    choice, asked = choose(6, same_recording=True)
    assert (choice, asked) == (None, [])


def test_best_share_by_hand() -> None:
    num = len(SHARES)
    falling, rising = np.linspace(0.7, 0.3, num), np.linspace(0.3, 0.7, num)
    with_frozen = np.append(rising, 0.5)
    # The least of the base that leaves labels unseen as well off as the frozen space, but for the tolerance.
    assert best_share(np.append(falling, 0.2), with_frozen, tolerance=0.01) == 0.5
    assert best_share(np.append(falling, 0.2), with_frozen, tolerance=0.0401) == 0.5
    assert best_share(np.append(falling, 0.2), np.append(rising, 0.9), tolerance=0.01) == 1.0
    # As good for labels seen: then the best for labels unseen.
    assert best_share(np.full(num + 1, 0.6), with_frozen, tolerance=0.01) == 1.0
    assert best_share(np.append(rising, 0.2), with_frozen, tolerance=0.01) == 1.0
