"""The sections of the results page about the convolutional recipe."""

from __future__ import annotations

from typing import Any

from results_tables import plus_minus, table

_WAYS = (("whole", "whole clips"), ("loudest", "loudest 2 s"))


def rotations(runs: list[dict[str, Any]]) -> str:
    """Labels that training knew, one query fold after another."""
    text = "## The convolutional recipe on ESC-50\n\n"
    runs = [run for run in runs if run["config"]["unseen"] is None and not run["config"]["assignments"]]
    if not runs:
        return text + "Not measured yet: `python benchmarks/cnn.py`.\n"
    folds = sorted(run["config"]["query_fold"] for run in runs)
    text += (
        f"Recipe `cnn`, queries from fold {', '.join(map(str, folds))} in turn, training and gallery from the other "
        "three of folds 1 to 4; a tenth of the training\nrecordings is kept aside to choose the epoch. Cosine "
        "distance. Mean and sample deviation over the rotations.\n\n"
    )
    rows = []
    for encoder in runs[0]["values"]["encoders"]:
        cells = []
        for way, _ in _WAYS:
            scores = [run["values"]["encoders"][encoder][way]["all"] for run in runs]
            cells += [plus_minus([one[name] for one in scores]) for name in ("P1", "MAP")]
        rows.append([encoder, *cells])
    chance = [run["values"]["encoders"]["cnn"]["whole"]["all"]["chance MAP"] for run in runs]
    rows.append(["chance", "", plus_minus(chance), "", ""])
    return text + table(["encoder", *_header("P1", "MAP")], rows)


def labels_left_out(runs: list[dict[str, Any]]) -> str:
    """Ten labels that training never heard, beside ten that it did."""
    text = "## Labels never heard\n\n"
    runs = [run for run in runs if run["config"]["unseen"] is not None and not run["config"]["assignments"]]
    if not runs:
        return text + "Not measured yet: `python benchmarks/cnn.py --unseen 0`.\n"
    text += (
        f"Ten labels, drawn by a seed, are left out of training and ranked among themselves; so are ten that were "
        f"trained on. {len(runs)} draws.\n\n"
    )
    rows = []
    for encoder in runs[0]["values"]["encoders"]:
        for group in ("unseen", "seen"):
            cells = []
            for way, _ in _WAYS:
                scores = [run["values"]["encoders"][encoder][way][group] for run in runs]
                cells += [plus_minus([one[name] for one in scores]) for name in ("MAP", "chance MAP")]
            rows.append([encoder, group, *cells])
    return text + table(["encoder", "labels", *_header("MAP", "chance")], rows)


def robustness(runs: list[dict[str, Any]]) -> str:
    """Queries of another microphone, room, codec or level."""
    text = "## Disturbed queries\n\n"
    if not runs:
        return text + "Not measured yet: `python benchmarks/robustness.py`.\n"
    run = runs[-1]
    config = run["config"]
    text += (
        f"Encoder `{config['encoder']}` (fingerprint {config['fingerprint'][:8]}), loudest 2 seconds, queries of fold "
        f"{', '.join(map(str, config['query_folds']))} disturbed, gallery of folds "
        f"{', '.join(map(str, config['folds']))} clean.\n\n"
    )
    rows = [[name, f"{one['MAP']:.3f}", f"{one['P1']:.3f}"] for name, one in run["values"].items()]
    return text + table(["queries", "MAP", "P1"], rows)


def _header(*names: str) -> list[str]:
    return [f"{name}, {words}" for _, words in _WAYS for name in names]
