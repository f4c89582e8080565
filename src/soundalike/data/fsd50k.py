"""FSD50K (Fonseca et al. 2020), as it is unpacked: Freesound recordings with several labels each.

`FSD50K.ground_truth/dev.csv` has `fname,labels,mids,split`, `eval.csv` the same without `split`. A clip's labels
stand with those above them in the ontology, as in "Electric_guitar,Guitar,Musical_instrument,Music"; the first is the
most telling one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soundalike.data.manifest import Clip
from soundalike.data.tables import read_rows
from soundalike.errors import DataError

GROUND_TRUTH = Path("FSD50K.ground_truth")


def is_fsd50k(folder: Path) -> bool:
    """Whether the folder holds the ground truth of either half."""
    return any((folder / GROUND_TRUTH / f"{part}.csv").is_file() for part in ("dev", "eval"))


def fsd50k_clips(folder: Path) -> Iterator[Clip]:
    """A clip for every row of the ground truth; `eval` is the split "test". Each clip is a Freesound recording."""
    for part, audio in (("dev", "FSD50K.dev_audio"), ("eval", "FSD50K.eval_audio")):
        table = folder / GROUND_TRUTH / f"{part}.csv"
        if not table.is_file():
            continue
        about = _clips_info(folder / "FSD50K.metadata" / f"{part}_clips_info_FSD50K.json")
        for where, row in read_rows(table, ("fname", "labels")):
            label, *others = [one.strip() for one in row["labels"].split(",") if one.strip()] or [""]
            if not label or not row["fname"]:
                raise DataError(f"{where}: no file name or no label. Unpack the ground truth again.")
            info = about.get(row["fname"], {})
            yield Clip(
                path=folder / audio / f"{row['fname']}.wav",
                label=label,
                other_labels=tuple(others),
                dataset="fsd50k",
                recording=row["fname"],
                split=row.get("split", "") or ("test" if part == "eval" else None),
                extra={
                    name: str(info[key])
                    for name, key in (("title", "title"), ("uploader", "uploader"), ("licence", "license"))
                    if key in info
                },
            )


def _clips_info(path: Path) -> dict[str, dict[str, Any]]:
    """What Freesound says of the clips, by file name; empty where the metadata was not unpacked."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise DataError(f"cannot read '{path}': {exc}. Unpack the metadata again, or delete it.") from exc
    if not isinstance(document, dict):
        raise DataError(f"'{path}' holds no table of clips. Unpack the metadata again, or delete it.")
    return {name: info for name, info in document.items() if isinstance(info, dict)}
