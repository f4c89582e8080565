"""Unpack the archives of data sets: ZIP, ZIP in several parts, and TAR.

Only files are written, and none outside the folder. A file that is there in full is left alone, so that unpacking goes
on where it was stopped.
"""

from __future__ import annotations

import io
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from soundalike.errors import CorpusError
from soundalike.locations import Positioned

_END_OF_DIRECTORY = b"PK\x05\x06"
# The record and the longest comment after it.
_END_BYTES = 22 + 65_535

# Called with the number of files unpacked and of all; 0 where that is not known before the end.
FilesProgress = Callable[[int, int], None]


def unpack(parts: Sequence[Path], folder: Path, *, progress: FilesProgress | None = None) -> None:
    """Unpack an archive.

    Args:
        parts: the archive; for one in several parts all of them in order, the one with the directory last.
        folder: where its files go.
        progress: called after each file.
    Raises:
        CorpusError: it is damaged, or would write outside the folder.
    """
    report = progress or (lambda done, total: None)
    name = parts[-1].name
    try:
        if name.endswith((".tar.gz", ".tgz", ".tar")):
            _untar(parts[-1], folder, report)
        else:
            _unzip(parts, folder, report)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, struct.error, zlib.error) as exc:
        raise CorpusError(f"'{parts[-1]}' is damaged: {exc}. Delete it and fetch it again.") from exc


def _untar(path: Path, folder: Path, report: FilesProgress) -> None:
    with tarfile.open(path) as archive:
        for number, member in enumerate(archive, start=1):
            if member.isfile() and (content := archive.extractfile(member)) is not None:
                with content:
                    _write(content, _target(folder, member.name, path), size=member.size)
            report(number, 0)


def _unzip(parts: Sequence[Path], folder: Path, report: FilesProgress) -> None:
    with _Joined(parts) as joined, zipfile.ZipFile(joined) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(parts) > 1:
            _count_from_the_first_part(archive, members, joined)
        for number, member in enumerate(members, start=1):
            target = _target(folder, member.filename, parts[-1])
            if not (target.is_file() and target.stat().st_size == member.file_size):
                with archive.open(member) as content:
                    _write(content, target, size=member.file_size)
            report(number, len(members))


def _count_from_the_first_part(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], joined: _Joined
) -> None:
    """Put right where members begin: the directory counts from the part that holds them.

    The module reads the directory as if there were one part, and adds to every place where the directory's own part
    begins.
    """
    joined.seek(max(0, joined.size - _END_BYTES))
    end = joined.read()
    place = end.rfind(_END_OF_DIRECTORY)
    (directory_part,) = struct.unpack_from("<H", end, place + 6)
    added = joined.starts[directory_part]
    for member in members:
        member.header_offset += joined.starts[member.volume] - added


class _Joined(Positioned):
    """Several files read as one."""

    def __init__(self, parts: Sequence[Path]) -> None:
        sizes = [part.stat().st_size for part in parts]
        super().__init__(sum(sizes))
        self._files: list[IO[bytes]] = [part.open("rb") for part in parts]
        self.starts = [sum(sizes[:number]) for number in range(len(parts))]

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        # The module knows a file that is too short for an archive by this.
        if self._aimed_at(offset, whence) < 0:
            raise OSError(22, "a place before the beginning")
        return super().seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        left = max(0, self.size - self._position)
        left = left if size < 0 else min(size, left)
        blocks = []
        while left > 0:
            number = max(n for n, start in enumerate(self.starts) if start <= self._position)
            file = self._files[number]
            file.seek(self._position - self.starts[number])
            block = file.read(left)
            if not block:
                break
            blocks.append(block)
            self._position += len(block)
            left -= len(block)
        return b"".join(blocks)

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()


def _target(folder: Path, name: str, archive: Path) -> Path:
    """Where a member goes."""
    inner = PurePosixPath(name.replace("\\", "/"))
    if inner.is_absolute() or ".." in inner.parts or ":" in inner.parts[0]:
        raise CorpusError(
            f"'{archive}' has a file '{name}' that would be written outside '{folder}'. Do not use it."
        )
    return folder.joinpath(*inner.parts)


def _write(content: IO[bytes], target: Path, *, size: int) -> None:
    if target.is_file() and target.stat().st_size == size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    with partial.open("wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)
    partial.replace(target)
