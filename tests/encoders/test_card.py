"""The card of an encoder, written and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from soundalike.encoders import CARD_FILE, Calibration, Card, load_encoder, read_card, write_card
from soundalike.errors import ConfigError, EncoderError

CARD = Card(
    name="Vögel",
    sample_rate_hz=16_000,
    window_s=2.0,
    dim=128,
    distance="euclidean",
    clip="loudest",
    fingerprint="0123",
    recipe="paper-unbalanced",
    config={"seed": 3, "recipe": {"network": {"widths": [512, 256]}}},
    training_data={"name": "corpus", "num_clips": 10},
    scores={"MAP": 0.5},
    calibration=Calibration(
        distance="euclidean", distances=(0.5, 1.0), shares=(0.9, 0.1), source="validation"
    ),
    versions={"python": "3.11"},
    notes={"licence": "CC0"},
)


def damage(folder: Path, **changes: Any) -> None:
    plain = CARD.as_json() | changes
    kept = {name: value for name, value in plain.items() if value is not ...}
    (folder / CARD_FILE).write_text(json.dumps(kept), encoding="utf-8")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_card(CARD, tmp_path)
    assert read_card(tmp_path) == CARD
    assert [path.name for path in tmp_path.iterdir()] == [CARD_FILE]


def test_card_without_the_optional_parts_is_read_back(tmp_path: Path) -> None:
    card = Card(
        name="x", sample_rate_hz=8000, window_s=1.0, dim=2, distance="cosine", clip="whole", fingerprint="f"
    )
    write_card(card, tmp_path)
    assert read_card(tmp_path) == card


def test_folder_without_a_card(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"is no encoder folder.*--resume"):
        read_card(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"not json"])
def test_card_that_is_no_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CARD_FILE).write_bytes(content)
    with pytest.raises(EncoderError, match=r"card\.json' is no valid JSON"):
        read_card(tmp_path)


def test_card_that_is_no_object(tmp_path: Path) -> None:
    (tmp_path / CARD_FILE).write_text("[1]", encoding="utf-8")
    with pytest.raises(EncoderError, match="does not hold a card"):
        read_card(tmp_path)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_card_of_another_format(tmp_path: Path, version: object) -> None:
    damage(tmp_path, format_version=version)
    with pytest.raises(EncoderError, match=r"format version .*reads 1\. Update soundalike"):
        read_card(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dim": ...}, "missing dim"),
        ({"dim": "128"}, "'dim' is '128'; it should be of type int"),
        ({"distance": "manhattan"}, "'distance' is 'manhattan'; it can be 'euclidean', 'cosine'"),
        ({"config": []}, "'config' is .*; it should be a table"),
        ({"dimm": 3}, "unknown key 'dimm'. Did you mean 'dim'"),
        ({"calibration": {"distance": "cosine"}}, "missing distances, shares, source"),
    ],
)
def test_card_with_a_damaged_field(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    damage(tmp_path, **changes)
    with pytest.raises(EncoderError, match=rf"card\.json.*{message}"):
        read_card(tmp_path)


@pytest.mark.parametrize(("distances", "shares"), [((), ()), ((1.0,), ()), ((1.0,), (0.5, 0.4))])
def test_calibration_needs_as_many_shares_as_distances(
    distances: tuple[float, ...], shares: tuple[float, ...]
) -> None:
    with pytest.raises(ConfigError, match="same length"):
        Calibration(distance="cosine", distances=distances, shares=shares, source="")


@pytest.mark.parametrize(
    ("distances", "shares", "words"),
    [
        ((0.2, 0.1), (0.9, 0.5), "'distances' should rise"),
        ((0.1, 0.2), (0.5, 0.9), "'shares' should fall"),
        ((0.1, 0.2), (1.1, 0.9), "'shares' should fall"),
        ((0.1, 0.2), (0.5, -0.1), "'shares' should fall"),
    ],
)
def test_similarity_falls_with_distance(
    distances: tuple[float, ...], shares: tuple[float, ...], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        Calibration(distance="cosine", distances=distances, shares=shares, source="")


def test_card_of_the_default_encoder_says_where_its_curve_comes_from() -> None:
    calibration = load_encoder("default").card.calibration
    assert calibration is not None
    assert "validation" in calibration.source
