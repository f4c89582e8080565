"""Gathering a corpus from a site on this machine that behaves badly."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corpora.loopback import Item, Site, serving
from corpora.wav_bytes import wav
from soundalike.corpora import CollectSettings, CorpusLabel, WebSettings, WebSource, collect
from soundalike.corpora.ledger import Ledger
from soundalike.corpora.settings import is_free
from soundalike.data import read_data
from soundalike.errors import ConfigError, CorpusError
from soundalike.store.lock import only_holder

SIRENS = (CorpusLabel(id="esc50/siren", words="siren"), CorpusLabel(id="urbansound8k/siren", words="siren"))
DOG = CorpusLabel(id="dog", words="dog bark")


def source(site: Site, **changes: object) -> WebSource:
    settings = WebSettings(search=site.search, sleep_s=0.0, timeout_s=2.0)
    return WebSource(replace(settings, **changes))  # type: ignore[arg-type]


def items(recordings: list[bytes], **changes: object) -> list[Item]:
    return [Item(f"{number} a.wav", data, 2.5, **changes) for number, data in enumerate(recordings)]  # type: ignore[arg-type]


def test_takes_what_was_asked_and_says_where_it_came_from(
    recordings: dict[str, list[bytes]], corpus: Path
) -> None:
    with serving(Site({"dog bark sound": items(recordings["dog_bark"])})) as site:
        report = collect([DOG], corpus, source(site), CollectSettings(per_label=6))
        assert site.searched() == ["dog bark sound"]
        # What was not needed was not asked for.
        assert site.count("6 a.wav") == 0
    assert not report.skipped
    (row,) = report.labels
    assert (row.asked, row.found, row.kept, row.dropped) == (6, 6, 6, {})
    manifest = read_data(corpus)
    assert len(manifest) == 6
    assert manifest.labels == ("dog",)
    first = manifest.clips[0]
    assert first.path.read_bytes() == recordings["dog_bark"][0]
    assert first.path.is_relative_to(corpus / "audio" / "dog")
    assert first.extra["source_url"] == site.url("0 a.wav")
    assert first.extra["title"] == "0 a.wav"
    assert first.extra["duration_s"] == "2.500"
    assert first.extra["retrieved_at"].endswith("+00:00")
    assert set(first.extra) >= {"uploader", "licence"}
    assert first.end_s == pytest.approx(first.start_s + 2.0)  # type: ignore[operator]
    assert json.loads((corpus / "report.json").read_text(encoding="utf-8")) == report.as_json()


def test_labels_of_the_same_words_share_no_recording(
    recordings: dict[str, list[bytes]], corpus: Path
) -> None:
    with serving(Site({"siren sound": items(recordings["siren"])})) as site:
        report = collect(SIRENS, corpus, source(site), CollectSettings(per_label=4))
    assert [row.kept for row in report.labels] == [4, 4]
    assert report.labels[1].dropped == {"taken": 4}
    clips = read_data(corpus).clips
    assert Counter(clip.label for clip in clips) == {"esc50/siren": 4, "urbansound8k/siren": 4}
    assert len({clip.extra["source_url"] for clip in clips}) == 8


def test_failures_are_told_and_replaced(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    good = recordings["dog_bark"]
    results = [
        Item("forbidden.wav", good[0], 2.5, "403"),
        Item("page.wav", good[0], 2.5, "page"),
        Item("text.wav", good[0], 2.5, "no audio"),
        Item("cut.wav", good[0], 2.5, "cut off"),
        Item("stalls.wav", good[0], 2.5, "never"),
        Item("long.wav", good[0], 601.0),
        Item("short.wav", good[0], 1.0),
        Item("longer than told.wav", wav(np.tile(np.sin(np.arange(16_000) / 9), 9) * 0.5), 2.5),
        Item("shorter than told.wav", wav(np.sin(np.arange(8_000) / 9) * 0.5), 2.5),
        Item("silent.wav", wav(np.zeros(48_000)), 3.0),
        Item("once.wav", good[1], 2.5, "429 once"),
        Item("continued.wav", good[2], 2.5, "cut off once"),
        Item("slow.wav", good[3], 2.5, "slowly"),
        Item("again.wav", good[3], 2.5),
        Item("length not told.wav", good[4]),
        Item("not needed.wav", good[5], 2.5),
    ]
    with serving(Site({"dog bark sound": results})) as site:
        report = collect([DOG], corpus, source(site, timeout_s=0.7), CollectSettings(per_label=4, max_s=8.0))
        for name in ("long.wav", "short.wav", "not needed.wav"):
            assert site.count(name) == 0, "nothing is downloaded to find out what the feed says"
    (row,) = report.labels
    assert row.dropped == {"decoding": 1, "download": 4, "length": 4, "same bytes": 1, "silent": 1}
    reasons = {Path(one.path).name: one.reason for one in report.skipped}
    assert set(reasons) == {"forbidden.wav", "page.wav", "text.wav", "cut.wav", "stalls.wav"}
    assert "403" in reasons["forbidden.wav"]
    assert "Unsupported URL" in reasons["page.wav"]
    assert "no decoder" in reasons["text.wav"] or "decode" in reasons["text.wav"]
    assert "timed out" in reasons["stalls.wav"]
    entries = {entry.title: entry for entry in Ledger(corpus)}
    assert entries["longer than told.wav"].reason == "9.0 s long, not 2 to 8 s"
    assert entries["again.wav"].reason == f"the same bytes as {site.url('slow.wav')}"
    kept = {clip.extra["title"]: clip.path for clip in read_data(corpus).clips}
    assert set(kept) == {"once.wav", "continued.wav", "slow.wav", "length not told.wav"}
    assert kept["continued.wav"].read_bytes() == good[2]
    on_disk = {path for path in (corpus / "audio").rglob("*") if path.is_file() and path.suffix != ".part"}
    assert on_disk == set(kept.values())


def test_a_site_that_asks_to_slow_down_is_left_alone(
    recordings: dict[str, list[bytes]], corpus: Path
) -> None:
    good = recordings["dog_bark"]
    results = [Item("fine.wav", good[0], 2.5)]
    results += [Item(f"{number}.wav", good[1], 2.5, "429") for number in range(6)]
    with serving(Site({"dog bark sound": results})) as site:
        with pytest.raises(CorpusError, match=r"asks to slow down \(HTTP 429\)"):
            collect([DOG], corpus, source(site), CollectSettings(per_label=4))
        assert site.count("3.wav") == 0
    assert len(read_data(corpus)) == 1


def test_a_run_does_what_is_left(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    results = [Item("forbidden.wav", b"", 2.5, "403"), *items(recordings["dog_bark"])]
    with serving(Site({"dog bark sound": results})) as site:
        settings = CollectSettings(per_label=3)
        collect([DOG], corpus, source(site), settings)
        first = read_data(corpus).clips
        site.requests.clear()
        collect([DOG], corpus, source(site), settings)
        assert site.requests == []
        # A process that died in the middle of a line.
        with (corpus / "recordings.jsonl").open("a", encoding="utf-8") as file:
            file.write('{"label": "dog", "url"')
        report = collect([DOG], corpus, source(site), replace(settings, per_label=5))
        assert [site.count(f"{number} a.wav") for number in range(6)] == [0, 0, 0, 2, 2, 0]
        assert not report.skipped
        assert report.labels[0].kept == 5
        assert {clip.path for clip in first} < {clip.path for clip in read_data(corpus).clips}
        assert site.count("forbidden.wav") == 0
        again = collect([DOG], corpus, source(site), replace(settings, per_label=6), failures="retry")
        assert len(again.skipped) == 1
        assert site.count("forbidden.wav") == 1


def test_other_limits_see_what_was_dropped_again(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    with serving(Site({"dog bark sound": items(recordings["dog_bark"])})) as site:
        report = collect([DOG], corpus, source(site), CollectSettings(per_label=2, min_s=3.0))
        assert report.labels[0].dropped == {"length": 8}
        report = collect([DOG], corpus, source(site), CollectSettings(per_label=2))
        assert report.labels[0].kept == 2


def test_clips_are_placed_anew_by_other_settings(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    with serving(Site({"dog bark sound": items(recordings["dog_bark"])})) as site:

        def places(**changes: object) -> list[tuple[float | None, float | None]]:
            collect([DOG], corpus, source(site), CollectSettings(per_label=3, window_s=1.0, **changes))  # type: ignore[arg-type]
            return [(clip.start_s, clip.end_s) for clip in read_data(corpus).clips]

        loudest = places()
        drawn = places(clip="random", seed=1)
        assert loudest != drawn
        assert places(clip="random", seed=2) != drawn
        assert places(clip="random", seed=1) == drawn
        assert places() == loudest


def test_copies_stand_on_one_side_of_the_split(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    def copy(data: bytes, number: int) -> bytes:
        waveform, rate_hz = soundfile.read(io.BytesIO(data))
        return wav(waveform * (0.5 + 0.05 * number), rate_hz)

    originals = recordings["birds"]
    copies = [Item(f"copy {number}.wav", copy(data, number), 2.5) for number, data in enumerate(originals)]
    labels = [CorpusLabel(id="birds", words="birds"), CorpusLabel(id="copies", words="copies")]
    with serving(Site({"birds sound": items(originals), "copies sound": copies})) as site:
        report = collect(labels, corpus, source(site), CollectSettings(per_label=8))
    assert report.num_near == 16
    clips = read_data(corpus).clips
    pairs: dict[str, list[str | None]] = {}
    for clip in clips:
        pairs.setdefault(clip.recording, []).append(clip.split)
    assert [len(splits) for splits in pairs.values()] == [2] * 8
    assert all(first == second for first, second in pairs.values())
    for label in ("birds", "copies"):
        assert Counter(clip.split for clip in clips if clip.label == label) == {
            "train": 5,
            "val": 1,
            "test": 2,
        }
    assert report.labels[0].splits == {"train": 5, "val": 1, "test": 2}


def test_a_page_with_players_is_a_search_too(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    with serving(Site({"dog bark sound": items(recordings["dog_bark"])}, kind="page")) as site:
        report = collect([DOG], corpus, source(site), CollectSettings(per_label=3))
    assert report.labels[0].kept == 3


def test_a_search_that_has_moved_is_followed(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    with serving(Site({"dog bark sound": items(recordings["dog_bark"])})) as site:
        moved = source(site, search=f"{site.address}/moved?q={{words}}")
        report = collect([DOG], corpus, moved, CollectSettings(per_label=2))
        assert [one for one in site.requests if one.startswith("/moved")] == ["/moved?q=dog+bark+sound"]
    assert report.labels[0].kept == 2


def test_a_site_s_own_pause_is_kept(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    rules = "User-agent: *\nCrawl-delay: 1\n"
    with serving(Site({"dog bark sound": items(recordings["dog_bark"])}, robots=rules)) as site:
        started = time.monotonic()
        collect([DOG], corpus, source(site), CollectSettings(per_label=3))
        assert time.monotonic() - started > 2.0


def test_robots_are_obeyed(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    results = {"dog bark sound": items(recordings["dog_bark"])}
    with serving(Site(results, robots="User-agent: *\nDisallow: /search\n")) as site:
        with pytest.raises(
            CorpusError, match=r"the robots.txt of 127.0.0.1:\d+ does not let programs search"
        ):
            collect([DOG], corpus, source(site), CollectSettings(per_label=1))
        assert site.requests == ["/robots.txt"]
    rules = "User-agent: soundalike\nDisallow: /media/0\n\nUser-agent: *\nDisallow: /\n"
    with serving(Site(results, robots=rules)) as site:
        report = collect([DOG], corpus, source(site), CollectSettings(per_label=1))
        assert site.count("0 a.wav") == 0
        assert site.requests.count("/robots.txt") == 1
    assert [one.reason for one in report.skipped] == ["the site's robots.txt does not let programs open it"]
    assert report.labels[0].kept == 1


def test_licences() -> None:
    free = [
        "Creative Commons Attribution license (reuse allowed)",
        "https://creativecommons.org/licenses/by/4.0/",
        "CC BY-SA 3.0",
        "CC0",
        "Public Domain Mark",
    ]
    assert all(map(is_free, free))
    assert not any(map(is_free, ["", "Standard YouTube License", "All rights reserved", "accord"]))


def test_only_free_recordings_on_request(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    with serving(Site({"dog bark sound": items(recordings["dog_bark"])[:2]})) as site:
        report = collect([DOG], corpus, source(site), CollectSettings(per_label=2, licence="cc"))
        assert report.labels[0].dropped == {"licence": 2}
        assert Ledger(corpus).of("dog")[0].reason == "the licence is not known"
        # The file itself was not downloaded: one request each, for what it is.
        assert site.count("0 a.wav") == 1


def test_a_search_that_fails(corpus: Path) -> None:
    with serving(Site()) as site:
        address = site.address
    with pytest.raises(CorpusError, match=r"the search for .dog bark sound. failed|robots\.txt"):
        collect([DOG], corpus, source(Site(address=address)), CollectSettings(per_label=1))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"per_label": 0}, "per_label"),
        ({"min_s": 5.0, "max_s": 4.0}, "shortest"),
        ({"query": "sound"}, "label"),
        ({"window_s": 0.0}, "clip"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        CollectSettings(**settings)  # type: ignore[arg-type]


def test_a_search_page_without_a_place_for_the_words() -> None:
    with pytest.raises(ConfigError, match=r"\{words\}"):
        WebSettings(search="http://127.0.0.1/search")


LIMITED = """
import resource, sys
from pathlib import Path
from soundalike.corpora import CollectSettings, CorpusLabel, WebSettings, WebSource, collect
from soundalike.errors import OutputError
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
source = WebSource(WebSettings(search=sys.argv[1], sleep_s=0.0))
try:
    collect([CorpusLabel(id="dog", words="dog bark")], Path(sys.argv[2]), source, CollectSettings(per_label=3))
