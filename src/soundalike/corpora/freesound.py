"""A pack of Freesound recordings by their ids, through Freesound's API.

The ids stand in a CSV with the columns `id,label`; other columns are kept. What is downloaded is the preview of high
quality (Ogg Vorbis, 192 kbit/s): with an API key alone Freesound gives no originals. Keys are free for
everyone with an account: https://freesound.org/apiv2/apply.
"""

from __future__ import annotations

import json
import time
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from soundalike.corpora.download import download
from soundalike.corpora.manifest import save
from soundalike.corpora.sets import Remote
from soundalike.data import Clip, Manifest
from soundalike.data.tables import read_rows
from soundalike.errors import CorpusError, DataError, OutputError, Skipped, UsageError

API = "https://freesound.org/apiv2"
KEY_VARIABLE = "FREESOUND_API_KEY"
# As many as one page of results has; the API allows 60 requests a minute.
_PAGE = 150
_PAUSE_S = 1.0
_FIELDS = "id,name,username,license,duration,url,previews"


@dataclass(frozen=True, kw_only=True)
class PackReport:
    """A pack after a run: `manifest.csv` lies in its folder, and what could not be had is in `missing`."""

    folder: Path
    num_clips: int
    missing: tuple[Skipped, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `datasets fetch --json` prints it."""
        return {
            "name": "freesound",
            "folder": str(self.folder),
            "clips": self.num_clips,
            "missing": [vars(one) for one in self.missing],
        }


def fetch_pack(
    ids: Path,
    folder: Path,
    *,
    key: str,
    api: str = API,
    pause_s: float = _PAUSE_S,
    timeout_s: float = 30.0,
    progress: Callable[[int, int, str], None] | None = None,
) -> PackReport:
    """Download the recordings of a list of ids, and write their manifest. What is there is not downloaded again.

    Args:
        ids: the CSV.
        folder: where the recordings and `manifest.csv` go.
        key: the API key.
        api: the address of the API.
        pause_s: seconds between two requests.
        timeout_s: how long the server may be silent.
        progress: called with recordings done, all of them, and a name.
    Raises:
        DataError: the CSV cannot be used.
        UsageError: the key is not accepted.
        CorpusError: the API fails.
        OutputError: the folder cannot be written.
    """
    wanted = _read_ids(ids)
    about: dict[str, Mapping[str, Any]] = {}
    names = list(wanted)
    for first in range(0, len(names), _PAGE):
        for sound in _ask(
            names[first : first + _PAGE], api=api, key=key, timeout_s=timeout_s, pause_s=pause_s
        ):
            about[str(sound.get("id"))] = sound
    clips, missing = [], []
    try:
        for number, (name, row) in enumerate(wanted.items(), start=1):
            sound = about.get(name, {})
            url = (sound.get("previews") or {}).get("preview-hq-ogg")
            if not url:
                missing.append(Skipped(path=name, reason="Freesound does not have it, or not any more"))
                continue
            path = folder / "audio" / f"{name}.ogg"
            if not path.exists():
                try:
                    remote = Remote(filename=path.name, url=str(url), md5="")
                    download(remote, path, check=False, timeout_s=timeout_s, wait_s=pause_s)
                except CorpusError as error:
                    missing.append(Skipped(path=name, reason=str(error)))
                    continue
                time.sleep(pause_s)
            clips.append(_clip(path, name, row, sound))
            if progress is not None:
                progress(number, len(wanted), str(sound.get("name", "")))
        if clips:
            save(Manifest(name=folder.absolute().name, clips=tuple(clips)), folder)
    except OSError as exc:
        raise OutputError(f"cannot write '{folder}': {exc.strerror or exc}.") from exc
    return PackReport(folder=folder, num_clips=len(clips), missing=tuple(missing))


def _clip(path: Path, name: str, row: Mapping[str, str], sound: Mapping[str, Any]) -> Clip:
    own = {column: value for column, value in row.items() if column not in ("id", "label")}
    told = {
        "source_url": sound.get("url", ""),
        "title": sound.get("name", ""),
        "uploader": sound.get("username", ""),
        "licence": sound.get("license", ""),
        "duration_s": sound.get("duration", ""),
    }
    return Clip(
        path=path,
        label=row["label"],
        dataset="freesound",
        recording=name,
        extra={**own, **{column: str(value) for column, value in told.items()}},
    )


def _read_ids(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        raise UsageError(f"there is no file '{path}' with ids. Give a CSV with the columns id,label.")
    wanted: dict[str, dict[str, str]] = {}
    for where, row in read_rows(path, ("id", "label")):
        if not row["id"].isdecimal() or not row["label"]:
            raise DataError(
                f"{where}: expected a Freesound id and a label, found '{row['id']}', '{row['label']}'."
            )
        wanted[row["id"]] = {**row, "label": unicodedata.normalize("NFC", row["label"])}
    if not wanted:
        raise DataError(f"'{path}' has no ids in it. Add one row a recording: id,label.")
    return wanted


def _ask(
    names: Sequence[str], *, api: str, key: str, timeout_s: float, pause_s: float
) -> Iterator[Mapping[str, Any]]:
    """What the API knows of these ids."""
    query = urlencode(
        {"query": "", "filter": f"id:({' OR '.join(names)})", "fields": _FIELDS, "page_size": _PAGE}
    )
    address: str | None = f"{api.rstrip('/')}/search/text/?{query}"
    while address:
        headers = {"Authorization": f"Token {key}", "User-Agent": f"soundalike/{version('soundalike')}"}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(address, headers=headers), timeout=timeout_s
            ) as answer:
                document = json.load(answer)
            yield from document["results"]
            address = document.get("next")
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (401, 403):
                raise UsageError(f"Freesound does not accept the API key (HTTP {error.code}).") from error
            raise CorpusError(f"Freesound's API answers HTTP {error.code}. Try again later.") from error
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as exc:
            raise CorpusError(
                f"Freesound's API at {api} could not be understood: {exc}. Try again later."
            ) from exc
        time.sleep(pause_s)
