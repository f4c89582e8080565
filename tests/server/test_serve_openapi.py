"""The API does what its description says, whatever it is sent."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

from serving import Server, problem

# What no description can say: which filters make sense, and which ends come after which starts.
_BEYOND_DESCRIPTION = "positive_data_acceptance"


def test_schemathesis_finds_nothing(server: Server, tmp_path: Path) -> None:
    program = Path(sysconfig.get_path("scripts")) / ("st.exe" if os.name == "nt" else "st")
    done = subprocess.run(
        [
            *(program, "run", f"{server.address}/openapi.json", "--phases", "coverage,fuzzing", "--no-color"),
            *("--max-examples", "8", "--generation-deterministic", "--request-timeout", "60"),
            *("--exclude-checks", _BEYOND_DESCRIPTION, "--suppress-health-check", "all"),
            # Sets that are made up stay out of the way of other tests, and so does t-SNE.
            *("--exclude-path-regex", "^/api/sets/", "--exclude-operation-id", "make_map"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr


def test_every_answer_has_a_document(server: Server) -> None:
    paths = server.document("/openapi.json")["paths"]
    assert len(paths) >= 17
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(set(names)) == len(names)
    for path, operations in paths.items():
        assert path.startswith("/api/")
        for operation in operations.values():
            assert operation["description"].endswith(".")
            for status in ("4XX", "5XX"):
                assert "application/problem+json" in operation["responses"][status]["content"]


def test_what_there_is_not(server: Server) -> None:
    for path in ("/api", "/api/", "/api/none", "/docs/none", "/api/search/"):
        problem(server.get(path), 404)
    answer = server.client.put("/api/map")
    problem(answer, 405, "GET, POST")
    assert answer.headers["allow"] == "GET, POST"
    problem(server.get("/api/search"), 405, "POST")
    problem(server.client.post("/anything"), 404)
    problem(server.client.request("BREW", "/api/labels"), 405)
    for path in ("/", "/recordings/abc", "/index.html", "/%2e%2e/%2e%2e/etc/passwd"):
        assert "<html" in server.get(path).text
