"""Who may ask: names, other sites, tokens; and what every answer says to the browser."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Server, problem, serving

from cli.command_line import refused, soundalike

TOKEN = "correct horse battery"


@pytest.fixture(scope="module")
def locked(library: Path) -> Iterator[Server]:
    """A server for others than this computer, with a token."""
    with serving(library, "--host", "0.0.0.0", "--token", TOKEN, "--allow-host", "Sounds.example") as running:
        yield running


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "[::1", "192.168.1.7"]
)
def test_foreign_names_are_refused(server: Server, host: str) -> None:
    for path in ("/api/health", "/", "/docs", "/openapi.json"):
        problem(server.client.get(path, headers={"Host": host}), 403, "name")


@pytest.mark.parametrize("host", ["localhost", "localhost:9", "127.0.0.1:1234", "[::1]:80", "LOCALHOST."])
def test_names_of_this_computer_are_taken(server: Server, host: str) -> None:
    assert server.client.get("/api/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1", "http://localhost:1", "file://", "http://["]
)
def test_other_sites_are_refused(server: Server, origin: str) -> None:
    problem(
        server.client.post("/api/search", data={"recording": "ab"}, headers={"Origin": origin}), 403, "site"
    )
    problem(server.client.get("/api/labels", headers={"Origin": origin}), 403, "site")


def test_the_page_itself_is_taken(server: Server) -> None:
    headers = {"Origin": server.address, "Sec-Fetch-Site": "same-origin"}
    assert server.client.get("/api/labels", headers=headers).status_code == 200
    # A link from elsewhere leads to the page, but embeds nothing of the library.
    crossing = {"Sec-Fetch-Site": "cross-site"}
    assert server.client.get("/", headers=crossing).status_code == 200
    problem(server.client.get("/api/labels", headers=crossing), 403)


def test_headers_of_every_answer(server: Server) -> None:
    for path in ("/", "/api/health", "/api/none", "/docs", "/openapi.json"):
        headers = server.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "server" not in headers
    assert server.get("/api/health").headers["cache-control"] == "no-store"
    pages = [server.get("/").headers["content-security-policy"] for _ in range(2)]
    assert pages[0] != pages[1]


def test_a_token_is_wanted_everywhere_in_the_api(locked: Server) -> None:
    paths = [path for path in locked.document("/openapi.json")["paths"] if path.startswith("/api")]
    assert len(paths) > 10
    for path in paths:
        if path in ("/api/health", "/api/session"):
            continue
        for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
            answer = locked.client.request(
                method, path.replace("{recording_id}", "ab").replace("{name}", "ab")
            )
            assert answer.status_code == 401, (method, path)
    problem(locked.get("/api/labels"), 401, "token")
    assert locked.get("/api/labels").headers["www-authenticate"] == "Bearer"
    for shown in (
        "",
        "Bearer",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN[:-1]}",
    ):
        problem(locked.client.get("/api/labels", headers={"Authorization": shown}), 401)
    problem(locked.get(f"/api/labels?token={TOKEN}"), 401)
    for word in ("Bearer", "bearer"):
        shown = {"Authorization": f"{word} {TOKEN}"}
        assert locked.client.get("/api/labels", headers=shown).status_code == 200
    assert locked.document("/api/health")["needs_token"] is True
    assert locked.get("/").status_code == 200


def test_signing_in_gives_a_cookie_that_scripts_do_not_see(locked: Server) -> None:
    problem(locked.client.post("/api/session", json={"token": "wrong horse battery"}), 401)
    problem(locked.client.post("/api/session", json={}), 422)
    answer = locked.client.post("/api/session", json={"token": TOKEN})
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert locked.get("/api/labels").status_code == 200
    locked.client.cookies.clear()
    for text in ("soundalike-session=", "soundalike-session=00", "soundalike-session=\x80", "=;;=\\"):
        headers = {b"Cookie": text.encode("latin-1")}
        assert locked.client.get("/api/labels", headers=headers).status_code == 401


def test_names_of_a_server_for_others(locked: Server) -> None:
    for host in ("192.168.1.7:8000", "sounds.example", "[fe80::1]", socket.gethostname()):
        assert locked.client.get("/api/health", headers={"Host": host}).status_code == 200
    problem(locked.client.get("/api/health", headers={"Host": "evil.example"}), 403, "--allow-host")


def test_other_addresses_need_a_token(library: Path) -> None:
    refused(soundalike("serve", library, "--host", "0.0.0.0"), "--token", "--no-token", exit_code=2)
    refused(soundalike("serve", library, "--token", "short"), "at least", exit_code=2)
    refused(
        soundalike("serve", library, "--host", "no.such.host.invalid", "--token", TOKEN),
        "address",
        exit_code=2,
    )
    refused(soundalike("serve", library, "--port", "70000"), "port", exit_code=2)


def test_a_port_that_is_taken(library: Path, server: Server) -> None:
    port = server.address.rpartition(":")[2]
    refused(soundalike("serve", library, "--port", port), "taken", "--port", exit_code=1)
