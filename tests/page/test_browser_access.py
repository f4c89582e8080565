"""For every eye, ear, hand and screen: axe, the keyboard alone, a phone, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Visit, visiting
from playwright.sync_api import Browser, expect

from server.serving import serving

# Colours half way through a fade are nobody's choice. What pulses for ever is not waited for.
FADED = """() => Promise.all(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().iterations !== Infinity).map((one) => one.finished))"""
AXE = Path(__file__).parents[2] / "page" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def faults(page_packages: None) -> Callable[[Visit], list[str]]:
    """What axe finds fault with on the page that is open."""
    script = AXE.read_text(encoding="utf-8")

    def look(visit: Visit) -> list[str]:
        before = list(visit.complaints)
        visit.page.evaluate(FADED)
        visit.page.evaluate(script)
        found: dict[str, Any] = visit.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        # While it looks, axe sets styles in a way that the page's own content policy forbids.
        visit.complaints = before
        return [
            f"{one['impact']}: {one['id']}: {[node['html'] for node in one['nodes']][:3]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    return look


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.usefixtures("mapped")
def test_axe_finds_no_serious_fault(
    browser: Browser, address: str, barking: Path, faults: Callable[[Visit], list[str]], is_dark: bool
) -> None:
    with visiting(browser, address, is_dark=is_dark) as visit:
        page = visit.go()
        assert faults(visit) == []
        page = visit.ask(barking)
        for name, number in (("More like", 1), ("Less like", 3)):
            # Hits fade while a search goes on, and it begins a moment after the click.
            with page.expect_response("**/api/search"):
                page.get_by_role("button", name=name).nth(number).click()
            visit.wait_for_hits()
        assert faults(visit) == []
        page.locator(".recordings .hit, .hit .hit-name").first.click()
        page.locator(".windows > li").first.wait_for()
        assert faults(visit) == []
        visit.go("/map").get_by_role("application").wait_for()
        page.get_by_role("application").focus()
        page.keyboard.press("ArrowRight")
        assert faults(visit) == []
        visit.go("/library").locator(".recordings .hit").first.wait_for()
        assert faults(visit) == []
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert faults(visit) == []


def test_the_keyboard_alone(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    page.keyboard.press("j")
    first = visit.hits()[0]
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_have_class("hit playing")
    page.keyboard.press("m")
    expect(page.get_by_role("list", name="More like")).to_contain_text(first)
    visit.wait_for_hits()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("l")
    expect(page.get_by_role("list", name="Less like")).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("#filters summary")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Label", exact=True)).to_be_focused()
    # Letters typed into a field are text.
    page.keyboard.type("2")
    assert page.url == visit.address + "/"
    page.keyboard.press("Escape")
    page.locator("#filters summary").focus()
    page.keyboard.press("3")
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()
    page.go_back()
    visit.wait_for_hits()


def test_help_and_switching_shortcuts_off(visit: Visit) -> None:
    page = visit.go()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("More like this")
    page.get_by_label("Shortcuts of a single letter").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("2")
    assert page.url == visit.address + "/"


def test_every_focus_is_seen(visit: Visit) -> None:
    page = visit.go()
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("""() => {
            const element = document.activeElement;
            const shown = element.matches('.choice input') ? element.nextElementSibling : element;
            const style = getComputedStyle(shown);
            return [style.outlineStyle, parseFloat(style.outlineWidth)];
        }""")
        assert outline[0] != "none"
        assert outline[1] >= 2


@pytest.mark.parametrize("path", ["/", "/map", "/library"])
def test_a_phone_shows_everything_within_its_width(phone: Visit, path: str) -> None:
    page = phone.go(path)
    page.locator("main :visible").first.wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_searches(phone: Visit, barking: Path) -> None:
    page = phone.ask(barking)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-hit]").first.tap()
    expect(page.locator(".hit").first).to_have_class("hit playing")
    # Filters are folded away below the hits, and open with a tap.
    expect(page.get_by_label("Folder contains")).to_be_hidden()
    page.locator("#filters summary").tap()
    expect(page.get_by_label("Folder contains")).to_be_visible()
    buttons = page.locator(".hit").first.get_by_role("button").all()
    for button in buttons:
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


def test_light_and_dark_by_the_system_and_by_hand(browser: Browser, address: str) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    with visiting(browser, address, is_dark=True) as visit:
        page = visit.go()
        dark = page.evaluate(ground)
        page.get_by_role("button", name="Colours").click()
        light = page.evaluate(ground)
        assert light != dark
        page.reload()
        assert page.evaluate(ground) == light
    with visiting(browser, address) as visit:
        assert visit.go().evaluate(ground) == light


def test_nothing_moves_for_those_who_want_it_so(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    page = visit.go()
    moving = (
        "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).animationName !== 'none')"
    )
    assert page.evaluate(f"{moving}.length") == 0


def test_a_token_is_asked_for(browser: Browser, library: Path, barking: Path) -> None:
    with (
        serving(
            library, "--token", "sesame-open-wide", headers={"Authorization": "Bearer sesame-open-wide"}
        ) as server,
        visiting(browser, server.address) as visit,
    ):
        page = visit.go()
        expect(page.get_by_role("heading", name="This library wants a token")).to_be_visible()
        page.get_by_label("Token").fill("barley-open-wide")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Token").fill("sesame-open-wide")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="What does it sound like?")).to_be_visible()
        assert visit.hits_of(barking)[0].startswith("dog_bark")
        assert "sesame" not in page.url
        visit.forgive("status of 401")


def test_nothing_comes_from_elsewhere(visit: Visit, barking: Path) -> None:
    asked: list[str] = []
    visit.page.on("request", lambda one: asked.append(one.url))
    visit.ask(barking)
    visit.go("/map").wait_for_timeout(300)
    foreign = [url for url in asked if not url.startswith((visit.address, "blob:", "data:"))]
    assert foreign == []
