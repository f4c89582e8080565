"""The public data sets that can be fetched, and where each lies."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from soundalike.errors import MissingExtraError, UsageError

FREESOUND = "freesound"


@dataclass(frozen=True, kw_only=True)
class Remote:
    """One file to download.

    Attributes:
        filename: what it is called.
        url: where it lies.
        md5: of its bytes, in hexadecimal.
    """

    filename: str
    url: str
    md5: str


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A public data set.

    Attributes:
        name: what the command line calls it.
        title: what people call it.
        dataset: `Clip.dataset` of its clips.
        size: roughly what is downloaded.
        licence: what its makers say.
        soundata: its name in soundata, None where soundata does not have it.
        folder: where its archives are unpacked, beneath the folder of the data.
        only: column and value of the clips that belong to it, where it is a part of a larger set.
        remotes: its archives, where soundata does not have them.
    """

    name: str
    title: str
    dataset: str
    size: str
    licence: str
    soundata: str | None = None
    folder: str = "."
    only: tuple[str, str] | None = None
    remotes: tuple[Remote, ...] = ()


def _tut2016(part: str, record: int, files: dict[str, str]) -> tuple[Remote, ...]:
    return tuple(
        Remote(
            filename=f"TUT-sound-events-2016-{part}.{kind}.zip",
            url=f"https://zenodo.org/record/{record}/files/TUT-sound-events-2016-{part}.{kind}.zip?download=1",
            md5=md5,
        )
        for kind, md5 in files.items()
    )


DATA_SETS = (
    DataSet(
        name="esc50",
        title="ESC-50: 2,000 clips of 5 s, 50 labels",
        dataset="esc50",
        size="0.6 GB",
        licence="CC BY-NC 3.0",
        soundata="esc50",
    ),
    DataSet(
        name="esc10",
        title="ESC-10: 400 clips of ESC-50, 10 labels",
        dataset="esc50",
        size="0.6 GB",
        licence="CC BY 3.0",
        soundata="esc50",
        only=("esc10", "True"),
    ),
    DataSet(
        name="urbansound8k",
        title="UrbanSound8K: 8,732 slices of up to 4 s, 10 labels",
        dataset="urbansound8k",
        size="6 GB",
        licence="CC BY-NC 4.0",
        soundata="urbansound8k",
    ),
    DataSet(
        name="tut2016",
        title="TUT Sound Events 2016: events in two scenes, 17 labels",
        dataset="tut2016",
        size="1.5 GB",
        licence="TUT licence: no commercial use",
        remotes=(
            *_tut2016(
                "development",
                45759,
                {
                    "doc": "33fd26a895530aef607a07b08704eacd",
                    "meta": "7b29f0e2b82b3f264653cb4fa43da75d",
                    "audio": "a6006efaa85bb69d5064b00c6802a8f8",
                },
            ),
            *_tut2016(
                "evaluation",
                996424,
                {
                    "doc": "0644b54d96f4cefd0ecb2c7ea9161aa9",
                    "meta": "91c266b0780ac619a0d74298a3805e9e",
                    "audio": "29434e8c53bd51206df0234e6cf2238c",
                },
            ),
        ),
    ),
    DataSet(
        name="tut2017",
        title="TUT Sound Events 2017: events in a street, 6 labels",
        dataset="tut2017",
        size="1.6 GB",
        licence="TUT licence: no commercial use",
        soundata="tut2017se",
    ),
    DataSet(
        name="fsd50k",
        title="FSD50K: 51,197 Freesound recordings, 200 labels, several each",
        dataset="fsd50k",
        size="25 GB",
        licence="CC BY 4.0; of each clip: CC0, CC BY, CC BY-NC or CC Sampling+",
        soundata="fsd50k",
        folder="FSD50K",
    ),
)


def data_set(name: str) -> DataSet:
    """The data set of this name.

    Raises:
        UsageError: there is none.
    """
    for one in DATA_SETS:
        if one.name == name:
            return one
    known = ", ".join([*(one.name for one in DATA_SETS), FREESOUND])
    raise UsageError(f"there is no data set '{name}' here. There are: {known}.")


def archives_of(one: DataSet) -> tuple[tuple[Remote, ...], ...]:
    """The archives of a data set; one in several parts has them all, the part that is named like a whole last.

    Raises:
        MissingExtraError: soundata knows them, and is not installed.
    """
    if one.soundata is None:
        return tuple((remote,) for remote in one.remotes)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        import soundata
    except ImportError as exc:
        raise MissingExtraError(
            f"fetching {one.name} needs soundata, which is not installed: pip install 'soundalike[collect]'."
        ) from exc
    finally:
        # Importing it sets up logging for the whole program.
        root.handlers[:] = handlers
        root.setLevel(level)
    archives = []
    for found in soundata.initialize(one.soundata).remotes.values():
        parts = found if isinstance(found, list) else [found]
        remotes = [Remote(filename=part.filename, url=part.url, md5=part.checksum) for part in parts]
        archives.append(
            tuple(sorted(remotes, key=lambda part: (part.filename.endswith(".zip"), part.filename)))
        )
    return tuple(archives)
