"""Threads that do heavy work for one thread that decides."""

from __future__ import annotations

import contextlib
import os
import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from soundalike.errors import SoundalikeError

T = TypeVar("T")

# Windows does not deliver Ctrl-C to a thread that waits without end.
_LOOK_UP_S = 0.5


def usable_cores() -> int:
    """The cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


class Workers:
    """Threads for jobs, and one more for writing.

    A job comes with a function that takes its result. That function runs in the thread that calls `step`, so whoever
    owns the workers needs no locks: the jobs themselves touch nothing that is shared.

    Args:
        num_threads: jobs at work at once, > 0.
    """

    def __init__(self, num_threads: int) -> None:
        self.num_threads = num_threads
        self._jobs = ThreadPoolExecutor(num_threads, thread_name_prefix="index")
        self._writes = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._done: queue.SimpleQueue[tuple[Future[Any], Callable[[Any], None]]] = queue.SimpleQueue()
        self._is_stopped = False
        self.num_out = 0

    def submit(self, job: Callable[[], T], then: Callable[[T], None]) -> None:
        """Have a job done, after those submitted before it have begun."""
        self._submit(self._jobs, job, then)

    def write(self, job: Callable[[], T], then: Callable[[T], None]) -> None:
        """Have a job done that writes, after those of this kind submitted before it are done."""
        self._submit(self._writes, job, then)

    def step(self) -> None:
        """Wait until a job is done and take its result; a job that failed raises here."""
        while True:
            try:
                done, then = self._done.get(timeout=_LOOK_UP_S)
                break
            except queue.Empty:
                continue
        self.num_out -= 1
        then(done.result())

    def finish(self) -> None:
        """Wait until no job is out any more, and take all results."""
        while self.num_out:
            self.step()

    def take_done(self) -> None:
        """Take the results that are there, without waiting."""
        while self._done.qsize():
            self.step()

    def stop(self) -> None:
        """Wait for the jobs at work, forget those that have not begun, and take no more."""
        self._is_stopped = True
        self._jobs.shutdown(wait=True, cancel_futures=True)
        self._writes.shutdown(wait=True, cancel_futures=True)

    def take_rest(self) -> None:
        """After `stop`: take the results of the jobs that were done, and pass over those that failed."""
        while self._done.qsize():
            done, then = self._done.get()
            self.num_out -= 1
            if not done.cancelled() and done.exception() is None:
                with contextlib.suppress(SoundalikeError):
                    then(done.result())

    def _submit(self, pool: ThreadPoolExecutor, job: Callable[[], T], then: Callable[[T], None]) -> None:
        if self._is_stopped:
            return
        self.num_out += 1
        pool.submit(job).add_done_callback(lambda done: self._done.put((done, then)))
