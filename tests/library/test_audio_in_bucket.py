"""Audio in a bucket: found, read, followed and copied as audio in a folder is."""

from __future__ import annotations

import io
import itertools
import shutil
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import soundfile
from band_encoder import BandEncoder, sound, write_sound

from cli.command_line import FAST, soundalike
from reference.audio_files import KINDS, write_kind
from soundalike.audio import load
from soundalike.errors import AudioError, AudioNotFoundError, UsageError
from soundalike.library import copy_clips, index, open_library
from soundalike.library.walk import walk
from soundalike.locations import ObjectPath, location_of, object_file
from soundalike.store import Store, read_header

_numbers = itertools.count()


class Objects:
    """Objects under a prefix, written with another client than the one under test."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.uri = f"{bucket}/{prefix}"
        self._bucket, self._prefix = bucket.removeprefix("s3://"), prefix
        self._client: Any = boto3.client("s3")

    def put(self, name: str, content: bytes) -> str:
        self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}/{name}", Body=content)
        return f"{self.uri}/{name}"

    def delete(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=f"{self._prefix}/{name}")

    def put_folder(self, folder: Path) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(path.relative_to(folder).as_posix(), path.read_bytes())


@pytest.fixture
def objects(s3: str) -> Objects:
    return Objects(s3, f"audio {next(_numbers)}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight recordings and a file that holds none, with names that are hard on URIs."""
    names = [
        "a.wav",
        "birds/ö wren.wav",
        "birds/100%.wav",
        "birds/%41#?&+.wav",
        "it's [x] *.wav",
        "z/y/x.wav",
    ]
    for seed, name in enumerate(names):
        write_sound(tmp_path / "audio" / name, seed)
    write_sound(tmp_path / "audio" / "silent.wav", 0).write_bytes(_wave(np.zeros(4000)))
    shutil.copy(tmp_path / "audio" / "a.wav", tmp_path / "audio" / "twin.wav")
    (tmp_path / "audio" / "broken.wav").write_bytes(b"RIFF no audio")
    (tmp_path / "audio" / "notes.txt").write_bytes(b"x")
    return tmp_path / "audio"


def _wave(samples: Any) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, 4000, format="WAV")
    return file.getvalue()


def test_a_bucket_gives_what_a_folder_gives(folder: Path, objects: Objects, tmp_path: Path) -> None:
    objects.put_folder(folder)
    objects.put("birds/", b"")  # what some programs write for a folder
    encoder = BandEncoder()
    near = index(tmp_path / "near", [folder], encoder=encoder)
    far = index(tmp_path / "far", [objects.uri], encoder=encoder)
    assert far.recordings == near.recordings == {"added": 7, "duplicate": 1, "skipped": 1}
    assert (far.ignored, far.num_silent, far.num_windows) == ({".txt": 1}, 1, near.num_windows)
    assert far.skipped[0].path == f"{objects.uri}/broken.wav"
    assert far.skipped[0].reason == near.skipped[0].reason
    one, other = Store(tmp_path / "near"), Store(tmp_path / "far")
    np.testing.assert_array_equal(other.windows().embeddings, one.windows().embeddings)
    told = [
        [(row.path, row.label, row.duration_s, row.reason) for row in s.recordings()] for s in (one, other)
    ]
    assert sorted(told[1]) == [
        (path, label if "/" in path else objects.uri.rpartition("/")[2], *rest)
        for path, label, *rest in sorted(told[0])
    ]
    assert list(read_header(tmp_path / "far").roots.values()) == [objects.uri]

    again = index(tmp_path / "far", [f"{objects.uri}/"], encoder=encoder)
    assert again.recordings == {"unchanged": 8, "skipped": 1}
    assert again.audio_s == 0


