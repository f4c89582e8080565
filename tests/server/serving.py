"""A real server, started by the command line and asked over the loopback interface."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cli.command_line import Argument, start

MEDIA_TYPE = "application/problem+json"
# What the library of most tests here holds: three recordings of each kind.
KINDS = ("birds", "rain", "siren")
DURATION_S = 5


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    address: str
    client: httpx.Client

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.client.get(path, params=params)

    def document(self, path: str, **params: Any) -> Any:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def search(self, sound: Path | bytes | None = None, **fields: Any) -> httpx.Response:
        content = sound.read_bytes() if isinstance(sound, Path) else sound
        files = {"file": (sound.name if isinstance(sound, Path) else "sound.wav", content)}
        if content is not None:
            return self.client.post("/api/search", data=fields, files=files)
        # Also a form without a file is sent in parts, as a browser does.
        return self.client.post("/api/search", data=fields, files={"nothing": ("", b"")})

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


@contextmanager
def serving(library: Argument, *options: Argument, **client: Any) -> Iterator[Server]:
    """Serve a library while a test asks."""
    process = start("serve", library, "--port", "0", *options)
    assert process.stdout is not None
    # Whatever it tells on stderr must not fill the pipe.
    told: list[bytes] = []
    assert process.stderr is not None
    reader = threading.Thread(target=lambda: told.extend(process.stderr), daemon=True)  # type: ignore[arg-type]
    reader.start()
    try:
        line = process.stdout.readline().decode()
        found = re.search(r"http://(\S+):(\d+)", line)
        assert found, line + b"".join(told).decode()
        address = f"http://127.0.0.1:{found[2]}"
        with httpx.Client(base_url=address, timeout=60.0, trust_env=False, **client) as asking:
            yield Server(process, address, asking)
    finally:
        process.kill()
        process.wait(timeout=30)
        process.stdout.close()
        reader.join(timeout=10)
        process.stderr.close()
    assert b"Traceback" not in b"".join(told), b"".join(told).decode()


def problem(answer: httpx.Response, status: int, *words: str) -> dict[str, Any]:
    """Check that an answer is a problem document of this status with these words in it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["type"]
    assert document["title"]
    for word in words:
        assert word in document["detail"], document
    return document
