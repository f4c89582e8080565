"""The page to listen and strike out, served and asked as a browser does."""

from __future__ import annotations

import html
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from corpora.loopback import Item, Site, serving
from soundalike.corpora import CollectSettings, CorpusLabel, WebSettings, WebSource, collect
from soundalike.corpora.review import open_review, serve_review
from soundalike.data import read_data
from soundalike.errors import CorpusError

DOG = CorpusLabel(id="dog/bark", words="dog")


@pytest.fixture
def site(recordings: dict[str, list[bytes]]) -> Iterator[Site]:
    results = [
        Item(f"{number}.wav", data, 2.5, title=f"<b>dog & cat</b> {number}")
        for number, data in enumerate(recordings["dog_bark"])
    ]
    with serving(Site({"dog sound": results})) as site:
        yield site


def gather(site: Site, corpus: Path) -> list[str]:
    source = WebSource(WebSettings(search=site.search, sleep_s=0.0))
    collect([DOG], corpus, source, CollectSettings(per_label=4))
    return titles(corpus)


def titles(corpus: Path) -> list[str]:
    return [clip.extra["title"][-1] for clip in read_data(corpus).clips]


@contextmanager
def reviewed(corpus: Path) -> Iterator[str]:
    """The address of the page, served until the end of the block."""
    with open_review(corpus) as (server, address):
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def served(site: Site, corpus: Path) -> Iterator[str]:
    gather(site, corpus)
    with reviewed(corpus) as address:
        yield address


def post(address: str, document: object) -> int:
    request = urllib.request.Request(f"{address}strike", data=json.dumps(document).encode(), method="POST")
    return status(request)


def status(request: urllib.request.Request | str) -> int:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def rows(address: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(address, timeout=10) as answer:
        text = answer.read().decode()
    found = re.findall(
        r'<tr data-label="(.*?)" data-url="(.*?)"( class=struck)?>.*?src="(.*?)#t=(.*?)"', text
    )
    return [
        {
            "label": html.unescape(label),
            "url": html.unescape(url),
            "struck": bool(struck),
            "src": src,
            "part": part,
        }
        for label, url, struck, src, part in found
    ]


def test_strikes_are_written_at_once_and_replaced_by_the_next_run(site: Site, corpus: Path) -> None:
    assert gather(site, corpus) == ["0", "1", "2", "3"]
    with reviewed(corpus) as served:
        first, second, *_ = rows(served)
        assert post(served, {"label": "dog/bark", "url": first["url"], "struck": True}) == 200
        assert post(served, {"label": "dog/bark", "url": second["url"], "struck": True}) == 200
        assert titles(corpus) == ["2", "3"]
        assert [row["struck"] for row in rows(served)] == [True, True, False, False]
        assert post(served, {"label": "dog/bark", "url": second["url"], "struck": False}) == 200
        assert titles(corpus) == ["1", "2", "3"]
        # A run would not see what is struck out meanwhile.
        with pytest.raises(CorpusError, match="another process is writing to the corpus"):
            gather(site, corpus)
    assert gather(site, corpus) == ["1", "2", "3", "4"]
    # What was struck out does not come back, unless by the listener.
    assert gather(site, corpus) == ["1", "2", "3", "4"]
    with reviewed(corpus) as served:
        assert post(served, {"label": "dog/bark", "url": first["url"], "struck": False}) == 200
    assert sorted(gather(site, corpus)) == ["0", "1", "2", "3", "4"]


def test_sounds_are_sent_whole_and_in_parts(served: str, corpus: Path) -> None:
    row = rows(served)[0]
    address = served + row["src"]
    data = read_data(corpus).clips[0].path.read_bytes()
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.read() == data
    part = urllib.request.Request(address, headers={"Range": "bytes=10-19"})
    with urllib.request.urlopen(part, timeout=10) as answer:
        assert (answer.status, answer.read()) == (206, data[10:20])
        assert answer.headers["Content-Range"] == f"bytes 10-19/{len(data)}"
    start_s, end_s = map(float, row["part"].split(","))
    assert end_s - start_s == pytest.approx(2.0)


def test_nothing_else_is_served_or_changed(served: str, corpus: Path) -> None:
    url = rows(served)[0]["url"]
    outside = served.rsplit("/", 2)[0] + "/"
    assert status(outside) == 404
    assert post(outside, {"label": "dog/bark", "url": url, "struck": True}) == 404
    for path in ("manifest.csv", "recordings.jsonl", "audio/../manifest.csv", "%2e%2e/x", "audio/none.wav"):
        assert status(served + path) == 404
    for document in ({}, [], "x", {"label": "dog/bark", "url": url}):
        assert post(served, document) == 400
    assert post(served, {"label": "dog/bark", "url": "http://127.0.0.1/none", "struck": True}) == 404
    assert len(titles(corpus)) == 4


def test_titles_are_text_and_not_markup(served: str, corpus: Path) -> None:
    page = (corpus / "review.html").read_text(encoding="utf-8")
    assert "<b>dog" not in page
    assert "&lt;b&gt;dog &amp; cat&lt;/b&gt; 0" in page


def test_a_folder_without_a_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds no gathered corpus"):
        serve_review(tmp_path, on_ready=print)
