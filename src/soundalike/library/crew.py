"""Who does the work of an indexing run: hash, decode, embed and write, for the one thread that decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from soundalike.library.content import hash_of
from soundalike.library.intake import Intake
from soundalike.library.workers import Workers
from soundalike.locations import Location
from soundalike.store import Recording, Store

if TYPE_CHECKING:
    from soundalike.encoders import Encoder

# Called whenever a piece of a file was decoded, with its row and the seconds of sound in the piece.
OnRead = Callable[[Recording, float], None]
TakeHash = Callable[[str | OSError], None]
TakeRow = Callable[[Recording], None]

# Files whose bytes are being hashed at once, for each thread: small files are hashed faster than they are decoded.
HASHED_AHEAD = 4


class Crew(Protocol):
    """Takes work and gives results, by calling functions in the thread that calls `step`, `take_done` or `finish`."""

    @property
    def max_ahead(self) -> int:
        """Files that may wait for their hash, or for that of one before them."""
        ...

    @property
    def is_full(self) -> bool:
        """Whether the next file should wait for a `step`."""
        ...

    def hash(self, location: Location, size_bytes: int, then: TakeHash) -> None:
        """Have the bytes of a file hashed; `then` takes the hash, or why the file cannot be read."""
        ...

    def embed(self, row: Recording, named: Location, then: TakeRow) -> None:
        """Have a file decoded and embedded and its row written; see `Intake.embed`."""
        ...

    def put(self, row: Recording) -> None:
        """Have a row written whose windows exist already, or that has none."""
        ...

    def step(self) -> None:
        """Wait until something is done, and take its result."""
        ...

    def take_done(self) -> None:
        """Take the results that are there, without waiting."""
        ...

    def finish(self) -> None:
        """Have everything embedded and written that is left."""
        ...


# Gathers a crew around a library that is open for writing. If an exception leaves the context, what is complete is
# written, and the rest is let go.
Hire = Callable[[Store, "Encoder", OnRead], AbstractContextManager[Crew]]


def threads(num_threads: int) -> Hire:
    """A crew of threads in this process.

    Args:
        num_threads: that decode and embed, > 0.
    """

    @contextmanager
    def hire(store: Store, encoder: Encoder, on_read: OnRead) -> Iterator[Crew]:
        workers = Workers(num_threads)
        intake = Intake(store, encoder, workers, on_read=on_read)
        try:
            yield _Threads(workers, intake)
        except BaseException:  # also Ctrl-C
            workers.stop()
            workers.take_rest()
            intake.abandon()
            raise
        finally:
            workers.stop()

    return hire


class _Threads:
    """Workers that hash, and an intake that has them do the rest."""

    def __init__(self, workers: Workers, intake: Intake) -> None:
        self._workers = workers
        self._intake = intake
        self.max_ahead = HASHED_AHEAD * workers.num_threads
        self.embed = intake.embed
        self.put = intake.put
        self.finish = intake.finish
        self.step = workers.step
        self.take_done = workers.take_done

    @property
    def is_full(self) -> bool:
        return self._intake.is_full

    def hash(self, location: Location, size_bytes: int, then: TakeHash) -> None:
        self._workers.submit(partial(hash_or_error, location), then)


def hash_or_error(location: Location) -> str | OSError:
    """The hash of a file's bytes, or why it cannot be read."""
    try:
        return hash_of(location)
    except OSError as exc:
        return exc
