"""A real browser on the real page."""

from __future__ import annotations

import csv
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Download, Page, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"),
    # A microphone that beeps, and nobody who would have to allow it.
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
    "--autoplay-policy=no-user-gesture-required",
)
DESKTOP = (1280, 860)
PHONE = (390, 844)
PATIENCE_MS = 30_000


def browser_program() -> str | None:
    """Where Chromium is, if it is."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def browser_is_required() -> bool:
    """Whether a missing browser is a failure: on a server that checks changes, and where it can be installed."""
    return "CI" in os.environ or (os.name == "posix" and os.geteuid() == 0)


@contextmanager
def browsing(playwright: Playwright) -> Iterator[Browser]:
    """A browser with nobody's profile, gone afterwards."""
    browser = playwright.chromium.launch(executable_path=browser_program(), headless=True, args=list(_FLAGS))
    try:
        yield browser
    finally:
        browser.close()


def read_table(download: Download) -> list[dict[str, str]]:
    """The rows of a CSV file that the page gave away."""
    with Path(download.path()).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class Visit:
    """A page as a fresh visitor sees it, and everything that it complains of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str = "/") -> Page:
        self.page.goto(self.address + path)
        return self.page

    def ask(self, sound: Path) -> Page:
        """Search with a file, and wait for the hits and the query's picture."""
        page = self.go("/")
        page.set_input_files("input[type=file]", sound)
        self.wait_for_hits()
        page.get_by_role("button", name="Play the query").and_(page.locator(":enabled")).wait_for()
        return page

    def hits_of(self, sound: Path) -> list[str]:
        """Search with a file, and name what is found."""
        self.ask(sound)
        return self.hits()

    def forgive(self, words: str) -> None:
        """Take complaints back that belong to what is tested."""
        self.complaints = [one for one in self.complaints if words not in one]

    def wait_for_hits(self) -> None:
        self.page.locator(".results[aria-busy=false] .hit").first.wait_for()

    def wait_until(self, condition: str) -> None:
        """Wait for something that is true in JavaScript; the page's content policy forbids Playwright's own way."""
        end = time.monotonic() + PATIENCE_MS / 1000
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, f"never true: {condition}"
            self.page.wait_for_timeout(50)

    def wait_for_pictures(self, selector: str) -> None:
        """Wait until the pictures that a selector names have been drawn."""
        images = f"[...document.querySelectorAll('{selector}')]"
        self.wait_until(f"{images}.length > 0 && {images}.every((one) => one.naturalWidth > 0)")

    def hits(self) -> list[str]:
        """The names of the hits, nearest first."""
        self.wait_for_hits()
        return self.page.locator(".results .hit-name").all_inner_texts()


@contextmanager
def visiting(
    browser: Browser,
    address: str,
    *,
    size: tuple[int, int] = DESKTOP,
    is_dark: bool = False,
    is_phone: bool = False,
) -> Iterator[Visit]:
    """Visit the page with a fresh profile; nothing on it may go wrong unseen."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if is_dark else "light",
        has_touch=is_phone,
        is_mobile=is_phone,
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    visit = Visit(page, address)

    def on_console(message: ConsoleMessage) -> None:
        # Breaches of the content policy are errors on the console too.
        if message.type == "error":
            visit.complaints.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    try:
        yield visit
    finally:
        context.close()
    assert not visit.complaints, visit.complaints
