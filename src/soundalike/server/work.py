"""Work that takes processor time, done by a few threads while the server goes on answering."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from soundalike.server.refusals import OverloadedError, TooManyRequestsError

T = TypeVar("T")


class Work:
    """So many pieces of work at once, so many that wait, and nobody waits for longer than so.

    Args:
        num_threads: pieces at once.
        max_queue: pieces that wait for a thread.
        max_wait_s: how long one waits.
    """

    def __init__(self, *, num_threads: int, max_queue: int, max_wait_s: float) -> None:
        self._pool = ThreadPoolExecutor(num_threads, thread_name_prefix="work")
        self._free = asyncio.Semaphore(num_threads)
        self._max_queue = max_queue
        self._max_wait_s = max_wait_s
        self._num_waiting = 0

    async def do(self, piece: Callable[[], T]) -> T:
        """Do a piece of work in a thread and return what it returns.

        Raises:
            TooManyRequestsError: the queue is full.
            OverloadedError: no thread became free in time.
        """
        await self._take_turn()
        loop = asyncio.get_running_loop()
        future = self._pool.submit(piece)

        def end(_: Future[T]) -> None:
            with suppress(RuntimeError):  # the server has stopped
                loop.call_soon_threadsafe(self._free.release)

        # The thread is taken until the piece is done, also if nobody waits for it any more.
        future.add_done_callback(end)
        return await asyncio.wrap_future(future)

    async def _take_turn(self) -> None:
        if self._free.locked() and self._num_waiting >= self._max_queue:
            raise TooManyRequestsError(f"{self._num_waiting} requests are waiting already. Ask again soon.")
        self._num_waiting += 1
        try:
            async with asyncio.timeout(self._max_wait_s):
                await self._free.acquire()
        except TimeoutError as exc:
            raise OverloadedError(
                f"the server was busy for {self._max_wait_s:g} s with other requests. Ask again later."
            ) from exc
        finally:
            self._num_waiting -= 1

    def stop(self) -> None:
        """Take no more work; what waits in the pool is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)
