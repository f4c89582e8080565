"""Arithmetic of absolute paths, of this system or of another: a library made on Windows may be opened on Linux.

Nothing here looks at a disk. A path is text; whether it follows the rules of Windows, of POSIX or of an object store is
seen from its shape.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from soundalike.locations import is_object

# A drive, or the two backslashes before a server's name.
_OF_WINDOWS = re.compile(r"[A-Za-z]:([\\/]|$)|\\\\")


def is_of_windows(path: str) -> bool:
    """Whether `path` is an absolute path of Windows."""
    return _OF_WINDOWS.match(path) is not None


def below(path: str, folder: str) -> str | None:
    """What leads from `folder` to `path`, with `/` between the parts.

    Upper and lower case are the same in paths of Windows; composed and decomposed Unicode are the same everywhere but
    in a bucket.

    Returns:
        "" if the two are the same, None if `path` is not inside `folder`.
    """
    if (is_of_windows(path), is_object(path)) != (is_of_windows(folder), is_object(folder)):
        return None
    parts, outer = _pure(path).parts, _pure(folder).parts
    if [_key(part, path) for part in parts[: len(outer)]] != [_key(part, path) for part in outer]:
        return None
    return "/".join(parts[len(outer) :])


def joined(folder: str, relative: str) -> str:
    """`relative`, with `/` between its parts, inside `folder`; by the rules that `folder` follows."""
    if is_object(folder):
        return f"{folder.rstrip('/')}/{relative}".rstrip("/")
    return str(_pure(folder).joinpath(*relative.split("/"))) if relative else folder


def root_name(path: str, taken: Iterable[str]) -> str:
    """A name for the root at `path`: its folder's, with a number if that is taken."""
    pure = _pure(path)
    stem = unicodedata.normalize("NFC", pure.name or pure.drive.strip("\\/:") or "root")
    used, name, number = set(taken), stem, 2
    while name in used:
        name, number = f"{stem}-{number}", number + 1
    return name


def _pure(path: str) -> PurePath:
    return PureWindowsPath(path) if is_of_windows(path) else PurePosixPath(path)


def _key(part: str, path: str) -> str:
    if is_object(path):
        return part
    composed = unicodedata.normalize("NFC", part)
    # PureWindowsPath keeps the slashes of a drive as they are typed, in `parts` as backslashes.
    return composed.casefold() if is_of_windows(path) else composed
