"""What does a head on a frozen encoder gain for labels in training, and what does it cost for labels never heard?

Three folds are trained on (a tenth of them kept aside) and searched, the fourth asks. Ten labels, drawn by a seed, are
left out of training. MAP of the labels in training, ranked among themselves, and of the ten left out, likewise, by the
mean embedding of each clip's windows: for the frozen encoder, for its whitened space, for heads of several kinds alone,
and for what the recipe makes of them. Heads are trained by the training loop; the encoder embeds every clip once.

    python benchmarks/head.py DATA --backbone RUNS/us8k --out RUNS/heads --unseen 0,1,2
"""

from __future__ import annotations

import argparse
import copy
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import record
import torch
from lightning.fabric import Fabric
from numpy.typing import NDArray

from soundalike.config import fingerprint
from soundalike.data import Clip, Manifest, keep_aside, read_data, recording_key, without_recordings_of
from soundalike.embedding import EmbeddedClips
from soundalike.encoders import load_encoder
from soundalike.evaluation import evaluate_embeddings
from soundalike.models import BlendedHead, make_head
from soundalike.training import Recipe, load_recipe
from soundalike.training.backbone import Backbone, load_embeddings
from soundalike.training.examples import Examples
from soundalike.training.loop import fit
from soundalike.training.prepare import VALIDATION_FRACTION, identity_of
from soundalike.training.trials import keeping, try_blends

NUM_LEFT_OUT = 10
FOLDS = (1, 2, 3, 4)
LINEAR = ("network.widths=[128]",)
# How much of the spread within labels is added to that of all directions alike, before it is divided by.
SHRINKAGE = 0.3

Embed = Callable[[Examples], NDArray[np.float32]]


class Draw:
    """One draw of labels to leave out: the clips to train on, and how an embedding does on the others."""

    def __init__(
        self, manifest: Manifest, clips: tuple[Clip, ...], examples: Examples, *, query_fold: int, unseen: int
    ) -> None:
        self.clips, self.examples = clips, examples
        left_out = random.Random(unseen).sample(manifest.labels, 2 * NUM_LEFT_OUT)[:NUM_LEFT_OUT]
        self.is_unseen = np.array([clip.label in left_out for clip in clips])
        queries = manifest.select(folds=[query_fold])
        gallery = manifest.select(folds=[fold for fold in FOLDS if fold != query_fold])
        self.is_query = self._among(queries)
        self.is_gallery = self._among(gallery)
        allowed = without_recordings_of(gallery, queries)
        seen = replace(
            allowed, clips=tuple(clip for clip in allowed.clips if clip.label not in set(left_out))
        )
        sides = keep_aside(seen, fraction=VALIDATION_FRACTION, seed=0)
        self.masks = [torch.from_numpy(self._among(side)) for side in sides]
        self.training, self.validation = (examples.select(mask) for mask in self.masks)
        self.recordings = [
            recording_key(clip)
            for mask in self.masks
            for clip, taken in zip(clips, mask.tolist(), strict=True)
            if taken
        ]

    def _among(self, manifest: Manifest) -> NDArray[np.bool_]:
        wanted = set(map(id, manifest.clips))
        return np.array([id(clip) in wanted for clip in self.clips])

    def scores(self, embeddings: NDArray[np.float32]) -> dict[str, float]:
        """MAP of labels in training and of labels left out, each ranked among themselves."""
        found = {}
        for name, group in (("seen", ~self.is_unseen), ("unseen", self.is_unseen)):
            queries, gallery = (
                EmbeddedClips(
                    clips=tuple(self.clips[index] for index in np.flatnonzero(side & group)),
                    embeddings=embeddings[side & group],
                )
                for side in (self.is_query, self.is_gallery)
            )
            found[name] = evaluate_embeddings(queries, gallery, distance="cosine").mean_average_precision
        return found


def frozen(examples: Examples) -> NDArray[np.float32]:
    """The backbone alone."""
    return examples.embed(torch.nn.Identity()).numpy()


def whitened_by(training: Examples, *, within_labels: bool) -> Embed:
    """The frozen space, its directions divided by their spread: of all clips, or of clips about their label's mean."""
    directions = torch.nn.functional.normalize(training.features, dim=1).double()
    mean = directions.mean(0)
    centred = directions - mean
    if within_labels:
        labels = training.labels[training.owners]
        sums = torch.zeros(int(labels.max()) + 1, centred.shape[1], dtype=torch.float64)
        counts = labels.bincount(minlength=len(sums)).clamp_min(1)
        centred = centred - (sums.index_add_(0, labels, centred) / counts[:, None])[labels]
    covariance = centred.T @ centred / len(centred)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * covariance.diagonal().mean() * torch.eye(
        len(covariance), dtype=torch.float64
    )
    values, vectors = torch.linalg.eigh(shrunk)
    whitening = vectors @ torch.diag(values.rsqrt()) @ vectors.T

    def whiten(windows: torch.Tensor) -> torch.Tensor:
        moved = torch.nn.functional.normalize(windows, dim=1).double() - mean
        return torch.nn.functional.normalize(moved @ whitening, dim=1).float()

    return lambda examples: examples.embed(_Function(whiten)).numpy()


