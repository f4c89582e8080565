"""The examples of docs/http-api.md, sent to a real server."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest
from serving import Server

PAGE = Path(__file__).parents[2] / "docs" / "http-api.md"
FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    line
    for block in FENCE.findall(PAGE.read_text(encoding="utf-8"))
    for line in block.splitlines()
    if line.startswith("curl ")
]


@dataclass
class Request:
    """What a curl command line sends."""

    url: str = ""
    method: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    form: list[tuple[str, str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, line: str) -> Request:
        words = iter(shlex.split(line)[1:])
        made = cls()
        for word in words:
            if word == "-F":
                made.form.append(tuple(next(words).split("=", 1)))  # type: ignore[arg-type]
            elif word == "-d":
                made.data.append(next(words))
            elif word == "-H":
                name, _, value = next(words).partition(":")
                made.headers[name] = value.strip()
            elif word == "-X":
                made.method = next(words)
            elif word == "-r":
                made.headers["Range"] = f"bytes={next(words)}"
            elif word == "-o":
                next(words)
            elif not word.startswith("-"):
                made.url = word
        return made

    def send(self, server: Server, query: Path) -> httpx.Response:
        path = self.url.removeprefix("http://127.0.0.1:8000")
        if self.form:
            files = [
                (name, (value[1:], query.read_bytes()) if value.startswith("@") else (None, value))
                for name, value in self.form
            ]
            return server.client.post(path, files=files)  # type: ignore[arg-type]
        method = self.method or ("POST" if self.data else "GET")
        text = "&".join(self.data)
        if "Content-Type" in self.headers or not text:
            return server.client.request(method, path, headers=self.headers, content=text or None)
        return server.client.request(method, path, headers=self.headers, data=dict(parse_qsl(text)))


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) > 18


@pytest.mark.parametrize("line", EXAMPLES)
def test_example_is_answered(line: str, server: Server, sounds: Path) -> None:
    if "sets/morning" in line:
        server.client.put("/api/sets/morning", json={})
    recording_id = server.document("/api/recordings", limit=1)["recordings"][0]["recording_id"]
    answer = Request.of(line.replace("RECORDING_ID", recording_id)).send(
        server, sounds / "rain" / "rain_001.wav"
    )
    assert answer.is_success, answer.text
