"""The sections of the results page about heads on frozen encoders, losses, and the speed of the default encoder."""

from __future__ import annotations

from statistics import median
from typing import Any

from results_tables import table


def heads(runs: list[dict[str, Any]]) -> str:
    """What a head gains for labels in training, and what it costs for others, for every backbone."""
    text = "## A head on a frozen encoder\n\n"
    if not runs:
        return text + "Not measured yet: `python benchmarks/head.py`.\n"
    text += (
        "ESC-50, queries from fold 4, training and gallery folds 1 to 3, whole clips. Ten labels, drawn by a seed, are "
        "left out of the head's training.\nMAP of the labels in training, ranked among themselves, and of the ten left "
        "out, likewise; median (smallest to largest) over draws and seeds.\nThe last row is what `soundalike train "
        "--backbone` makes.\n"
    )
    for backbone in dict.fromkeys(run["config"]["backbone"] for run in runs):
        of_backbone = [run for run in runs if run["config"]["backbone"] == backbone]
        text += f"\n### Backbone `{backbone}`, {len(of_backbone)} runs\n\n"
        rows = []
        for variant in of_backbone[0]["values"]["MAP"]:
            scores = [run["values"]["MAP"][variant] for run in of_backbone]
            cost = [
                run["values"]["MAP"][variant]["unseen"] - run["values"]["MAP"]["frozen"]["unseen"]
                for run in of_backbone
            ]
            rows.append(
                [
                    variant,
                    *(_middle([one[group] for one in scores]) for group in ("seen", "unseen")),
                    f"{median(cost):+.3f}",
                ]
            )
        text += table(["", "labels in training", "labels left out", "beside frozen"], rows)
        chosen = [run["values"]["choice"] for run in of_backbone]
        text += (
            f"\nChosen in each run: share of the base's cosine {_listed(chosen, 'share_of_base')}; base whitened "
            f"{_listed(chosen, 'whitened_base')}; weight of keeping similarities {_listed(chosen, 'keep')}.\n"
        )
    return text


def losses(runs: list[dict[str, Any]]) -> str:
    """The same network with every loss."""
    text = "## Losses\n\n"
    runs = [run for run in runs if not run["config"]["assignments"]]
    if not runs:
        return text + "Not measured yet: `python benchmarks/losses.py`.\n"
    text += (
        f"Recipe `cnn` for {runs[0]['config']['epochs']} epochs, ESC-50, queries from fold "
        f"{runs[0]['config']['query_fold']}, whole clips; ten labels, another ten for each seed, are left out of "
        "training.\nMAP of ten labels in training and of those left out, each ranked among themselves; median "
        "(smallest to largest) over seeds.\n\n"
    )
    rows = []
    for loss in dict.fromkeys(run["config"]["loss"] for run in runs):
        of_loss = [run["values"] for run in runs if run["config"]["loss"] == loss]
        cells = [_middle([one[group]["MAP"] for one in of_loss]) for group in ("seen", "unseen")]
        rows.append([f"`{loss}`", *cells, str(len(of_loss))])
    chance = [run["values"]["unseen"]["chance MAP"] for run in runs]
    rows.append(["chance", "", f"{median(chance):.3f}", ""])
    return text + table(["loss", "labels in training", "labels left out", "seeds"], rows)


def encoder(runs: list[dict[str, Any]]) -> str:
    """Seconds of audio a second, and what less precision costs."""
    text = "## Speed of the default encoder\n\n"
    if not runs:
        return text + "Not measured yet: `python benchmarks/encoder.py`.\n"
    values = runs[-1]["values"]
    text += (
        "Seconds of audio for each second of processor time, and in brackets the median ratio to `float32` of the same "
        "round; all take turns.\nThe network alone is what is left without the front end. MAP of an encoder trained on "
        "the other folds, by the loudest 2 seconds of every clip.\n\n"
    )
    names = list(next(iter(values["speed"].values())))
    rows = []
    for name in names:
        cells = [
            f"{one[name]['audio_s_per_processor_s']['median']:,.0f} ({one[name]['of_float32']['median']:.2f})"
            for one in values["speed"].values()
        ]
        maps, sizes = values["MAP"].get(name), values["MB"].get(name)
        rows.append([name, *cells, f"{maps:.4f}" if maps else "", f"{sizes:.1f}" if sizes else ""])
    settings = [name.replace("1 threads", "1 thread") for name in values["speed"]]
    return text + table(["", *settings, "MAP", "MB"], rows)


def _middle(values: list[float]) -> str:
    around = f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
    return f"{median(values):.3f}{around}"


def _listed(chosen: list[dict[str, Any]], key: str) -> str:
    return ", ".join(str(one[key]) for one in chosen)
