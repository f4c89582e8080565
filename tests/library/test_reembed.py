"""Moving a library to another encoder: until it is done, the library stays what it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from band_encoder import BandEncoder, write_sound

from soundalike.errors import EncoderMismatchError, LibraryError
from soundalike.library import index, open_library
from soundalike.store import NEXT_HEADER_NAME, Store, read_header

CHILD = """
import sys
import lance
from band_encoder import BandEncoder
from soundalike.library import index, intake

intake.COMMIT_EVERY_S = 0.0
encoder = BandEncoder(fingerprint="bands-2", num_bands=5, pause_s=0.05)
print("ready", flush=True)
index(sys.argv[1], [], encoder=encoder, reembed=True)
"""


@pytest.fixture
def other() -> BandEncoder:
    return BandEncoder(fingerprint="bands-2", num_bands=5)


def contents(lib: Path) -> dict[str, tuple[str, list[list[float]]]]:
    store = Store(lib)
    return {
        row.path: (row.recording_id, store.windows([row.recording_id]).embeddings.tolist())
        for row in store.recordings()
    }


def test_library_moves_with_all_it_knows(
    audio: Path, lib: Path, encoder: BandEncoder, other: BandEncoder
) -> None:
    for seed in range(4):
        write_sound(audio / "x" / f"{seed}.wav", seed)
    shutil.copy(audio / "x" / "1.wav", audio / "copy.wav")
    (audio / "bad.wav").write_text("no sound")
    index(lib, [audio], encoder=encoder)
    reader = open_library(lib, encoder=encoder)
    before = {row.file_id: (row.location, row.label) for row in Store(lib).recordings()}
    write_sound(audio / "new.wav", 9)

    report = index(lib, [audio], encoder=other, hop_s=0.25, reembed=True)
    assert report.num_reembedded == 4
    assert report.as_json()["recordings"]["unchanged"] == 5
    assert report.as_json()["recordings"]["added"] == 1
    header = read_header(lib)
    assert (header.encoder.fingerprint, header.encoder.dim, header.hop_s) == ("bands-2", 5, 0.25)
    after = {row.file_id: (row.location, row.label) for row in Store(lib).recordings()}
    assert before.items() <= after.items()
    fresh = lib.parent / "fresh"
    index(fresh, [audio], encoder=other, hop_s=0.25)
    assert contents(lib) == contents(fresh)
    assert Store(lib).clear_orphans() == 0
    assert {path.name for path in lib.iterdir()} >= {"recordings-1.lance", "windows-1.lance", "library.json"}
    assert not {path.name for path in lib.iterdir()} & {"recordings.lance", "windows.lance", NEXT_HEADER_NAME}

    # Whoever had the library open is told, and nothing is compared that cannot be.
    with pytest.raises(EncoderMismatchError, match="--encoder PATH"):
        reader.search(audio / "x" / "0.wav")
    assert open_library(lib, encoder=other).search(audio / "copy.wav", k=1).hits[0].distance == 0
    # And on to the next, or back.
    assert index(lib, [], encoder=encoder, hop_s=1.0, reembed=True).num_reembedded == 5
    assert read_header(lib).generation == 2
    assert index(lib, [audio], encoder=encoder, reembed=True).num_reembedded == 0


def test_files_that_are_away_hold_the_switch_back(
    audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder, other: BandEncoder
) -> None:
    here, disk = write_sound(audio / "a.wav", 1), write_sound(tmp_path / "disk" / "b.wav", 2).parent
    gone = write_sound(audio / "gone.wav", 3)
    index(lib, [audio, disk], encoder=encoder)
    away = disk.rename(tmp_path / "away")
    gone.unlink()
    before = contents(lib)
    for prune, told in ((False, "2 files cannot"), (True, "1 files cannot")):
        with pytest.raises(LibraryError, match=rf"keeps its encoder 'bands': {told}.*offline \('.*disk'\)"):
            index(lib, [], encoder=other, reembed=True, prune=prune)
    assert contents(lib) == before
    assert open_library(lib, encoder=encoder).search(here, k=3).hits
    # The library goes on living meanwhile.
    write_sound(audio / "new.wav", 4)
    index(lib, [audio], encoder=encoder)
    num_embedded = other.num_embedded
    assert num_embedded > 0
    away.rename(disk)
    report = index(lib, [], encoder=other, reembed=True, prune=True)
    assert report.num_reembedded == 2
    rows = {row.path: row for row in Store(lib).recordings()}
    assert rows.keys() == {"a.wav", "b.wav", "new.wav"}
    assert other.num_embedded - num_embedded == rows["b.wav"].num_windows + rows["new.wav"].num_windows


def test_what_changes_meanwhile_is_carried_along(
    audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder, other: BandEncoder
) -> None:
    for seed in range(4):
        write_sound(audio / f"{seed}.wav", seed)
    blocker = write_sound(tmp_path / "disk" / "b.wav", 8).parent
    index(lib, [audio, blocker], encoder=encoder)
    shutil.move(blocker, tmp_path / "away")
    with pytest.raises(LibraryError, match="1 files cannot"):
        index(lib, [], encoder=other, reembed=True)
    # Of the four that are done: one stays, one moves, one goes, one becomes another sound.
    (audio / "sub").mkdir()
    (audio / "1.wav").rename(audio / "sub" / "1.wav")
    (audio / "2.wav").unlink()
    write_sound(audio / "3.wav", 7)
    index(lib, [audio], encoder=encoder, prune=True)
    shutil.move(tmp_path / "away", blocker)
    assert index(lib, [audio], encoder=other, reembed=True).num_reembedded == 2
    fresh = lib.parent / "fresh"
    index(fresh, [audio, blocker], encoder=other)
    assert contents(lib) == contents(fresh)


def test_file_that_changed_unseen_is_indexed_anew(
    audio: Path, lib: Path, encoder: BandEncoder, other: BandEncoder
) -> None:
    path = write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    os.utime(write_sound(path, 5), ns=(1, 10**15))
    assert index(lib, [], encoder=other, reembed=True).num_reembedded == 0
    (skipped,) = open_library(lib, encoder=other).status()["skipped"]
    assert "index it again" in skipped["reason"]
    assert index(lib, [audio], encoder=other).recordings == {"updated": 1}
    assert open_library(lib, encoder=other).search(path).hits[0].distance == 0


def test_third_encoder_begins_anew(audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1)
    disk = write_sound(tmp_path / "disk" / "b.wav", 2).parent
    index(lib, [audio, disk], encoder=encoder)
    away = disk.rename(tmp_path / "away")
    with pytest.raises(LibraryError, match="1 files cannot"):
        index(lib, [], encoder=BandEncoder(fingerprint="bands-2", num_bands=5), reembed=True)
    away.rename(disk)
    third = BandEncoder(fingerprint="bands-3", num_bands=3)
    assert index(lib, [], encoder=third, reembed=True).num_reembedded == 2
    assert Store(lib).windows().embeddings.shape[1] == 3


def test_kill_9_in_the_middle(audio: Path, lib: Path, encoder: BandEncoder, other: BandEncoder) -> None:
    for seed in range(150):
        write_sound(audio / f"{seed:03}.wav", seed, duration_s=2.0)
    index(lib, [audio], encoder=encoder)
    before = contents(lib)
    search_path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(lib)],
        env={**os.environ, "PYTHONPATH": search_path},
        stdout=subprocess.PIPE,
        text=True,
    )
    end_s = time.monotonic() + 120
    while not (lib / NEXT_HEADER_NAME).exists() or not Store(lib, header_name=NEXT_HEADER_NAME).num_windows():
        assert time.monotonic() < end_s
        assert child.poll() is None
        time.sleep(0.02)
    child.kill()
    child.communicate()
    assert contents(lib) == before
    assert open_library(lib, encoder=encoder).search(audio / "000.wav", k=1).hits[0].is_query
    num_done = len(Store(lib, header_name=NEXT_HEADER_NAME).recordings())
    assert 0 < num_done < 150
    report = index(lib, [audio], encoder=other, reembed=True)
    assert report.num_reembedded == 150 - num_done
    assert report.recordings == {"unchanged": 150}
    fresh = lib.parent / "fresh"
    index(fresh, [audio], encoder=other)
    assert contents(lib) == contents(fresh)


def test_switch_that_is_cut_short_is_a_switch(
    audio: Path, lib: Path, encoder: BandEncoder, other: BandEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)

    def cut_short(store: object, name: str) -> None:
        if name == NEXT_HEADER_NAME and read_header(lib).generation == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("soundalike.store.storage.Folder.delete", cut_short)
        with pytest.raises(KeyboardInterrupt):
            index(lib, [audio], encoder=other, reembed=True)
    assert (lib / NEXT_HEADER_NAME).exists()
    assert open_library(lib, encoder=other).search(path).hits[0].distance == 0
    third = BandEncoder(fingerprint="bands-3", num_bands=3)
    assert index(lib, [], encoder=third, reembed=True).num_reembedded == 1
    np.testing.assert_equal(Store(lib).windows().embeddings.shape[1], 3)
    assert len([one for one in lib.iterdir() if one.suffix == ".lance"]) == 2


def test_damaged_windows_are_embedded_anew_by_the_same_encoder(audio: Path, lib: Path) -> None:
    write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder="spectral-averages")
    before = contents(lib)
    for path in (lib / "windows.lance" / "data").iterdir():
        path.write_bytes(b"garbage")
    with pytest.raises(LibraryError, match=r"soundalike index .* --reembed"):
        contents(lib)
    assert index(lib, [], reembed=True).num_reembedded == 1
    assert contents(lib) == before
