"""Fetch a public data set, or recognise a copy of it that is there; and make a manifest of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from soundalike.corpora.download import download
from soundalike.corpora.sets import DataSet, Remote, archives_of
from soundalike.corpora.unpack import unpack
from soundalike.data import Clip, Manifest
from soundalike.data.layouts import read_layout
from soundalike.errors import DataError, OutputError, Skipped

ARCHIVES = "archives"
# The archives that were unpacked; they are deleted then.
DONE = "unpacked.json"

# Called with what is done and to do, and the stage with its unit.
FetchProgress = Callable[..., None]


@dataclass(frozen=True, kw_only=True)
class FetchReport:
    """A data set that is there.

    Attributes:
        name: of the set.
        folder: where it lies.
        num_clips: clips that its tables name.
        missing: clips whose file is not there.
        downloaded: the archives that this run fetched.
    """

    name: str
    folder: Path
    num_clips: int
    missing: tuple[Skipped, ...]
    downloaded: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `datasets fetch --json` prints it."""
        return {
            "name": self.name,
            "folder": str(self.folder),
            "clips": self.num_clips,
            "downloaded": list(self.downloaded),
            "missing": [vars(one) for one in self.missing],
        }


def fetch(
    one: DataSet,
    folder: Path,
    *,
    mirror: str | None = None,
    check: bool = True,
    timeout_s: float = 30.0,
    wait_s: float = 1.0,
    progress: FetchProgress | None = None,
) -> FetchReport:
    """Download and unpack what is missing of a data set; nothing, where a copy lies in the folder already.

    Args:
        one: the data set.
        folder: where it goes, beside others perhaps.
        mirror: the address of a folder with the same files, instead of where they were published.
        check: whether the archives have to have the bytes that were published.
        timeout_s: how long a server may be silent.
        wait_s: pause before the second try.
        progress: called with what is done.
    Raises:
        CorpusError: an archive cannot be had, is damaged, or is not what was published.
        DataError: the archives hold something else.
        OutputError: the folder cannot be written.
    """
    report = progress or _silently
    found = _clips(one, folder)
    downloaded: list[str] = []
    if not found or _missing(found):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for parts in archives_of(one):
                if parts[-1].filename in _unpacked(folder):
                    continue
                downloaded += _bring(
                    one,
                    parts,
                    folder,
                    mirror=mirror,
                    check=check,
                    timeout_s=timeout_s,
                    wait_s=wait_s,
                    report=report,
                )
        except OSError as exc:
            raise OutputError(f"cannot write '{folder}': {exc.strerror or exc}.") from exc
        found = _clips(one, folder)
        if not found:
            raise DataError(
                f"the archives of {one.name} were unpacked in '{folder}', but its tables are not there."
            )
    return FetchReport(
        name=one.name,
        folder=folder,
        num_clips=len(found),
        missing=tuple(_missing(found)),
        downloaded=tuple(downloaded),
    )


def manifest_of(one: DataSet, folder: Path) -> Manifest:
    """The clips of a data set that lies in a folder, or in one beneath it.

    Raises:
        DataError: it is not there.
    """
    clips = _clips(one, folder)
    if not clips:
        raise DataError(
            f"there is no {one.name} in '{folder}'. Name the folder that it was unpacked in, or fetch it: "
            f"soundalike datasets fetch {one.name} --out FOLDER."
        )
    return Manifest(name=one.name, clips=clips)


def _clips(one: DataSet, folder: Path) -> tuple[Clip, ...]:
    if not folder.is_dir():
        return ()
    clips = tuple(clip for clip in read_layout(folder) or () if clip.dataset == one.dataset)
    if one.only is not None:
        column, value = one.only
        clips = tuple(clip for clip in clips if clip.extra.get(column, "").lower() == value.lower())
    return tuple(replace(clip, dataset=one.name) for clip in clips)


def _missing(clips: tuple[Clip, ...]) -> list[Skipped]:
    there: dict[Path, bool] = {}
    for clip in clips:
        there.setdefault(clip.path, clip.path.is_file())
    return [
        Skipped(path=str(path), reason="the file is missing")
        for path, is_there in there.items()
        if not is_there
    ]


def _bring(
    one: DataSet,
    parts: tuple[Remote, ...],
    folder: Path,
    *,
    mirror: str | None,
    check: bool,
    timeout_s: float,
    wait_s: float,
    report: FetchProgress,
) -> list[str]:
    """Download the parts of one archive, unpack it, and delete it."""
    paths = []
    for part in parts:
        url = part.url if mirror is None else f"{mirror.rstrip('/')}/{part.filename}"
        paths.append(
            download(
                replace(part, url=url),
                folder / ARCHIVES / part.filename,
                timeout_s=timeout_s,
                wait_s=wait_s,
                check=check,
                progress=lambda done, total, name=part.filename: report(  # type: ignore[misc]
                    done // 1_000_000, total // 1_000_000, name, stage="downloading", unit="MB"
                ),
            )
        )
    unpack(
        paths,
        folder / one.folder,
        progress=lambda done, total: report(done, total, parts[-1].filename, stage="unpacking", unit="files"),
    )
    done = [*_unpacked(folder), parts[-1].filename]
    (folder / ARCHIVES / DONE).write_text(json.dumps(done), encoding="utf-8")
    for path in paths:
        path.unlink()
    return [part.filename for part in parts]


def _unpacked(folder: Path) -> list[str]:
    try:
        found = json.loads((folder / ARCHIVES / DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(name) for name in found] if isinstance(found, list) else []


def _silently(*_: object, **__: object) -> None:
    pass
