"""The page of a gathered corpus in a real browser: listen, strike out, take back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from browsing import visiting
from playwright.sync_api import Browser, expect

from corpora.loopback import Item, Site, serving
from soundalike.corpora import CollectSettings, CorpusLabel, WebSettings, WebSource, collect
from soundalike.corpora.review import open_review
from soundalike.data import read_data
from soundalike.data.synthetic import write_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three gathered recordings."""
    write_corpus(tmp_path / "sounds", clips_per_kind=3, seed=0, kinds=("dog_bark",), duration_s=4.0)
    found = [
        Item(f"{number}.wav", path.read_bytes(), 4.0, title=f"dog {number}")
        for number, path in enumerate(sorted((tmp_path / "sounds" / "dog_bark").iterdir()))
    ]
    with serving(Site({"dog sound": found})) as site:
        source = WebSource(WebSettings(search=site.search, sleep_s=0.0))
        collect(
            [CorpusLabel(id="dog", words="dog")], tmp_path / "corpus", source, CollectSettings(per_label=3)
        )
    return tmp_path / "corpus"


@pytest.fixture
def address(corpus: Path) -> Iterator[str]:
    with open_review(corpus) as (server, address):
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield address
        server.shutdown()
        thread.join()


def titles(corpus: Path) -> list[str]:
    return [clip.extra["title"] for clip in read_data(corpus).clips]


def test_strike_out_and_take_back(browser: Browser, address: str, corpus: Path) -> None:
    with visiting(browser, address) as visitor:
        page = visitor.go("")
        page.get_by_text("dog 3 kept").click()
        row = page.get_by_role("row").filter(has_text="dog 1")
        row.get_by_role("button", name="Strike out").click()
        back = row.get_by_role("button", name="Take back")
        expect(back).to_have_attribute("aria-pressed", "true")
        assert titles(corpus) == ["dog 0", "dog 2"]
        page.reload()
        page.get_by_text("dog 2 kept").click()
        back.click()
        expect(row.get_by_role("button", name="Strike out")).to_be_visible()
        assert titles(corpus) == ["dog 0", "dog 1", "dog 2"]


def test_the_clip_is_played_and_no_more(browser: Browser, address: str, corpus: Path) -> None:
    clip = read_data(corpus).clips[0]
    assert clip.start_s is not None
    with visiting(browser, address) as visitor:
        page = visitor.go("")
        page.locator("summary").click()
        player = page.locator("audio").first
        player.evaluate("one => one.play()")
        page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
        assert float(player.evaluate("one => one.currentTime")) >= clip.start_s
        page.wait_for_function("() => document.querySelector('audio').paused")
        assert float(player.evaluate("one => one.currentTime")) < clip.start_s + 2.7


def test_opened_as_a_file_it_says_how_to_strike_out(browser: Browser, corpus: Path) -> None:
    with visiting(browser, (corpus / "review.html").as_uri()) as visitor:
        page = visitor.go("")
        expect(page.locator("#note")).to_contain_text("--review")
        page.locator("summary").click()
        expect(page.get_by_role("button", name="Strike out")).to_have_count(0)