def test_what_becomes_of_objects(objects: Objects, tmp_path: Path) -> None:
    encoder = BandEncoder()
    lib = tmp_path / "lib"
    for seed in range(5):
        objects.put(f"{seed}.wav", _wave(sound(seed)))
    assert index(lib, [objects.uri], encoder=encoder).recordings == {"added": 5}
    objects.delete("0.wav")
    objects.put("sub/moved.wav", _wave(sound(0)))
    objects.put("1.wav", _wave(sound(7)))
    objects.delete("2.wav")
    report = index(lib, [objects.uri], encoder=encoder)
    assert report.recordings == {"moved": 1, "updated": 1, "unchanged": 2}
    assert report.missing == [f"{objects.uri}/2.wav"]
    library = open_library(lib, encoder=encoder)
    status = library.status()
    assert status["missing"] == [f"{objects.uri}/2.wav"]
    assert status["roots"][0]["online"] is True
    assert library.search(f"{objects.uri}/1.wav", k=1).hits[0].path == f"{objects.uri}/1.wav"
    assert library.search("id:" + library.search(f"{objects.uri}/3.wav", k=1).hits[0].recording_id, k=1).hits
    where = f"path = '{objects.uri}/sub/moved.wav'"
    assert [hit.path for hit in library.search(f"{objects.uri}/3.wav", where=where).hits] == [
        f"{objects.uri}/sub/moved.wav"
    ]
    assert index(lib, [objects.uri], encoder=encoder, prune=True).missing == [f"{objects.uri}/2.wav"]
    assert library.status()["recordings"] == 4
    assert library.remove([f"{objects.uri}/sub"]) == [f"{objects.uri}/sub/moved.wav"]
    # One object by its name, in the root that is known.
    assert index(lib, [f"{objects.uri}/sub/moved.wav"], encoder=encoder).recordings == {"added": 1}
    assert list(read_header(lib).roots.values()) == [objects.uri]


def test_hits_are_copied_out_of_a_bucket(objects: Objects, tmp_path: Path) -> None:
    encoder = BandEncoder()
    objects.put("owl.wav", _wave(sound(3, duration_s=2.0)))
    index(tmp_path / "lib", [objects.uri], encoder=encoder)
    result = open_library(tmp_path / "lib", encoder=encoder).search(f"{objects.uri}/owl.wav@0.5-1.5", k=1)
    copied = copy_clips(result, tmp_path / "clips")
    assert [path.name[:7] for _, path in copied.clips] == ["001 owl"]
    assert soundfile.info(copied.clips[0][1]).duration == pytest.approx(0.5)
    objects.delete("owl.wav")
    assert "no file" in copy_clips(result, tmp_path / "clips").skipped[0].reason


def test_a_folder_moves_into_a_bucket(folder: Path, objects: Objects, tmp_path: Path) -> None:
    encoder = BandEncoder()
    index(tmp_path / "lib", [folder], encoder=encoder)
    objects.put_folder(folder)
    shutil.rmtree(folder)
    library = open_library(tmp_path / "lib", encoder=encoder)
    moved = library.relocate(folder, objects.uri)
    assert (moved.new, moved.num_files, moved.is_there) == (objects.uri, 9, True)
    assert library.status()["missing"] == []
    report = index(tmp_path / "lib", [objects.uri], encoder=encoder)
    assert report.recordings == {"unchanged": 8, "skipped": 1}
    assert report.audio_s == 0
    back = library.relocate(objects.uri, tmp_path / "back")
    assert (back.num_files, back.is_there) == (9, False)


def test_hidden_and_excluded_objects_stay_out(objects: Objects, tmp_path: Path) -> None:
    for name in ["a.wav", ".hidden.wav", ".trash/b.wav", "old/c.wav", "new/old/d.wav", "new/e_tmp.wav"]:
        objects.put(name, _wave(sound(1)))
    walked = walk([objects.uri], exclude=["old", "*_tmp.wav"])
    assert [found.path for found in walked.found] == ["a.wav"]
    assert walked.hidden == {".wav": 1}
    # A library beside the audio is no audio.
    lib = f"{objects.uri}/new"
    assert [one.path for one in walk([objects.uri], without=location_of(lib)).found] == ["a.wav", "old/c.wav"]


