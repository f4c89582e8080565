"""What the server takes on, and what it refuses; it answers others meanwhile, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import io
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from serving import Server, problem, serving

from cli.command_line import FAST, soundalike

RATE_HZ = 8000


def noise(duration_s: float, *, form: str = "WAV") -> bytes:
    out = io.BytesIO()
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, round(duration_s * RATE_HZ))
    soundfile.write(out, samples, RATE_HZ, format=form, subtype="PCM_U8" if form == "WAV" else None)
    return out.getvalue()


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def small(library: Path, temporary: Path) -> Iterator[Server]:
    """A server that takes little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        options = ("--max-upload-mb", "8", "--max-decoded-s", "700", "--workers", "1", "--max-queue", "2")
        with serving(library, *options) as running:
            yield running
    assert list(temporary.iterdir()) == []


def test_uploads_that_are_too_large(small: Server) -> None:
    problem(small.search(b"x" * 9_000_000), 413, "8.0 MB", "--max-upload-mb")

    def parts() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(200):
            yield bytes(100_000)

    # Without a length the server has to count.
    try:
        answer = small.client.post(
            "/api/search", content=parts(), headers={"Content-Type": "multipart/form-data; boundary=b"}
        )
    except httpx.WriteError:
        pass  # refused before all of it was sent
    else:
        problem(answer, 413)
    assert small.document("/api/health")["status"] == "ok"


def test_sounds_that_are_too_long(small: Server) -> None:
    long = noise(750)
    problem(small.search(long), 422, "more than 700 s", "a part")
    # FLAC from a pipe does not say how long it is.
    assert small.search(long, start_s=100, end_s=103).status_code == 200
    problem(small.client.post("/api/preview", files={"file": ("a", long)}), 422, "700 s")


def test_more_requests_than_it_takes(small: Server) -> None:
    sound = noise(600)

    def ask(_: int) -> httpx.Response:
        return httpx.post(
            f"{small.address}/api/search", files={"file": ("a.wav", sound)}, timeout=120, trust_env=False
        )

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(12)))
    statuses = Counter(answer.status_code for answer in answers)
    # On a busy machine some of those that wait may do so for too long.
    assert {200, 429} <= set(statuses) <= {200, 429, 503}, statuses
    refusal = next(answer for answer in answers if answer.status_code == 429)
    problem(refusal, 429, "waiting")
    assert int(refusal.headers["retry-after"]) > 0
    assert small.search(noise(2)).status_code == 200


def test_requests_that_wait_too_long(library: Path) -> None:
    sound = noise(600)
    with serving(library, "--workers", "1", "--max-wait-s", "0.01") as server:

        def ask(_: int) -> httpx.Response:
            files = {"file": ("a.wav", sound)}
            return httpx.post(f"{server.address}/api/search", files=files, timeout=120, trust_env=False)

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(ask, range(6)))
        refusals = [answer for answer in answers if answer.status_code != 200]
        assert refusals
        for refusal in refusals:
            problem(refusal, 503, "busy")
            assert "retry-after" in refusal.headers


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.wav", b""),
        ("text.wav", b"no sound at all" * 100),
        ("riff.wav", b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\xff\xff"),
        ("flac.flac", b"fLaC" + bytes(1000)),
        ("page.html", b"<script>alert(1)</script>"),
        ("zip.wav", b"PK\x03\x04" + bytes(500)),
        ("id3.mp3", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f"),
    ],
)
def test_uploads_that_are_no_sound(small: Server, name: str, content: bytes) -> None:
    answer = small.client.post("/api/search", files={"file": (name, content)})
    problem(answer, 422, name)


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..\\..\\x.wav",
        "/etc/passwd",
        "C:\\x.wav",
        "\u202egnp.wav",
        "a" * 500,
        "😀.wav",
        ".",
        "x\n.wav",
    ],
)
def test_names_of_uploads_are_only_names(small: Server, name: str, tmp_path: Path) -> None:
    answer = small.client.post("/api/search", files={"file": (name, noise(2))}, data={"k": "1"})
    assert answer.status_code == 200, answer.text
    told = answer.json()["query"]
    assert told.isprintable()
    assert "/" not in told
    assert "etc" not in told
    problem(small.client.post("/api/search", files={"file": (name, b"none")}), 422)


@pytest.mark.parametrize(
    "fields",
    [
        *(
            {"recording": one}
            for one in ("/etc/passwd", "s3://bucket/x", "../x", "", "a b", "ab@", "ab@2-1", "ab@nan-")
        ),
        {"recording": "abc", "plus": "/etc/passwd"},
        *(
            {"recording": "0123456789abcdef", "where": one}
            for one in ("label = ", "nix = 1", "1; DROP", "(" * 5000)
        ),
        *(
            {"recording": "ab", **more}
            for more in ({"k": "0"}, {"k": "1e9"}, {"per": "x"}, {"distance": "l1"}, {"start_s": "inf"})
        ),
        {},
    ],
)
def test_requests_that_make_no_sense(small: Server, fields: dict[str, str]) -> None:
    answer = small.search(**fields)
    problem(answer, 404 if fields == {"recording": "ab"} else answer.status_code)
    assert answer.status_code in (404, 422), answer.text


