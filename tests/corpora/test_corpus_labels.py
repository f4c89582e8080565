"""The paper's 76 labels, and files of labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from soundalike.corpora import PAPER76, CorpusLabel, read_labels, synonyms_file
from soundalike.data.labels import read_synonyms
from soundalike.errors import DataError, UsageError


def test_the_paper_s_labels() -> None:
    labels = read_labels(PAPER76)
    assert Counter(label.source.partition(",")[0] for label in labels) == {
        "ESC-50": 50,
        "UrbanSound8K": 10,
        "TUT Sound Events 2016": 16,
    }
    assert Counter(label.id.partition("/")[0] for label in labels) == {
        "esc50": 50,
        "urbansound8k": 10,
        "tut2016": 16,
    }
    assert Counter(label.source for label in labels)["TUT Sound Events 2016, home"] == 11
    assert len({label.id for label in labels}) == 76
    by_id = {label.id: label for label in labels}
    assert by_id["esc50/siren"].words == by_id["urbansound8k/siren"].words == "siren"
    assert by_id["esc50/crackling_fire"].words == "crackling fire"
    # Those of the residential area that home or ESC-50 have already.
    assert "tut2016/people walking" in by_id
    assert "tut2016/wind blowing" not in by_id


def test_synonyms_join_what_the_paper_s_labels_tell_apart() -> None:
    synonyms = read_synonyms(synonyms_file(Path(PAPER76)))
    assert synonyms["esc50/dog"] == synonyms["urbansound8k/dog_bark"]
    assert synonyms["esc50/siren"] == synonyms["urbansound8k/siren"]
    ids = {label.id for label in read_labels(PAPER76)}
    published = {"urbansound8k/dog", "tut2016/wind blowing"} | {
        f"tut2016/(object) {name}" for name in ("rustling", "snapping", "banging")
    }
    assert set(synonyms) <= ids | published


def test_a_synonyms_file_of_one_s_own_has_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(PAPER76).write_text("label,canonical\na,b\n", encoding="utf-8")
    assert synonyms_file(Path(PAPER76)) == Path(PAPER76)
    assert synonyms_file(Path("mine.csv")) == Path("mine.csv")


def test_a_label_a_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("\ufeff# mine\ndog_bark\n\n  birds, singing \nesc50/water_drops\n", encoding="utf-8")
    assert read_labels(str(path)) == (
        CorpusLabel(id="dog_bark", words="dog bark"),
        CorpusLabel(id="birds, singing", words="birds, singing"),
        CorpusLabel(id="esc50/water_drops", words="water drops"),
    )


def test_a_table_of_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("id,words,note\nowl,tawny owl hooting,x\nmoor_frog,,\n", encoding="utf-8")
    assert [(one.id, one.words) for one in read_labels(str(path))] == [
        ("owl", "tawny owl hooting"),
        ("moor_frog", "moor frog"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "no label"), ("a\nb\na\n", "'a' twice"), ("id,words\n,x\n", "line 2: no id")],
)
def test_files_that_cannot_be_used(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        read_labels(str(path))


def test_no_file() -> None:
    with pytest.raises(UsageError, match=r"there is no file 'none.txt'.*'paper76'"):
        read_labels("none.txt")
