"""Tags and times of recording, from files as programs and recorders write them."""

from __future__ import annotations

import io
import math
from datetime import datetime
from pathlib import Path

import av
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from reference.audio_files import tone
from reference.tagged_files import bext, chunk, info, wamd, write_tagged, write_wave
from soundalike.audio import Tags, clock_of_name, clock_of_text, open_audio
from soundalike.audio.source import View
from soundalike.audio.vorbis_comments import read_vorbis_comments

MOTH = b"Recorded at 12:34:56 01/02/2020 (UTC) by AudioMoth 24E144085F256BE2 at medium gain"
TAGS = {"title": "Tür im Wald", "artist": "Ada", "comment": "wet, windy 雨"}


def tags_of(source: Path | bytes) -> Tags:
    with open_audio(source, sample_rate_hz=8000) as stream:
        return stream.tags()


@pytest.mark.parametrize(
    ("suffix", "container", "codec"),
    [
        ("mp3", "mp3", "libmp3lame"),
        ("m4a", "ipod", "aac"),
        ("flac", "flac", "flac"),
        ("oga", "ogg", "flac"),
        ("opus", "ogg", "libopus"),
        ("mkv", "matroska", "flac"),
        ("wma", "asf", "wmav2"),
        ("wav", "wav", "pcm_s16le"),
    ],
)
def test_tags_that_ffmpeg_wrote(tmp_path: Path, suffix: str, container: str, codec: str) -> None:
    path = write_tagged(tmp_path / f"a.{suffix}", TAGS, container=container, codec=codec)
    assert tags_of(path) == Tags(**TAGS)
    assert tags_of(path.read_bytes()) == Tags(**TAGS)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "aiff", "rf64"])
def test_tags_that_libsndfile_wrote(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    with soundfile.SoundFile(path, "w", 8000, 1) as file:
        file.title, file.artist, file.comment = TAGS.values()
        file.write(tone(sample_rate_hz=8000))
    assert tags_of(path) == Tags(**TAGS)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "aiff", "w64", "caf", "au"])
def test_file_without_tags(tmp_path: Path, suffix: str) -> None:
    soundfile.write(tmp_path / f"a.{suffix}", tone(sample_rate_hz=8000), 8000)
    assert tags_of(tmp_path / f"a.{suffix}") == Tags()


def test_decomposed_text_is_composed_and_old_windows_text_is_read(tmp_path: Path) -> None:
    path = write_wave(tmp_path / "a.wav", before=info({"INAM": "é".encode(), "IART": "Tür".encode("cp1252")}))
    assert tags_of(path) == Tags(title="é", artist="Tür")


@pytest.mark.parametrize("kind", ["WAV", "RF64", "BW64"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_bext(tmp_path: Path, kind: str, place: str) -> None:
    path = write_wave(
        tmp_path / "a.wav", kind=kind, **{place: bext("2024-05-01", "05:30:07", description=b"dawn")}
    )
    assert tags_of(path) == Tags(comment="dawn", recorded_at=datetime(2024, 5, 1, 5, 30, 7))


def test_bext_that_ffmpeg_wrote(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    tags = {"origination_date": "2024-05-01", "origination_time": "05:30:07", "title": "dawn"}
    with av.open(str(path), "w", format="wav", options={"write_bext": "1"}) as output:
        output.metadata.update(tags)
        stream = output.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=8000)
        frame.sample_rate, frame.pts = 8000, 0
        output.mux(stream.encode(frame))
    assert tags_of(path) == Tags(title="dawn", recorded_at=datetime(2024, 5, 1, 5, 30, 7))


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("2024-13-01", "05:30:07"),
        ("0000-00-00", "00:00:00"),
        ("2024-02-30", "05:30:07"),
        ("2024-05-01", "25:00:00"),
        ("2024-05-01", ""),
        ("", "05:30:07"),
        ("yesterday", "at dawn"),
    ],
)
def test_bext_that_is_no_time(tmp_path: Path, date: str, time: str) -> None:
    assert tags_of(write_wave(tmp_path / "a.wav", before=bext(date, time))) == Tags()


@pytest.mark.parametrize("separators", ["-:", "::", "__", "..", "/-", "  "])
def test_separators_of_bext(tmp_path: Path, separators: str) -> None:
    date, time = separators[0].join(("2024", "05", "01")), separators[1].join(("05", "30", "07"))
    path = write_wave(tmp_path / "a.wav", before=bext(date, time))
    assert tags_of(path).recorded_at == datetime(2024, 5, 1, 5, 30, 7)


@pytest.mark.parametrize(
    "comment",
    [
        MOTH,
        MOTH.replace(b" (UTC)", b""),
        MOTH.replace(b"(UTC)", b"(UTC-3:30)"),
        MOTH.replace(b"56 ", b"56.250 "),
        MOTH.replace(b" by", b" during deployment 0123456789ABCDEF by"),
        MOTH.replace(b"AudioMoth", b"HydroMoth"),
    ],
)
def test_comment_of_an_audiomoth_keeps_the_clock_that_it_showed(tmp_path: Path, comment: bytes) -> None:
    path = write_wave(tmp_path / "a.wav", before=info({"ICMT": comment}))
    assert tags_of(path) == Tags(comment=comment.decode(), recorded_at=datetime(2020, 2, 1, 12, 34, 56))


@pytest.mark.parametrize(
    "comment", [MOTH.replace(b"01/02", b"01/13"), b"Recorded at 12:34:56 01/02/2020 by me", b"Recorded at"]
)
def test_comment_without_a_time(tmp_path: Path, comment: bytes) -> None:
    path = write_wave(tmp_path / "a.wav", before=info({"ICMT": comment}))
    assert tags_of(path) == Tags(comment=comment.decode())