def test_bodies_that_are_no_form(small: Server) -> None:
    for kind in (
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "text/plain",
        "x",
    ):
        answer = small.client.post("/api/search", content=b"\xff\x00{", headers={"Content-Type": kind})
        assert answer.status_code in (400, 422), (kind, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


def half_an_upload(server: Server, content: bytes) -> socket.socket:
    """A connection that has sent a part of a search."""
    host, port = server.address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    head = (
        f"POST /api/search HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 4000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    )
    connection.sendall(head.encode() + content)
    return connection


def test_slow_and_vanishing_clients_hold_nobody_up(small: Server, temporary: Path) -> None:
    sound = noise(2)
    assert small.search(sound).status_code == 200
    open_before = num_open_files(small)
    slow = [half_an_upload(small, bytes(2_000_000)) for _ in range(20)]
    host, port = small.address.removeprefix("http://").split(":")
    recording_id = small.document("/api/recordings", limit=1)["recordings"][0]["recording_id"]
    deaf = []
    for _ in range(20):
        connection = socket.create_connection((host, int(port)), timeout=60)
        connection.sendall(
            f"GET /api/recordings/{recording_id}/audio HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        )
        deaf.append(connection)
    for _ in range(3):
        began_s = time.monotonic()
        assert small.search(sound).status_code == 200
        assert time.monotonic() - began_s < 20
    for connection in (*slow, *deaf):
        connection.close()
    assert small.search(sound).status_code == 200
    assert list(temporary.iterdir()) == []
    end = time.monotonic() + 30
    while num_open_files(small) > open_before + 2:
        assert time.monotonic() < end, "files stay open"
        time.sleep(0.2)


def num_open_files(server: Server) -> int:
    """How many files and connections a server has open; 0 where the system does not tell."""
    folder = Path(f"/proc/{server.process.pid}/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_an_upload_that_stops_is_let_go(library: Path) -> None:
    script = (
        "from soundalike.server import ServerSettings, serve\n"
        f"serve({str(library)!r}, ServerSettings(port=0, upload_idle_s=0.5),"
        " on_ready=lambda address: print(address, flush=True))"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with httpx.Client(base_url=address, trust_env=False) as client:
            connection = half_an_upload(Server(process, address, client), b"RIFF")  # type: ignore[arg-type]
            answer = connection.recv(65536).decode()
            assert answer.startswith("HTTP/1.1 408"), answer
            connection.close()
            # A client that listens slowly is no upload.
            with client.stream("GET", "/docs/swagger-ui-bundle.js") as slowly:
                chunks = slowly.iter_bytes(1000)
                next(chunks)
                time.sleep(1.5)
                assert sum(len(chunk) for chunk in chunks) > 1_000_000
    finally:
        process.kill()
        process.communicate()


def test_memory_does_not_grow_with_requests(small: Server) -> None:
    status = Path(f"/proc/{small.process.pid}/status")
    if not status.exists():
        return  # only Linux tells
    sound = noise(3)

    def ask() -> None:
        assert small.search(sound, k=3).status_code == 200
        small.document("/api/recordings")
        small.get("/api/recordings/none/audio")

    def resident_kb() -> int:
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1])

    for _ in range(40):
        ask()
    before = resident_kb()
    for _ in range(120):
        ask()
    assert resident_kb() < 1.05 * before


def test_ctrl_c_does_not_wait_for_what_is_decoded(library: Path) -> None:
    with serving(library, "--workers", "1") as server:
        sound = noise(3600)
        asking = [threading.Thread(target=lambda: ask_and_be_left(server, sound)) for _ in range(4)]
        for one in asking:
            one.start()
        time.sleep(1)
        began_s = time.monotonic()
        assert server.stop() == 130
        assert time.monotonic() - began_s < 15
        for one in asking:
            one.join()


def ask_and_be_left(server: Server, sound: bytes) -> None:
    with contextlib.suppress(httpx.HTTPError):
        httpx.post(f"{server.address}/api/search", files={"file": ("a", sound)}, timeout=60, trust_env=False)


def test_killed_and_started_again(library: Path, sounds: Path, tmp_path: Path) -> None:
    own = tmp_path / "library"
    assert soundalike("index", own, sounds, *FAST).exit_code == 0
    with serving(own) as server:
        port = server.address.rpartition(":")[2]
        assert server.client.put("/api/sets/kept", json={"label": "a"}).status_code == 200
        asking = threading.Thread(target=lambda: ask_and_be_left(server, noise(600)))
        asking.start()
        time.sleep(0.3)
        server.process.kill()
        asking.join(timeout=60)
    with serving(own, "--port", port) as again:
        assert again.document("/api/sets/kept")["label"] == "a"
        assert again.search(noise(2)).status_code == 200
        assert again.stop() == 130
