"""Chooses how a head is blended with the frozen space, on labels that are left out of training."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundalike.evaluation.metrics import mean
from soundalike.evaluation.ranking import rank
from soundalike.models import BlendedHead
from soundalike.training.examples import Examples

logger = logging.getLogger(__name__)

SHARES = tuple(round(0.1 * step, 1) for step in range(11))
_MOST_GROUPS = 4
_FEWEST_LABELS = 4
# Clips of a label that take part in the ranking of labels left out: every one of them is ranked for every other.
_MOST_CLIPS = 100

# Trains a head on some of the training clips, bool [clip]: (name of the trial, clips, weight of keeping) -> head.
TrainOn = Callable[[str, Tensor, float], BlendedHead]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How a head is trained and blended, and what that was chosen by.

    Attributes:
        share: of the frozen cosine, from 0 to 1.
        keep: weight of keeping the frozen similarities in the head's loss.
        seen_map: MAP of validation clips of labels in training, for each of `SHARES`; empty if nothing was tried.
        unseen_map: MAP of clips of labels left out, ranked among themselves, for each of `SHARES`.
        num_groups: groups of labels that were left out, one after another.
    """

    share: float
    keep: float
    seen_map: tuple[float, ...] = ()
    unseen_map: tuple[float, ...] = ()
    num_groups: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data, for the card."""
        chosen = {"share_of_frozen": self.share, "keep": self.keep, "chosen": self.num_groups > 0}
        if not self.num_groups:
            return chosen
        at = SHARES.index(self.share)
        return {
            "on": f"{self.num_groups} groups of labels left out of training, one after another",
            **chosen,
            "frozen": {"seen MAP": self.seen_map[-1], "unseen MAP": self.unseen_map[-1]},
            "blended": {"seen MAP": self.seen_map[at], "unseen MAP": self.unseen_map[at]},
            "head": {"seen MAP": self.seen_map[0], "unseen MAP": self.unseen_map[0]},
        }


def choose_blend(
    training: Examples,
    validation: Examples,
    *,
    recordings: Sequence[str],
    keeps: Sequence[float],
    train_on: TrainOn,
    on_trial: Callable[[int, int], None],
    tolerance: float,
    seed: int,
) -> Choice | None:
    """Leave out every label once, in groups, and look what each blend does to labels heard and never heard.

    Chosen is what has the highest MAP on labels of training, of what costs at most `tolerance` of the frozen space's
    MAP on the labels left out.

    Args:
        training: the training clips' frozen embeddings.
        validation: the validation clips' frozen embeddings.
        recordings: of the training clips, then of the validation clips: none is an answer to itself.
        keeps: weights of keeping to choose among.
        train_on: trains one head.
        on_trial: told (heads done, heads in all).
        tolerance: MAP.
        seed: deals the groups.
    Returns:
        The choice, None where there are too few labels or clips to leave any out.
    """
    groups = _groups_of(training.labels, seed=seed)
    both = _joined(training, validation)
    few = _few_of_each(both.labels, seed=seed)
    choices = []
    for trial, keep in enumerate(keeps):
        found = []
        for number, group in enumerate(groups, start=1):
            network = train_on(f"keep{keep:g}-group{number}", ~torch.isin(training.labels, group), keep)
            heard, asked = (
                _ToBlend.of(one.select(~torch.isin(one.labels, group)), network)
                for one in (training, validation)
            )
            left_out = torch.isin(both.labels, group) & few
            names = np.array(recordings)[left_out.numpy()]
            unheard = _ToBlend.of(both.select(left_out), network, recordings=names)
            found.append([(_map(asked, heard, share), _map(unheard, unheard, share)) for share in SHARES])
            on_trial(trial * len(groups) + number, len(keeps) * len(groups))
        known = [group for group in found if not np.isnan(group).any()]
        if not known:
            logger.info("too few labels or clips to leave labels out")
            return None
        seen, unseen = np.mean(known, axis=0).T
        choices.append(
            Choice(
                share=best_share(seen, unseen, tolerance=tolerance),
                keep=keep,
                seen_map=tuple(map(float, seen)),
                unseen_map=tuple(map(float, unseen)),
                num_groups=len(known),
            )
        )
    return max(choices, key=lambda choice: choice.seen_map[SHARES.index(choice.share)])


def best_share(seen_map: NDArray[np.float64], unseen_map: NDArray[np.float64], *, tolerance: float) -> float:
    """The best share for labels seen, of those that cost at most `tolerance` on labels unseen; the last is frozen."""
    allowed = unseen_map >= unseen_map[-1] - tolerance
    return SHARES[int(np.where(allowed, seen_map, -1.0).argmax())]


def _groups_of(labels: Tensor, *, seed: int) -> list[Tensor]:
    """Labels dealt into groups of two or more, none where there are too few."""
    known = torch.from_numpy(np.unique(labels.numpy()))
    if len(known) < _FEWEST_LABELS:
        return []
    order = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed))
    return list(known[order].tensor_split(min(_MOST_GROUPS, len(known) // 2)))


def _joined(one: Examples, other: Examples) -> Examples:
    return Examples(
        features=torch.cat([one.features, other.features]),
        owners=torch.cat([one.owners, len(one.labels) + other.owners]),
        labels=torch.cat([one.labels, other.labels]),
    )


def _few_of_each(labels: Tensor, *, seed: int) -> Tensor:
    """Some clips of every label, all of a label that has few, bool [clip]."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in np.unique(labels.numpy()):
        chosen[order[labels[order] == label][:_MOST_CLIPS]] = True
    return chosen


@dataclass(frozen=True, kw_only=True)
class _ToBlend:
    """Clips by both of their parts, blended half and half, which any other blend is a scaling of.

    Attributes:
        embeddings: float32 [clip, dim].
        num_frozen: numbers of the frozen part.
        labels: int64 [clip].
        recordings: str [clip]; clips of one recording are no answers to each other. Empty names count as different.
    """

    embeddings: NDArray[np.float32]
    num_frozen: int
    labels: NDArray[np.int64]
    recordings: NDArray[np.str_]

    @classmethod
    def of(
        cls, clips: Examples, network: BlendedHead, *, recordings: NDArray[np.str_] | None = None
    ) -> _ToBlend:
        return cls(
            embeddings=clips.embed(network.with_share(0.5).eval()).numpy(),
            num_frozen=network.num_frozen,
            labels=clips.labels.numpy(),
            recordings=np.full(len(clips.labels), "") if recordings is None else recordings,
        )

    def blended(self, share: float) -> NDArray[np.float32]:
        """The embeddings with another share of the frozen part."""
        frozen, head = np.split(self.embeddings, [self.num_frozen], axis=1)
        return np.concatenate([share**0.5 * frozen, (1.0 - share) ** 0.5 * head], axis=1)


def _map(queries: _ToBlend, gallery: _ToBlend, share: float) -> float:
    """MAP of a blend; NaN where no query has an answer."""
    if not len(queries.labels) or not len(gallery.labels):
        return float("nan")

    def own(block: slice) -> NDArray[np.bool_]:
        names = queries.recordings[block, None]
        return np.asarray((names == gallery.recordings) & (names != ""))

    ranking = rank(
        queries.blended(share),
        gallery.blended(share),
        distance="cosine",
        relevant=lambda block: (queries.labels[block, None] == gallery.labels) & ~own(block),
        excluded=own,
        k_max=1,
    )
    return float(mean(ranking.average_precision))
