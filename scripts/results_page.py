"""Print `docs/results.md` from the records that benchmarks left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import results_cnn
import results_head
import results_scale
import results_serving
from results_tables import latest, lines, plus_minus, table

METRICS = ("MAP", "MP1", "MPK25")
ENCODERS = ("raw-logfreq", "paper-balanced", "paper-unbalanced")
# Manocha et al. (2018), Table 1, euclidean left and cosine right.
PAPER = {
    ("paper-balanced", "euclidean"): (0.0241, 0.314, 0.099),
    ("paper-unbalanced", "euclidean"): (0.0342, 0.436, 0.177),
    ("paper-balanced", "cosine"): (0.0186, 0.132, 0.105),
    ("paper-unbalanced", "cosine"): (0.0133, 0.333, 0.133),
}
# Manocha et al. (2018), Table 2, for the labels that ESC-50 and UrbanSound8K have too.
PAPER_LABELS = {
    "wind": 0.784,
    "sheep": 0.753,
    "pig": 0.724,
    "water_drops": 0.711,
    "clock_tick": 0.708,
    "brushing_teeth": 0.699,
    "drilling": 0.681,
    "helicopter": 0.670,
    "chirping_birds": 0.650,
    "rooster": 0.636,
    "children_playing": 0.44,
    "crickets": 0.41,
    "gun_shot": 0.318,
    "crying_baby": 0.315,
    "can_opening": 0.314,
    "glass_breaking": 0.312,
    "crackling_fire": 0.276,
    "car_horn": 0.272,
    "dog_bark": 0.110,
}


def build(folder: Path) -> str:
    """The whole page; a section whose benchmark has left no record says so."""
    runs = latest(lines(folder / "paper.jsonl"))
    sections = [
        "# Results\n\nEvery number here stands in `benchmarks/results/`, with the commit, the machine and the seed it "
        "came from.\n`make docs` writes this page again. MAP, MP1 (the paper's precision at the first positive hit: "
        "the mean\nreciprocal rank) and MP@25 as the paper defines them.\n",
        _rotations([run for run in runs if run["config"]["corpus"] == "ESC-50"]),
        _galleries([run for run in runs if run["config"]["corpus"] == "ESC-50"]),
        _beside_the_paper([run for run in runs if run["config"]["corpus"] != "ESC-50"]),
        _labels([run for run in runs if run["config"]["corpus"] != "ESC-50"]),
        results_cnn.rotations(latest(lines(folder / "cnn.jsonl"))),
        results_cnn.labels_left_out(latest(lines(folder / "cnn.jsonl"))),
        results_cnn.robustness(latest(lines(folder / "robustness.jsonl"))),
        results_head.heads(latest(lines(folder / "head.jsonl"))),
        results_head.losses(latest(lines(folder / "losses.jsonl"))),
        results_head.encoder(latest(lines(folder / "encoder.jsonl"))),
        _training(lines(folder / "training.jsonl")),
        _metadata(latest(lines(folder / "metadata.jsonl"))),
        _duplicates(lines(folder / "duplicates.jsonl")),
        _cold_start(lines(folder / "cold_start.jsonl")),
        results_serving.serving(latest(lines(folder / "serving.jsonl"))),
        results_scale.scale(lines(folder / "scale.jsonl")),
    ]
    return "\n".join(sections)


def _row(run: dict[str, Any], *, gallery: str, encoder: str, distance: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = run["values"]["summary"]
    return next(
        row
        for row in rows
        if (row["gallery"], row["encoder"], row["distance"]) == (gallery, encoder, distance)
    )


def _rotations(runs: list[dict[str, Any]]) -> str:
    text = "## The paper's system on ESC-50\n\n"
    if not runs:
        return text + "Not measured yet.\n"
    folds = sorted({run["config"]["query_folds"][0] for run in runs})
    text += (
        f"Official folds {', '.join(map(str, folds))}: queries from one fold, training and gallery from the other "
        "three, the loudest 2 seconds of\nevery clip. A tenth of the training recordings is kept aside to choose the "
        "epoch. Mean and sample deviation.\n\n"
    )
    rows = []
    for encoder in ENCODERS:
        for distance in ("euclidean", "cosine"):
            found = [_row(run, gallery="training", encoder=encoder, distance=distance) for run in runs]
            first_seeds = [_first_seed(run, encoder, distance) for run in runs]
            many = [row for row in found if row["num_seeds"] > 1]
            cells = []
            for name in METRICS:
                cells.append(plus_minus([seed[name] for seed in first_seeds]))
            for name in METRICS:
                cells.append(
                    f"{many[0][name]['mean']:.3f} ± {many[0][name]['spread']:.3f}" if many else "as left"
                )
            rows.append([encoder, distance, *cells])
    luck = [run["values"]["chance"]["training"] for run in runs]
    rows.append(
        [
            "chance",
            "",
            *(plus_minus([one[name] for one in luck]) for name in ("MAP", "MP1", "P1")),
            "",
            "",
            "",
        ]
    )
    header = ["encoder", "distance", *(f"{_word(name)}, {len(folds)} rotations" for name in METRICS)]
    header += [f"{_word(name)}, fold 4, 3 seeds" for name in METRICS]
    return text + table(header, rows)


def _first_seed(run: dict[str, Any], encoder: str, distance: str) -> dict[str, float]:
    rows: list[dict[str, Any]] = run["values"]["first_seed"]
    return next(row for row in rows if (row["encoder"], row["distance"]) == (encoder, distance))


def _word(name: str) -> str:
    return "MP@25" if name == "MPK25" else name


def _galleries(runs: list[dict[str, Any]]) -> str:
    text = "## Which database?\n\nThe paper does not say which clips form its database. Query fold 4, three seeds:\n\n"
    chosen = [run for run in runs if run["config"]["query_folds"] == [4]]
    if not chosen:
        return text + "Not measured yet.\n"
    run = chosen[-1]
    rows = []
    for gallery in ("training", "test", "all"):
        for encoder in ENCODERS:
            for distance in ("euclidean", "cosine"):
                row = _row(run, gallery=gallery, encoder=encoder, distance=distance)
                rows.append(
                    [
                        gallery,
                        encoder,
                        distance,
                        *(f"{row[name]['mean']:.3f}" for name in METRICS),
                        f"{row['best_k']['mean']:.0f}",
                    ]
                )
    return text + table(
        ["gallery", "encoder", "distance", *map(_word, METRICS), "K of the highest MP^K"], rows
    )


def _beside_the_paper(runs: list[dict[str, Any]]) -> str:
    text = (
        "## Beside the paper\n\nESC-50 and UrbanSound8K together, the nearest corpus at hand to the paper's 76 "
        "labels of web recordings. The numbers are not\ncomparable: other recordings, other labels, another gallery. "
        "One seed, 60 epochs\ninstead of 200, learning rates 0.1 (unbalanced) and 2.5e-5 (balanced).\n\n"
    )
    if not runs:
        return text + "Not measured yet.\n"
    runs = sorted(runs, key=lambda run: -run["values"]["num_labels"])
    header = ["encoder", "distance"]
    for run in runs:
        header += [f"{_word(name)}, {run['values']['num_labels']} labels" for name in METRICS]
    header += [f"{_word(name)}, paper" for name in METRICS]
    rows = []
    for encoder in ENCODERS:
        for distance in ("euclidean", "cosine"):
            cells = []
            for run in runs:
                row = _row(run, gallery="training", encoder=encoder, distance=distance)
                cells += [f"{row[name]['mean']:.3f}" for name in METRICS]
            published = PAPER.get((encoder, distance))
            cells += [f"{value:.3f}" for value in published] if published else ["-", "-", "-"]
            rows.append([encoder, distance, *cells])
    luck = []
    for run in runs:
        chance = run["values"]["chance"]["training"]
        luck += [f"{chance[name]:.3f}" for name in ("MAP", "MP1", "P1")]
    rows.append(["chance", "", *luck, "0.013", "-", "0.013"])
    sizes = "; ".join(
        f"{run['values']['num_labels']} labels: {run['values']['num_queries']} queries of fold "
        f"{run['config']['query_folds'][0]}, {run['values']['num_training']} training clips"
        for run in runs
    )
    return text + table(header, rows) + f"\n{sizes}.\n"


def _labels(runs: list[dict[str, Any]]) -> str:
    apart = [run for run in runs if not run["config"]["merge_labels"]]
    text = "## Label by label\n\n"
    if not apart:
        return text + "Not measured yet.\n"
    scores: dict[str, dict[str, float | None]] = apart[-1]["values"]["per_label"]
    text += (
        "MP@25 of `paper-unbalanced`, euclidean, for the labels of the run above; beside it the paper's Table 2 "
        "where it names the same sound.\n\n"
    )
    ordered = sorted(scores.items(), key=lambda item: -(item[1]["MPK25"] or 0.0))
    rows = [
        [
            label,
            "-" if score["MPK25"] is None else f"{score['MPK25']:.3f}",
            f"{PAPER_LABELS[label.split('/')[-1]]:.3f}" if label.split("/")[-1] in PAPER_LABELS else "",
        ]
        for label, score in ordered
    ]
    return text + table(["label", "MP@25", "paper"], rows)


def _training(runs: list[dict[str, Any]]) -> str:
    text = "## All pairs, by blocks\n\n"
    if not runs:
        return text + "Not measured yet.\n"
    run = runs[-1]
    values, config = run["values"], run["config"]
    text += (
        f"One pass over all {config['pairs']:,} pairs of {config['clips']:,} clips, against a pair DataLoader that "
        f"runs both twins for each pair (measured\non {config['pairs_measured']:,} pairs and scaled), in one process "
        f"on {run['machine']['cores']} cores of {run['machine']['processor']}.\n\n"
    )
    rows = [
        [size, f"{ratio['median']:.0f}", f"{ratio['min']:.0f} to {ratio['max']:.0f}"]
        for size, ratio in values["speed_up"].items()
    ]
    difference = values["summed_loss_relative_difference"]
    return (
        text
        + table(["clips in a block", "times faster, median", "range"], rows)
        + f"\nThe summed loss over the pairs that both saw differs by {difference:.1e}, relative.\n"
    )


def _metadata(runs: list[dict[str, Any]]) -> str:
    title = "## Metadata and filters\n\n"
    if not runs:
        return title + "Not measured yet: `python benchmarks/metadata.py`.\n"
    run = max(runs, key=lambda one: one["config"]["recordings"])
    config, values = run["config"], run["values"]
    rows = [
        [f"`{value['where']}`", f"{value['median']:.0f} ms", f"{value['min']:.0f} ms"]
        for value in values.values()
        if "where" in value
    ]
    return (
        f"{title}Reading the tags of a file of {config['file_s']} s takes "
        f"{values['tags_ms_per_file']['median']:.2f} ms of processor time; opening it and decoding it to its end "
        f"{values['read_ms_per_file']['median']:.1f} ms. From a filter's text to the windows it allows, among "
        f"{config['recordings']:,} recordings and {config['windows']:,} windows:\n\n"
        + table(["filter", "median", "fastest"], rows)
        + "\n"
    )


def _duplicates(runs: list[dict[str, Any]]) -> str:
    text = "## Copies found\n\n"
    if not runs:
        return text + "Not measured yet.\n"
    size = {key: runs[-1]["config"][key] for key in ("recordings", "files")}
    runs = [run for run in runs if {key: run["config"][key] for key in size} == size]
    text += (
        f"`soundalike duplicates` over {size['recordings']} real recordings, half of them in pairs cut from one "
        f"source, and ten copies of each ({size['files']:,} files).\nPrecision and recall of pairs of files, and the "
        "share of originals that stand in a group with the copy. Fingerprints alone decided then, at 0.6; waveforms "
        "decide since.\n\n"
    )
    kinds = list(runs[-1]["values"]["recall_by_copy"])
    header = ["least agreement", "precision", "recall", "groups that join recordings", *kinds]
    return text + table(
        header,
        [
            [
                f"{run['config']['min_agreement']:g}",
                f"{run['values']['precision_of_pairs']:.3f}",
                f"{run['values']['recall_of_pairs']:.3f}",
                str(run["values"]["groups_of_several_recordings"]),
                *(f"{run['values']['recall_by_copy'][kind]:.2f}" for kind in kinds),
            ]
            for run in runs
        ],
    )


def _cold_start(runs: list[dict[str, Any]]) -> str:
    text = "## From the shell prompt to the hits\n\n"
    if not runs:
        return text + "Not measured yet.\n"
    run = runs[-1]
    values = run["values"]
    text += (
        "A search in a small library from the shell, against `import onnxruntime, lance`: medians of "
        f"{run['config']['runs']} runs of each in turn.\n\n"
    )
    return text + table(
        ["", "imports", "search", "ratio"],
        [
            [
                name,
                f"{values[f'imports_{kind}_s']['median']:.2f} s",
                f"{values[f'search_{kind}_s']['median']:.2f} s",
                f"{values[f'ratio_{kind}']:.2f}",
            ]
            for name, kind in (("time on the clock", "wall"), ("processor time", "cpu"))
        ],
    )
