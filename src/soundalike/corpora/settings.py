"""What is gathered into a corpus, and the file that remembers it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from soundalike.config import refuse_negative_seed
from soundalike.corpora.ledger import FILTERS, Why
from soundalike.corpora.place import Placing
from soundalike.errors import ConfigError, CorpusError

SETTINGS = "collect.json"
FORMAT_VERSION = 1

Licence = Literal["any", "cc"]


@dataclass(frozen=True, kw_only=True)
class CollectSettings:
    """What is gathered.

    Attributes:
        per_label: recordings of each label.
        query: what is searched for; `{label}` stands for the words of the label.
        min_s, max_s: shortest and longest recording, in seconds.
        licence: "any", or "cc" for Creative Commons and the public domain alone.
        clip: where in a recording its clip lies.
        window_s: length of a clip in seconds.
        seed: of random clips and of the split.
    """

    per_label: int = 100
    query: str = "{label} sound"
    min_s: float = 2.0
    max_s: float = 600.0
    licence: Licence = "any"
    clip: Placing = "loudest"
    window_s: float = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        refuse_negative_seed(self.seed)
        if self.per_label < 1:
            raise ConfigError(f"per_label is {self.per_label}; ask for one recording of each label or more.")
        if not 0 < self.min_s <= self.max_s:
            raise ConfigError(f"recordings of {self.min_s} to {self.max_s} s: give 0 < shortest <= longest.")
        if not self.window_s > 0:
            raise ConfigError(f"the clip is {self.window_s} s long; give more than 0.")
        if "{label}" not in self.query:
            raise ConfigError(
                f"the query '{self.query}' has no {{label}} in it: say where the label belongs."
            )

    @property
    def placing(self) -> str:
        """What a clip's place depends on, as text."""
        seed = f" {self.seed}" if self.clip == "random" else ""
        return f"{self.clip} {self.window_s:g}{seed}"


def outdated_reasons(folder: Path, settings: CollectSettings) -> tuple[Why, ...]:
    """The reasons for dropping recordings that settings other than those of the last run may see otherwise.

    Raises:
        CorpusError: another version of soundalike gathered the corpus, in a format that is not known here.
    """
    try:
        before: dict[str, Any] = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    if before.get("format_version") != FORMAT_VERSION:
        raise CorpusError(
            f"the corpus '{folder}' has the format {before.get('format_version')}, and this version of soundalike "
            f"knows {FORMAT_VERSION}. Use the version that gathered it, or another folder."
        )
    same = all(before.get(name) == getattr(settings, name) for name in ("min_s", "max_s", "licence"))
    return () if same else FILTERS


def save_settings(folder: Path, settings: CollectSettings) -> None:
    """Remember the settings of this run."""
    write_document(folder / SETTINGS, {"format_version": FORMAT_VERSION, **asdict(settings)})


def is_free(licence: str) -> bool:
    """Whether a licence is one of Creative Commons, or the public domain."""
    words = re.sub(r"[^a-z0-9]+", " ", licence.lower()).split()
    text = " ".join(words)
    return (
        "creative commons" in text
        or "creativecommons" in text
        or "public domain" in text
        or (bool(words) and (words[0] in ("cc", "cc0")))
    )


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON document as a whole: a reader sees the old one or the new one."""
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
