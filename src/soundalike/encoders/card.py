"""What is known of an encoder: `card.json` beside `encoder.onnx`."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from soundalike.config import ClipMode, Distance, from_mapping
from soundalike.encoders.adapter import Adapter
from soundalike.errors import ConfigError, EncoderError

CARD_FORMAT_VERSION = 1
CARD_FILE = "card.json"
GRAPH_FILE = "encoder.onnx"


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How often a hit at a distance carried the query's label, among the top 10 of validation queries.

    Attributes:
        distance: what the curve is for.
        distances: rising.
        shares: falling, in [0, 1]; as many as `distances`.
        source: which queries it was seen with, for people.
    """

    distance: Distance
    distances: tuple[float, ...]
    shares: tuple[float, ...]
    source: str

    def __post_init__(self) -> None:
        if len(self.distances) != len(self.shares) or not self.distances:
            raise ConfigError("calibration: 'distances' and 'shares' need the same length, at least 1.")
        if list(self.distances) != sorted(self.distances):
            raise ConfigError("calibration: 'distances' should rise.")
        if list(self.shares) != sorted(self.shares, reverse=True) or not (
            self.shares[0] <= 1 and self.shares[-1] >= 0
        ):
            raise ConfigError("calibration: 'shares' should fall, from at most 1 to at least 0.")


@dataclass(frozen=True, kw_only=True)
class Card:
    """The card of an encoder.

    Attributes:
        sample_rate_hz: rate of the waveforms it takes.
        window_s: their length in seconds.
        dim: numbers in an embedding.
        distance: what it was trained for.
        clip: which part of a recording it was trained on and is evaluated with.
        fingerprint: hash of the bytes of its ONNX file, and of all else that its embeddings depend on.
        adapter: how the graph is fed and read; None for one that takes [batch, samples] and gives [batch, dim].
        recipe: the recipe's name, and `config` all effective settings with the seed.
        training_data: name, number of clips, labels, licence.
        scores: retrieval quality on validation queries.
        notes: licence and weaknesses, for people.
    """

    format_version: int = CARD_FORMAT_VERSION
    name: str
    sample_rate_hz: int
    window_s: float
    dim: int
    distance: Distance
    clip: ClipMode
    fingerprint: str
    adapter: Adapter | None = None
    recipe: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    training_data: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    calibration: Calibration | None = None
    versions: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain data, as it stands in `card.json`."""
        plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return plain


def fingerprint_of(graph: bytes) -> str:
    """The identity of an encoder whose graph needs no adapter: a hash of its ONNX file."""
    return hashlib.blake2b(graph, digest_size=16).hexdigest()


def write_card(card: Card, folder: Path) -> None:
    """Write `card.json`; it appears whole or not at all, and last, so that a folder with a card is complete."""
    partial = folder / f"{CARD_FILE}.partial"
    partial.write_text(json.dumps(card.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(folder / CARD_FILE)


def read_card(folder: Path) -> Card:
    """Read `card.json`.

    Raises:
        EncoderError: no card, no JSON, a missing field, or a format that a later soundalike wrote.
    """
    path = folder / CARD_FILE
    try:
        mapping = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise EncoderError(
            f"'{folder}' is no encoder folder: cannot read its {CARD_FILE} ({exc.strerror}). "
            "A training that has not ended has no card yet; `soundalike train ... --resume` ends it."
        ) from exc
    except ValueError as exc:
        raise EncoderError(f"'{path}' is no valid JSON: {exc}.") from exc
    if not isinstance(mapping, Mapping):
        raise EncoderError(f"'{path}' does not hold a card.")
    version = mapping.get("format_version")
    if version != CARD_FORMAT_VERSION:
        raise EncoderError(
            f"'{path}' has format version {version!r}; this soundalike reads {CARD_FORMAT_VERSION}. "
            "Update soundalike, or train the encoder again."
        )
    try:
        return from_mapping(Card, mapping, source=str(path))
    except ConfigError as exc:
        raise EncoderError(str(exc)) from exc
