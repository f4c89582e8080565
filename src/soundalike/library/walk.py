"""Finds the audio under the paths that a user names."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from soundalike.audio import AUDIO_SUFFIXES
from soundalike.errors import AudioError, Skipped, UsageError
from soundalike.library.root_paths import below as below_text
from soundalike.locations import Location, ObjectPath, ObjectStat, Stat, location_of

Files = Literal["audio", "all"]

NO_SUFFIX = "(none)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A file to index.

    Kept as text, for a folder may hold a million of them and a `Path` costs more than to look whether one has changed.

    Attributes:
        named_text: the path as the user would write it, beginning with the path that the user gave.
        root: absolute path of the folder that the user gave, or that holds the file that the user gave.
        path: the file relative to `root`, with `/` between the parts.
        listed: size and time, where the listing of a bucket told them; asking again takes a round trip.
    """

    named_text: str
    root: str
    path: str
    listed: ObjectStat | None = None

    @property
    def named(self) -> Location:
        """The path as the user would write it."""
        return location_of(self.named_text)

    @property
    def location(self) -> Location:
        """Absolute path of the file."""
        return location_of(self.root) / self.path

    @property
    def folder(self) -> str:
        """Absolute path of the folder that holds the file."""
        way, _, _ = self.path.rpartition("/")
        if self.listed is not None:
            return f"{self.root}/{way}".rstrip("/")
        return os.path.join(self.root, way) if way else self.root  # noqa: PTH118  see above

    def stat(self) -> Stat:
        """Size and time of the file.

        Raises:
            OSError: it is not there any more, or nobody may ask.
        """
        return self.listed or os.stat(f"{self.root}/{self.path}")  # noqa: PTH116  see above

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Unreadable(Skipped):
    """A folder that cannot be listed, a pipe, or a file whose name cannot be stored.

    Attributes:
        root: as in `Found`.
        below: as `path` in `Found`, with marks for what is no text; empty if it is the named folder itself, or if
            `root` is no text.
    """

    root: str
    below: str


@dataclass
class Walk:
    """What lies under some paths.

    Attributes:
        found: files to index, sorted within every folder; what is reached through links comes after the rest.
        ignored: files that are hidden or no audio by their name, counted by extension.
        hidden: those of them that are hidden, counted likewise.
        num_hidden_folders: folders that nobody looked into for their names.
        unreadable: what is there and cannot be taken.
    """

    found: list[Found] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    num_hidden_folders: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)


def walk(
    paths: Iterable[str | Location],
    *,
    files: Files = "audio",
    exclude: Sequence[str] = (),
    without: Location | None = None,
) -> Walk:
    """List the audio under files and folders, and under prefixes of buckets.

    Every folder and file is visited once, however many links lead to it. A file that is named itself is taken whatever
    its extension. Hidden folders are left out.

    Args:
        paths: files and folders.
        files: "audio" takes the files that are audio or video by their extension and not hidden, and counts the others
            as ignored; AppleDouble twins such as `._kick.wav` are hidden files. "all" takes every file.
        exclude: glob patterns; a file or folder is left out if its name or its path below the named folder matches.
        without: a folder to leave out: the library itself.
    Raises:
        UsageError: nothing lies at one of `paths`.
        AudioError: a bucket cannot be listed.
    """
    walker = _Walker(files, exclude, without)
    for path in map(location_of, paths):
        if isinstance(path, ObjectPath):
            walker.objects(path)
        elif path.is_dir():
            walker.folder(path)
        elif path.is_file():
            walker.file(path)
        else:
            raise UsageError(f"there is no file or folder at '{path}'.")
    return walker.result


