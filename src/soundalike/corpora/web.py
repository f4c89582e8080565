"""Recordings of the web, searched and downloaded by yt-dlp.

yt-dlp knows the sites; what to take, and how politely, is said here. Files are kept as they are served: nothing is
converted, so no `ffmpeg` program is needed.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

from soundalike.corpora.candidate import Candidate, UnavailableError
from soundalike.corpora.robots import Robots
from soundalike.errors import ConfigError, CorpusError, MissingExtraError, OutputError

logger = logging.getLogger(__name__)

YOUTUBE = "ytsearch"
# The audio of ten minutes is a tenth of this, unless it is uncompressed.
_MAX_FILE_BYTES = 300_000_000
_NUM_RETRIES = 3
_MOST_REDIRECTIONS = 5
_LONGEST_WAIT_S = 300.0
# No room, a quota, a disk that is read only, a file that may not be so large. Not every system has all of them.
_NO_ROOM = {getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT", "EROFS", "EFBIG")} - {None}


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """How the web is searched.

    Attributes:
        search: a search that yt-dlp knows ("ytsearch", "scsearch"), or the address of a search page, feed or list with
            `{words}` where the words belong.
        most_results: how many results of one search are looked at.
        sleep_s: seconds between two recordings, and between two requests to a site a fifth of it.
        timeout_s: how long a site may be silent.
    """

    search: str = YOUTUBE
    most_results: int = 500
    sleep_s: float = 5.0
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        if "://" in self.search and "{words}" not in self.search:
            raise ConfigError(
                f"the search '{self.search}' has no {{words}} in it: say where the words belong."
            )
        if self.sleep_s < 0 or self.timeout_s <= 0 or self.most_results < 1:
            raise ConfigError("the pause is 0 s or more; the time-out and the number of results are above 0.")


class WebSource:
    """Searches and downloads, one request after another. A site's `robots.txt` is obeyed."""

    def __init__(self, settings: WebSettings) -> None:
        try:
            import yt_dlp
        except ImportError as exc:
            raise MissingExtraError(
                "gathering recordings needs yt-dlp, which is not installed: pip install 'soundalike[collect]'."
            ) from exc
        self._yt_dlp = yt_dlp
        self._settings = settings
        self._robots = Robots(timeout_s=settings.timeout_s)
        self._last_fetch: float | None = None

    def search(self, words: str) -> Iterator[Candidate]:
        """Results one by one; pages of results are asked for as they are needed."""
        if "://" in self._settings.search:
            query = self._settings.search.replace("{words}", quote_plus(words))
            if not self._robots.allow(query):
                host = urlsplit(query).netloc
                raise CorpusError(
                    f"the robots.txt of {host} does not let programs search there. Use another search."
                )
        else:
            query = f"{self._settings.search}{self._settings.most_results}:{words}"
        try:
            with self._downloader() as downloader:
                found = self._results(downloader, query)
                entries = found.get("entries") if found.get("_type") == "playlist" else [found]
                for _, entry in zip(range(self._settings.most_results), entries or (), strict=False):
                    if entry:
                        yield _candidate(entry)
        except (UnavailableError, self._yt_dlp.utils.YoutubeDLError) as exc:
            raise CorpusError(f"the search for '{words}' failed: {_told(exc)}") from exc

    def _results(self, downloader: Any, query: str) -> dict[str, Any]:
        """The list that a search leads to, through some redirections perhaps."""
        found: dict[str, Any] = {"url": query}
        for _ in range(_MOST_REDIRECTIONS):
            address, extractor = found["url"], found.get("ie_key")
            found = self._polite(
                lambda address=address, extractor=extractor: downloader.extract_info(  # type: ignore[misc]
                    address, download=False, ie_key=extractor, process=False
                )
            )
            if found.get("_type") not in ("url", "url_transparent"):
                break
        return found

    def describe(self, candidate: Candidate) -> Candidate:
        """What the page of a recording tells. One request or a few."""
        if not self._robots.allow(candidate.url):
            raise UnavailableError("the site's robots.txt does not let programs open it")
        self._wait(candidate.url)
        entry = dict(candidate.raw)
        with self._downloader() as downloader:
            info = self._polite(lambda: downloader.process_ie_result(entry, download=False))
        if not info or info.get("_type", "video") != "video":
            raise UnavailableError("a list of recordings, not one")
        if info.get("is_live"):
            raise UnavailableError("a live stream")
        told = _candidate(info)
        return replace(
            told,
            url=candidate.url,
            title=candidate.title or told.title,
            uploader=told.uploader or candidate.uploader,
            # What the list says is a promise; a direct link tells nothing.
            duration_s=told.duration_s if told.duration_s is not None else candidate.duration_s,
        )

    def fetch(self, candidate: Candidate, stem: Path) -> Path:
        """Download the best audio. What was cut off is continued, a server's failure is tried again."""
        info = dict(candidate.raw)
        with self._downloader(stem) as downloader:
            done = self._polite(lambda: downloader.process_ie_result(info, download=True))
        downloads = (done or {}).get("requested_downloads") or [{}]
        path = downloads[0].get("filepath")
        if path is None or not Path(path).is_file():
            raise UnavailableError(f"nothing was downloaded, or more than {_MAX_FILE_BYTES // 1_000_000} MB")
        return Path(path)

    def _wait(self, url: str) -> None:
        """Sleep until the pause since the last recording is over."""
        pause_s = max(self._settings.sleep_s, min(self._robots.delay_s(url), _LONGEST_WAIT_S))
        if self._last_fetch is not None:
            time.sleep(max(0.0, self._last_fetch + pause_s - time.monotonic()))
        self._last_fetch = time.monotonic()

    def _polite(self, request: Callable[[], Any]) -> Any:
        """Do a request; where the site says that it is asked too much, wait as long as it says, three times."""
        wait_s = max(self._settings.sleep_s, 0.1) * 4
        for attempt in range(_NUM_RETRIES + 1):
            try:
                return request()
            except self._yt_dlp.utils.YoutubeDLError as exc:
                _refuse_full_disk(exc)
                http = _http_error(exc)
                if http is None or http.status != 429:
                    raise UnavailableError(_told(exc)) from exc
                if attempt == _NUM_RETRIES:
                    raise UnavailableError("the site asks to slow down (HTTP 429)", slow_down=True) from exc
                asked = _retry_after_s(http)
                logger.info("the site asks to slow down; waiting")
                time.sleep(min(asked if asked is not None else wait_s * 2**attempt, _LONGEST_WAIT_S))
        raise AssertionError("the loop returns or raises")

    def _downloader(self, stem: Path | None = None) -> Any:
        settings = self._settings
        options = {
            # No video is downloaded for its sound; a file of which nothing is known may be sound.
            "format": "bestaudio/best*[vcodec=?none]",
            "outtmpl": {"default": f"{stem.as_posix().replace('%', '%%')}.%(ext)s" if stem else "-"},
            "noplaylist": True,
            "quiet": True,
            "no_warnings": True,
            "noprogress": True,
            "logger": _Log(),
            "cachedir": False,
            "fixup": "never",
            "socket_timeout": settings.timeout_s,
            "retries": _NUM_RETRIES,
            "fragment_retries": _NUM_RETRIES,
            "extractor_retries": _NUM_RETRIES,
            "retry_sleep_functions": dict.fromkeys(
                ("http", "fragment", "extractor"), lambda n: min(settings.sleep_s * 2**n, _LONGEST_WAIT_S)
            ),
            "concurrent_fragment_downloads": 1,
            "sleep_interval_requests": settings.sleep_s / 5,
            "max_filesize": _MAX_FILE_BYTES,
        }
        return self._yt_dlp.YoutubeDL(options)


