"""Follows folders that moved: another drive letter, another mount, another computer; nothing is decoded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path

from soundalike.errors import LibraryError, UsageError
from soundalike.library.root_paths import below, is_of_windows, joined, root_name
from soundalike.locations import is_object, location_of
from soundalike.store import Recording, Store


@dataclass(frozen=True, kw_only=True)
class Relocation:
    """What a move of a folder did.

    Attributes:
        old: the folder as it was.
        new: where it is now.
        num_files: files of the library inside it.
        is_there: whether the new folder exists on this computer now.
    """

    old: str
    new: str
    num_files: int
    is_there: bool


def relocate(store: Store, old: str | Path, new: str | Path) -> Relocation:
    """Change where a library looks for the files in `old`, which is a root, or contains roots, or lies in one.

    Args:
        store: the library, held for writing.
        old: absolute path as the library knows it; the folder need not exist.
        new: where the folder is now; it need not exist yet.
    Raises:
        LibraryError: the library knows nothing in `old`, or knows two files that would become one.
        UsageError: the two are one folder, or `new` is a file.
    """
    before, after = absolute_text(old), absolute_text(new)
    if below(before, after) == "":
        raise UsageError(f"'{before}' and '{after}' are the same folder.")
    if location_of(after).is_file():
        raise UsageError(f"'{after}' is a file; name the folder that '{before}' has become.")
    rows, roots = store.recordings(), store.header.roots
    whole = moved_roots(roots, before, after)
    moved = {row.file_id: joined(whole[row.root], row.path) for row in rows if row.root in whole}
    # A folder inside a root takes its files along to another root.
    around = {name for name, path in roots.items() if name not in whole and below(before, path)}
    loose = {row.file_id: (row, way) for row in rows if row.root in around and (way := _way(row, before))}
    moved |= {file_id: joined(after, way) for file_id, (_, way) in loose.items()}
    if not moved:
        known = ", ".join(f"'{path}'" for path in roots.values()) or "none"
        raise LibraryError(f"the library '{store.storage}' knows no file in '{before}'. Its roots: {known}.")
    _refuse_meeting([row for row in rows if row.file_id not in moved], set(moved.values()), after)

    # A root that comes to lie where another is becomes one with it.
    into = {
        name: home
        for name, path in whole.items()
        for home, other in roots.items()
        if home not in whole and below(path, other) == ""
    }
    roots = roots | whole
    home = _root_around(after, roots) if loose else None
    if loose and home is None:
        home = root_name(after, roots)
        roots[home] = after
    store.write_roots(roots)
    if home is not None:
        lead = below(after, roots[home])
        store.put_recordings(
            [
                replace(row, root=home, path=f"{lead}/{way}".lstrip("/"), root_path=roots[home])
                for row, way in loose.values()
            ]
        )
    if into:
        store.put_recordings(
            [
                replace(row, root=into[row.root], root_path=roots[into[row.root]])
                for row in rows
                if row.root in into
            ]
        )
        store.write_roots({name: path for name, path in roots.items() if name not in into})
    return Relocation(old=before, new=after, num_files=len(moved), is_there=location_of(after).is_dir())


def moved_roots(roots: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    """Where the roots at or inside `old` are once `old` has become `new`; the other roots are left out."""
    ways = {name: below(path, old) for name, path in roots.items()}
    return {name: joined(new, way) for name, way in ways.items() if way is not None}


def absolute_text(path: str | Path) -> str:
    """An absolute path as text; one of Windows stays as it is on every system, as does one in a bucket."""
    text = str(path)
    if is_object(text):
        return str(location_of(text))
    return text if is_of_windows(text) else os.path.abspath(text)  # noqa: PTH100


def _way(row: Recording, folder: str) -> str | None:
    return below(joined(row.root_path, row.path), folder)


def _root_around(path: str, roots: Mapping[str, str]) -> str | None:
    """The innermost root that contains `path`."""
    ways = {name: way for name, folder in roots.items() if (way := below(path, folder)) is not None}
    return min(ways, key=lambda name: len(ways[name])) if ways else None


def _refuse_meeting(others: Iterable[Recording], moved: Set[str], folder: str) -> None:
    """Keep two rows from standing for one file."""
    for row in others:
        if (location := joined(row.root_path, row.path)) in moved:
            raise LibraryError(
                f"'{location}' is in the library already, beside the file that would come to lie there. "
                f"Forget one of the two first, with `soundalike remove`: the files in '{folder}', or the old ones."
            )