def test_audiomoth_that_lost_power_and_one_that_became_flac(tmp_path: Path) -> None:
    expected = Tags(comment=MOTH.decode(), recorded_at=datetime(2020, 2, 1, 12, 34, 56))
    cut = write_wave(tmp_path / "a.wav", before=info({"ICMT": MOTH}), data_bytes=0)
    assert tags_of(cut) == expected
    flac = write_tagged(tmp_path / "a.flac", {"comment": MOTH.decode()}, container="flac", codec="flac")
    assert tags_of(flac) == expected


def test_chunks_of_song_meters(tmp_path: Path) -> None:
    start = datetime(2020, 1, 31, 5, 30)
    guano = chunk(b"guan", b"GUANO|Version: 1.0\nTimestamp: 2020-01-31T05:30:00-05:00\nMake: X\n")
    assert tags_of(write_wave(tmp_path / "a.wav", after=guano)) == Tags(recorded_at=start)
    parts = wamd([(0, b"\1\0"), (1, b"SM4"), (5, b"2020-01-31 05:30:00-05:00"), (9, b"")])
    assert tags_of(write_wave(tmp_path / "b.wav", after=parts)) == Tags(recorded_at=start)
    assert tags_of(write_wave(tmp_path / "c.wav", after=parts[:30])) == Tags()


def test_bext_comes_before_the_comment(tmp_path: Path) -> None:
    path = write_wave(tmp_path / "a.wav", before=info({"ICMT": MOTH}) + bext("2021-01-01", "00:00:00"))
    assert tags_of(path).recorded_at == datetime(2021, 1, 1)


def test_comments_behind_pictures_and_across_pages(tmp_path: Path) -> None:
    long = {"comment": "so " * 30_000, "title": "late"}
    for suffix, container, codec in (("flac", "flac", "flac"), ("opus", "ogg", "libopus")):
        path = write_tagged(tmp_path / f"a.{suffix}", long, container=container, codec=codec)
        assert tags_of(path) == Tags(comment=long["comment"].strip(), title="late")


@given(st.sampled_from([b"fLaC", b"OggS"]), st.binary(max_size=200))
def test_comments_may_be_anything(magic: bytes, content: bytes) -> None:
    file = io.BytesIO(magic + content)
    assert isinstance(read_vorbis_comments(View(file, start=0, end=4 + len(content))), dict)


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_no_chunk_is_so_damaged_that_the_audio_is_lost(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, other: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    names = (b"bext", b"guan", b"wamd")
    before = b"".join(chunk(name, content) for name in names) + chunk(b"LIST", b"INFO" + content)
    write_wave(path, before=before, after=other, num_samples=100)
    tags_of(path)


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("20190101_123456", datetime(2019, 1, 1, 12, 34, 56)),
        ("20190101_123456T", datetime(2019, 1, 1, 12, 34, 56)),
        ("24E144085F256BE2_20190101_123456", datetime(2019, 1, 1, 12, 34, 56)),
        ("5A3C1B2E", datetime(2017, 12, 21, 20, 35, 58)),
        ("5a3c1b2e", datetime(2017, 12, 21, 20, 35, 58)),
        ("SITE_20200131_053000", datetime(2020, 1, 31, 5, 30)),
        ("S4A01234_20200131_053000", datetime(2020, 1, 31, 5, 30)),
        ("SMM04321_20200131_053000", datetime(2020, 1, 31, 5, 30)),
        ("SITE_0+1_20200131$053000", datetime(2020, 1, 31, 5, 30)),
        ("SITE_20200131_053000_000", datetime(2020, 1, 31, 5, 30)),
        ("20200131T053000Z", datetime(2020, 1, 31, 5, 30)),
        ("20190101_000000_20200131_053000", datetime(2020, 1, 31, 5, 30)),
        ("20191301_123456", None),
        ("00000101_123456", None),
        ("20190101_253456", None),
        ("20190230_123456", None),
        ("99990101_123456", None),
        ("120190101_123456", None),
        ("20190101_1234567", None),
        ("20190101", None),
        ("60123456", None),
        ("DEADBEEF", None),
        ("5A3C1B2E1", None),
        ("5A3c1b2E", None),
        ("٢٠١٩٠١٠١_١٢٣٤٥٦", None),
        ("kick", None),
        ("", None),
    ],
)
def test_time_in_a_name(stem: str, expected: datetime | None) -> None:
    assert clock_of_name(stem) == expected


@given(
    st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2107, 12, 31)), st.sampled_from("_$T-")
)
def test_every_time_is_found_in_a_name(when: datetime, separator: str) -> None:
    assert clock_of_name(f"SITE_{when:%Y%m%d}{separator}{when:%H%M%S}") == when.replace(microsecond=0)


@given(st.text())
def test_no_name_is_an_error(stem: str) -> None:
    clock_of_name(stem)
    clock_of_text(stem)


@given(st.integers(0, 16**8 - 1))
def test_hexadecimal_names_are_seconds(seconds: int) -> None:
    clock = clock_of_name(f"{seconds:08X}")
    if clock is not None:
        assert (clock - datetime(1970, 1, 1)).total_seconds() == seconds
        assert 2016 <= clock.year < 2030
    else:
        assert f"{seconds:08X}".isdigit() or not 1451606400 <= seconds < 1893456000


def test_times_as_text() -> None:
    assert clock_of_text("2024-05-01") == datetime(2024, 5, 1)
    assert clock_of_text(" 2024-05-01T05:30:07+02:00 ") == datetime(2024, 5, 1, 5, 30, 7)
    assert clock_of_text("1 May") is None
    assert math.isclose((clock_of_text("2024-05-01T00:00:00.5") or datetime.min).microsecond, 500_000)
