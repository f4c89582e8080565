"""What a site asks of programs that visit it: its `robots.txt`, read once a run."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from importlib.metadata import version
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

logger = logging.getLogger(__name__)

AGENT = "soundalike"


class Robots:
    """The rules of every site that was asked about."""

    def __init__(self, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._rules: dict[str, RobotFileParser] = {}

    def allow(self, url: str) -> bool:
        """Whether the site's rules for `soundalike`, or for all programs, let it open this address."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return True
        return self._rules_of(parts.scheme, parts.netloc).can_fetch(AGENT, url)

    def delay_s(self, url: str) -> float:
        """Seconds that the site asks to wait between two visits; 0 where it asks for none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return 0.0
        return float(self._rules_of(parts.scheme, parts.netloc).crawl_delay(AGENT) or 0.0)

    def _rules_of(self, scheme: str, host: str) -> RobotFileParser:
        site = f"{scheme}://{host}"
        if site not in self._rules:
            self._rules[site] = self._read(f"{site}/robots.txt")
        return self._rules[site]

    def _read(self, url: str) -> RobotFileParser:
        rules = RobotFileParser(url)
        request = urllib.request.Request(url, headers={"User-Agent": f"{AGENT}/{version('soundalike')}"})
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:
                rules.parse(answer.read(500_000).decode("utf-8", "replace").splitlines())
        except urllib.error.HTTPError as error:
            # RFC 9309: a site without the file allows everything, one that fails to answer nothing.
            rules.parse([] if 400 <= error.code < 500 and error.code not in (401, 403, 429) else _NOTHING)
        except OSError as error:
            logger.warning("%s could not be read (%s): nothing is taken from there", url, error)
            rules.parse(_NOTHING)
        return rules


_NOTHING = ["User-agent: *", "Disallow: /"]
