"""The labels of a corpus: what each is called, and the words that it is searched with.

`paper76.csv` has the 76 labels of the paper with the data set that each came from: 50 of ESC-50, 10 of UrbanSound8K and
16 of TUT Sound Events 2016. They are told apart by ids, `esc50/siren` and `urbansound8k/siren`, as the paper kept
them apart. The words of the residential area name it, because the paper's tables do ("Banging Residential Area").
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from soundalike.data.tables import read_rows
from soundalike.errors import DataError, UsageError

# The name that stands for the paper's labels, and for the file of their near-synonyms.
PAPER76 = "paper76"


@dataclass(frozen=True, kw_only=True)
class CorpusLabel:
    """One kind of sound to be gathered.

    Attributes:
        id: the label in the manifest; no two are the same.
        words: what is searched for, such as "dog bark".
        source: where the label comes from, empty if it is the user's own.
    """

    id: str
    words: str
    source: str = ""


def read_labels(name: str) -> tuple[CorpusLabel, ...]:
    """Read labels: `paper76`, or a file.

    A file with a header that names the column `id` is a CSV, with `words` beside it if they differ from the id. Any
    other file has a label a line; empty lines and those that begin with `#` are passed over. The words of `dog_bark`
    are "dog bark", those of `esc50/siren` "siren".

    Raises:
        UsageError: there is no such file.
        DataError: it has no label, or one twice.
    """
    if name == PAPER76:
        path = _bundled("paper76.csv")
    else:
        path = Path(name)
        if not path.is_file():
            raise UsageError(
                f"there is no file '{name}' with labels. Give one with a label a line, or '{PAPER76}'."
            )
    labels = _read_csv(path) if _has_header(path) else _read_lines(path)
    if not labels:
        raise DataError(f"'{path}' has no label in it. Write one a line.")
    seen: set[str] = set()
    for label in labels:
        if label.id in seen:
            raise DataError(
                f"'{path}' has the label '{label.id}' twice. Keep one, or give each an id of its own."
            )
        seen.add(label.id)
    return labels


def synonyms_file(path: Path) -> Path:
    """The synonyms file meant: the one for the paper's labels if it is called `paper76`, else the path itself."""
    return _bundled("paper76-synonyms.csv") if str(path) == PAPER76 and not path.exists() else path


def _bundled(name: str) -> Path:
    return Path(__file__).with_name(name)


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise DataError(f"'{path}' is not UTF-8 text ({exc.reason}). Save it as UTF-8.") from exc
    except OSError as exc:
        raise DataError(f"cannot read '{path}': {exc.strerror}. Check that it is a readable file.") from exc
    lines = (unicodedata.normalize("NFC", line).strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _has_header(path: Path) -> bool:
    first = next(iter(_lines(path)), "")
    return "id" in [name.strip() for name in first.split(",")]


def _read_lines(path: Path) -> tuple[CorpusLabel, ...]:
    return tuple(CorpusLabel(id=line, words=_words(line)) for line in _lines(path))


def _read_csv(path: Path) -> tuple[CorpusLabel, ...]:
    labels = []
    for where, row in read_rows(path, ("id",)):
        name = unicodedata.normalize("NFC", row["id"])
        if not name:
            raise DataError(f"{where}: no id. Give one, or delete the row.")
        labels.append(
            CorpusLabel(id=name, words=row.get("words") or _words(name), source=row.get("source", ""))
        )
    return tuple(labels)


def _words(name: str) -> str:
    return name.rpartition("/")[2].replace("_", " ")
