"""Serve the page of a corpus to this machine alone, and write down what is struck out there.

The address holds a secret, so that no other page that the browser has open can strike anything out.
"""

from __future__ import annotations

import json
import mimetypes
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from urllib.parse import unquote

from soundalike.corpora.ledger import LEDGER, Ledger
from soundalike.corpora.manifest import MANIFEST, save
from soundalike.corpora.page import page, write_page
from soundalike.data import Clip, read_data
from soundalike.errors import CorpusError, OutputError
from soundalike.store.lock import only_holder

_MAX_BODY_BYTES = 100_000
_BLOCK_BYTES = 1 << 16


class Review:
    """A corpus that is listened to."""

    def __init__(self, folder: Path) -> None:
        """Read the ledger and the manifest.

        Raises:
            CorpusError: the folder holds no gathered corpus.
        """
        if not (folder / LEDGER).is_file() or not (folder / MANIFEST).is_file():
            raise CorpusError(
                f"'{folder}' holds no gathered corpus. Gather one: soundalike collect LABELS --out FOLDER."
            )
        self.folder = folder
        self._ledger = Ledger(folder)
        self._manifest = read_data(folder / MANIFEST)
        self._struck: dict[tuple[str, str], tuple[int, Clip]] = {}
        self._lock = Lock()

    def page(self) -> str:
        """The page as it is now."""
        with self._lock:
            return page(self.folder.absolute().name, self._ledger)

    def strike(self, label: str, url: str, *, struck: bool) -> bool:
        """Strike a recording out, or take that back, in the ledger and in the manifest.

        Returns:
            Whether there is such a recording.
        """
        with self._lock:
            entry = self._ledger.get(label, url)
            if entry is None or entry.status == "dropped":
                return False
            self._ledger.add(replace(entry, status="struck" if struck else "kept"))
            clips = list(self._manifest.clips)
            if struck:
                places = [
                    place
                    for place, clip in enumerate(clips)
                    if (clip.label, clip.extra.get("source_url")) == (label, url)
                ]
                for place in reversed(places):
                    self._struck[label, url] = place, clips.pop(place)
            elif (label, url) in self._struck:
                place, clip = self._struck.pop((label, url))
                clips.insert(place, clip)
            self._manifest = replace(self._manifest, clips=tuple(clips))
            save(self._manifest, self.folder)
            write_page(self.folder, self._ledger)
            return True

    def audio(self, path: str) -> Path | None:
        """A file that the ledger names, None for any other path."""
        with self._lock:
            known = any(entry.path == path and entry.status != "dropped" for entry in self._ledger)
        found = self.folder / path
        return found if known and found.is_file() else None


def serve_review(folder: Path, *, port: int = 0, on_ready: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C.

    Args:
        folder: of the corpus.
        port: 0 for any that is free.
        on_ready: called with the address of the page.
    Raises:
        CorpusError: the folder holds no gathered corpus, or another process is at work there.
        OutputError: the port is taken.
    """
    with open_review(folder, port=port) as (server, address):
        on_ready(address)
        server.serve_forever(poll_interval=0.1)


@contextmanager
def open_review(folder: Path, *, port: int = 0) -> Iterator[tuple[ThreadingHTTPServer, str]]:
    """A server for the page and the page's address, as `serve_review` runs it; the corpus is held until the end."""
    with ExitStack() as held:
        if folder.is_dir():
            held.enter_context(only_holder(folder, what="corpus", error=CorpusError))
        review, secret = Review(folder), secrets.token_urlsafe(16)
        try:
            server = held.enter_context(ThreadingHTTPServer(("127.0.0.1", port), _handler(review, secret)))
        except OSError as exc:
            raise OutputError(
                f"cannot serve on port {port}: {exc.strerror}. Choose another with --port."
            ) from exc
        yield server, f"http://127.0.0.1:{server.server_address[1]}/{secret}/"


def _handler(review: Review, secret: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self._path()
            if path == "":
                self._answer(HTTPStatus.OK, "text/html; charset=utf-8", review.page().encode())
            elif path is not None and (found := review.audio(path)) is not None:
                self._send_file(found)
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"not here")

        def do_POST(self) -> None:
            if self._path() != "strike":
                self.close_connection = True
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"not here")
                return
            try:
                length = int(self.headers.get("Content-Length") or 0)
                if not 0 < length <= _MAX_BODY_BYTES:
                    raise ValueError("no body, or one that is too long")
                asked = json.loads(self.rfile.read(length))
                done = review.strike(str(asked["label"]), str(asked["url"]), struck=bool(asked["struck"]))
            except (ValueError, KeyError, TypeError) as error:
                self.close_connection = True
                self._answer(HTTPStatus.BAD_REQUEST, "text/plain", f"cannot be read: {error}".encode())
                return
            except OSError as error:
                self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", str(error).encode())
                return
            if done:
                self._answer(HTTPStatus.OK, "application/json", b"{}")
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"no such recording")

        def log_message(self, *_: object) -> None:
            """Keep the terminal for what matters."""

        def _path(self) -> str | None:
            """What is asked for beneath the secret, None where the secret is missing."""
            path = unquote(self.path.partition("?")[0])
            return path.removeprefix(f"/{secret}/") if path.startswith(f"/{secret}/") else None

        def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def _send_file(self, path: Path) -> None:
            size = path.stat().st_size
            first, last = 0, size - 1
            part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
            if part and int(part[1]) < size:
                first, last = int(part[1]), min(int(part[2] or last), last)
            self.send_response(HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK)
            self.send_header("Content-Type", mimetypes.guess_type(path.name)[0] or "application/octet-stream")
            self.send_header("Accept-Ranges", "bytes")
            if part:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            with path.open("rb") as file:
                file.seek(first)
                left = last - first + 1
                while left > 0 and (block := file.read(min(_BLOCK_BYTES, left))):
                    self.wfile.write(block)
                    left -= len(block)

    return Handler
