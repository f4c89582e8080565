"""Where the files of a library lie: in named folders, some of which may be on a disk that is not connected."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from soundalike.library.root_paths import below, is_of_windows, root_name
from soundalike.locations import Location, ObjectPath, is_object, location_of
from soundalike.store import Recording

# An empty folder that held at least so many files is taken for the mount point of a disk that is not mounted.
MANY_FILES = 10


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a file lies, as its row says it; the names are those of `Recording`."""

    root: str
    path: str
    root_path: str

    @property
    def location(self) -> Location:
        """Absolute path of the file."""
        return location_of(self.root_path) / self.path


class Roots:
    """The roots of a library, as they are on disk while one command runs.

    A root is known by its path, and while it is connected also by its identity on disk: through a link, or in another
    spelling of its name, it is still the same folder.
    """

    def __init__(self, paths: Mapping[str, str], rows: Iterable[Recording]) -> None:
        self.paths = dict(paths)
        self.num_files = Counter(row.root for row in rows)
        self._in_folder: dict[str, tuple[str, str]] = {}
        self._offline: dict[str, bool] = {}
        self._listed: dict[str, Set[str] | None] = {}

    def adopt(self, folder: Location) -> None:
        """Make sure that some root contains `folder`, which is there; a new root is named after the folder."""
        if self._split(self.spelled(folder)) is None:
            self.paths[root_name(str(folder), self.paths)] = str(folder)

    def place(self, folder: str, name: str) -> Place:
        """The place of a file, in the innermost root that contains it.

        Args:
            folder: absolute path of the folder that holds the file.
            name: of the file.
        Raises:
            LookupError: no root does; see `adopt`.
        """
        if folder not in self._in_folder:
            split = self._split(self.spelled(folder))
            if split is None:
                raise LookupError(f"no root contains '{folder}'.")
            self._in_folder[folder] = split
        root, path = self._in_folder[folder]
        return Place(root=root, path=f"{path}/{name}".lstrip("/"), root_path=self.paths[root])

    def spelled(self, path: str | Location) -> Location:
        """A file or folder as the rows of the library spell it, or its absolute path if it lies in no root."""
        if isinstance(path, ObjectPath) or is_object(str(path)):
            return location_of(str(path))
        if is_of_windows(str(path)) and os.name != "nt":
            split = self._split(str(path))
            return Path(path) if split is None else Path(self.paths[split[0]]) / split[1]
        # Not Path.resolve: a link goes by its own name, unless it leads into a root.
        absolute = Path(os.path.abspath(path))  # noqa: PTH100
        if self._split(absolute) is not None:
            return absolute
        for start in (absolute, Path(os.path.realpath(absolute))):
            for folder in (start, *start.parents):
                root = self._with_identity.get(_identity(folder))
                if root is not None:
                    return Path(self.paths[root]) / start.relative_to(folder)
        return absolute

    def is_offline(self, root: str) -> bool:
        """Whether a root is not connected."""
        if root not in self._offline:
            self._offline[root] = is_offline(location_of(self.paths[root]), num_files=self.num_files[root])
        return self._offline[root]

    def is_gone(self, row: Recording) -> bool:
        """Whether the file of a row is no more; of a root that is offline nobody knows."""
        return not self.is_offline(row.root) and self._exists(row) is False

    def is_there(self, row: Recording) -> bool:
        """Whether something lies where the file of a row was."""
        return not self.is_offline(row.root) and self._exists(row) is True

    def _exists(self, row: Recording) -> bool | None:
        """None if a folder on the way may not be looked into."""
        listed = self._objects_in(row.root)
        if listed is not None:
            return row.path in listed
        try:
            return row.location.exists()
        except OSError:
            return None

    def _objects_in(self, root: str) -> Set[str] | None:
        """All objects under a root in a bucket, asked for once; None for folders, where each file is looked for."""
        if root not in self._listed:
            location = location_of(self.paths[root])
            found = None
            if isinstance(location, ObjectPath):
                found = {below for below, _ in location.files_below()}
            self._listed[root] = found
        return self._listed[root]

    def is_renamed(self, row: Recording, file: Recording) -> bool:
        """Whether `file`, of the same content as `row`, is its file in a root that goes by another name now.

        A root that is not where it was may be disconnected or renamed. The same path inside another root, with the
        same modification time, speaks for the latter; a copy elsewhere is a copy.
        """
        same_file = (row.path, row.modified_ns) == (file.path, file.modified_ns)
        return same_file and row.root != file.root and self.is_offline(row.root)

    def in_use(self, rows: Iterable[Recording]) -> dict[str, str]:
        """The roots that hold any of `rows`."""
        used = {row.root for row in rows}
        return {name: path for name, path in self.paths.items() if name in used}

    def _split(self, path: str | Location) -> tuple[str, str] | None:
        """The innermost root that contains `path`, and the way from there."""
        ways = [(root, below(str(path), folder)) for root, folder in self.paths.items()]
        inside = [(root, way) for root, way in ways if way is not None]
        return min(inside, key=lambda one: len(one[1])) if inside else None

    @cached_property
    def _with_identity(self) -> dict[tuple[int, int] | None, str]:
        known = {
            _identity(Path(folder)): root for root, folder in self.paths.items() if not is_object(folder)
        }
        known.pop(None, None)
        return known


def is_offline(folder: Location, *, num_files: int) -> bool:
    """Whether a folder or prefix where a library knows `num_files` files is not connected."""
    if not folder.is_absolute():  # the path of another operating system
        return True
    try:
        if isinstance(folder, ObjectPath):
            # Another server of the same address may have a bucket of this name too.
            return next(folder.files_below(), None) is None and num_files >= MANY_FILES
        with os.scandir(folder) as entries:
            return num_files >= MANY_FILES and all(entry.name.startswith(".") for entry in entries)
    except OSError:
        return True


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        stat = folder.stat()
    except (OSError, ValueError):
        return None
    # Some file systems on Windows number nothing.
    return (stat.st_dev, stat.st_ino) if stat.st_ino and folder.is_dir() else None
