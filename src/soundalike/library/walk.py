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
from soundalike.errors import Skipped, UsageError

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
    """

    named_text: str
    root: str
    path: str

    @property
    def named(self) -> Path:
        """The path as the user would write it."""
        return Path(self.named_text)

    @property
    def location(self) -> Path:
        """Absolute path of the file."""
        return Path(self.root) / self.path

    @property
    def folder(self) -> str:
        """Absolute path of the folder that holds the file."""
        way, _, _ = self.path.rpartition("/")
        return os.path.join(self.root, way) if way else self.root  # noqa: PTH118  see above

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.rpartition("/")[2]


@dataclass
class Walk:
    """What lies under some paths.

    Attributes:
        found: files to index, sorted within every folder; what is reached through links comes after the rest.
        ignored: files that are hidden or no audio by their name, counted by extension.
        hidden: those of them that are hidden, counted likewise.
        unreadable: folders that cannot be listed, and files whose names cannot be stored.
    """

    found: list[Found] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    unreadable: list[Skipped] = field(default_factory=list)


def walk(
    paths: Iterable[str | Path],
    *,
    files: Files = "audio",
    exclude: Sequence[str] = (),
    without: Path | None = None,
) -> Walk:
    """List the audio under files and folders.

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
    """
    walker = _Walker(files, exclude, without)
    for path in map(Path, paths):
        if path.is_dir():
            walker.folder(path)
        elif path.is_file():
            walker.file(path)
        else:
            raise UsageError(f"there is no file or folder at '{path}'.")
    return walker.result


class _Walker:
    def __init__(self, files: Files, exclude: Sequence[str], without: Path | None) -> None:
        self.result = Walk()
        self._files = files
        self._exclude = exclude
        self._seen = {os.path.realpath(without)} if without is not None else set()

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
                if not target.name.startswith("."):
                    self._descend(str(path), str(root), f"{link}/", real, links)
            elif target.is_file() or not target.exists():
                self._add(str(path), str(root), link, real)

    def _descend(self, named: str, root: str, folder: str, real: str, links: deque[str]) -> None:
        """Take what lies in a folder; `folder` is its way from the root, empty or with `/` at its end."""
        if not self._is_new(real):
            return
        try:
            with os.scandir(real) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as exc:
            self._skip(Path(named, folder), f"cannot list the folder: {exc.strerror}")
            return
        for entry in entries:
            below = folder + entry.name
            if self._is_excluded(below, entry.name):
                continue
            if entry.is_symlink():
                links.append(below)
            elif entry.is_dir():
                if not entry.name.startswith("."):
                    self._descend(named, root, f"{below}/", entry.path, links)
            elif entry.is_file():
                self._add(named, root, below, entry.path)
            else:
                self._skip(Path(named, below), "a device or a pipe, no file")

    def _add(self, named: str, root: str, below: str, real: str) -> None:
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
            named_text = os.path.join(named, below)  # noqa: PTH118  see Found
            self._take(Found(named_text=named_text, root=root, path=below))

    def _take(self, found: Found) -> None:
        try:
            found.root.encode("utf-8")
            found.path.encode("utf-8")
        except UnicodeEncodeError:
            self._skip(found.named, "its name is not valid Unicode; rename it")
        else:
            self.result.found.append(found)

    def _skip(self, path: Path, reason: str) -> None:
        printable = str(path).encode("utf-8", "replace").decode("utf-8")
        self.result.unreadable.append(Skipped(path=printable, reason=reason))

    def _is_new(self, real: str) -> bool:
        if real in self._seen:
            return False
        self._seen.add(real)
        return True

    def _is_excluded(self, below: str, name: str) -> bool:
        return any(fnmatch(name, glob) or fnmatch(below, glob) for glob in self._exclude)


def absolute(path: Path) -> Path:
    """`path` from the root of the file system, without `..`; links stay as they are."""
    # Not Path.resolve, which would replace a link's name, and with it the label, by its target's.
    return Path(os.path.abspath(path))  # noqa: PTH100
