"""One writer at a time in a bucket, where nobody but the object store can say who it is."""

from __future__ import annotations

import time

import pytest

from soundalike.errors import LibraryError
from soundalike.store import only_writer, storage_at
from soundalike.store.bucket import Bucket
from soundalike.store.lease import Lease


def test_lease_of_a_dead_writer_runs_out(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundalike.store.lease.CLOCKS_DIFFER_S", 0.2)
    monkeypatch.setattr("soundalike.store.lease.LEASE_S", 0.3)
    dead = Lease(Bucket(bucket)._objects, "library.lock", of=bucket)
    monkeypatch.setattr(dead._renewer, "start", lambda: None)
    dead.take()
    with pytest.raises(
        LibraryError, match=r"another process is writing .* If it died, the library is free in"
    ):
        only_writer(bucket).__enter__()
    time.sleep(0.6)
    with pytest.raises(LibraryError, match=r"the hold on the library .* was lost"):
        dead.check()
    with only_writer(bucket):
        pass
    with only_writer(bucket):
        pass


def test_lease_is_renewed_while_it_is_held(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundalike.store.lease.CLOCKS_DIFFER_S", 0.0)
    monkeypatch.setattr("soundalike.store.lease.LEASE_S", 1.5)
    monkeypatch.setattr("soundalike.store.lease.RENEW_EVERY_S", 0.2)
    storage = storage_at(bucket)
    with storage.only_writer():
        time.sleep(2.0)
        storage.check_hold()
        with pytest.raises(LibraryError, match="another process is writing"):
            only_writer(bucket).__enter__()


def test_writer_whose_lease_was_taken_stops(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundalike.store.lease.RENEW_EVERY_S", 0.1)
    storage = storage_at(bucket)
    with storage.only_writer():
        storage_at(bucket).write("library.lock", b'{"holder": "somebody else", "until_s": 9e9}')
        time.sleep(0.5)
        with pytest.raises(LibraryError, match="was lost"):
            storage.check_hold()
    assert b"somebody else" in storage.read("library.lock")
