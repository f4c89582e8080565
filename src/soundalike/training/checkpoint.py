"""State of a training on disk, one file replaced as a whole after every epoch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from soundalike.errors import ResumeError

CHECKPOINT_FILE = "checkpoint.pt"
CHECKPOINT_FORMAT_VERSION = 2


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """All that an unbroken run would know after `epoch` epochs.

    Attributes:
        identity: fingerprint of recipe, seed and data; another run's checkpoint is refused.
        learner: the weights of the network and of its loss.
        average: the running average of the network's weights, empty where none is kept.
        history: one record an epoch.
        best: the network's weights of the best epoch so far.
    """

    identity: str
    epoch: int
    learner: dict[str, Any]
    average: dict[str, Any]
    optimiser: dict[str, Any]
    history: list[dict[str, Any]]
    best: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the checkpoint; a stop at any moment leaves the old one or the new one."""
    partial = folder / f"{CHECKPOINT_FILE}.partial"
    torch.save({"format_version": CHECKPOINT_FORMAT_VERSION, **vars(checkpoint)}, partial)
    partial.replace(folder / CHECKPOINT_FILE)


def load_checkpoint(folder: Path, *, identity: str) -> Checkpoint | None:
    """The last checkpoint in a run folder, or None where there is none yet.

    Raises:
        ResumeError: another recipe, seed or data wrote it, or it cannot be read.
    """
    path = folder / CHECKPOINT_FILE
    if not path.exists():
        return None
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        version = stored.pop("format_version")
    except Exception as exc:  # torch.load raises whatever its pickle reader met
        raise ResumeError(f"cannot read '{path}': {exc}. Train into an empty folder.") from exc
    if version != CHECKPOINT_FORMAT_VERSION:
        raise ResumeError(
            f"'{path}' has format version {version}; this soundalike reads {CHECKPOINT_FORMAT_VERSION}. "
            "Train into an empty folder."
        )
    checkpoint = Checkpoint(**stored)
    if checkpoint.identity != identity:
        raise ResumeError(
            f"'{path}' belongs to a training with another recipe, seed or data. Resume with what it was started "
            "with, or train into an empty folder."
        )
    return checkpoint
