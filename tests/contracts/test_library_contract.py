"""What a library does at every place where it may lie: the same things, with the same results."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from library.band_encoder import BandEncoder, write_sound
from soundalike.errors import LibraryError, LibraryNotFoundError, UsageError
from soundalike.library import index, open_library
from soundalike.store import HEADER_NAME, Folder, Store, only_writer, storage_at


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    for seed in range(6):
        write_sound(tmp_path / "audio" / f"{seed}.wav", seed)
    return tmp_path / "audio"


def test_life_of_a_library(place: str, audio: Path, tmp_path: Path) -> None:
    encoder = BandEncoder()
    with pytest.raises(LibraryNotFoundError, match="there is no library at"):
        open_library(place)
    assert index(place, [audio], encoder=encoder).recordings == {"added": 6}
    assert index(place, [audio], encoder=encoder).recordings == {"unchanged": 6}
    library = open_library(place, encoder=encoder)
    hit = library.search(audio / "3.wav", k=1).hits[0]
    assert (hit.path, hit.distance) == (str(audio / "3.wav"), 0)

    # Freshly added windows are found before any optimize.
    new = write_sound(audio / "new.wav", 9)
    assert index(place, [audio], encoder=encoder).recordings == {"unchanged": 6, "added": 1}
    assert library.search(new, k=1).hits[0].path == str(new)
    status = library.status()
    assert (status["recordings"], status["missing"]) == (7, [])
    assert status["size_bytes"] > 0
    before = Store(place).windows()
    assert library.optimize()["size_bytes"]["after"] > 0
    np.testing.assert_array_equal(Store(place).windows().embeddings, before.embeddings)

    assert library.remove([audio / "1.wav"]) == [str(audio / "1.wav")]
    moved = audio.rename(tmp_path / "moved")
    library.relocate(audio, moved)
    assert library.search(f"id:{hit.recording_id}", k=1).hits[0].path == str(moved / "3.wav")
    (moved / "2.wav").unlink()
    assert index(place, [moved], encoder=encoder, prune=True).missing == [str(moved / "2.wav")]
    assert library.status()["recordings"] == 6
    assert Store(place).clear_orphans() == 0


def test_move_to_another_encoder(place: str, audio: Path) -> None:
    index(place, [audio], encoder=BandEncoder())
    other = BandEncoder(fingerprint="bands-2", num_bands=5)
    assert index(place, [], encoder=other, reembed=True).num_reembedded == 6
    assert open_library(place, encoder=other).search(audio / "0.wav", k=1).hits[0].distance == 0
    assert {name for name in storage_at(place).entries() if name.endswith(".lance")} == {
        "recordings-1.lance",
        "windows-1.lance",
    }


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("soundalike")]


def test_status_and_search_say_where_no_index_can_be(
    place: str, audio: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    index(place, [audio], encoder=BandEncoder())
    library = open_library(place, encoder=BandEncoder())
    assert "note" not in library.status()["index"]
    monkeypatch.setattr("soundalike.store.ann_upkeep.MIN_WINDOWS", 6)
    library.search(audio / "0.wav")
    said = [library.status()["index"].get("note", ""), *_warnings(caplog)]
    if isinstance(storage_at(place), Folder):
        assert said == [""]
    else:
        assert len(said) == 2
        assert all("a library in a bucket has no search index" in one for one in said)


def test_second_writer_is_told(place: str, audio: Path) -> None:
    index(place, [audio], encoder=BandEncoder())
    with only_writer(place):
        with pytest.raises(LibraryError, match="another process is writing"):
            index(place, [audio], encoder=BandEncoder())
        assert open_library(place, encoder=BandEncoder()).search(audio / "0.wav").hits
    assert index(place, [audio], encoder=BandEncoder()).recordings == {"unchanged": 6}


def test_place_of_other_things_does_not_become_a_library(place: str, audio: Path) -> None:
    storage = storage_at(place)
    storage.make()
    storage.write("notes.txt", b"mine")
    with pytest.raises(LibraryError, match=r"holds other things \('notes.txt'\)"):
        index(place, [audio], encoder=BandEncoder())
    assert storage.entries() == {"notes.txt"}


def test_leftovers_of_a_dead_creation_are_no_obstacle(place: str, audio: Path) -> None:
    index(place, [audio], encoder=BandEncoder())
    storage_at(place).delete(HEADER_NAME)
    assert index(place, [audio], encoder=BandEncoder()).recordings == {"added": 6}


def test_small_files(place: str) -> None:
    storage = storage_at(place)
    assert storage.entries() == set()
    storage.make()
    with pytest.raises(FileNotFoundError):
        storage.read("a.json")
    storage.write("a.json", b"1")
    storage.write("a.json", b"22")
    assert (storage.read("a.json"), storage.entries(), storage.size_bytes()) == (b"22", {"a.json"}, 2)
    storage.delete("a.json")
    storage.delete("a.json")
    assert storage.entries() == set()


def test_path_that_looks_like_a_uri_stays_one(
    bucket: str, audio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(audio)
    index(bucket, [audio], encoder=BandEncoder())
    assert str(Store(f"{bucket}/").storage) == bucket
    assert not [path for path in audio.iterdir() if path.is_dir()]
    for wrong in ("s3://", "s3://bucket", "s3://bucket/"):
        with pytest.raises(UsageError, match="s3://bucket/prefix"):
            open_library(wrong)
    with pytest.raises(UsageError, match="in a folder or at s3://"):
        open_library("gs://bucket/lib")


def test_bucket_that_is_not_there(bucket: str, audio: Path) -> None:
    with pytest.raises(LibraryNotFoundError):
        open_library("s3://no-such-bucket/lib")
    with pytest.raises(LibraryError, match="AWS_ENDPOINT_URL"):
        index("s3://no-such-bucket/lib", [audio], encoder=BandEncoder())
    shutil.rmtree(audio)