except OutputError as exc:
    print(exc)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX limits")
def test_a_full_disk_ends_the_run(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    with serving(Site({"dog bark sound": items(recordings["dog_bark"])})) as site:
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, site.search, str(corpus)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "recordings cannot be written" in done.stdout
        assert site.count("1 a.wav") == 0
    assert list(Ledger(corpus)) == []


def test_one_run_at_a_time_and_a_known_format(recordings: dict[str, list[bytes]], corpus: Path) -> None:
    corpus.mkdir()
    with serving(Site({"dog bark sound": items(recordings["dog_bark"])})) as site:
        settings = CollectSettings(per_label=1)
        with (
            only_holder(corpus, what="corpus"),
            pytest.raises(CorpusError, match="another process is writing to the corpus"),
        ):
            collect([DOG], corpus, source(site), settings)
        collect([DOG], corpus, source(site), settings)
        told = json.loads((corpus / "collect.json").read_text(encoding="utf-8"))
        (corpus / "collect.json").write_text(json.dumps({**told, "format_version": 9}), encoding="utf-8")
        with pytest.raises(CorpusError, match="has the format 9, and this version of soundalike knows 1"):
            collect([DOG], corpus, source(site), settings)


def test_a_damaged_ledger_names_its_line(corpus: Path) -> None:
    corpus.mkdir()
    (corpus / "recordings.jsonl").write_text(
        '{"label": "a", "url": "b", "status": "kept"}\n?\n', encoding="utf-8"
    )
    with pytest.raises(CorpusError, match="line 2 is no entry"):
        Ledger(corpus)
