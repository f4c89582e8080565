from pathlib import Path

import pytest

from soundalike.data import read_data
from soundalike.errors import DataError

ROWS = """path,label,dataset
1.wav,siren,esc50
2.wav,siren,urbansound8k
3.wav,dog,esc50
4.wav,dog_bark,urbansound8k
5.wav,siren,
"""


@pytest.fixture
def two_sets(tmp_path) -> Path:
    path = tmp_path / "both.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def labels(manifest) -> list[str]:
    return [clip.label for clip in manifest.clips]


def test_labels_of_several_data_sets_stay_apart(two_sets):
    expected = ["esc50/siren", "urbansound8k/siren", "esc50/dog", "urbansound8k/dog_bark", "siren"]
    assert labels(read_data(two_sets)) == expected


def test_merged_on_request(two_sets):
    assert labels(read_data(two_sets, merge_labels=True)) == ["siren", "siren", "dog", "dog_bark", "siren"]


def test_labels_of_one_data_set_stay_plain(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("path,label,dataset\n1.wav,siren,esc50\n2.wav,dog,esc50\n", encoding="utf-8")
    assert labels(read_data(path)) == ["siren", "dog"]


def test_separated_labels_survive_being_written_and_read(two_sets, tmp_path):
    manifest = read_data(two_sets)
    manifest.write_csv(tmp_path / "again.csv")
    assert labels(read_data(tmp_path / "again.csv")) == labels(manifest)
    assert labels(read_data(tmp_path / "again.csv", merge_labels=True)) == labels(
        read_data(two_sets, merge_labels=True)
    )


def test_synonyms_join_labels_with_and_without_their_data_set(two_sets, tmp_path):
    synonyms = tmp_path / "synonyms.csv"
    synonyms.write_text(
        "label,canonical\nesc50/dog,dog\nurbansound8k/dog_bark,dog\nsiren,wail\nunheard,of\n",
        encoding="utf-8",
    )
    assert labels(read_data(two_sets, synonyms=synonyms)) == ["wail", "wail", "dog", "dog", "wail"]


def test_a_synonym_of_one_data_set_leaves_the_others_alone(two_sets, tmp_path):
    synonyms = tmp_path / "synonyms.csv"
    synonyms.write_text("label,canonical\nesc50/siren,wail\n", encoding="utf-8")
    assert labels(read_data(two_sets, synonyms=synonyms))[:2] == ["wail", "urbansound8k/siren"]
    assert labels(read_data(two_sets, synonyms=synonyms, merge_labels=True))[:2] == ["wail", "siren"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("label,name\na,b\n", "no column 'canonical'"),
        ("label,canonical\na,\n", "line 2: a label or its canonical name is empty"),
        ("label,canonical\na,b\na,c\n", "line 3: 'a' is called 'c' here and 'b' above"),
    ],
)
def test_synonyms_that_cannot_be_used(two_sets, tmp_path, text, message):
    synonyms = tmp_path / "synonyms.csv"
    synonyms.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_data(two_sets, synonyms=synonyms)


def test_missing_synonyms_file(two_sets, tmp_path):
    with pytest.raises(DataError, match=r"cannot read '.*nowhere\.csv'"):
        read_data(two_sets, synonyms=tmp_path / "nowhere.csv")