class _Function(torch.nn.Module):
    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        return self.function(windows)


def untrained(draw: Draw, recipe: Recipe, *, seed: int) -> BlendedHead:
    layers = make_head(
        draw.training.features.shape[1],
        widths=recipe.network.widths,
        dropout=recipe.network.dropout,
        generator=torch.Generator().manual_seed(seed),
    )
    return BlendedHead.standardised_by(draw.training.features, layers, share=0.5)


def trained(draw: Draw, recipe: Recipe, *, seed: int, folder: Path, identity: str) -> BlendedHead:
    network = untrained(draw, recipe, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    fit(
        fabric(),
        network,
        draw.training,
        draw.validation,
        recipe=recipe,
        seed=seed,
        folder=folder,
        identity=identity,
        on_epoch=lambda one: None,
    )
    return network.eval()


def fabric() -> Fabric:
    made = Fabric(accelerator="cpu", devices=1)
    made.launch()
    return made


def measure(draw: Draw, recipe: Recipe, linear: Recipe, *, seed: int, folder: Path, identity: str) -> dict:
    """Scores of every variant, and what the recipe chose."""
    rows = {
        "frozen": draw.scores(frozen(draw.examples)),
        "whitened": draw.scores(whitened_by(draw.training, within_labels=False)(draw.examples)),
        "whitened within labels": draw.scores(whitened_by(draw.training, within_labels=True)(draw.examples)),
    }

    def add(name: str, network: BlendedHead, share: float) -> None:
        rows[name] = draw.scores(draw.examples.embed(network.with_share(share).eval()).numpy())

    heads = {}
    for name, one in (
        ("linear head", keeping(linear, 0.0)),
        ("two-layer head", keeping(recipe, 0.0)),
        ("two-layer head that keeps similarities", keeping(recipe, max(recipe.blend.keeps))),
    ):
        slug = name.replace(" ", "-")
        heads[name] = trained(draw, one, seed=seed, folder=folder / slug, identity=f"{identity} {slug}")
        add(name, heads[name], 0.0)
    for name in ("linear head", "two-layer head"):
        add(f"{name}, half frozen", heads[name], 0.5)
    started = time.monotonic()
    choice = try_blends(
        fabric(),
        untrained(draw, recipe, seed=seed),
        draw.training,
        draw.validation,
        recordings=draw.recordings,
        recipe=recipe,
        seed=seed,
        folder=folder / "left-out",
        identity=identity,
        on_trial=lambda done, total: print(f"  {done} of {total} heads", flush=True),
    )
    choosing_s = time.monotonic() - started
    chosen = copy.deepcopy(
        heads["two-layer head" if choice.keep == 0 else "two-layer head that keeps similarities"]
    )
    add("the recipe: blended as labels left out allow", chosen, choice.share)
    return {"MAP": rows, "choice": choice.as_json(), "choosing_s": choosing_s}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--name", help="what the table calls the backbone")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dataset", default="esc50")
    parser.add_argument("--query-fold", type=int, default=4)
    parser.add_argument("--unseen", type=record.numbers, default=[0, 1, 2], help="seeds of draws of labels")
    parser.add_argument("--seed", type=record.numbers, default=[0], help="seeds of the heads")
    parser.add_argument("--set", action="append", default=[], dest="assignments")
    arguments = parser.parse_args()

    everything = read_data(arguments.data)
    clips = tuple(clip for clip in everything.clips if clip.dataset == arguments.dataset)
    manifest = replace(everything, name=arguments.dataset, clips=clips)
    encoder = load_encoder(arguments.backbone)
    name = arguments.name or encoder.name
    folder = arguments.out / name
    folder.mkdir(parents=True, exist_ok=True)
    side, examples = load_embeddings(
        manifest,
        Backbone(encoder),
        names=manifest.labels,
        mode="whole",
        one_window_a_clip=True,
        identity=identity_of(manifest),
        cache=folder / "embeddings.npz",
    )
    recipe = load_recipe("head", arguments.assignments)
    linear = load_recipe("head", [*arguments.assignments, *LINEAR])
    for unseen in arguments.unseen:
        draw = Draw(manifest, side.clips, examples, query_fold=arguments.query_fold, unseen=unseen)
        for seed in arguments.seed:
            config = {
                "backbone": name,
                "fingerprint": encoder.fingerprint,
                "dataset": arguments.dataset,
                "query_fold": arguments.query_fold,
                "unseen": unseen,
                "assignments": arguments.assignments,
            }
            if {**config, "head_seed": seed} in record.configs("head"):
                continue
            identity = fingerprint([config, seed, identity_of(manifest)])
            values = measure(
                draw,
                recipe,
                linear,
                seed=seed,
                folder=folder / f"unseen{unseen}-seed{seed}",
                identity=identity,
            )
            record.append(
                "head",
                question="What does a head on a frozen encoder gain for labels in training, and cost for others?",
                seed=seed,
                config={**config, "head_seed": seed},
                values=values,
            )


if __name__ == "__main__":
    main()
