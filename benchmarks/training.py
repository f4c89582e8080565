"""How much faster is a pass over all pairs by blocks than the standard way, a pair DataLoader that runs both twins?

Both in one process on the same clips (random features; time does not depend on them), alternating, forward, backward
and optimiser step included. The standard way is measured on a part of the pairs and scaled to all of them. Beside the
time stands the summed loss of the pairs that both saw, with dropout off and the weights held.

    python benchmarks/training.py
"""

from __future__ import annotations

import argparse
import time

import record
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from soundalike.losses import contrastive_loss, squared_distances
from soundalike.models import PaperMlp
from soundalike.pairs import unbalanced_epoch

NUM_LABELS = 50
MARGIN = 1.0
BATCH = 128


class PairDataset(torch.utils.data.Dataset[tuple[Tensor, Tensor, Tensor]]):
    """The standard way: one item is one pair of clips with its label."""

    def __init__(self, features: Tensor, labels: Tensor, pairs: Tensor) -> None:
        self.features, self.labels, self.pairs = features, labels, pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        first, second = self.pairs[index]
        return self.features[first], self.features[second], self.labels[first] == self.labels[second]


def standard_pass(network: nn.Module, optimiser: torch.optim.Optimizer, pairs: PairDataset) -> float:
    started = time.perf_counter()
    for first, second, similar in DataLoader(pairs, batch_size=BATCH):
        squared = ((network(first) - network(second)) ** 2).sum(1)
        loss = contrastive_loss(squared, similar, margin=MARGIN).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return time.perf_counter() - started


def block_pass(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    features: Tensor,
    labels: Tensor,
    *,
    block_size: int,
    generator: torch.Generator,
) -> float:
    started = time.perf_counter()
    for step in unbalanced_epoch(labels, block_size=block_size, generator=generator):
        embeddings = network(features[step.clips])
        own = labels[step.clips]
        losses = contrastive_loss(
            squared_distances(embeddings, embeddings), own[:, None] == own[None, :], margin=MARGIN
        )
        loss = (losses * step.counts).sum() / step.counts.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return time.perf_counter() - started


@torch.no_grad()
def summed_losses(
    network: nn.Module, features: Tensor, labels: Tensor, pairs: Tensor, *, generator: torch.Generator
) -> tuple[float, float]:
    """The loss over `pairs`, pair by pair and by blocks, summed in float64."""
    pair_by_pair = 0.0
    for first, second, similar in DataLoader(PairDataset(features, labels, pairs), batch_size=BATCH):
        squared = ((network(first) - network(second)) ** 2).sum(1)
        pair_by_pair += float(contrastive_loss(squared, similar, margin=MARGIN).double().sum())
    seen = torch.zeros(len(labels), len(labels))
    seen[pairs[:, 0], pairs[:, 1]] = 1.0
    seen = seen + seen.T
    by_blocks = 0.0
    for step in unbalanced_epoch(labels, block_size=200, generator=generator):
        embeddings = network(features[step.clips])
        own = labels[step.clips]
        losses = contrastive_loss(
            squared_distances(embeddings, embeddings), own[:, None] == own[None, :], margin=MARGIN
        )
        by_blocks += float((losses * step.counts * seen[step.clips][:, step.clips]).double().sum())
    return pair_by_pair, by_blocks


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=1600)
    parser.add_argument("--pairs", type=int, default=20_480, help="pairs the standard way is measured on")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--block-sizes", type=int, nargs="+", default=[100, 200, 400])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    generator = torch.Generator().manual_seed(arguments.seed)
    torch.manual_seed(arguments.seed)
    features = torch.randn(arguments.clips, 79 * 171, generator=generator)
    labels = torch.arange(arguments.clips) % NUM_LABELS
    network = PaperMlp(79 * 171, widths=(512, 256, 128), dropout=0.3, generator=generator)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-5, fused=True)
    all_pairs = arguments.clips * (arguments.clips - 1) // 2
    drawn = torch.triu_indices(arguments.clips, arguments.clips, 1).T
    pairs = drawn[torch.randperm(len(drawn), generator=generator)[: arguments.pairs]]
    dataset = PairDataset(features, labels, pairs)

    network.eval()
    pair_by_pair, by_blocks = summed_losses(network, features, labels, pairs, generator=generator)
    network.train()
    standard: list[float] = []
    blocks: dict[int, list[float]] = {size: [] for size in arguments.block_sizes}
    ratios: dict[int, list[float]] = {size: [] for size in arguments.block_sizes}
    for _ in range(arguments.repeats):
        standard.append(standard_pass(network, optimiser, dataset) * all_pairs / len(pairs))
        for size in arguments.block_sizes:
            blocks[size].append(
                block_pass(network, optimiser, features, labels, block_size=size, generator=generator)
            )
            ratios[size].append(standard[-1] / blocks[size][-1])
    record.append(
        "training",
        question="How much faster is an unbalanced pass by blocks than a pair DataLoader running both twins?",
        seed=arguments.seed,
        config={"clips": arguments.clips, "pairs_measured": len(pairs), "pairs": all_pairs, "batch": BATCH},
        values={
            "standard_pass_scaled_s": record.spread(standard),
            "block_pass_s": {str(size): record.spread(times) for size, times in blocks.items()},
            "speed_up": {str(size): record.spread(times) for size, times in ratios.items()},
            "summed_loss_relative_difference": abs(by_blocks - pair_by_pair) / pair_by_pair,
        },
    )


if __name__ == "__main__":
    main()
