"""Sound as it is sent: by range, by time, in a form that browsers play; and nothing that is no recording."""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from serving import Server, problem, serving

from cli.command_line import FAST, soundalike
from reference.audio_files import KINDS, main_frequency_hz, tone, write_kind

PLAYED_AS_THEY_ARE = {"wav-16": "audio/wav", "flac-16": "audio/flac", "mp3": "audio/mpeg"}
MADE_PLAYABLE = ("wav-ulaw", "aiff-16", "caf-24", "m4a-aac", "mkv-flac-video", "ogg-vorbis")


@dataclass(frozen=True)
class Sounds:
    """A server of a library of many formats."""

    server: Server
    folder: Path
    ids: dict[str, str]

    def path(self, name: str) -> str:
        return f"/api/recordings/{self.ids[name]}/audio"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sounds]:
    folder = tmp_path_factory.mktemp("formats")
    (folder / "sounds").mkdir()
    for number, name in enumerate((*PLAYED_AS_THEY_ARE, *MADE_PLAYABLE)):
        kind = KINDS[name]
        left = tone(frequency_hz=400 + 50 * number, duration_s=3, sample_rate_hz=kind.sample_rate_hz)
        write_kind(folder / "sounds", kind, np.stack([left, left / 2], axis=1), name=name)
    for name in ("swapped", "changed", "touched", "gone", "pipe", "linked"):
        waveform = tone(frequency_hz=1000 + 10 * len(name) + ord(name[0]), duration_s=2)
        soundfile.write(folder / "sounds" / f"{name}.wav", waveform, 16000)
    assert soundalike("index", folder / "library", folder / "sounds", *FAST).exit_code == 0
    with serving(folder / "library") as server:
        found = server.document("/api/recordings")["recordings"]
        yield Sounds(
            server, folder / "sounds", {Path(one["path"]).stem: one["recording_id"] for one in found}
        )


@pytest.mark.parametrize("name", PLAYED_AS_THEY_ARE)
def test_what_browsers_play_is_sent_as_it_is(many: Sounds, name: str) -> None:
    content = next(many.folder.glob(f"{name}.*")).read_bytes()
    answer = many.server.get(many.path(name))
    assert (answer.status_code, answer.headers["content-type"]) == (200, PLAYED_AS_THEY_ARE[name])
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.content == content


