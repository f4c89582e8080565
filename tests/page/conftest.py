from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from browsing import PHONE, Visit, browser_is_required, browser_program, browsing, visiting
from playwright.sync_api import Browser, sync_playwright

from cli.command_line import FAST, soundalike
from server.serving import serving
from soundalike.data.synthetic import write_corpus

ROOT = Path(__file__).parents[2]
KINDS = ("birds", "dog_bark", "rain", "siren")
CLIPS_PER_KIND = 4
DURATION_S = 4.0

# Where there is no browser and nobody demands one, the run says so in its last line; see tests/conftest.py.
if browser_program() is None and not browser_is_required():
    collect_ignore_glob = ["test_browser_*.py"]


@pytest.fixture(scope="session")
def page_packages(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the page is built from, fetched if it is not there; one of several test processes does it."""
    from filelock import FileLock

    with FileLock(tmp_path_factory.getbasetemp().parent / "page-packages.lock"):
        done = subprocess.run(
            [sys.executable, ROOT / "scripts" / "build_page.py", "--install"], capture_output=True, text=True
        )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sounds that the library does not hold."""
    folder = tmp_path_factory.mktemp("outside")
    write_corpus(folder, clips_per_kind=1, seed=7, kinds=KINDS, duration_s=DURATION_S)
    return folder


@pytest.fixture(scope="session")
def barking(outside: Path) -> Path:
    """A dog that the library does not hold."""
    return next((outside / "dog_bark").iterdir())


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of four kinds of sound, one long recording, and a file that cannot be read."""
    folder = tmp_path_factory.mktemp("page")
    sounds = folder / "sounds"
    write_corpus(sounds, clips_per_kind=CLIPS_PER_KIND, seed=0, kinds=KINDS, duration_s=DURATION_S)
    write_corpus(sounds / "long", clips_per_kind=1, seed=3, kinds=("rain",), duration_s=130.0)
    (sounds / "broken.wav").write_bytes(b"RIFF of nothing")
    outcome = soundalike("index", folder / "library", sounds, *FAST)
    assert outcome.exit_code == 3, outcome.stderr
    return folder / "library"


@pytest.fixture(scope="session")
def address(library: Path) -> Iterator[str]:
    """Where the page is served."""
    with serving(library) as server:
        yield server.address


@pytest.fixture(scope="session")
def mapped(address: str) -> None:
    """The map of the library has been made."""
    with httpx.Client(base_url=address, trust_env=False, timeout=60.0) as client:
        client.post("/api/map").raise_for_status()
        end = time.monotonic() + 240.0
        while client.get("/api/map").json()["state"] != "ready":
            assert time.monotonic() < end, "the map takes too long"
            time.sleep(0.2)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert browser_program() is not None, "there is no Chromium: apt-get install chromium"
    with sync_playwright() as playwright, browsing(playwright) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """A visitor at a desk."""
    with visiting(browser, address) as visitor:
        yield visitor


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Visit]:
    """A visitor with a phone, in the dark."""
    with visiting(browser, address, size=PHONE, is_phone=True, is_dark=True) as visitor:
        yield visitor
