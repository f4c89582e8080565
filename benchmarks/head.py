"""What does a head on a frozen encoder gain for labels in training, and what does it cost for labels never heard?

Three folds are trained on (a tenth of them kept aside) and searched, the fourth asks. Ten labels, drawn by a seed, are
left out of training. MAP of the labels in training, ranked among themselves, and of the ten left out, likewise, by the
mean embedding of each clip's windows: for the frozen encoder, for its whitened space, for heads of several kinds alone,
and for what the recipe makes of them. Heads are trained by the training loop; the encoder embeds every clip once.

    python benchmarks/head.py DATA --backbone RUNS/us8k --out RUNS/heads --unseen 0,1,2
"""

from __future__ import annotations

import argparse
import random
import time
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
from soundalike.models import BlendedHead
from soundalike.training import Recipe, load_recipe
from soundalike.training.backbone import Backbone, load_embeddings
from soundalike.training.examples import Examples
from soundalike.training.loop import fit
from soundalike.training.prepare import VALIDATION_FRACTION, identity_of
from soundalike.training.trials import keeping, try_blends, untrained_head

NUM_LEFT_OUT = 10
FOLDS = (1, 2, 3, 4)
LINEAR = ("network.widths=[128]",)


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


def base(draw: Draw, *, labels: torch.Tensor | None) -> NDArray[np.float32]:
    """The frozen space alone: as it is, or whitened about the means of such labels of the training windows."""
    network = BlendedHead.standardised_by(
        draw.training.features,
        torch.nn.Sequential(torch.nn.Linear(draw.training.features.shape[1], 1)),
        labels=labels,
        num_clips=len(draw.training.labels),
    )
    return draw.examples.embed(network.with_share(1.0).eval()).numpy()


def trained(
    draw: Draw, recipe: Recipe, *, whiten: bool, seed: int, folder: Path, identity: str
) -> BlendedHead:
    network = untrained_head(recipe, draw.training, whiten=whiten, seed=seed)
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
    labels = draw.training.labels[draw.training.owners]
    rows = {
        "frozen": draw.scores(base(draw, labels=None)),
        "whitened": draw.scores(base(draw, labels=torch.zeros_like(labels))),
        "whitened within labels": draw.scores(base(draw, labels=labels)),
    }

    def head(name: str, one: Recipe, *, whiten: bool) -> BlendedHead:
        slug = name.replace(" ", "-")
        return trained(
            draw, one, whiten=whiten, seed=seed, folder=folder / slug, identity=f"{identity} {slug}"
        )

    def add(name: str, network: BlendedHead, share: float) -> None:
        rows[name] = draw.scores(draw.examples.embed(network.with_share(share).eval()).numpy())

    one_layer = head("linear head", keeping(linear, 0.0), whiten=False)
    two_layers = head("two-layer head", keeping(recipe, 0.0), whiten=True)
    beside_frozen = BlendedHead(two_layers.layers, mean=two_layers.mean, scale=two_layers.scale)
    kept = head("two-layer head that keeps similarities", recipe, whiten=True)
    add("linear head", one_layer, 0.0)
    add("linear head, half frozen", one_layer, 0.5)
    add("two-layer head", two_layers, 0.0)
    add("two-layer head, half frozen", beside_frozen, 0.5)
    add("two-layer head, half whitened", two_layers, 0.5)
    add("two-layer head that keeps whitened similarities", kept, 0.0)
    add("two-layer head that keeps whitened similarities, half whitened", kept, 0.5)
    started = time.monotonic()
    choice = try_blends(
        fabric(),
        lambda some, whiten: untrained_head(recipe, some, whiten=whiten, seed=seed),
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
    final = head("chosen", keeping(recipe, choice.keep), whiten=choice.whiten)
    add("blended as labels left out say", final, choice.share)
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
