"""Take the pictures of the page that the README shows, from a real server on a library of synthetic sounds.

Needs Chromium; `docs/images/page.png` and `docs/images/map.png` are written.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
CLIPS_PER_KIND = 6
DURATION_S = 6.0
SIZE = (1280, 900)
# A picture in the repository stays small.
MOST_BYTES = 300_000


def main() -> int:
    """Make a library, serve it, and look at it."""
    sys.path.insert(0, str(ROOT / "tests"))
    from cli.command_line import soundalike
    from page.browsing import browsing, visiting
    from server.serving import serving
    from soundalike.data.synthetic import write_corpus

    with tempfile.TemporaryDirectory(prefix="soundalike-") as folder:
        sounds, outside = Path(folder) / "sounds", Path(folder) / "outside"
        write_corpus(sounds, clips_per_kind=CLIPS_PER_KIND, seed=0, duration_s=DURATION_S)
        write_corpus(outside, clips_per_kind=1, seed=9, kinds=("dog_bark",), duration_s=DURATION_S)
        outcome = soundalike("index", Path(folder) / "sound-effects", sounds)
        assert outcome.exit_code == 0, outcome.stderr
        query = next((outside / "dog_bark").iterdir()).rename(Path(folder) / "next-door.wav")
        with (
            serving(Path(folder) / "sound-effects") as server,
            sync_playwright() as playwright,
            browsing(playwright) as browser,
            visiting(browser, server.address, size=SIZE) as visit,
        ):
            server.client.post("/api/map").raise_for_status()
            picture_of_search(visit.ask(query))
            picture_of_map(visit.page)
    return 0


def picture_of_search(page: Page) -> None:
    """The hits of a query, with a part of it selected, an example marked, and a hit that plays."""
    box = page.locator(".waveform").bounding_box()
    assert box is not None
    y = box["y"] + 30
    page.mouse.move(box["x"] + 0.1 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.62 * box["width"], y, steps=8)
    page.mouse.up()
    page.wait_for_timeout(1_000)
    page.get_by_role("button", name="More like").nth(1).click()
    page.wait_for_timeout(1_000)
    page.locator(".results[aria-busy=false] .hit").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.evaluate("scrollTo(0, 0)")
    page.locator(".playhead").wait_for()
    page.wait_for_timeout(1_500)
    save(page, "page.png")
    page.keyboard.press("Escape")


def picture_of_map(page: Page) -> None:
    """The map, with the hits of that query lit and a sound under the mouse."""
    page.keyboard.press("2")
    page.get_by_role("application").wait_for(timeout=240_000)
    page.get_by_role("application").focus()
    for key in ("ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    ring = page.locator(".focus-ring").bounding_box()
    assert ring is not None
    page.mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    page.wait_for_timeout(2_000)
    save(page, "map.png")


def save(page: Page, name: str) -> None:
    """Write what the page looks like, in 256 colours: half the size, and hardly a difference to see."""
    path = IMAGES / name
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").quantize(256).save(path, optimize=True)
    size = path.stat().st_size
    assert size < MOST_BYTES, f"{name} has {size} bytes"
    print(f"{path.relative_to(ROOT)}: {size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
