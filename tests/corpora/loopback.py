"""A site on this machine: a search whose results are a feed, and media files that are served badly.

yt-dlp's generic extractor reads both as it reads any site that it does not know. The plugin in `plugins/` makes it a
site that yt-dlp knows, with pages of results, licences and several formats.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

How = Literal[
    "well", "slowly", "never", "cut off", "cut off once", "403", "429", "429 once", "page", "no audio"
]


@dataclass(frozen=True)
class Item:
    """One result: the file that is served, how, and the length that the feed tells."""

    name: str
    data: bytes
    told_s: float | None = None
    how: How = "well"
    title: str = ""
    uploader: str = ""
    licence: str | None = None


@dataclass
class Site:
    """What is served: words that are searched -> results, and what was asked."""

    results: dict[str, list[Item]] = field(default_factory=dict)
    robots: str | None = None
    kind: Literal["feed", "page"] = "feed"
    requests: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def search(self) -> str:
        return f"{self.address}/search?q={{words}}"

    def url(self, name: str) -> str:
        return f"{self.address}/media/{quote(name)}"

    def count(self, name: str) -> int:
        return Counter(self.requests)[f"/media/{quote(name)}"]

    def searched(self) -> list[str]:
        return [parse_qs(urlsplit(one).query)["q"][0] for one in self.requests if one.startswith("/search")]


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve a site until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append(self.path)
            try:
                if self.path == "/robots.txt":
                    self._send(
                        200 if site.robots is not None else 404, (site.robots or "").encode(), "text/plain"
                    )
                elif self.path.startswith("/moved"):
                    self._send(302, b"", "text/plain", {"Location": self.path.replace("/moved", "/search")})
                elif self.path.startswith("/search"):
                    words = parse_qs(urlsplit(self.path).query)["q"][0]
                    items = site.results.get(words, [])
                    body, kind = _feed(site, items) if site.kind == "feed" else _page(site, items)
                    self._send(200, body.encode(), kind)
                elif self.path.startswith("/api"):
                    asked = parse_qs(urlsplit(self.path).query)
                    first = 3 * int(asked["page"][0])
                    page = site.results.get(asked["q"][0], [])[first : first + 3]
                    self._send_json([_entry(site, item) for item in page])
                elif self.path.startswith("/watch/"):
                    name = unquote(self.path.removeprefix("/watch/"))
                    (item,) = [one for items in site.results.values() for one in items if one.name == name]
                    self._send_json({**_entry(site, item), "media": site.url(item.name)})
                else:
                    self._media(unquote(self.path.removeprefix("/media/")))
            except (BrokenPipeError, ConnectionResetError):
                pass

        def _media(self, name: str) -> None:
            item = next((one for items in site.results.values() for one in items if one.name == name), None)
            times = site.count(name)
            if item is None:
                self._send(404, b"gone", "text/plain")
            elif item.how == "403":
                self._send(403, b"no", "text/plain")
            elif item.how == "429" or (item.how == "429 once" and times == 1):
                self._send(429, b"slow down", "text/plain", {"Retry-After": "0"})
            elif item.how == "page":
                self._send(200, b"<html><title>Sorry</title><p>not here any more</p></html>", "text/html")
            elif item.how == "no audio":
                self._send(200, b"this is no audio " * 400, "audio/wav")
            else:
                self._send_audio(item, times)

        def _send_audio(self, item: Item, times: int) -> None:
            data, first = item.data, 0
            asked = self.headers.get("Range", "")
            if asked.startswith("bytes=") and (start := asked[6:].split("-")[0]):
                first = int(start)
            self.send_response(206 if first else 200)
            self.send_header("Content-Type", "audio/x-wav" if item.name.endswith(".wav") else "audio/mpeg")
            self.send_header("Content-Length", str(len(data) - first))
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            # The first request is only for the headers: what goes wrong goes wrong in the download.
            if item.how == "cut off" or (item.how == "cut off once" and times <= 2):
                self.wfile.write(data[first : first + max(1, (len(data) - first) // 2)])
                self.close_connection = True
            elif item.how == "never":
                self.wfile.write(data[first : first + 1000])
                self.wfile.flush()
                time.sleep(4)
            elif item.how == "slowly":
                step = max(1, len(data) // 10)
                for start in range(first, len(data), step):
                    self.wfile.write(data[start : start + step])
                    self.wfile.flush()
                    time.sleep(0.03)
            else:
                self.wfile.write(data[first:])

        def _send_json(self, document: object) -> None:
            self._send(200, json.dumps(document).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": kind,
                "Content-Length": str(len(body)),
                **(headers or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _feed(site: Site, items: list[Item]) -> tuple[str, str]:
    rows = "".join(
        f"<item><title>{escape(item.title or item.name)}</title>"
        f'<enclosure url="{site.url(item.name)}" type="audio/x-wav" length="{len(item.data)}"/>'
        + (f"<itunes:duration>{item.told_s}</itunes:duration>" if item.told_s is not None else "")
        + "</item>"
        for item in items
    )
    text = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
        f"<channel><title>results</title>{rows}</channel></rss>"
    )
    return text, "application/rss+xml"


def _page(site: Site, items: list[Item]) -> tuple[str, str]:
    rows = "".join(
        f'<p>{escape(item.title)} <audio src="{site.url(item.name)}"></audio></p>' for item in items
    )
    return f"<!doctype html><html><head><title>results</title></head><body>{rows}</body></html>", "text/html"


def _entry(site: Site, item: Item) -> dict[str, object]:
    return {
        "url": f"{site.address}/watch/{quote(item.name)}",
        "title": item.title,
        "uploader": item.uploader,
        "licence": item.licence,
        "duration": item.told_s,
    }
