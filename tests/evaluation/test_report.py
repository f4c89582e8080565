"""The report folder: complete, self-contained, and honest about what was left out."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from soundalike.data import Clip
from soundalike.embedding import EmbeddedClips
from soundalike.errors import Skipped, UsageError
from soundalike.evaluation import Evaluation, evaluate_embeddings, write_report

VOID = {"meta", "img", "br", "hr", "link"}


class _Page(HTMLParser):
    """Collects what the tests ask for, and refuses tags that do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.addresses: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _evaluation(name: str, *, spread: float, skipped: tuple[Skipped, ...] = ()) -> Evaluation:
    generator = np.random.default_rng(0)
    codes = np.repeat(np.arange(4), 5)
    clips = tuple(
        Clip(path=Path(f"nowhere/{index}.wav"), label=f"<l{code}>", recording=str(index))
        for index, code in enumerate(codes)
    )
    embeddings = (np.eye(4)[codes] + spread * generator.normal(size=(20, 4))).astype(np.float32)
    return evaluate_embeddings(
        EmbeddedClips(clips=clips, embeddings=embeddings, skipped=skipped),
        distance="euclidean",
        clip="loudest",
        encoder={"name": name},
    )


def test_the_page_is_self_contained_and_every_picture_has_words(tmp_path: Path) -> None:
    page_path = write_report(
        [_evaluation("good", spread=0.1), _evaluation("poor", spread=2)], tmp_path / "new" / "report"
    )
    text = page_path.read_text(encoding="utf-8")
    page = _Page(text)
    assert len(page.images) == 4
    assert all(image["alt"] for image in page.images)
    assert all(address.startswith("data:image/") for address in page.addresses)
    assert not re.search(r"https?://", text)
    assert "$" not in re.sub(r"data:image/\S+", "", text)
    assert "&lt;l0&gt;" in text
    assert "<l0>" not in text


def test_numbers_tables_and_pictures_lie_beside_the_page(tmp_path: Path) -> None:
    evaluations = [_evaluation("good", spread=0.1), _evaluation("poor", spread=2)]
    write_report(evaluations, tmp_path)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results == {"results": [json.loads(json.dumps(one.as_json())) for one in evaluations]}
    assert "| good |" in (tmp_path / "tables.md").read_text(encoding="utf-8")
    pictures = {path.stem for path in tmp_path.glob("*.png")}
    assert pictures == {path.stem for path in tmp_path.glob("*.svg")}
    assert pictures == {"figure-3-precision", "figure-5-chosen-labels", "figure-5-all-labels", "confusion"}


def test_single_labels_are_shown_for_the_best_evaluation(tmp_path: Path) -> None:
    page = write_report([_evaluation("poor", spread=2), _evaluation("good", spread=0.1)], tmp_path)
    assert "From here on: <strong>good, euclidean</strong>" in page.read_text(encoding="utf-8")


def test_skipped_clips_are_listed(tmp_path: Path) -> None:
    skipped = (Skipped(path="broken & bent.wav", reason="no decoder finds audio in it"),)
    text = write_report([_evaluation("x", spread=1, skipped=skipped)], tmp_path).read_text(encoding="utf-8")
    assert "broken &amp; bent.wav: no decoder finds audio in it" in text


def test_an_evaluation_without_any_answer_still_gives_a_page(tmp_path: Path) -> None:
    clips = tuple(Clip(path=Path(f"{label}.wav"), label=label, recording=label) for label in "ab")
    embedded = EmbeddedClips(clips=clips, embeddings=np.eye(2, dtype=np.float32))
    text = write_report([evaluate_embeddings(embedded, distance="cosine")], tmp_path).read_text(
        encoding="utf-8"
    )
    _Page(text)
    assert "2 have nothing to find" in text


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least one"):
        write_report([], tmp_path)
    with pytest.raises(UsageError, match="no query has the label 'cat'"):
        write_report([_evaluation("x", spread=1)], tmp_path, labels=["cat"])
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(UsageError, match="Name another folder"):
        write_report([_evaluation("x", spread=1)], tmp_path / "file")
