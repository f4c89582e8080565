"""A site that yt-dlp knows, with a search of its own: the one on this machine that `loopback.py` serves."""

import os
from urllib.parse import quote_plus

from yt_dlp.extractor.common import InfoExtractor, SearchInfoExtractor


class LoopbackIE(InfoExtractor):
    _VALID_URL = r"http://127\.0\.0\.1:\d+/watch/(?P<id>[^/?#]+)"

    def _real_extract(self, url):
        name = self._match_id(url)
        page = self._download_json(url, name)
        return {
            "id": name,
            "title": page["title"],
            "uploader": page["uploader"],
            "license": page["licence"],
            "duration": page["duration"],
            "formats": [
                {
                    "format_id": "film",
                    "url": f"{url}/film",
                    "ext": "mp4",
                    "vcodec": "avc1",
                    "acodec": "mp4a",
                    "tbr": 9000,
                },
                {
                    "format_id": "poor",
                    "url": f"{url}/poor",
                    "ext": "mp3",
                    "vcodec": "none",
                    "acodec": "mp3",
                    "abr": 8,
                },
                {
                    "format_id": "best",
                    "url": page["media"],
                    "ext": "wav",
                    "vcodec": "none",
                    "acodec": "opus",
                    "abr": 256,
                },
            ],
        }


class LoopbackSearchIE(SearchInfoExtractor):
    _SEARCH_KEY = "loopbacksearch"

    def _search_results(self, query):
        page = 0
        while True:
            address = f"{os.environ['LOOPBACK']}/api?q={quote_plus(query)}&page={page}"
            found = self._download_json(address, query)
            if not found:
                return
            for one in found:
                yield self.url_result(one["url"], LoopbackIE, title=one["title"], duration=one["duration"])
            page += 1
