"""`soundalike evaluate`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cli.command_line import refused, soundalike
from soundalike.data import read_data
from soundalike.encoders import load_encoder
from soundalike.evaluation import evaluate

KEYS = {
    *("distance", "clip", "num_queries", "num_unanswerable", "num_gallery", "num_labels"),
    *("MAP", "MP1", "P1", "MPK", "interval", "chance", "per_label", "encoder"),
}
FAST = "spectral-averages"


@pytest.fixture(scope="session")
def apart(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Gallery and queries in two folders; the queries hold a file that is no audio, and one with a label of its own."""
    gallery, queries = (tmp_path_factory.mktemp("apart") / name for name in ("gallery", "queries"))
    for number, clip in enumerate(sorted(sounds.rglob("*.wav"))):
        folder = (queries if number % 4 == 0 else gallery) / clip.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, folder)
    (queries / "rain" / "broken.wav").write_bytes(b"no sound")
    (queries / "thunder").mkdir()
    shutil.copy(queries / "rain" / "rain_000.wav", queries / "thunder" / "thunder.wav")
    return gallery, queries


def test_self_search_gives_what_python_gives(sounds: Path, encoder: Path) -> None:
    outcome = soundalike("evaluate", encoder, "--gallery", sounds, "--json")
    assert outcome.exit_code == 0
    assert "'paper-unbalanced' was trained on" in outcome.stderr
    document = outcome.document
    assert set(document) >= KEYS
    assert (document["num_queries"], document["num_gallery"], document["num_labels"]) == (48, 48, 6)
    assert set(document["MPK"]) >= {"1", "30"}
    assert document["P1"] == document["MPK"]["1"]
    for name in ("MAP", "MP1", "P1"):
        low, high = document["interval"][name]
        assert low <= document[name] <= high
    assert set(document["per_label"]["rain"]) == {"MPK25", "MAP", "num_queries"}
    assert document["MAP"] > document["chance"]["MAP"]
    (expected,) = evaluate([load_encoder(encoder)], read_data(sounds))
    assert document == json.loads(json.dumps(expected.as_json()))


def test_several_encoders_distances_and_clips(sounds: Path, encoder: Path) -> None:
    several = soundalike(
        *("evaluate", FAST, encoder, "--gallery", sounds, "--json"),
        *("--distance", "cosine", "--clip", "whole", "-k", "10"),
    ).document
    assert list(several) == ["results"]
    assert [one["encoder"]["name"] for one in several["results"]] == [FAST, "paper-unbalanced"]
    for one, alone in zip(several["results"], (FAST, encoder), strict=True):
        assert (one["distance"], one["clip"]) == ("cosine", "whole")
        (expected,) = evaluate(
            [load_encoder(alone)], read_data(sounds), distance="cosine", clip="whole", k=10
        )
        assert one == json.loads(json.dumps(expected.as_json()))
    table = soundalike("evaluate", FAST, encoder, "--gallery", sounds, "-k", "10")
    header, *rows = table.stdout.splitlines()
    assert "MP@10" in header
    assert [row.split()[0] for row in rows] == [FAST, "paper-unbalanced", "chance"]


def test_folds(folds: Path) -> None:
    parts = ["--gallery", folds, "--gallery-folds", "1,2,3", "--query-folds", "4"]
    document = soundalike("evaluate", FAST, *parts, "--json").document
    assert (document["num_queries"], document["num_gallery"], document["num_unanswerable"]) == (12, 36, 0)
    manifest = read_data(folds)
    (expected,) = evaluate([load_encoder(FAST)], manifest.select(folds=[1, 2, 3]), manifest.select(folds=[4]))
    assert document == json.loads(json.dumps(expected.as_json()))
    unknown = soundalike("evaluate", FAST, "--gallery", folds, "--gallery-folds", "7", "--json")
    refused(unknown, "no clip in folds 7", "folds 1, 2, 3, 4", exit_code=1)


def test_queries_of_their_own_with_one_that_cannot_be_read(apart: tuple[Path, Path]) -> None:
    gallery, queries = apart
    outcome = soundalike("evaluate", FAST, "--gallery", gallery, "--queries", queries, "--json")
    assert outcome.exit_code == 3
    assert "1 file could not be used:" in outcome.stderr
    assert f"{queries / 'rain' / 'broken.wav'}: " in outcome.stderr
    assert (outcome.document["num_unanswerable"], outcome.document["num_gallery"]) == (1, 36)
    assert outcome.document["per_label"]["thunder"]["MAP"] is None


def test_same_file_on_both_sides_is_refused(sounds: Path) -> None:
    sides = ["evaluate", FAST, "--gallery", sounds, "--queries", sounds, "--json"]
    refused(soundalike(*sides), "48 clips have their audio on both sides", "--allow-leaks", exit_code=1)
    allowed = soundalike(*sides, "--allow-leaks")
    assert allowed.exit_code == 0
    assert allowed.document["num_queries"] == 48


def test_report(sounds: Path, encoder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pages" / "report"
    outcome = soundalike("evaluate", encoder, "--gallery", sounds, "--report", folder, "--json")
    assert outcome.exit_code == 0
    assert f"report: {folder / 'index.html'}" in outcome.stderr
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert page.count('<img src="data:image/') >= 4
    names = {path.name for path in folder.iterdir()}
    assert {"index.html", "results.json", "tables.md"} <= names
    pictures = {name.removesuffix(".png") for name in names if name.endswith(".png")}
    assert {"confusion", "figure-3-precision", "figure-5-chosen-labels"} <= pictures
    assert any(name.startswith("figure-4-") for name in pictures)
    assert all(f"{name}.svg" in names for name in pictures)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results == {"results": [outcome.document]}


def test_requests_that_cannot_be(sounds: Path, encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    damaged = tmp_path / "damaged"
    shutil.copytree(encoder, damaged)
    (damaged / "encoder.onnx").write_bytes(b"no graph")
    for arguments, words, exit_code in [
        (["best", "--gallery", sounds], "no encoder 'best'", 2),
        ([tmp_path, "--gallery", sounds], "is no encoder folder", 2),
        ([damaged, "--gallery", sounds], "is not the file its card describes", 1),
        ([FAST, "--gallery", tmp_path / "nowhere"], "there is no file or folder", 1),
        ([FAST, "--gallery", tmp_path / "damaged"], "nothing recognised", 1),
        ([FAST, "--gallery", sounds, "--query-folds", "x"], "--query-folds 'x'", 2),
        ([FAST, "--gallery", sounds, "--synonyms", tmp_path / "none.csv"], "none.csv", 1),
        ([FAST, "--gallery", sounds, "--report", tmp_path / "file"], "cannot write the report", 2),
    ]:
        refused(soundalike("evaluate", *arguments, "--json"), "error: ", words, exit_code=exit_code)
