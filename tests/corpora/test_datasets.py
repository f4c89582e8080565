"""Public data sets from a server on this machine: tiny archives with the layouts of the real ones."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from cli.command_line import refused, soundalike
from corpora.wav_bytes import tone
from soundalike.corpora.download import download
from soundalike.corpora.fetch import fetch, manifest_of
from soundalike.corpora.sets import DATA_SETS, Remote, archives_of, data_set
from soundalike.corpora.unpack import unpack
from soundalike.data import load_clips, read_data
from soundalike.errors import CorpusError, DataError, UsageError


def esc50_files() -> dict[str, bytes]:
    table = (
        "filename,fold,target,category,esc10,src_file,take\n"
        "1-100032-A-0.wav,1,0,dog,True,100032,A\n"
        "1-100038-A-14.wav,1,14,chirping_birds,False,100038,A\n"
        "2-1-A-1.wav,2,1,rooster,True,1,A\n"
    )
    names = ("1-100032-A-0", "1-100038-A-14", "2-1-A-1")
    return {
        "ESC-50-master/meta/esc50.csv": table.encode(),
        **{f"ESC-50-master/audio/{name}.wav": tone() for name in names},
        "ESC-50-master/README.md": b"text",
    }


def urbansound8k_files() -> dict[str, bytes]:
    # An extra column, stereo 24-bit at 96 kHz, a slice without a sample, a space in a name, and a missing file.
    table = (
        "slice_file_name,fsID,start,end,salience,fold,classID,class,checked by\r\n"
        "100032-3-0-0.wav,100032,0.0,0.317551,1,5,3,dog_bark,ada\r\n"
        "36429-2-0-6.wav,36429,3.0,3.0,1,1,2,children_playing,\r\n"
        "19007-4-0 0.wav,19007,0,4,1,2,4,drilling,\r\n"
        "gone.wav,7,0,4,1,2,4,drilling,\r\n"
    )
    return {
        "UrbanSound8K/metadata/UrbanSound8K.csv": table.encode(),
        "UrbanSound8K/audio/fold5/100032-3-0-0.wav": tone(rate_hz=96_000, channels=2, subtype="PCM_24"),
        "UrbanSound8K/audio/fold1/36429-2-0-6.wav": tone(samples=0),
        "UrbanSound8K/audio/fold2/19007-4-0 0.wav": tone(),
        "UrbanSound8K/audio/fold1/.DS_Store": b"\x00",
    }


def fsd50k_files() -> dict[str, bytes]:
    table = b'fname,labels,mids,split\n64760,"Bark,Dog,Animal",/m/a,train\n16399,"Meow,Cat,Animal",/m/b,val\n'
    return {
        "FSD50K.ground_truth/dev.csv": table,
        "FSD50K.dev_audio/64760.wav": tone(),
        "FSD50K.dev_audio/16399.wav": tone(rate_hz=48_000, channels=2),
    }


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def split_zip(files: dict[str, bytes], *, num_parts: int) -> list[bytes]:
    """A ZIP in several parts, as `zip -s` writes it: places in the directory count from the part that holds them."""
    whole = b"PK\x07\x08" + zipped(files)
    end = whole.rfind(b"PK\x05\x06")
    size, first = struct.unpack_from("<II", whole, end + 12)
    first += 4
    step = -(-first // num_parts)  # the directory lies in the last part, with the end of the files
    cuts = [step * number for number in range(num_parts)]
    head, tail = whole[:first], bytearray(whole[first:])
    place = 0
    while tail[place : place + 4] == b"PK\x01\x02":
        (offset,) = struct.unpack_from("<I", tail, place + 42)
        part = max(number for number, cut in enumerate(cuts) if cut <= offset + 4)
        struct.pack_into("<H", tail, place + 34, part)
        struct.pack_into("<I", tail, place + 42, offset + 4 - cuts[part])
        name, extra, comment = struct.unpack_from("<HHH", tail, place + 28)
        place += 46 + name + extra + comment
    last = num_parts - 1
    struct.pack_into("<HH", tail, place + 4, last, last)
    struct.pack_into("<II", tail, place + 12, size, first - cuts[last])
    return [*(head[cut : cut + step] for cut in cuts[:last]), head[cuts[last] :] + bytes(tail)]


@dataclass
class Shelf:
    """A server of files: what it serves, and how often it fails first."""

    files: dict[str, bytes] = field(default_factory=dict)
    breaks: dict[str, int] = field(default_factory=dict)
    refuses: dict[str, tuple[int, int]] = field(default_factory=dict)
    knows_ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    sounds: dict[int, dict[str, object]] = field(default_factory=dict)
    address: str = ""

    def count(self, name: str) -> int:
        return Counter(one for one, _ in self.asked)[name]


@contextmanager
def serving(shelf: Shelf) -> Iterator[Shelf]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, asked = self.path.lstrip("/").partition("?")[0], self.headers.get("Range", "")
            shelf.asked.append((name, asked))
            code, left = shelf.refuses.get(name, (0, 0))
            if left:
                shelf.refuses[name] = code, left - 1
                self.send_error(code)
            elif name == "search/text/":
                self._search()
            elif name not in shelf.files:
                self.send_error(404)
            else:
                self._send(name, asked)

        def _send(self, name: str, asked: str) -> None:
            data = shelf.files[name]
            first = int(asked[6:-1]) if asked and shelf.knows_ranges else 0
            if first and first >= len(data):
                self.send_error(416)
                return
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", str(len(data) - first))
            self.end_headers()
            if shelf.breaks.get(name, 0):
                shelf.breaks[name] -= 1
                self.wfile.write(data[first : first + (len(data) - first) // 2])
                return
            self.wfile.write(data[first:])

        def _search(self) -> None:
            if self.headers.get("Authorization") != "Token secret":
                self.send_error(401)
                return
            wanted = parse_qs(urlsplit(self.path).query)["filter"][0]
            ids = [int(one) for one in wanted.removeprefix("id:(").rstrip(")").split(" OR ")]
            found = [{"id": one, **shelf.sounds[one]} for one in ids if one in shelf.sounds]
            body = json.dumps({"count": len(found), "next": None, "results": found}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shelf.address = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()


def remote(shelf: Shelf, name: str) -> Remote:
    return Remote(filename=name, url=f"{shelf.address}/{name}", md5=md5(shelf.files[name]).hexdigest())


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_download_that_breaks_off_goes_on(tmp_path: Path, knows_ranges: bool) -> None:
    data = np.random.default_rng(0).bytes(300_000)
    with serving(Shelf({"a.zip": data}, breaks={"a.zip": 2}, knows_ranges=knows_ranges)) as shelf:
        path = download(remote(shelf, "a.zip"), tmp_path / "a.zip", wait_s=0.0)
        assert path.read_bytes() == data
        assert [asked for _, asked in shelf.asked][:2] == ["", "bytes=150000-"]
        assert list(tmp_path.iterdir()) == [path]


def test_another_run_goes_on_where_one_was_stopped(tmp_path: Path) -> None:
    data = np.random.default_rng(0).bytes(1000)
    (tmp_path / "a.zip.part").write_bytes(data[:600])
    (tmp_path / "b.zip.part").write_bytes(data)
    with serving(Shelf({"a.zip": data, "b.zip": data})) as shelf:
        assert download(remote(shelf, "a.zip"), tmp_path / "a.zip").read_bytes() == data
        assert download(remote(shelf, "b.zip"), tmp_path / "b.zip").read_bytes() == data
        assert shelf.asked == [("a.zip", "bytes=600-"), ("b.zip", "bytes=1000-")]


def test_a_busy_server_is_asked_again_and_a_refusal_is_told(tmp_path: Path) -> None:
    with serving(
        Shelf({"a": b"x", "b": b"x"}, refuses={"a": (503, 2), "b": (403, 9), "c": (429, 99)})
    ) as shelf:
        assert download(remote(shelf, "a"), tmp_path / "a", wait_s=0.0).read_bytes() == b"x"
        with pytest.raises(CorpusError, match="HTTP 403"):
            download(remote(shelf, "b"), tmp_path / "b", wait_s=0.0)
        assert shelf.count("b") == 1
        shelf.files["c"] = b"x"
        with pytest.raises(CorpusError, match="after 5 tries"):
            download(remote(shelf, "c"), tmp_path / "c", wait_s=0.0)


def test_other_bytes_than_published_are_refused(tmp_path: Path) -> None:
    with serving(Shelf({"a": b"x"})) as shelf:
        other = replace(remote(shelf, "a"), md5="0" * 32)
        with pytest.raises(CorpusError, match=r"MD5 checksum .*, not 0{32}.*--any-checksum"):
            download(other, tmp_path / "a")
        assert list(tmp_path.iterdir()) == []
        assert download(other, tmp_path / "a", check=False).read_bytes() == b"x"


@pytest.mark.parametrize("num_parts", [2, 3, 5])
def test_a_zip_in_parts(tmp_path: Path, num_parts: int) -> None:
    generator = np.random.default_rng(0)
    files = {f"folder/{number}.wav": generator.bytes(5000 + number) for number in range(9)}
    paths = []
    for number, part in enumerate(split_zip(files, num_parts=num_parts)):
        paths.append(tmp_path / f"{number}.part")
        paths[-1].write_bytes(part)
    unpack(paths, tmp_path / "out")
    found = {
        path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*.wav")
    }
    assert {name: path.read_bytes() for name, path in found.items()} == files


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "C:/outside"])
@pytest.mark.parametrize(("kind", "pack"), [("zip", zipped), ("tar.gz", tarred)])
def test_nothing_is_written_outside(tmp_path: Path, name: str, kind: str, pack: object) -> None:
    path = tmp_path / f"bad.{kind}"
    path.write_bytes(pack({name: b"x"}))  # type: ignore[operator]
    with pytest.raises(CorpusError, match="would be written outside"):
        unpack([path], tmp_path / "out")


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_damaged_archives(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"bad.{kind}").write_bytes(b"no archive" * 99)
    with pytest.raises(CorpusError, match="is damaged"):
        unpack([tmp_path / f"bad.{kind}"], tmp_path / "out")


def test_every_data_set_says_where_its_archives_are() -> None:
    for one in DATA_SETS:
        for parts in archives_of(one):
            assert all(len(part.md5) == 32 and part.url.startswith("https://") for part in parts)
            assert not parts[-1].filename.endswith(tuple(f".z0{number}" for number in range(9)))
    parts = max(archives_of(data_set("fsd50k")), key=len)
    assert [part.filename[-3:] for part in parts] == ["z01", "z02", "z03", "z04", "z05", "zip"]
    with pytest.raises(UsageError, match=r"no data set 'esc'.*esc50, esc10.*freesound"):
        data_set("esc")


def test_esc50_and_its_part(tmp_path: Path) -> None:
    with serving(
        Shelf({"ESC-50-master.zip": zipped(esc50_files())}, breaks={"ESC-50-master.zip": 1})
    ) as shelf:
        arguments = ("datasets", "fetch", "esc50", "--out", tmp_path, "--mirror", shelf.address)
        refused(soundalike(*arguments), "MD5 checksum", "--any-checksum", exit_code=1)
        done = soundalike(*arguments, "--any-checksum", "--json")
        assert done.exit_code == 0, done.stderr
        assert done.document == {
            "name": "esc50",
            "folder": str(tmp_path),
            "clips": 3,
            "downloaded": ["ESC-50-master.zip"],
            "missing": [],
        }
        shelf.asked.clear()
        again = soundalike("datasets", "fetch", "esc10", "--out", tmp_path, "--mirror", shelf.address)
        assert "esc10, 2 clips" in again.stdout
        assert "nothing, it was there" in again.stdout
        assert shelf.asked == []
    written = soundalike(
        "datasets", "manifest", "esc10", "--from", tmp_path, "--out", tmp_path / "10.csv", "--json"
    )
    assert written.document["labels"] == ["dog", "rooster"]
    clips = read_data(tmp_path / "10.csv").clips
    assert [(clip.fold, clip.recording, clip.path.is_file()) for clip in clips] == [
        (1, "100032", True),
        (2, "1", True),
    ]
    assert not list((tmp_path / "archives").glob("*.zip"))


def test_urbansound8k_with_its_quirks(tmp_path: Path) -> None:
    with serving(Shelf({"UrbanSound8K.tar.gz": tarred(urbansound8k_files())})) as shelf:
        report = fetch(data_set("urbansound8k"), tmp_path, mirror=shelf.address, check=False)
        assert report.num_clips == 4
        assert [Path(one.path).name for one in report.missing] == ["gone.wav"]
        # It is missing in the archive too: it is not fetched over and over.
        fetch(data_set("urbansound8k"), tmp_path, mirror=shelf.address, check=False)
        assert len(shelf.asked) == 1
    manifest = manifest_of(data_set("urbansound8k"), tmp_path)
    assert manifest.clips[0].extra["checked by"] == "ada"
    audio = load_clips(manifest, sample_rate_hz=16_000, window_s=2.0)
    assert [clip.label for clip in audio.clips] == ["dog_bark", "drilling"]
    assert {Path(one.path).name for one in audio.skipped} == {"36429-2-0-6.wav", "gone.wav"}


def test_fsd50k_in_parts(tmp_path: Path) -> None:
    files = fsd50k_files()
    audio = {name: data for name, data in files.items() if "audio" in name}
    first, second, last = split_zip(audio, num_parts=3)
    names = [[part.filename for part in parts] for parts in archives_of(data_set("fsd50k"))]
    shelf = Shelf({name: zipped({f"{name}.txt": b"x"}) for parts in names for name in parts})
    # The real one has six parts; the middle ones are empty here.
    shelf.files |= {"FSD50K.dev_audio.z01": first, "FSD50K.dev_audio.z02": second}
    shelf.files |= {f"FSD50K.dev_audio.z0{number}": b"" for number in (3, 4, 5)}
    shelf.files["FSD50K.dev_audio.zip"] = last.replace(
        b"PK\x05\x06\x02\x00\x02\x00", b"PK\x05\x06\x05\x00\x05\x00"
    )
    shelf.files["FSD50K.ground_truth.zip"] = zipped(
        {name: data for name, data in files.items() if "truth" in name}
    )
    shelf.files["FSD50K.eval_audio.z01"] = b""
    eval_zip = bytearray(zipped({"FSD50K.eval_audio/readme": b"x"}))
    place = eval_zip.rfind(b"PK\x05\x06")
    struct.pack_into("<HH", eval_zip, place + 4, 1, 1)
    struct.pack_into("<H", eval_zip, eval_zip.rfind(b"PK\x01\x02") + 34, 1)
    shelf.files["FSD50K.eval_audio.zip"] = bytes(eval_zip)
    with serving(shelf):
        report = fetch(data_set("fsd50k"), tmp_path, mirror=shelf.address, check=False)
    assert (report.num_clips, report.missing) == (2, ())
    dog, cat = manifest_of(data_set("fsd50k"), tmp_path / "FSD50K").clips
    assert dog.all_labels == ("Bark", "Dog", "Animal")
    assert cat.path.read_bytes() == files["FSD50K.dev_audio/16399.wav"]
    outcome = soundalike("evaluate", "spectral-averages", "--gallery", tmp_path / "FSD50K", "--json")
    # The bark and the meow share a label, "Animal".
    assert outcome.document["num_unanswerable"] == 0
    assert outcome.document["per_label"]["Animal"]["num_queries"] == 2


@pytest.mark.parametrize(("name", "scene", "year"), [("tut2016", "home", 2016), ("tut2017", "street", 2017)])
def test_tut_events_are_cut_out_of_long_recordings(tmp_path: Path, name: str, scene: str, year: int) -> None:
    def archive(part: str) -> dict[str, bytes]:
        root, start = (
            f"TUT-sound-events-{year}-{part}",
            "" if part == "evaluation" else f"audio/{scene}/b1.wav\t{scene}\t",
        )
        return {
            f"{root}/meta/{scene}/b1.ann": f"{start}0.5\t1.25\tdishes\r\n{start}1.0\t1.0\tdrawer\r\n".encode(),
            f"{root}/audio/{scene}/b1.wav": tone(channels=2, subtype="PCM_24", samples=88_200),
        }

    files = {}
    for parts in archives_of(data_set(name)):
        (filename,) = [part.filename for part in parts]
        whole = archive("evaluation" if "evaluation" in filename else "development")
        kind = filename.split(".")[1]
        files[filename] = zipped(
            {path: data for path, data in whole.items() if f"/{kind}/" in path} or {"x": b"x"}
        )
    with serving(Shelf(files)) as shelf:
        report = fetch(data_set(name), tmp_path, mirror=shelf.address, check=False)
    assert (report.num_clips, report.missing) == (2, ())
    manifest = manifest_of(data_set(name), tmp_path)
    assert {clip.dataset for clip in manifest.clips} == {name}
    assert [(clip.label, clip.start_s, clip.end_s) for clip in manifest.clips] == [("dishes", 0.5, 1.25)] * 2
    assert len({clip.recording for clip in manifest.clips}) == 2
    audio = load_clips(manifest, sample_rate_hz=16_000, window_s=2.0)
    assert (np.abs(audio.waveforms) > 1e-4).sum(axis=1).tolist() == pytest.approx([12_000, 12_000], abs=400)


def test_freesound_pack(tmp_path: Path) -> None:
    ids = tmp_path / "ids.csv"
    ids.write_text("id,label,note\n11,rain,wet\n22,rain,\n33,wind,\n", encoding="utf-8")
    with serving(Shelf({"11.ogg": tone(), "22.ogg": tone()}, refuses={"22.ogg": (503, 1)})) as shelf:
        for number in (11, 22):
            shelf.sounds[number] = {
                "name": f"sound {number}",
                "username": "ada",
                "license": "http://creativecommons.org/publicdomain/zero/1.0/",
                "duration": 0.5,
                "url": f"https://freesound.org/s/{number}/",
                "previews": {"preview-hq-ogg": f"{shelf.address}/{number}.ogg"},
            }
        arguments = ("datasets", "fetch", "freesound", "--ids", ids, "--out", tmp_path / "pack")
        arguments += ("--mirror", shelf.address)
        refused(
            soundalike(*arguments, environment={"FREESOUND_API_KEY": ""}), "FREESOUND_API_KEY", exit_code=2
        )
        wrong = soundalike(*arguments, environment={"FREESOUND_API_KEY": "x"})
        refused(wrong, "does not accept the API key", exit_code=2)
        done = soundalike(*arguments, "--json", environment={"FREESOUND_API_KEY": "secret"})
        assert done.exit_code == 3, done.stderr
        assert [one["path"] for one in done.document["missing"]] == ["33"]
        soundalike(*arguments, environment={"FREESOUND_API_KEY": "secret"})
        assert (shelf.count("11.ogg"), shelf.count("22.ogg")) == (1, 2)
    clips = read_data(tmp_path / "pack").clips
    assert [(clip.label, clip.recording, clip.extra["note"]) for clip in clips] == [
        ("rain", "11", "wet"),
        ("rain", "22", ""),
    ]
    assert clips[0].extra["uploader"] == "ada"


def test_list_and_requests_that_cannot_be(tmp_path: Path) -> None:
    names = [row["name"] for row in soundalike("datasets", "--json").document]
    assert names == ["esc50", "esc10", "urbansound8k", "tut2016", "tut2017", "fsd50k", "freesound"]
    assert "CC BY-NC" in soundalike("datasets", "list").stdout
    refused(
        soundalike("datasets", "fetch", "nothing", "--out", tmp_path), "no data set 'nothing'", exit_code=2
    )
    refused(soundalike("datasets", "fetch", "esc50"), "datasets fetch NAME --out PATH", exit_code=2)
    refused(soundalike("datasets", "manifest", "esc50", "--out", tmp_path / "m.csv"), "--from", exit_code=2)
    with pytest.raises(DataError, match="there is no esc50 in"):
        manifest_of(data_set("esc50"), tmp_path)
