"""What the answers share: the library, the threads that work, pictures drawn before."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from soundalike.library.example_sets import ExampleSets
from soundalike.server.cache import Cache
from soundalike.server.files import RecordingFiles
from soundalike.server.live import LiveLibrary
from soundalike.server.mapping import MapMaker
from soundalike.server.settings import ServerSettings
from soundalike.server.work import Work

# Characters of a filter: the time that Lance takes to understand one grows with the square of its length.
MOST_FILTER = 4_000
# Looking things up is quick; it should not wait behind sounds that are decoded.
_NUM_LOOKING_UP = 4


class Services:
    """One server's.

    Attributes:
        settings: of the server.
        library: what is served.
        files: opens recordings.
        decoding: work that decodes or embeds sound.
        looking_up: work that only asks the library.
        pictures: drawn before.
        map_maker: makes the map of the library.
        sets: of examples, kept in the library.
    """

    def __init__(self, library: str, settings: ServerSettings) -> None:
        self.settings = settings
        self.library = LiveLibrary(library)
        self.files = RecordingFiles()
        self.decoding = Work(
            num_threads=settings.num_workers, max_queue=settings.max_queue, max_wait_s=settings.max_wait_s
        )
        self.looking_up = Work(
            num_threads=_NUM_LOOKING_UP, max_queue=settings.max_requests, max_wait_s=settings.max_wait_s
        )
        self.pictures = Cache(settings.cache_bytes)
        self.map_maker = MapMaker(library)
        self.sets = ExampleSets(self.library.storage)

    def stop(self) -> None:
        """Let go of everything."""
        self.decoding.stop()
        self.looking_up.stop()
        self.map_maker.stop()


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Served = Annotated[Services, Depends(_services)]
