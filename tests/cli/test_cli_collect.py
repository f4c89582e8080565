"""`soundalike collect`, and the road from it to an evaluation."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command_line import Outcome, refused, soundalike, start, wait_until
from corpora.loopback import Item, Site, serving
from soundalike.data import read_data

LABELS = "id,words\nesc50/dog,dog\nurbansound8k/dog_bark,dog\nesc50/siren,siren\n"


@pytest.fixture(scope="session")
def results(sounds: Path) -> dict[str, list[Item]]:
    """What is found for two words: eight recordings each, and one that is refused."""

    def found(kind: str) -> list[Item]:
        data = [path.read_bytes() for path in sorted((sounds / kind).iterdir())]
        return [
            Item(f"{kind} refused.wav", b"", 2.2, "403"),
            *(Item(f"{kind} {number}.wav", one, 2.2) for number, one in enumerate(data)),
        ]

    return {"dog sound": found("dog_bark"), "siren sound": found("siren")}


@pytest.fixture
def site(results: dict[str, list[Item]]) -> Iterator[Site]:
    with serving(Site(results)) as site:
        yield site


def collect(site: Site, out: Path, *more: str | Path) -> Outcome:
    labels = out.parent / "labels.csv"
    labels.write_text(LABELS, encoding="utf-8")
    return soundalike("collect", labels, "--out", out, "--search", site.search, "--sleep-s", "0", *more)


@pytest.mark.slow
def test_the_whole_road(site: Site, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    gathered = collect(site, corpus, "--per-label", "4", "--json")
    # Each label met the recording that is refused, the two of the same words both.
    assert gathered.exit_code == 3, gathered.stderr
    assert len(gathered.document["skipped"]) == 3
    labels = gathered.document["labels"]
    assert {name: row["kept"] for name, row in labels.items()} == {
        "esc50/dog": 4,
        "urbansound8k/dog_bark": 4,
        "esc50/siren": 4,
    }
    again = collect(site, corpus, "--per-label", "4")
    assert again.exit_code == 0
    assert "urbansound8k/dog_bark" in again.stdout
    assert "--review" in again.stdout

    trained = soundalike(
        *("train", corpus, "--out", tmp_path / "encoder", "--json"),
        *("--set", "network.widths=[32,16]", "--set", "optimiser.epochs=2"),
    )
    assert trained.exit_code == 0, trained.stderr
    both = soundalike(
        *("evaluate", tmp_path / "encoder", "--gallery", corpus, "--synonyms", "paper76", "--json"),
        cwd=tmp_path,
    ).document["results"]
    assert [one["num_labels"] for one in both] == [3, 2]
    assert set(both[1]["per_label"]) == {"dog", "siren"}
    assert both[1]["MAP"] > both[0]["MAP"]


def test_torch_is_not_needed(site: Site, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('torch is not installed')\n", encoding="utf-8")
    paths = [str(tmp_path), *sys.path]
    done = soundalike(
        *(
            "collect",
            _labels(tmp_path),
            "--out",
            tmp_path / "corpus",
            "--search",
            site.search,
            "--sleep-s",
            "0",
        ),
        *("--per-label", "1"),
        environment={"PYTHONPATH": os.pathsep.join(paths)},
    )
    assert done.exit_code == 3, done.stderr


def test_ctrl_c_and_on_again(site: Site, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    arguments = ("collect", _labels(tmp_path), "--out", corpus, "--search", site.search, "--per-label", "2")
    child = start(*arguments, "--sleep-s", "0.3")
    ledger = corpus / "recordings.jsonl"
    wait_until(lambda: ledger.exists() and ledger.read_text(encoding="utf-8").count('"kept"') >= 1, child)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130, errors
    assert b"what was finished is kept" in errors
    kept = ledger.read_text(encoding="utf-8").count('"kept"')
    done = soundalike(*arguments, "--sleep-s", "0", "--json")
    assert done.exit_code in (0, 3), done.stderr
    assert done.document["kept"] == 6
    asked = [one for one in site.requests if one.startswith("/media/") and "refused" not in one]
    # What was kept before was not fetched again; one in flight may have been.
    assert len(asked) <= 2 * 6 + 2, kept


def test_a_search_that_yt_dlp_knows_with_licences(sounds: Path, tmp_path: Path) -> None:
    free, shared = "Creative Commons Attribution license (reuse allowed)", "Standard licence"
    data = [path.read_bytes() for path in sorted((sounds / "rain").iterdir())]
    rain = [
        Item(
            f"{number}.wav",
            one,
            2.2,
            title=f"rain {number}",
            uploader="ada",
            licence=free if number % 2 else shared,
        )
        for number, one in enumerate(data)
    ]
    rain.insert(0, Item("film.wav", data[0], 5400.0, title="a film", licence=free))
    (tmp_path / "labels.txt").write_text("rain\n", encoding="utf-8")
    plugins = Path(__file__).parents[1] / "corpora" / "plugins"
    with serving(Site({"heavy rain at night": rain})) as site:
        done = soundalike(
            *("collect", tmp_path / "labels.txt", "--out", tmp_path / "corpus", "--per-label", "3", "--json"),
            *(
                "--search",
                "loopbacksearch",
                "--query",
                "heavy {label} at night",
                "--licence",
                "cc",
                "--sleep-s",
                "0",
            ),
            environment={"PYTHONPATH": os.pathsep.join([str(plugins), *sys.path]), "LOOPBACK": site.address},
        )
    assert done.exit_code == 0, done.stderr
    assert done.document["labels"]["rain"]["dropped"] == {"length": 1, "licence": 3}
    clips = read_data(tmp_path / "corpus").clips
    assert [clip.extra["title"] for clip in clips] == ["rain 1", "rain 3", "rain 5"]
    assert {(clip.extra["licence"], clip.extra["uploader"]) for clip in clips} == {(free, "ada")}
    assert clips[0].extra["source_url"] == f"{site.address}/watch/1.wav"
    # Of three formats the better one without pictures; of the long film and of what is not free, nothing.
    media = [one for one in site.requests if one.startswith("/media/") or one.count("/") > 2]
    assert media == ["/media/1.wav", "/media/3.wav", "/media/5.wav"]
    assert "/watch/film.wav" not in site.requests
    # Pages of results are asked for as they are needed.
    assert sum(one.startswith("/api") for one in site.requests) == 3


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("yt_dlp", ("collect", "paper76", "--out", "corpus")),
        ("soundata", ("datasets", "fetch", "esc50", "--out", "data")),
    ],
)
def test_without_the_extra(tmp_path: Path, module: str, arguments: tuple[str, ...]) -> None:
    (tmp_path / f"{module}.py").write_text("raise ImportError\n", encoding="utf-8")
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    done = soundalike(*arguments, cwd=tmp_path, environment={"PYTHONPATH": paths})
    refused(done, "pip install 'soundalike[collect]'", exit_code=2)


def test_requests_that_cannot_be(tmp_path: Path) -> None:
    out = ("--out", tmp_path / "corpus")
    refused(soundalike("collect", *out), "name the labels", exit_code=2)
    refused(soundalike("collect", "none.txt", *out), "no file 'none.txt'", "paper76", exit_code=2)
    refused(soundalike("collect", "paper76", *out, "--min-s", "9", "--max-s", "3"), "shortest", exit_code=2)
    refused(soundalike("collect", "paper76", *out, "--search", "http://localhost/"), "{words}", exit_code=2)
    refused(soundalike("collect", *out, "--review"), "no gathered corpus", exit_code=1)
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    refused(
        soundalike("collect", "paper76", "--out", file / "corpus", "--search", "http://127.0.0.1:9/{words}"),
        "cannot write the corpus",
        exit_code=1,
    )
    for words in ("robots", "terms", "Creative"):
        assert words in soundalike("collect", "--help").stdout


def _labels(folder: Path) -> Path:
    path = folder / "labels.csv"
    path.write_text(LABELS, encoding="utf-8")
    return path
