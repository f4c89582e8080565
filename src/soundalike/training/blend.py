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

# An untrained head with the statistics of some training clips, its base whitened or not.
Untrained = Callable[[Examples, bool], BlendedHead]
# Trains a head: (name of the trial, untrained head, training clips, weight of keeping) -> the same head, trained.
Train = Callable[[str, BlendedHead, Examples, float], BlendedHead]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How a head is trained and blended, and what that was chosen by.

    Attributes:
        share: of the base's cosine, from 0 to 1.
        whiten: whether the base is the frozen space whitened.
        keep: weight of keeping the base's similarities in the head's loss.
        seen_map: MAP of validation clips of labels in training, for each of `SHARES`, then for the frozen space; empty
            if nothing was tried.
        unseen_map: MAP of clips of labels left out, ranked among themselves, likewise.
        num_groups: groups of labels that were left out, one after another.
    """

    share: float
    whiten: bool
    keep: float
    seen_map: tuple[float, ...] = ()
    unseen_map: tuple[float, ...] = ()
    num_groups: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data, for the card."""
        chosen = {
            "share_of_base": self.share,
            "whitened_base": self.whiten,
            "keep": self.keep,
            "chosen": self.num_groups > 0,
        }
        if not self.num_groups:
            return chosen
        places = {"frozen": -1, "base": len(SHARES) - 1, "head": 0, "blended": SHARES.index(self.share)}
        return {
            "on": f"{self.num_groups} groups of labels left out of training, one after another",
            **chosen,
            **{
                name: {"seen MAP": self.seen_map[place], "unseen MAP": self.unseen_map[place]}
                for name, place in places.items()
            },
        }


def choose_blend(
    training: Examples,
    validation: Examples,
    *,
    recordings: Sequence[str],
    keeps: Sequence[float],
    untrained: Untrained,
    train: Train,
    on_trial: Callable[[int, int], None],
    tolerance: float,
    seed: int,
) -> Choice | None:
    """Leave out every label once, in groups, and look what each blend does to labels heard and never heard.

    The base is whitened where that is better for both together, and costs labels left out no more than `tolerance`. Of
    the blends with it, see `best_share`.

    Args:
        training: the training clips' frozen embeddings.
        validation: the validation clips' frozen embeddings.
        recordings: of the training clips, then of the validation clips: none is an answer to itself.
        keeps: weights of keeping to choose among.
        untrained: makes a head.
        train: trains one.
        on_trial: told (heads done, heads in all).
        tolerance: MAP.
        seed: deals the groups.
    Returns:
        The choice, None where there are too few labels or clips to leave any out.
    """
    both = _joined(training, validation)
    few = _few_of_each(both.labels, seed=seed)
    groups = [
        _Group.of(group, training, validation, both, few, np.array(recordings))
        for group in _groups_of(training.labels, seed=seed)
    ]
    by_base = {
        whiten: _over_groups([group.maps(untrained(group.heard, whiten), [1.0]) for group in groups])
        for whiten in (False, True)
    }
    frozen, whitened = by_base[False], by_base[True]
    if frozen is None or whitened is None:
        logger.info("too few labels or clips to leave labels out")
        return None
    cheap = whitened[0, 1] >= frozen[0, 1] - tolerance
    whiten = bool(cheap and whitened.sum() > frozen.sum())
    choices = []
    for trial, keep in enumerate(keeps):
        found = []
        for number, group in enumerate(groups):
            name = f"keep{keep:g}-group{number + 1}"
            network = train(name, untrained(group.heard, whiten), group.heard, keep)
            found.append(group.maps(network, SHARES))
            on_trial(trial * len(groups) + number + 1, len(keeps) * len(groups))
        blends = _over_groups(found)
        assert blends is not None
        seen, unseen = np.concatenate([blends, frozen]).T
        choices.append(
            Choice(
                share=best_share(seen, unseen, tolerance=tolerance),
                whiten=whiten,
                keep=keep,
                seen_map=tuple(map(float, seen)),
                unseen_map=tuple(map(float, unseen)),
                num_groups=len(groups),
            )
        )
    return max(choices, key=lambda choice: choice.seen_map[SHARES.index(choice.share)])


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Labels that are left out, and the clips on both sides of that.

    Attributes:
        heard: training clips of the other labels.
        asked: validation clips of the other labels.
        unheard: clips of the labels left out, not too many of each.
        recordings: of these.
    """

    heard: Examples
    asked: Examples
    unheard: Examples
    recordings: NDArray[np.str_]

    @classmethod
    def of(
        cls,
        labels: Tensor,
        training: Examples,
        validation: Examples,
        both: Examples,
        few: Tensor,
        recordings: NDArray[np.str_],
    ) -> _Group:
        left_out = torch.isin(both.labels, labels) & few
        return cls(
            heard=training.select(~torch.isin(training.labels, labels)),
            asked=validation.select(~torch.isin(validation.labels, labels)),
            unheard=both.select(left_out),
            recordings=recordings[left_out.numpy()],
        )

    def maps(self, network: BlendedHead, shares: Sequence[float]) -> NDArray[np.float64]:
        """MAP of labels heard and of labels left out, float64 [share, 2]."""
        heard, asked = (_ToBlend.of(side, network) for side in (self.heard, self.asked))
        unheard = _ToBlend.of(self.unheard, network, recordings=self.recordings)
        return np.array([[_map(asked, heard, share), _map(unheard, unheard, share)] for share in shares])


def _over_groups(found: Sequence[NDArray[np.float64]]) -> NDArray[np.float64] | None:
    """The mean over the groups, None where there is none, or none that could be measured."""
    if not found:
        return None
    known = ~np.isnan(found).any(axis=(1, 2))
    return np.mean(np.array(found)[known], axis=0) if known.any() else None


def best_share(seen_map: NDArray[np.float64], unseen_map: NDArray[np.float64], *, tolerance: float) -> float:
    """The best share for labels seen, of those that cost at most `tolerance` on labels unseen.

    Of those that are as good for labels seen, but for `tolerance`, it is the best for labels unseen.

    Args:
        seen_map: for each of `SHARES`, then for the frozen space alone.
        unseen_map: likewise.
        tolerance: MAP.
    Returns:
        One of `SHARES`: 1, the base alone, if all of them cost too much.
    """
    allowed = unseen_map[:-1] >= unseen_map[-1] - tolerance
    allowed[-1] = True
    as_good = allowed & (seen_map[:-1] >= seen_map[:-1][allowed].max() - tolerance)
    return SHARES[int(np.where(as_good, unseen_map[:-1], -1.0).argmax())]


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
