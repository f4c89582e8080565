"""A step of training shared out over several processes, on one machine or many.

Each process embeds a part of the step's clips, and every one of them sees the embeddings of all. So the pairs are those
of the whole step, and training takes the steps that it would take in one process.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, distributed, nn

from soundalike.errors import TrainingError

if TYPE_CHECKING:
    from lightning.fabric import Fabric


def is_first_process() -> bool:
    """Whether this process speaks for a training, before or after the others are started."""
    return all(os.environ.get(name, "0") == "0" for name in ("LOCAL_RANK", "NODE_RANK"))


def part_sizes(num_clips: int, *, world_size: int) -> list[int]:
    """How many of a step's clips each process embeds; they differ by one at most.

    Raises:
        TrainingError: there are more processes than clips.
    """
    if num_clips < world_size:
        raise TrainingError(
            f"a step of {num_clips} clips cannot keep {world_size} processes busy. Use fewer."
        )
    return [len(part) for part in torch.arange(num_clips).tensor_split(world_size)]


def part_of(clips: Tensor, *, rank: int, world_size: int) -> Tensor:
    """The clips of a step that one process embeds, in their order."""
    return clips.tensor_split(world_size)[rank]


def gather(part: Tensor, sizes: list[int]) -> Tensor:
    """The rows of all processes, in the order of the step; gradients find their way back.

    Args:
        part: [clip, number], this process's.
        sizes: clips of each process.
    """
    if len(sizes) < 2:
        return part
    rows: Tensor = _Gather.apply(part, sizes)  # type: ignore[no-untyped-call]
    return rows


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, part: Tensor, sizes: list[int]) -> Tensor:
        ctx.sizes = sizes
        padded = part.new_zeros(max(sizes), *part.shape[1:])
        padded[: len(part)] = part
        pieces = [torch.empty_like(padded) for _ in sizes]
        distributed.all_gather(pieces, padded)
        return torch.cat([piece[:size] for piece, size in zip(pieces, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        # Every process computes the same loss, and the gradients of the weights are averaged over the processes
        # afterwards: the sum here and the mean there give the gradient of one loss.
        gradient = gradients[0].contiguous().clone()
        distributed.all_reduce(gradient)
        rank = distributed.get_rank()
        start = sum(ctx.sizes[:rank])
        return gradient[start : start + ctx.sizes[rank]], None


def share_normalisation(network: nn.Module, fabric: Fabric) -> nn.Module:
    """Let batch normalisations on GPUs see the whole step, where several processes share it."""
    if fabric.world_size == 1 or fabric.device.type == "cpu":
        return network
    shared: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
    return shared


def hold_normalisation(model: nn.Module, fabric: Fabric) -> None:
    """Keep the statistics of batch normalisations as they are, where several CPU processes share a step.

    There nothing synchronises them, and statistics of a part of a step would be others than those of the whole.
    """
    if fabric.world_size > 1 and fabric.device.type == "cpu":
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
