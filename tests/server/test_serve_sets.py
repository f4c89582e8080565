"""Sets of examples, and what else is written for other programs."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import soundfile
from serving import Server, problem

from cli.command_line import soundalike
from soundalike.data.csv_manifest import read_csv_clips


@pytest.fixture
def ids(server: Server) -> list[str]:
    return [one["recording_id"] for one in server.document("/api/recordings")["recordings"]]


def test_a_set_is_kept_and_forgotten(server: Server, ids: list[str], tmp_path: Path) -> None:
    examples: dict[str, Any] = {
        "plus": [
            {"recording_id": ids[0], "start_s": 1.25, "end_s": 3.123456},
            {"recording_id": ids[1], "start_s": None, "end_s": None},
        ],
        "minus": [{"recording_id": ids[5], "start_s": 2.0, "end_s": None}, {"recording_id": "gone"}],
        "label": "dawn chorus",
    }
    name = "früh morgens, leise"
    path = f"/api/sets/{name}"
    assert server.client.put(path, json=examples).status_code == 200
    told = server.document(path)
    assert (told["name"], told["plus"]) == (name, examples["plus"])
    assert {"name": name, "label": "dawn chorus", "examples": 4} in server.document("/api/sets")["sets"]
    manifest = tmp_path / "manifest.csv"
    manifest.write_bytes(server.get(f"{path}/manifest").content)
    clips = read_csv_clips(manifest)
    assert [(clip.label, clip.start_s, clip.end_s) for clip in clips] == [
        ("dawn chorus", 1.25, 3.123456),
        ("dawn chorus", None, None),
        ("not dawn chorus", 2.0, None),
    ]
    assert all(clip.path.is_file() for clip in clips)
    assert server.client.delete(path).status_code == 204
    problem(server.get(path), 404, name)
    problem(server.client.delete(path), 404)
    assert server.document("/api/sets") == {"sets": []}


@pytest.mark.parametrize("name", [".", "..", " a", "a/b", "a\x00b", "a\nb", "x" * 101, "\u202e"])
def test_names_that_are_none(server: Server, name: str) -> None:
    from urllib.parse import quote

    answer = server.client.put(f"/api/sets/{quote(name, safe='')}", json={})
    assert answer.status_code in (404, 405, 422), answer.text


def test_spans_that_are_none(server: Server, ids: list[str]) -> None:
    for span in ({"recording_id": ids[0], "start_s": 2, "end_s": 1}, {"recording_id": "../../etc/passwd"}):
        problem(server.client.put("/api/sets/x", json={"plus": [span]}), 422)


def test_clips_are_the_file_that_search_prints(server: Server, library: Path, sounds: Path) -> None:
    query = sounds / "rain" / "rain_001.wav"
    hits = server.search(query, k=3).json()["hits"]
    for form in ("raven", "audacity", "m3u"):
        answer = server.client.post("/api/clips", json={"hits": hits, "format": form})
        printed = soundalike("search", library, query, "-k", "3", "--format", form)
        assert answer.text == printed.stdout
    problem(server.client.post("/api/clips", json={"hits": hits, "format": "exe"}), 422)
    problem(server.client.post("/api/clips", json={"hits": [{**hits[0], "recording_id": "gone"}]}), 404)


def test_neighbours_of_every_part(server: Server, ids: list[str]) -> None:
    parts = server.document(f"/api/recordings/{ids[0]}/neighbours", k=2)["windows"]
    assert [part["start_s"] for part in parts] == [0.0, 1.0, 2.0, 3.0]
    for part in parts:
        assert len(part["hits"]) == 2
        assert ids[0] not in {hit["recording_id"] for hit in part["hits"]}
    some = server.document(f"/api/recordings/{ids[0]}/neighbours", k=2, start_s=2, end_s=3)["windows"]
    assert some == [part for part in parts if part["end_s"] > 2 and part["start_s"] < 3]
    assert 0 < len(some) < len(parts)
    problem(server.get("/api/recordings/gone/neighbours"), 404)


def test_preview_is_a_wave_file(server: Server, sounds: Path) -> None:
    samples, rate_hz = soundfile.read(sounds / "rain" / "rain_001.wav")
    aiff = io.BytesIO()
    soundfile.write(aiff, samples, rate_hz, format="AIFF")
    answer = server.client.post("/api/preview", files={"file": ("../../x.aiff", aiff.getvalue())})
    wave = soundfile.SoundFile(io.BytesIO(answer.content))
    assert (answer.headers["content-type"], wave.channels) == ("audio/wav", 1)
    assert wave.frames == pytest.approx(len(samples) / rate_hz * wave.samplerate, abs=2)
    problem(server.client.post("/api/preview", files={"file": ("x.wav", b"no sound")}), 422)
