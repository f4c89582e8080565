"""Any history of files and runs leaves the library that a plain model in memory says."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from band_encoder import BandEncoder, write_sound
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from soundalike.errors import LibraryError
from soundalike.library import index, open_library
from soundalike.library.content import hash_of, recording_id_of
from soundalike.store import Folder, Store

NAMES = st.sampled_from(["a.wav", "b.wav", "x/c.wav", "x/d.wav", "y/e.wav"])
BROKEN = -1
CONTENTS = st.sampled_from([BROKEN, 1, 2, 3])


class Killed(BaseException):
    """Stands for kill -9: from one write on, nothing is written any more, whatever the code does about it."""


@contextmanager
def killed_after(num_writes: int) -> Iterator[None]:
    """Let the library commit so many times, then never again."""
    left = [num_writes]
    commit, write = Store._writing, Folder.write

    def spend() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    @contextmanager
    def counted_commit(store: Store) -> Iterator[None]:
        spend()
        with commit(store):
            yield

    def counted_write(folder: Folder, name: str, content: bytes) -> None:
        spend()
        write(folder, name, content)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Store, "_writing", counted_commit)
        patched.setattr(Folder, "write", counted_write)
        patched.setattr("soundalike.library.intake.COMMIT_EVERY_S", 0.0)
        yield


class LibraryMachine(RuleBasedStateMachine):
    """`disk` is what lies in the folder, `known` what the last run should have left in the library."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._audio = Path(self._folder.name) / "audio"
        self._audio.mkdir()
        self._lib = Path(self._folder.name) / "lib"
        self._clock_ns = 10**18
        self.disk: dict[str, int] = {}
        self.known: dict[str, int] = {}
        self.content_of: dict[str, int] = {}
        self.encoder = BandEncoder()
        self.other_encoder = BandEncoder(fingerprint="bands-2", num_bands=5)
        self._num_renamed = 0

    def teardown(self) -> None:
        self._folder.cleanup()

    @rule(name=NAMES, content=CONTENTS)
    def write(self, name: str, content: int) -> None:
        path = self._audio / name
        if content == BROKEN:
            path.parent.mkdir(exist_ok=True)
            path.write_text("no sound")
        else:
            write_sound(path, content)
            self.content_of[recording_id_of(hash_of(path))] = content
        self._clock_ns += 10**9
        os.utime(path, ns=(self._clock_ns, self._clock_ns))
        self.disk[name] = content

    @precondition(lambda self: self.disk)
    @rule(data=st.data(), name=NAMES)
    def move(self, data: st.DataObject, name: str) -> None:
        old = data.draw(st.sampled_from(sorted(self.disk)))
        (self._audio / name).parent.mkdir(exist_ok=True)
        (self._audio / old).replace(self._audio / name)
        self.disk[name] = self.disk.pop(old)

    @precondition(lambda self: self.disk)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.disk)))
        (self._audio / name).unlink()
        del self.disk[name]

    @rule(prune=st.booleans())
    def run(self, prune: bool) -> None:
        before = {name for name, content in self.known.items() if content != BROKEN}
        report = index(self._lib, [self._audio], encoder=self.encoder, hop_s=0.25, prune=prune)
        counts = report.as_json()["recordings"]

        visited = ("added", "updated", "unchanged", "moved", "duplicate", "skipped")
        assert sum(counts[name] for name in visited) == len(self.disk)
        assert counts["skipped"] == sum(content == BROKEN for content in self.disk.values())
        # A file counts as missing unless a new file took its content over.
        assert counts["missing"] + counts["moved"] == len(before - self.disk.keys())

        missing = {Path(path).relative_to(self._audio).as_posix() for path in report.missing}
        kept = {} if prune else {name: self.known[name] for name in missing}
        self.known = self.disk | kept
        assert report.num_windows == self._num_windows()

    @rule(num_writes=st.integers(0, 8), prune=st.booleans())
    def run_and_be_killed(self, num_writes: int, prune: bool) -> None:
        try:
            with killed_after(num_writes):
                index(self._lib, [self._audio], encoder=self.encoder, hop_s=0.25, prune=prune)
        except Killed:
            pass
        if not self._is_made():
            return
        store = Store(self._lib)
        reached = {
            row.path: BROKEN if row.status == "skipped" else self.content_of[row.recording_id]
            for row in store.recordings()
        }
        # Every file is as before or as it should be; of a file that moved there may be the old name or the new one.
        for name, content in reached.items():
            assert content in (self.known.get(name), self.disk.get(name))
        kept = {name for name, content in self.known.items() if self.disk.get(name) == content}
        assert kept <= reached.keys()
        self.known = reached
        assert len(store.windows()) == self._num_windows()
        store.clear_orphans()

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.known)))
        assert open_library(self._lib).remove([self._audio / name]) == [str(self._audio / name)]
        del self.known[name]

    @precondition(lambda self: self._is_made())
    @rule()
    def optimize(self) -> None:
        open_library(self._lib).optimize()

    @precondition(lambda self: self.known)
    @rule()
    def rename_root_and_relocate(self) -> None:
        old = self._rename_root()
        assert open_library(self._lib).relocate(old, self._audio).num_files == len(self.known)

    @precondition(lambda self: self.disk and BROKEN not in self.disk.values())
    @rule()
    def rename_root_and_run(self) -> None:
        self.run(prune=True)
        self._rename_root()
        report = index(self._lib, [self._audio], encoder=self.encoder)
        assert report.recordings == {"moved": len(self.disk)}

    @precondition(lambda self: self._is_made())
    @rule(prune=st.booleans())
    def move_to_other_encoder(self, prune: bool) -> None:
        changed, gone = set(), set()
        for content in set(self.known.values()) - {BROKEN}:
            names = {name for name, one in self.known.items() if one == content}
            if all(self.disk.get(name) != content for name in names):
                changed |= names & self.disk.keys()
                gone |= names - self.disk.keys()
        if gone and not prune:
            with pytest.raises(LibraryError, match="keeps its encoder"):
                index(self._lib, [], encoder=self.other_encoder, reembed=True)
            return
        index(self._lib, [], encoder=self.other_encoder, reembed=True, prune=prune)
        self.encoder, self.other_encoder = self.other_encoder, self.encoder
        self.known = {
            name: BROKEN if name in changed else content
            for name, content in self.known.items()
            if name not in gone
        }

    @precondition(lambda self: self._is_made())
    @invariant()
    def library_is_as_the_model_says(self) -> None:
        store = Store(self._lib)
        rows = store.recordings()
        assert {row.path: row.status for row in rows} == {
            name: "skipped" if content == BROKEN else "indexed" for name, content in self.known.items()
        }
        ids = {name: {row.recording_id for row in rows if row.path == name} for name in self.known}
        sounds = {name: content for name, content in self.known.items() if content != BROKEN}
        for one, content in sounds.items():
            for other in sounds:
                assert (ids[one] == ids[other]) == (content == self.known[other])
        # No window twice, none too few, none that belongs to nothing.
        assert len(store.windows()) == self._num_windows()
        assert store.clear_orphans() == 0

    @precondition(lambda self: set(self.known.values()) - {BROKEN})
    @rule(data=st.data())
    def search(self, data: st.DataObject) -> None:
        content = data.draw(st.sampled_from(sorted(set(self.known.values()) - {BROKEN})))
        query = write_sound(Path(self._folder.name) / "query.wav", content)
        hit = open_library(self._lib, encoder=self.encoder).search(query, k=1).hits[0]
        files = sorted(name for name, one in self.known.items() if one == content)
        assert [hit.path, *hit.also] == [str(self._audio / name) for name in files]
        assert hit.is_query

    def _is_made(self) -> bool:
        return (self._lib / "library.json").exists()

    def _rename_root(self) -> Path:
        """Give the folder of audio another name, and return the old one."""
        old, self._num_renamed = self._audio, self._num_renamed + 1
        self._audio = old.rename(old.with_name(f"audio-{self._num_renamed}"))
        return old

    def _num_windows(self) -> int:
        lengths_s = {content: 0.4 + 0.17 * content for content in self.known.values() if content != BROKEN}
        return sum(1 + max(0, -int(-(length_s - 0.5) // 0.25)) for length_s in lengths_s.values())


LibraryMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestLibraryMachine = LibraryMachine.TestCase
