"""Searching by ear and eye: drop, select, play, refine, filter, record."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from browsing import Visit, read_table
from playwright.sync_api import Locator, Page, expect

_DROP = """([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name, { type: "audio/wav" }));
    for (const kind of ["dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }
}"""


def drag_over(page: Page, picture: Locator, begin: float, end: float) -> None:
    """Drag from one place of a picture to another, as shares of its width."""
    box = picture.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 3
    page.mouse.move(box["x"] + begin * box["width"], y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(box["x"] + (begin + (end - begin) * step / 5) * box["width"], y)
    page.mouse.up()


def closeness(page: Page) -> list[str]:
    """How near the hits are."""
    return page.locator(".results .similarity").all_inner_texts()


def is_playing(page: Page) -> bool:
    return page.locator(".hit.playing").count() == 1


def test_a_dropped_sound_finds_its_like(visit: Visit, barking: Path) -> None:
    page = visit.go()
    expect(page.get_by_role("heading", name="What does it sound like?")).to_be_visible()
    page.evaluate(_DROP, [barking.name, base64.b64encode(barking.read_bytes()).decode()])
    assert visit.hits()[0].startswith("dog_bark")
    expect(page.get_by_role("heading", name=barking.name)).to_be_visible()


def test_the_selection_moves_and_the_hits_follow(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    before = closeness(page)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/api/search" in one.url else None)
    drag_over(page, page.locator(".waveform"), 0.25, 0.75)
    start, end = page.get_by_label("From"), page.get_by_label("to", exact=True)
    expect(start).to_have_value(re.compile(r"^(0\.9|1(\.0|$))"))
    expect(end).to_have_value(re.compile(r"^(2\.9|3(\.0|$))"))
    page.wait_for_timeout(600)
    # One question for the whole drag, not one for each of its steps.
    assert len(asked) in (1, 2)
    visit.wait_for_hits()
    part = closeness(page)
    assert part != before
    start.fill("0.5")
    start.press("Enter")
    visit.wait_for_hits()
    expect(start).to_have_value("0.5")
    page.wait_for_timeout(600)
    visit.wait_for_hits()
    assert closeness(page) != part
    page.get_by_role("button", name="Use all of it").click()
    expect(page.get_by_text("All of it counts")).to_be_visible()


def test_hits_are_seen_and_heard(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    visit.wait_for_pictures(".results .hit:first-child .span-picture img")
    page.locator("[data-hit]").first.click()
    visit.wait_until("parseFloat(document.querySelector('.hit.playing .playhead')?.style.left) > 1")
    page.locator("[data-hit]").first.click()
    assert not is_playing(page)


def test_arrow_keys_walk_and_the_next_one_plays(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit").nth(1)).to_have_class("hit playing")
    expect(page.locator("[data-hit]").nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(".hit").last).to_have_class("hit playing")
    page.keyboard.press("Escape")
    assert not is_playing(page)


def test_more_and_less_like_this(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    before = visit.hits()
    far = next(name for name in before if name.startswith("birds"))
    page.get_by_role("button", name=f"More like {far}").first.click()
    page.get_by_role("button", name=f"Less like {before[0]}").first.click()
    expect(page.get_by_role("list", name="More like")).to_contain_text(far)
    expect(page.locator(".results .similarity small").first).to_have_text("distance")
    page.wait_for_timeout(300)
    assert visit.hits()[0].startswith("birds")
    page.get_by_role("button", name="Take all back").click()
    page.wait_for_timeout(300)
    assert visit.hits() == before


def test_filters_of_every_kind(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    page.get_by_label("Label", exact=True).fill("rain")
    expect(page.locator(".hit .label").first).to_have_text("rain")
    assert set(page.locator(".results .hit .label").all_inner_texts()) == {"rain"}
    page.get_by_label("at least").fill("100")
    page.get_by_label("at least").press("Enter")
    expect(page.locator(".results .hit-name").first).to_have_text("rain_000.wav")
    expect(page.get_by_text("2 filters")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    page.get_by_label("Folder contains").fill("SIREN")
    expect(page.locator(".results .hit .label").first).to_have_text("siren")
    page.get_by_role("button", name="Clear the filters").click()
    page.get_by_label("Only where").fill("duration_s < 1")
    page.get_by_label("Only where").press("Enter")
    expect(page.get_by_role("heading", name="Nothing passes the filters")).to_be_visible()


def test_hits_by_recording_and_how_many(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    page.get_by_label("recordings", exact=True).check()
    page.get_by_label("How many").fill("7")
    page.get_by_label("How many").press("Enter")
    expect(page.locator(".results .hit")).to_have_count(7)
    assert len(set(visit.hits())) >= 6
    page.get_by_label("euclidean").check()
    expect(page.locator(".results-head .hint").first).to_contain_text("euclidean")


def test_a_filter_that_makes_no_sense_is_explained(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    page.get_by_label("Only where").fill("colour = 'red'")
    page.get_by_label("Only where").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("colour")
    # The browser itself notes the refused request.
    visit.forgive("status of 4")


def test_a_file_that_is_no_sound_is_explained(visit: Visit, tmp_path: Path) -> None:
    page = visit.go()
    file = tmp_path / "letter.wav"
    file.write_bytes(b"Dear all, " * 100)
    page.set_input_files("input[type=file]", file)
    expect(page.get_by_role("alert")).to_contain_text("letter.wav")
    page.get_by_role("button", name="New search").click()
    expect(page.get_by_role("heading", name="What does it sound like?")).to_be_visible()
    visit.forgive("status of 4")


def test_the_microphone(visit: Visit) -> None:
    page = visit.go()
    page.keyboard.press("r")
    expect(page.get_by_role("timer")).to_contain_text("0:02", timeout=20_000)
    page.keyboard.press("r")
    visit.wait_for_hits()
    expect(page.get_by_role("heading", name="recording.webm")).to_be_visible()
    expect(page.get_by_role("button", name="Play the query")).to_be_enabled()


def test_any_hit_is_the_next_query(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    name = visit.hits()[2]
    page.get_by_role("button", name=f"Search with {name}").first.click()
    expect(page.locator(".query h2")).to_have_text(name)
    page.get_by_role("button", name="Play the query").and_(page.locator(":enabled")).wait_for()
    assert visit.hits()[0] == name
    expect(page.get_by_text("the query itself").first).to_be_visible()


def test_examples_are_saved_reused_and_exported(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    good, bad = visit.hits()[0], visit.hits()[-1]
    page.get_by_role("button", name=f"More like {good}").first.click()
    page.get_by_role("button", name=f"Less like {bad}").last.click()
    page.get_by_label("Name of the set").fill("dogs & more ü")
    page.get_by_label("Label in a manifest").fill("dog")
    page.get_by_role("button", name="Save the set").click()
    expect(page.get_by_role("button", name="dogs & more ü", exact=True)).to_be_visible()

    page = visit.go()
    page.get_by_role("button", name="dogs & more ü", exact=True).click()
    expect(page.get_by_role("list", name="More like")).to_contain_text(good)
    expect(page.get_by_role("list", name="Less like")).to_contain_text(bad)
    visit.wait_for_hits()
    with page.expect_download() as download:
        page.get_by_role("link", name="Manifest of dogs").click()
    rows = read_table(download.value)
    assert [(Path(row["path"]).name, row["label"]) for row in rows if row["label"] == "dog"] == [
        (good, "dog")
    ]

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget the set").click()
    expect(page.get_by_role("button", name="dogs & more ü", exact=True)).to_have_count(0)


def test_hits_are_exported(visit: Visit, barking: Path) -> None:
    page = visit.ask(barking)
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV table").click()
    rows = read_table(download.value)
    assert [Path(row["path"]).name for row in rows] == visit.hits()