class _Walker:
    def __init__(self, files: Files, exclude: Sequence[str], without: Location | None) -> None:
        self.result = Walk()
        self._files = files
        self._exclude = exclude
        self._without = without
        self._seen = {os.path.realpath(without)} if isinstance(without, Path) else set()
        self._hidden: set[str] = set()

    def file(self, path: Path) -> None:
        location = absolute(path)
        if self._is_new(os.path.realpath(location)):
            self._take(Found(named_text=str(path), root=str(location.parent), path=location.name))

    def folder(self, path: Path) -> None:
        root = absolute(path)
        # Links wait until all real files are known, so that a file goes by its own name if it has one here.
        links: deque[str] = deque()
        self._descend(str(path), str(root), "", os.path.realpath(root), links)
        while links:
            link = links.popleft()
            target = root / link
            real = os.path.realpath(target)
            if target.is_dir():
                self._enter(str(path), str(root), link, real, links)
            elif target.is_file() or not target.exists():
                self._add(str(path), str(root), link, real)

    def objects(self, path: ObjectPath) -> None:
        """Take what lies at or under a prefix, in the order in which a folder would be visited."""
        root = str(path)
        try:
            listed = sorted(path.files_below(), key=lambda one: one[0].split("/"))
            if not listed:
                self._object(path)
                return
        except OSError as exc:
            raise AudioError(
                f"cannot list '{path}': {exc.strerror}. Check the bucket's name, the environment variables "
                "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL, and the network."
            ) from exc
        # Some programs write empty objects in the place of folders.
        folders = {folder for below, _ in listed for folder in _folders_of(below)}
        left_out = {folder for folder in folders if self._leaves_out(folder)}
        self._hide(
            f"{root}/{one}" for one in left_out if _is_hidden(one) and left_out.isdisjoint(_folders_of(one))
        )
        library = "" if self._without is None else below_text(str(self._without), root) or ""
        for below, stat in listed:
            above = _folders_of(below)
            name = below.rpartition("/")[2]
            if below in folders or (library and library in above) or not left_out.isdisjoint(above):
                continue
            if not self._is_excluded(below, name):
                self._add(root, root, below, f"{root}/{below}", stat)

    def _object(self, path: ObjectPath) -> None:
        try:
            stat = path.stat()
        except FileNotFoundError as exc:
            raise UsageError(f"there is no object at or under '{path}'.") from exc
        if self._is_new(str(path)):
            self._take(Found(named_text=str(path), root=str(path.parent), path=path.name, listed=stat))

    def _leaves_out(self, folder: str) -> bool:
        return _is_hidden(folder) or self._is_excluded(folder, folder.rpartition("/")[2])

    def _enter(self, named: str, root: str, below: str, real: str, links: deque[str]) -> None:
        """Take what lies in a folder, if it is not hidden."""
        if _is_hidden(below):
            self._hide([real])
        else:
            self._descend(named, root, f"{below}/", real, links)

    def _hide(self, folders: Iterable[str]) -> None:
        self._hidden.update(folders)
        self.result.num_hidden_folders = len(self._hidden)

    def _descend(self, named: str, root: str, folder: str, real: str, links: deque[str]) -> None:
        """Take what lies in a folder; `folder` is its way from the root, empty or with `/` at its end."""
        if not self._is_new(real):
            return
        try:
            with os.scandir(real) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as exc:
            self._skip(
                Path(named, folder), root, folder.rstrip("/"), f"cannot list the folder: {exc.strerror}"
            )
            return
        for entry in entries:
            below = folder + entry.name
            if self._is_excluded(below, entry.name):
                continue
            if entry.is_symlink():
                links.append(below)
            elif entry.is_dir():
                self._enter(named, root, below, entry.path, links)
            elif entry.is_file():
                self._add(named, root, below, entry.path)
            else:
                self._skip(Path(named, below), root, below, "a device or a pipe, no file")

    def _add(self, named: str, root: str, below: str, real: str, listed: ObjectStat | None = None) -> None:
        if not self._is_new(real):
            return
        name = below.rpartition("/")[2]
        stem, dot, ending = name.rpartition(".")
        suffix = dot + ending.lower() if stem and ending else ""
        if self._files == "audio" and (name.startswith(".") or suffix not in AUDIO_SUFFIXES):
            self.result.ignored[suffix or NO_SUFFIX] += 1
            if name.startswith("."):
                self.result.hidden[suffix or NO_SUFFIX] += 1
        else:
            named_text = os.path.join(named, below) if listed is None else real  # noqa: PTH118  see Found
            self._take(Found(named_text=named_text, root=root, path=below, listed=listed))

    def _take(self, found: Found) -> None:
        if _is_text(found.root) and _is_text(found.path):
            self.result.found.append(found)
        else:
            self._skip(found.named, found.root, found.path, "its name is not valid Unicode; rename it")

    def _skip(self, named: Location, root: str, below: str, reason: str) -> None:
        below = below if _is_text(root) else ""
        self.result.unreadable.append(Unreadable(path=str(named), reason=reason, root=root, below=below))

    def _is_new(self, real: str) -> bool:
        if real in self._seen:
            return False
        self._seen.add(real)
        return True

    def _is_excluded(self, below: str, name: str) -> bool:
        return any(fnmatch(name, glob) or fnmatch(below, glob) for glob in self._exclude)


def _folders_of(below: str) -> list[str]:
    """The folders around a file, from the outermost on."""
    parts = below.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _is_hidden(below: str) -> bool:
    return below.rpartition("/")[2].startswith(".")


def _is_text(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def absolute(path: Path) -> Path:
    """`path` from the root of the file system, without `..`; links stay as they are."""
    # Not Path.resolve, which would replace a link's name, and with it the label, by its target's.
    return Path(os.path.abspath(path))  # noqa: PTH100
