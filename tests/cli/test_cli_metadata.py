"""`index --metadata` and `search --where`, from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from cli.command_line import FAST, refused, soundalike
from reference.audio_files import tone


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sounds, a table that describes some of them, and a library."""
    folder = tmp_path_factory.mktemp("described")
    for number, place in enumerate(("pond", "pond", "moor")):
        path = folder / "sounds" / place / f"SITE_2020013{number}_053000.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(frequency_hz=300 + 200 * number, duration_s=3.0), 16000)
    (folder / "known.csv").write_text(
        "path,Depth m,comment\n"
        "sounds/pond/SITE_20200130_053000.wav,2.5,by the ränd\n"
        "sounds/pond/SITE_20200131_053000.wav,10,\n"
        "sounds/none.wav,1,\n",
        encoding="utf-8",
    )
    outcome = soundalike(
        *("index", folder / "lib", folder / "sounds", "--metadata", folder / "known.csv", *FAST)
    )
    assert outcome.exit_code == 0, outcome.stderr
    assert "No file fits 1 row of" in outcome.stdout
    assert "known.csv: sounds/none.wav" in outcome.stdout
    return folder


def search(folder: Path, where: str, *more: str) -> list[dict[str, object]]:
    query = folder / "sounds" / "moor" / "SITE_20200132_053000.wav"
    outcome = soundalike("search", folder / "lib", query, "--where", where, "--json", *more)
    assert outcome.exit_code == 0, outcome.stderr
    hits: list[dict[str, object]] = outcome.document["hits"]
    return hits


def test_filters(described: Path) -> None:
    hits = search(described, "x_depth_m > 5", "--per", "recording")
    assert [Path(str(hit["path"])).name for hit in hits] == ["SITE_20200131_053000.wav"]
    assert (hits[0]["x_depth_m"], hits[0]["recorded_at"]) == ("10", "2020-01-31T05:30:00")
    assert {hit["label"] for hit in search(described, "label = 'pond' AND start_s >= 1")} == {"pond"}
    (hit,) = search(described, "comment LIKE '%ränd'", "--per", "recording")
    assert hit["comment"] == "by the ränd"
    assert len(search(described, "recorded_at IS NULL", "--per", "recording")) == 1  # no January the 32nd


def test_second_run_reports_what_changed(described: Path) -> None:
    arguments = ("index", described / "lib", described / "sounds", "--metadata", described / "known.csv")
    document = soundalike(*arguments, "--json").document
    assert document["metadata"] == {"changed": 0, "unmatched": ["sounds/none.wav"]}
    assert document["recordings"]["unchanged"] == 3
    assert "metadata" not in soundalike(*arguments[:3], "--json").document


def test_nothing_fits(described: Path) -> None:
    query = described / "sounds" / "moor" / "SITE_20200132_053000.wav"
    outcome = soundalike("search", described / "lib", query, "--where", "label = 'sea'")
    assert outcome.exit_code == 0
    assert "fits the filter: label = 'sea'" in outcome.stderr
    document = soundalike("search", described / "lib", query, "--where", "label = 'sea'", "--json").document
    assert (document["hits"], document["num_allowed"]) == ([], 0)


def test_refused(described: Path) -> None:
    library, query = described / "lib", described / "sounds" / "moor" / "SITE_20200132_053000.wav"
    unknown = soundalike("search", library, query, "--where", "depth > 5")
    refused(unknown, "There are: path, folder", "x_depth_m", exit_code=2)
    refused(soundalike("search", library, query, "--where", "label =="), "A filter that works", exit_code=2)
    table = described / "bad.csv"
    table.write_text("path,label\na.wav,b,c\n")
    outcome = soundalike("index", library, described / "sounds", "--metadata", table)
    refused(outcome, "bad.csv", "line 2", exit_code=2)