class _Log:
    """What yt-dlp says, for those who look at the log."""

    def debug(self, text: str) -> None:
        logger.debug("%s", text)

    info = warning = error = debug


def _candidate(entry: dict[str, Any]) -> Candidate:
    from yt_dlp.utils import unsmuggle_url

    url = (
        entry.get("url")
        if entry.get("_type", "video") != "video"
        else entry.get("webpage_url") or entry.get("url")
    )
    if entry.get("_type", "video") == "video" and not url:
        url = next((one["url"] for one in entry.get("formats") or () if one.get("url")), "")
    duration = entry.get("duration")
    return Candidate(
        url=unsmuggle_url(str(url or ""))[0],
        title=str(entry.get("title") or ""),
        uploader=str(entry.get("uploader") or entry.get("channel") or ""),
        licence=str(entry.get("license") or ""),
        duration_s=None if duration is None else float(duration),
        raw=entry,
    )


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """An error of yt-dlp and all that it comes from."""
    seen: list[BaseException | None] = [exc]
    while seen:
        one = seen.pop()
        if one is not None:
            yield one
            carried = getattr(one, "exc_info", None) or (None, None)
            seen += [getattr(one, "cause", None), carried[1], one.__cause__]


def _http_error(exc: BaseException) -> Any:
    """The answer of the server that an error of yt-dlp comes from, None if there was none."""
    from yt_dlp.networking.exceptions import HTTPError

    return next((one for one in _causes(exc) if isinstance(one, HTTPError)), None)


def _refuse_full_disk(exc: BaseException) -> None:
    """No other recording will fare better where nothing can be written."""
    for one in _causes(exc):
        if isinstance(one, OSError) and one.errno in _NO_ROOM:
            raise OutputError(
                f"recordings cannot be written: {one.strerror}. Make room, then go on."
            ) from exc


def _retry_after_s(http: Any) -> float | None:
    try:
        return float(http.response.headers.get("Retry-After"))
    except (TypeError, ValueError):
        return None  # no wish, or a date


def _told(exc: BaseException) -> str:
    """yt-dlp's message on one line, without its advice to report a bug."""
    text = str(exc).partition("; please report this issue")[0].removeprefix("ERROR: ")
    return " ".join(text.split())
