"""What the server answers is what the command line prints."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image
from serving import DURATION_S, KINDS, Server, problem, serving

from cli.command_line import soundalike
from soundalike.data.synthetic import write_corpus


def first_id(server: Server) -> str:
    recording_id: str = server.document("/api/recordings", limit=1)["recordings"][0]["recording_id"]
    return recording_id


def test_health(server: Server) -> None:
    assert server.document("/api/health")["status"] == "ok"


def test_status_is_that_of_the_command_line(library: Path) -> None:
    # A server of its own: one that was asked before may answer what it knew some seconds ago.
    with serving(library) as server:
        told = server.document("/api/status")
    printed = soundalike("status", library, "--json").document
    assert {name: told[name] for name in printed} == printed
    assert told["indexing"] is None
    assert told["name"] == library.name


def test_labels(server: Server) -> None:
    assert server.document("/api/labels")["labels"] == [
        {"label": label, "recordings": 3, "windows": 12} for label in KINDS
    ]


def test_search_by_upload_is_that_of_the_command_line(server: Server, library: Path, sounds: Path) -> None:
    query = sounds / "rain" / "rain_001.wav"
    answer = server.search(query, k=4, per="window", start_s=1)
    printed = soundalike("search", library, query, "-k", "4", "--per", "window", "--start", "1", "--json")
    assert answer.json() == {**printed.document, "query": "rain_001.wav"}


def test_search_by_recording_and_examples_is_that_of_the_command_line(
    server: Server, library: Path, sounds: Path
) -> None:
    ids = [one["recording_id"] for one in server.document("/api/recordings")["recordings"]]
    answer = server.search(
        recording=ids[0],
        plus=[ids[1], f"{ids[2]}@1-3"],
        minus=ids[4],
        where="label <> 'siren'",
        distance="cosine",
    )
    printed = soundalike(
        *("search", library, f"id:{ids[0]}", "--plus", f"id:{ids[1]}", "--plus", f"id:{ids[2]}@1-3"),
        *("--minus", f"id:{ids[4]}", "--where", "label <> 'siren'", "--distance", "cosine", "--json"),
    )
    assert answer.json() == printed.document
    urlencoded = server.client.post("/api/search", data={"recording": ids[0], "k": "1"})
    assert [hit["is_query"] for hit in urlencoded.json()["hits"]] == [True]


def test_recordings_are_listed_found_and_told(server: Server) -> None:
    every = server.document("/api/recordings")
    assert every["total"] == len(every["recordings"]) == 9
    page = server.document("/api/recordings", offset=2, limit=3)
    assert page == {"total": 9, "recordings": every["recordings"][2:5]}
    assert server.document("/api/recordings", text="RAIN_002")["total"] == 1
    assert server.document("/api/recordings", where="label = 'birds'", text="_001")["total"] == 1
    one = every["recordings"][0]
    assert server.document(f"/api/recordings/{one['recording_id']}") == one
    spans = server.document(f"/api/recordings/{one['recording_id']}/windows")["windows"]
    assert spans == [{"start_s": start, "end_s": start + 2.0} for start in (0.0, 1.0, 2.0, 3.0)]
    problem(server.get("/api/recordings/0123456789abcdef"), 404, "0123456789abcdef")


def test_a_picture_of_any_size_and_any_part(server: Server) -> None:
    path = f"/api/recordings/{first_id(server)}/spectrogram"
    for params in (
        {},
        {"width": 7, "height": 5},
        {"start_s": 4.5, "end_s": 5.5},
        {"start_s": 1, "end_s": 1.001},
    ):
        answer = server.get(path, **params)
        assert answer.headers["content-type"] == "image/png"
        image = Image.open(io.BytesIO(answer.content))
        assert image.size == (params.get("width", 512), params.get("height", 128))
    problem(server.get(path, start_s=2, end_s=2), 422)
    problem(server.get(path, start_s=99), 422, "ends at 5 s")


def test_outline_is_that_of_the_samples(server: Server, sounds: Path) -> None:
    [one] = server.document("/api/recordings", text="siren_001")["recordings"]
    told = server.document(f"/api/recordings/{one['recording_id']}/waveform", points=5)
    samples, rate_hz = soundfile.read(one["path"])
    seconds = samples.reshape(DURATION_S, rate_hz)
    assert told["duration_s"] == DURATION_S
    np.testing.assert_allclose(told["minima"], np.minimum(seconds.min(axis=1), 0), atol=1e-4)
    np.testing.assert_allclose(told["maxima"], np.maximum(seconds.max(axis=1), 0), atol=1e-4)


def test_documentation_needs_no_other_server(server: Server) -> None:
    page = server.get("/docs")
    assert "http" not in page.text.replace("HTTP", "")
    for path in (
        "/docs/start.js",
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
        "/openapi.json",
        "/",
    ):
        assert server.get(path).status_code == 200
    problem(server.get("/docs/settings.py"), 404)


def test_a_library_that_is_made_later(tmp_path: Path) -> None:
    with serving(tmp_path / "library") as server:
        problem(server.get("/api/status"), 503, "there is no library")
        write_corpus(tmp_path / "sounds", clips_per_kind=1, seed=0, kinds=("rain",), duration_s=2)
        soundalike("index", tmp_path / "library", tmp_path / "sounds", "--encoder", "spectral-averages")
        assert server.document("/api/labels")["labels"] == [{"label": "rain", "recordings": 1, "windows": 1}]
        assert server.stop() == 130