@pytest.mark.parametrize("name", MADE_PLAYABLE)
def test_what_they_do_not_play_becomes_a_wave_file(many: Sounds, name: str) -> None:
    answer = many.server.get(many.path(name))
    assert answer.headers["content-type"] == "audio/wav"
    samples, rate_hz = soundfile.read(io.BytesIO(answer.content), dtype="float32")
    assert samples.shape[1] == 2
    assert len(samples) / rate_hz == pytest.approx(3, abs=0.2)
    number = [*PLAYED_AS_THEY_ARE, *MADE_PLAYABLE].index(name)
    middle = samples[len(samples) // 3 : -len(samples) // 3]
    assert main_frequency_hz(middle[:, 0], rate_hz) == pytest.approx(400 + 50 * number, abs=5)
    assert np.abs(middle[:, 0]).max() == pytest.approx(2 * np.abs(middle[:, 1]).max(), rel=0.1)


@pytest.mark.parametrize("name", ["wav-16", "m4a-aac", "aiff-16"])
def test_any_range_is_that_part_of_the_whole(many: Sounds, name: str) -> None:
    path = many.path(name)
    whole = many.server.get(path).content
    last = len(whole) - 1
    for asked, first, end in (
        *(
            ("bytes=0-0", 0, 1),
            ("bytes=0-43", 0, 44),
            ("bytes=10-100001", 10, 100002),
            (f"bytes={last}-", last, None),
        ),
        *(("bytes=-1000", -1000, None), (f"bytes=-{10 * len(whole)}", 0, None), ("bytes=44-", 44, None)),
        *(("bytes=33333-99998", 33333, 99999), (f"bytes=5-{10 * len(whole)}", 5, None)),
    ):
        answer = many.server.client.get(path, headers={"Range": asked})
        part = whole[first:end]
        assert answer.status_code == 206
        begin = first if first >= 0 else len(whole) + first
        assert answer.headers["content-range"] == f"bytes {begin}-{begin + len(part) - 1}/{len(whole)}"
        assert answer.headers["content-length"] == str(len(part))
        assert answer.content == part, asked


def test_ranges_that_are_none(many: Sounds) -> None:
    path = many.path("wav-16")
    whole = many.server.get(path)
    for asked in (f"bytes={len(whole.content)}-", "bytes=-0", "bytes=99999999999-"):
        answer = many.server.client.get(path, headers={"Range": asked})
        problem(answer, 416)
        assert answer.headers["content-range"] == f"bytes */{len(whole.content)}"
    for asked in ("bytes=5-2", "lines=0-3", "bytes=", "bytes=-", "bytes=0-1,5-6", "bytes=a-b", "bytes=٣-٤"):
        answer = many.server.client.get(path, headers={b"Range": asked.encode()})
        assert (answer.status_code, answer.content) == (200, whole.content), asked
    tag = whole.headers["etag"]
    for condition, status in ((tag, 206), ('"another"', 200)):
        headers = {"Range": "bytes=0-9", "If-Range": condition}
        assert many.server.client.get(path, headers=headers).status_code == status


def test_a_part_by_time_is_that_part(many: Sounds) -> None:
    samples, rate_hz = soundfile.read(many.folder / "flac-16.flac", dtype="int16")
    for start_s, end_s in ((0.5, 1.25), (None, 1.0), (2.0, None), (2.5, 99.0), (0.0, 0.001)):
        times = {name: at for name, at in (("start_s", start_s), ("end_s", end_s)) if at is not None}
        answer = many.server.get(many.path("flac-16"), **times)
        part, part_hz = soundfile.read(io.BytesIO(answer.content), dtype="int16")
        wanted = samples[round((start_s or 0) * rate_hz) : round(min(end_s or 3, 3) * rate_hz)]
        assert part_hz == rate_hz
        np.testing.assert_allclose(part.reshape(-1, 2), wanted, atol=1)
    assert len(many.server.get(many.path("flac-16"), start_s=99).content) == 44
    problem(many.server.get(many.path("flac-16"), start_s=2, end_s=1), 422)
    problem(many.server.get(many.path("flac-16"), start_s=-1), 422)
    problem(many.server.get(many.path("flac-16"), end_s="nan"), 422)


def test_nothing_but_recordings_is_sent(many: Sounds, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    recording = many.folder / "swapped.wav"
    soundfile.write(secret, tone(frequency_hz=77, duration_s=2), 16000)
    # As alike as an attacker can make it.
    stat = recording.stat()
    assert secret.stat().st_size == stat.st_size
    os.utime(secret, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    recording.unlink()
    recording.symlink_to(secret)
    for path in ("audio", "audio?start_s=1", "spectrogram", "waveform"):
        answer = many.server.get(f"/api/recordings/{many.ids['swapped']}/{path}")
        problem(answer, 409, "changed")
    for name in ("../swapped.wav", "..%2f..%2fetc%2fpasswd", str(secret), "%00"):
        answer = many.server.get(f"/api/recordings/{name}/audio")
        assert answer.status_code == 404 or answer.headers["content-type"].startswith("text/html")


def test_a_link_to_the_recording_itself_is_fine(many: Sounds, tmp_path: Path) -> None:
    recording = many.folder / "linked.wav"
    content = recording.read_bytes()
    moved = Path(shutil.copy2(recording, tmp_path))
    recording.unlink()
    recording.symlink_to(moved)
    assert many.server.get(many.path("linked")).content == content


def test_files_that_changed_since(many: Sounds) -> None:
    changed = many.folder / "changed.wav"
    soundfile.write(changed, tone(frequency_hz=99, duration_s=2), 16000)
    problem(many.server.get(many.path("changed")), 409, "changed since it was indexed", "soundalike index")
    touched = many.folder / "touched.wav"
    os.utime(touched, ns=(1, 1))
    assert many.server.get(many.path("touched")).content == touched.read_bytes()
    (many.folder / "gone.wav").unlink()
    problem(many.server.get(many.path("gone")), 404, "gone.wav")
    (many.folder / "pipe.wav").unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(many.folder / "pipe.wav")
        began_s = time.monotonic()
        problem(many.server.get(many.path("pipe")), 422)
        assert time.monotonic() - began_s < 30


def test_pictures_side_by_side_fit(many: Sounds) -> None:
    from PIL import Image

    path = f"/api/recordings/{many.ids['flac-16']}/spectrogram"

    def shown(start_s: float, end_s: float) -> np.ndarray:
        width = round((end_s - start_s) * 50)
        answer = many.server.get(path, start_s=start_s, end_s=end_s, width=width, height=64)
        return np.asarray(Image.open(io.BytesIO(answer.content)), dtype=np.int16)

    whole = shown(0, 3)
    parts = np.concatenate([shown(0, 1), shown(1, 2), shown(2, 3)], axis=1)
    # At the seams, frames see a little less of what follows.
    assert np.mean(np.abs(whole - parts) > 16) < 0.05
    assert whole.argmax(axis=0).min() >= 64 // 2
