"""`soundalike search`."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from cli.command_line import FAST, refused, soundalike

HIT = {
    *("rank", "recording_id", "path", "also", "start_s", "end_s"),
    *("distance", "similarity", "label", "sample_rate_hz", "is_query"),
    *("duration_s", "recorded_at", "title", "artist", "comment"),
}


@pytest.fixture
def query(sounds: Path) -> Path:
    return sounds / "rain" / "rain_003.wav"


def hits_of(*arguments: str | Path, stdin: bytes = b"") -> list[dict[str, Any]]:
    outcome = soundalike("search", *arguments, "--json", stdin=stdin)
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stderr == ""
    return outcome.document["hits"]


def test_document(library: Path, query: Path) -> None:
    document = soundalike("search", library, query, "--json").document
    assert list(document) == ["query", "distance", "exact", "hits"]
    assert (document["query"], document["distance"], document["exact"]) == (str(query), "euclidean", True)
    assert len(document["hits"]) == 10
    assert all(set(hit) == HIT for hit in document["hits"])
    assert [hit["rank"] for hit in document["hits"]] == list(range(1, 11))
    distances = [hit["distance"] for hit in document["hits"]]
    assert distances == sorted(distances)
    first = document["hits"][0]
    assert (first["path"], first["distance"], first["is_query"]) == (str(query), 0.0, True)
    assert (first["label"], first["similarity"], first["also"]) == ("rain", None, [])


def test_standard_input_is_a_recording(library: Path, query: Path) -> None:
    assert hits_of(library, "-", stdin=query.read_bytes()) == hits_of(library, query)


def test_id_of_a_recording(library: Path, query: Path) -> None:
    recording_id = hits_of(library, query, "-k", "1")[0]["recording_id"]
    found = hits_of(library, f"id:{recording_id}", "-k", "3")
    assert (found[0]["recording_id"], found[0]["distance"], found[0]["is_query"]) == (recording_id, 0.0, True)


def test_start_and_end_choose_a_part(library: Path, sounds: Path, tmp_path: Path) -> None:
    paths = [sounds / "rain" / "rain_001.wav", sounds / "siren" / "siren_001.wav"]
    both = tmp_path / "both.wav"
    soundfile.write(both, np.concatenate([soundfile.read(path)[0] for path in paths]), 16000)
    (early,) = hits_of(library, both, "--end", "2.2", "-k", "1")
    (late,) = hits_of(library, both, "--start", "0:02.2", "--end", "4.4", "-k", "1")
    assert [early["path"], late["path"]] == [str(path) for path in paths]


@pytest.mark.parametrize(("per", "num_hits"), [("window", 96), ("span", 48), ("recording", 48)])
def test_k_larger_than_the_library(library: Path, query: Path, per: str, num_hits: int) -> None:
    assert len(hits_of(library, query, "--per", per, "-k", "1000")) == num_hits


def test_skip_self(library: Path, query: Path) -> None:
    found = hits_of(library, query, "--skip-self", "-k", "1000")
    assert len(found) == 47
    assert not any(hit["is_query"] for hit in found)


def test_exact_changes_nothing_in_a_small_library(library: Path, query: Path) -> None:
    assert hits_of(library, query, "--exact") == hits_of(library, query)


def test_cosine(library: Path, query: Path) -> None:
    document = soundalike("search", library, query, "--distance", "cosine", "--json").document
    assert document["distance"] == "cosine"
    assert all(0 <= hit["distance"] <= 2 for hit in document["hits"])


def test_similarity_of_a_trained_encoder_falls(encoder: Path, sounds: Path, tmp_path: Path) -> None:
    assert soundalike("index", tmp_path / "library", sounds, "--encoder", encoder).exit_code == 0
    similarities = [
        hit["similarity"] for hit in hits_of(tmp_path / "library", sounds / "rain" / "rain_000.wav")
    ]
    assert all(0 <= one <= 1 for one in similarities)
    assert similarities == sorted(similarities, reverse=True)


def test_queries_that_cannot_be_used(library: Path, query: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(32000), 16000)
    (tmp_path / "text.wav").write_text("no sound", encoding="utf-8")
    for name, words in [
        (str(tmp_path / "nothing.wav"), "there is no file"),
        (str(tmp_path / "silent.wav"), "silent from end to end"),
        (str(tmp_path / "text.wav"), "no decoder finds audio"),
        (str(tmp_path), "is a folder"),
        ("-", "standard input is empty"),
        ("id:0123456789abcdef", "holds no recording 'id:0123456789abcdef'"),
    ]:
        refused(soundalike("search", library, name, "--json"), "error: ", words, exit_code=1)
    refused(
        soundalike("search", library, query, "--start", "1:60"), "'1:60' is no time", "h:mm:ss", exit_code=2
    )
    refused(soundalike("search", library, query, "--start", "60"), "Ask for an earlier part", exit_code=1)
    refused(
        soundalike("search", library, query, "--start", "2", "--end", "1"), "after the start", exit_code=2
    )


@pytest.mark.skipif(os.name != "posix", reason="needs a named pipe and a closed standard input")
def test_pipes_that_would_be_waited_for(library: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    refused(soundalike("search", library, tmp_path / "pipe.wav", timeout_s=60), "is a pipe", exit_code=1)
    command = f'exec "{sys.executable}" -m soundalike search "{library}" - <&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, check=False)
    assert (done.returncode, b"standard input is empty" in done.stderr) == (1, True)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_name_that_is_no_text(library: Path, query: Path, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.wav"
    shutil.copy(os.fsencode(query), path)
    refused(soundalike("search", library, path), "not valid Unicode. Rename the file", exit_code=1)


def test_no_library_there(query: Path, tmp_path: Path) -> None:
    for command in (["search", tmp_path / "none", query], ["status", tmp_path / "none"]):
        refused(soundalike(*command), "there is no library at", "soundalike index", exit_code=1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear", encoding="utf-8")
    refused(soundalike("search", tmp_path / "other", query), "there is no library at", exit_code=1)


def test_library_whose_encoder_went_away(encoder: Path, sounds: Path, tmp_path: Path) -> None:
    query = sounds / "rain" / "rain_000.wav"
    mine, moved, library = tmp_path / "mine", tmp_path / "moved", tmp_path / "library"
    shutil.copytree(encoder, mine)
    assert soundalike("index", library, sounds / "rain", "--encoder", mine).exit_code == 0
    expected = hits_of(library, query)
    mine.rename(moved)
    refused(soundalike("search", library, query), "no longer at", "--encoder PATH", exit_code=1)
    assert soundalike("status", library, "--json").exit_code == 0
    assert hits_of(library, query, "--encoder", moved) == expected
    other = soundalike("search", library, query, *FAST)
    refused(other, "was made with the encoder", "Use the encoder", exit_code=1)


def test_formats_for_other_programs(library: Path, query: Path) -> None:
    hits = hits_of(library, query, "-k", "3")
    paths = [hit["path"] for hit in hits]

    def lines_of(form: str) -> list[str]:
        outcome = soundalike("search", library, query, "-k", "3", "--format", form)
        assert outcome.exit_code == 0
        assert ("label tracks of 3 recordings" in outcome.stderr) == (form == "audacity")
        return outcome.stdout.splitlines()

    assert [row["path"] for row in csv.DictReader(lines_of("csv"))] == paths
    assert [row["Begin Path"] for row in csv.DictReader(lines_of("raven"), dialect="excel-tab")] == paths
    assert [line for line in lines_of("m3u") if not line.startswith("#")] == paths
    assert [float(line.split("\t")[1]) for line in lines_of("audacity")] == [hit["end_s"] for hit in hits]
    assert soundalike("search", library, query, "-k", "3", "--format", "json").document["hits"] == hits
    refused(
        soundalike("search", library, query, "--json", "--format", "csv"), "exclude each other", exit_code=2
    )


def test_copy_to(tmp_path: Path, query: Path) -> None:
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    for name in ("near.wav", "gone.wav"):
        shutil.copy(query.with_name("rain_004.wav" if name == "gone.wav" else query.name), sounds / name)
    assert soundalike("index", tmp_path / "library", sounds, *FAST).exit_code == 0
    (sounds / "gone.wav").unlink()
    outcome = soundalike(
        *(
            "search",
            tmp_path / "library",
            query,
            "--per",
            "recording",
            "--copy-to",
            tmp_path / "clips",
            "--json",
        )
    )
    assert outcome.exit_code == 3
    ((path,), (skipped,)) = outcome.document["copied"]["clips"], outcome.document["copied"]["skipped"]
    assert soundfile.info(path["path"]).samplerate == soundfile.info(query).samplerate
    assert "1 clips written" in outcome.stderr
    assert skipped["path"] == str(sounds / "gone.wav")
    assert "gone.wav" in outcome.stderr
