"""One writer at a time where no operating system keeps a lock: an object that says who writes, and until when.

The object is made, renewed and taken over by conditional writes, of which the store lets one succeed. A writer renews
its lease while it works; one that dies stops renewing, and soon after the library is free again.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from soundalike.errors import LibraryError

if TYPE_CHECKING:
    from obstore.store import S3Store

LEASE_S = 60.0
RENEW_EVERY_S = 15.0
# The clocks of two computers may differ by this much.
CLOCKS_DIFFER_S = 20.0

logger = logging.getLogger(__name__)


class Lease:
    """The right to write, for as long as it is renewed."""

    def __init__(self, objects: S3Store, name: str, *, of: str) -> None:
        self._objects = objects
        self._name = name
        self._of = of
        self._holder = uuid.uuid4().hex
        self._tag: str | None = None
        self._until_s = 0.0
        self._is_lost = False
        self._done = threading.Event()
        self._renewer = threading.Thread(target=self._keep_renewing, daemon=True, name="lease")

    def take(self) -> None:
        """Become the writer.

        Raises:
            LibraryError: another process is.
        """
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            self._put("create")
        except AlreadyExistsError:
            found, tag = self._read()
            left_s = float(found.get("until_s", 0.0)) + CLOCKS_DIFFER_S - time.time()
            if found.get("is_free") is not True and left_s > 0:
                raise self._refusal(f"on '{found.get('computer')}'", left_s) from None
            try:
                self._put({"e_tag": tag})
            except PreconditionError:
                raise self._refusal("that was quicker", LEASE_S) from None
        self._renewer.start()

    def check(self) -> None:
        """Make sure that the lease has not run out.

        Raises:
            LibraryError: it has, or somebody took it over.
        """
        if self._is_lost or time.time() > self._until_s:
            raise LibraryError(
                f"the hold on the library '{self._of}' was lost: the network was away for too long. "
                "Nothing is broken; run the command again."
            )

    def release(self) -> None:
        """Let the next writer in."""
        self._done.set()
        self._renewer.join()
        if not self._is_lost:
            try:
                self._put({"e_tag": self._tag}, is_free=True)
            except Exception as exc:  # it runs out by itself
                logger.info("could not release '%s': %s", self._of, exc)

    def _keep_renewing(self) -> None:
        from obstore.exceptions import PreconditionError

        while not self._done.wait(RENEW_EVERY_S):
            try:
                self._put({"e_tag": self._tag})
            except PreconditionError:
                # Either somebody took over, or the answer to our last renewal never arrived.
                found, self._tag = self._read()
                if found.get("holder") != self._holder:
                    self._is_lost = True
                    return
            except Exception as exc:  # the network may be back before the lease runs out
                logger.info("could not renew the hold on '%s': %s", self._of, exc)

    def _put(self, mode: Any, *, is_free: bool = False) -> None:
        import obstore

        until_s = time.time() + LEASE_S
        said = {
            "holder": self._holder,
            "computer": socket.gethostname(),
            "until_s": round(until_s, 3),
            "is_free": is_free,
        }
        written = obstore.put(self._objects, self._name, json.dumps(said).encode(), mode=mode)
        self._tag, self._until_s = written["e_tag"], until_s

    def _read(self) -> tuple[dict[str, Any], str | None]:
        import obstore

        answer = obstore.get(self._objects, self._name)
        try:
            found = json.loads(bytes(answer.bytes()))
        except ValueError:
            found = {}
        return found if isinstance(found, dict) else {}, answer.meta["e_tag"]

    def _refusal(self, who: str, left_s: float) -> LibraryError:
        return LibraryError(
            f"another process is writing to the library '{self._of}' ({who}). Wait until it is done, then try again. "
            f"If it died, the library is free in {left_s:.0f} s."
        )
