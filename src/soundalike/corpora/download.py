"""Download a large file: continued where it stopped, checked when it is complete."""

from __future__ import annotations

import http.client
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from hashlib import md5
from importlib.metadata import version
from pathlib import Path

from soundalike.corpora.sets import Remote
from soundalike.errors import CorpusError

logger = logging.getLogger(__name__)

_BLOCK_BYTES = 1 << 20
_NUM_TRIES = 5
_LONGEST_WAIT_S = 60.0

# Called with the bytes that are there and the bytes of the whole file, 0 where the server does not say.
BytesProgress = Callable[[int, int], None]


def download(
    remote: Remote,
    path: Path,
    *,
    timeout_s: float = 30.0,
    wait_s: float = 1.0,
    check: bool = True,
    headers: dict[str, str] | None = None,
    progress: BytesProgress | None = None,
) -> Path:
    """Download a file to `path`; what is there of it in `path` with `.part` behind it is continued.

    Args:
        remote: the file.
        path: where it goes.
        timeout_s: how long the server may be silent.
        wait_s: pause before the second try; it doubles for each after that.
        check: whether its bytes have to be those that were published.
        headers: of the request, beside our own.
        progress: called after each block.
    Raises:
        CorpusError: it cannot be had, or its bytes are not those that were published.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    if not path.exists():
        _fetch(remote, partial, timeout_s=timeout_s, wait_s=wait_s, headers=headers or {}, progress=progress)
        if check and (found := _md5(partial)) != remote.md5:
            partial.unlink()
            raise CorpusError(
                f"'{remote.filename}' from {remote.url} has the MD5 checksum {found}, not {remote.md5} as published: "
                "it was damaged on the way, or changed. Fetch it again; --any-checksum takes it as it is."
            )
        partial.replace(path)
    return path


def _fetch(
    remote: Remote,
    partial: Path,
    *,
    timeout_s: float,
    wait_s: float,
    headers: dict[str, str],
    progress: BytesProgress | None,
) -> None:
    for attempt in range(1, _NUM_TRIES + 1):
        try:
            _continue(remote.url, partial, timeout_s=timeout_s, headers=headers, progress=progress)
            return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in (408, 425, 429) and error.code < 500:
                raise CorpusError(f"{remote.url} cannot be had: HTTP {error.code} {error.reason}.") from error
            problem: Exception = error
            asked = error.headers.get("Retry-After") or ""
            pause_s = float(asked) if asked.isdecimal() else wait_s * 2 ** (attempt - 1)
        except (OSError, http.client.HTTPException) as error:
            problem, pause_s = error, wait_s * 2 ** (attempt - 1)
        if attempt < _NUM_TRIES:
            logger.info("%s: %s; trying again", remote.url, problem)
            time.sleep(min(pause_s, _LONGEST_WAIT_S))
    raise CorpusError(
        f"{remote.url} cannot be had after {_NUM_TRIES} tries: {problem}. What there is of it is kept; run the command "
        "again to go on."
    ) from problem


def _continue(
    url: str,
    partial: Path,
    *,
    timeout_s: float,
    headers: dict[str, str],
    progress: BytesProgress | None,
) -> None:
    """One request for what is missing of a file."""
    have = partial.stat().st_size if partial.exists() else 0
    fields = {"User-Agent": f"soundalike/{version('soundalike')}", "Accept-Encoding": "identity", **headers}
    if have:
        fields["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=fields)
    try:
        answer = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is missing, or the file changed: the checksum tells
            error.close()
            return
        raise
    with answer:
        if have and answer.status != 206:
            have = 0  # this server cannot go on in the middle
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else 0
        with partial.open("ab" if have else "wb") as file:
            while block := answer.read(_BLOCK_BYTES):
                file.write(block)
                have += len(block)
                if progress is not None:
                    progress(have, total)
    if total and have < total:
        raise ConnectionError(f"it ended after {have:,} of {total:,} bytes")


def _md5(path: Path) -> str:
    digest = md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
