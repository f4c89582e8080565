"""Any history of files and runs leaves the library that a plain model in memory says."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from band_encoder import BandEncoder, write_sound
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from soundalike.library import index, open_library
from soundalike.store import Store

NAMES = st.sampled_from(["a.wav", "b.wav", "x/c.wav", "x/d.wav", "y/e.wav"])
BROKEN = -1
CONTENTS = st.sampled_from([BROKEN, 1, 2, 3])


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
        self.ever_embedded: set[int] = set()
        self.encoder = BandEncoder()

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

    @precondition(lambda self: self._lib.exists())
    @invariant()
    def library_is_as_the_model_says(self) -> None:
        store = Store(self._lib)
        rows = store.recordings()
        assert {row.path: row.status for row in rows} == {
            name: "skipped" if content == BROKEN else "indexed" for name, content in self.known.items()
        }
        ids = {name: {row.recording_id for row in rows if row.path == name} for name in self.known}
        for one, content in self.known.items():
            for other in self.known:
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

    def _num_windows(self) -> int:
        lengths_s = {content: 0.4 + 0.17 * content for content in self.known.values() if content != BROKEN}
        return sum(1 + max(0, -int(-(length_s - 0.5) // 0.25)) for length_s in lengths_s.values())


LibraryMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestLibraryMachine = LibraryMachine.TestCase