def test_nothing_there(objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no object at or under 's3://"):
        walk([objects.uri])
    with pytest.raises(UsageError, match="names no bucket"):
        walk(["s3:///x"])
    with pytest.raises(AudioNotFoundError, match="there is no file 's3://"):
        load(f"{objects.uri}/a.wav", sample_rate_hz=4000)
    with pytest.raises(
        AudioError, match=r"cannot list 's3://no-such-bucket/x': NoSuchBucket\. Check the bucket"
    ):
        walk(["s3://no-such-bucket/x"])
    for number in range(12):
        objects.put(f"{number}.wav", _wave(sound(number)))
    index(tmp_path / "lib", [objects.uri], encoder=BandEncoder())
    library = open_library(tmp_path / "lib", encoder=BandEncoder())
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("soundalike.locations.client.RETRY_S", 0.1)
    status = library.status()
    assert (status["roots"][0]["online"], status["missing"]) == (False, [])


@pytest.mark.parametrize("kind", ["wav-16", "mp3", "ogg-vorbis", "m4a-aac", "flac-16"])
def test_long_recordings_are_read_by_pieces(
    kind: str, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).normal(scale=0.1, size=10 * 44100).astype(np.float32)
    path = write_kind(tmp_path, KINDS[kind], noise)
    uri = objects.put(path.name, path.read_bytes())
    fetched: list[int] = []
    monkeypatch.setattr(object_file, "BLOCK_BYTES", 1 << 16)
    fetch = object_file.ObjectFile._fetched

    def counted(self: Any, start: int) -> bytes:
        fetched.append(start)
        return fetch(self, start)

    monkeypatch.setattr(object_file.ObjectFile, "_fetched", counted)
    near, far = load(path, sample_rate_hz=4000), load(uri, sample_rate_hz=4000)
    np.testing.assert_array_equal(near.waveform, far.waveform)
    assert near.warnings == far.warnings
    num_blocks = -(-path.stat().st_size // object_file.BLOCK_BYTES)
    assert len(fetched) <= num_blocks + 2, fetched


def test_an_object_replaced_while_it_is_read(objects: Objects) -> None:
    size = 3 * object_file.BLOCK_BYTES
    uri = objects.put("a.wav", b"a" * size)
    with ObjectPath(uri).open() as file:
        assert file.read(3) == b"aaa"
        objects.put("a.wav", b"b" * size)
        file.seek(size - 5)
        with pytest.raises(OSError, match="it was replaced while it was read"):
            file.read(3)


def test_the_command_line_takes_audio_from_a_bucket(objects: Objects, tmp_path: Path) -> None:
    for seed in range(3):
        objects.put(f"{seed}.wav", _wave(sound(seed)))
    uri = objects.uri
    done = soundalike("index", tmp_path / "lib", uri, *FAST, "--json")
    assert (done.exit_code, done.document["recordings"]["added"]) == (0, 3)
    found = soundalike("search", tmp_path / "lib", f"{uri}/1.wav", "-k", "1", "--json").document
    assert found["hits"][0]["path"] == f"{uri}/1.wav"
    listed = soundalike("search", tmp_path / "lib", f"{uri}/1.wav", "-k", "1", "--format", "m3u").stdout
    assert f"\n{uri}/1.wav\n" in listed
    copied = soundalike(
        "search", tmp_path / "lib", f"{uri}/1.wav", "-k", "1", "--copy-to", tmp_path / "clips"
    )
    assert copied.exit_code == 0
    assert len(list((tmp_path / "clips").iterdir())) == 1
    assert soundalike("remove", tmp_path / "lib", f"{uri}/1.wav", "--json").document["removed"] == [
        f"{uri}/1.wav"
    ]
    none = soundalike("index", tmp_path / "lib", "s3://library-tests/nothing-here")
    assert (none.exit_code, "no object at or under" in none.stderr) == (2, True)
