"""Metadata on its way from files, names and tables into the library, and out in hits."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from band_encoder import BandEncoder, write_sound

from reference.tagged_files import bext, info, write_tagged, write_wave
from soundalike.errors import UsageError
from soundalike.library import Hit, IndexReport, index, open_library
from soundalike.store import Recording, Store


def rows(lib: Path) -> dict[str, Recording]:
    return {row.path: row for row in Store(lib).recordings()}


def bring(lib: Path, audio: Path, encoder: BandEncoder, table: Path | None = None) -> IndexReport:
    return index(lib, [audio], encoder=encoder, metadata=table)


def write_table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def hit_of(lib: Path, path: Path, encoder: BandEncoder) -> Hit:
    return open_library(lib, encoder=encoder).search(path, k=1).hits[0]


def test_tags_reach_the_hits(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    path = write_wave(
        audio / "a.wav",
        before=bext("2024-05-01", "05:30:07") + info({"INAM": b"Dawn", "IART": b"Ada", "ICMT": b"wet"}),
    )
    bare = write_sound(audio / "b.wav", 1)
    bring(lib, audio, encoder)
    hit = hit_of(lib, path, encoder)
    assert (hit.title, hit.artist, hit.comment) == ("Dawn", "Ada", "wet")
    assert (hit.recorded_at, hit.duration_s) == (datetime(2024, 5, 1, 5, 30, 7), 1.0)
    plain = hit.as_json()
    assert (plain["recorded_at"], plain["title"], plain["duration_s"]) == ("2024-05-01T05:30:07", "Dawn", 1.0)
    assert "extra" not in plain
    plain = hit_of(lib, bare, encoder).as_json()
    assert [plain[name] for name in ("recorded_at", "title", "artist", "comment")] == [None] * 4


def test_time_of_the_file_comes_before_the_one_in_its_name(
    audio: Path, lib: Path, encoder: BandEncoder
) -> None:
    write_wave(audio / "20200131_053000.wav", before=bext("2024-05-01", "05:30:07"))
    write_wave(audio / "SITE_20200131_053000.wav", before=bext("2024-13-01", "05:30:07"))
    write_wave(audio / "5A3C1B2E.WAV")
    write_wave(audio / "20201301_053000.wav")
    write_tagged(audio / "20200131_053000.mp3", {"title": "x"}, container="mp3", codec="libmp3lame")
    bring(lib, audio, encoder)
    assert {name: row.recorded_at for name, row in rows(lib).items()} == {
        "20200131_053000.wav": datetime(2024, 5, 1, 5, 30, 7),
        "SITE_20200131_053000.wav": datetime(2020, 1, 31, 5, 30),
        "5A3C1B2E.WAV": datetime(2017, 12, 21, 20, 35, 58),
        "20201301_053000.wav": None,
        "20200131_053000.mp3": datetime(2020, 1, 31, 5, 30),
    }


def test_files_that_move_or_are_double_are_as_if_indexed_there(
    audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder
) -> None:
    tagged = write_wave(audio / "20200131_053000.wav", before=info({"INAM": b"Dawn"}))
    dated = write_wave(audio / "a.wav", before=bext("2024-05-01", "05:30:07"))
    bring(lib, audio, encoder)
    tagged.rename(audio / "20210131_053000.wav")
    dated.rename(audio / "20220131_053000.wav")
    shutil.copy(audio / "20210131_053000.wav", audio / "copy.wav")
    bring(lib, audio, encoder)
    bring(tmp_path / "fresh", audio, encoder)
    columns = ("label", "title", "artist", "comment", "recorded_at", "tags", "given", "extra")
    for name, row in rows(tmp_path / "fresh").items():
        other = rows(lib)[name]
        assert [getattr(other, column) for column in columns] == [getattr(row, column) for column in columns]


def test_table_describes_and_adds(audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder) -> None:
    absolute = write_sound(audio / "dog" / "b.wav", 1)
    path = write_wave(audio / "dog" / "a.wav")
    write_sound(audio / "cat" / "c.wav", 2)
    table = write_table(
        tmp_path / "known.csv",
        "path,label,title,recorded_at,Site Name,x_depth,Länge,fold\n"
        f'audio/dog/a.wav,hound,"A, B",2024-05-01 05:30,Ré 1,12.5,3,\n{absolute},,,,Ré 2,7,,\nno/such.wav,x,,,,,,\n',
    )
    report = bring(lib, audio, encoder, table)
    assert report.as_json()["metadata"] == {"changed": 0, "unmatched": ["no/such.wav"]}
    found = rows(lib)
    assert (found["dog/a.wav"].label, found["dog/a.wav"].title) == ("hound", "A, B")
    assert found["dog/a.wav"].recorded_at == datetime(2024, 5, 1, 5, 30)
    assert found["dog/a.wav"].extra == {"x_site_name": "Ré 1", "x_depth": "12.5", "x_länge": "3"}
    assert (found["dog/b.wav"].label, found["dog/b.wav"].extra) == (
        "dog",
        {"x_site_name": "Ré 2", "x_depth": "7"},
    )
    assert (found["cat/c.wav"].label, found["cat/c.wav"].given) == ("cat", "")
    plain = hit_of(lib, path, encoder).as_json()
    assert (plain["x_site_name"], plain["x_depth"], plain["label"]) == ("Ré 1", "12.5", "hound")
    library = open_library(lib, encoder=encoder)
    hits = library.search(path, where="x_depth > 8", k=9, per="recording").hits
    assert [hit.path for hit in hits] == [str(path)]
    hits = library.search(path, where="x_länge IS NULL", k=9, per="recording").hits
    assert {Path(hit.path).name for hit in hits} == {"b.wav", "c.wav"}


def test_changed_table_changes_rows_without_decoding(
    audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder
) -> None:
    path = write_wave(audio / "a.wav", before=info({"INAM": b"its own"}))
    table = write_table(tmp_path / "known.csv", "path,title,site\naudio/a.wav,mine,1\n")
    bring(lib, audio, encoder, table)
    num_embedded = encoder.num_embedded
    assert rows(lib)["a.wav"].title == "mine"
    assert bring(lib, audio, encoder, table).as_json()["metadata"] == {"changed": 0, "unmatched": []}

    write_table(table, "path,title,site\naudio/a.wav,yours,2\n")
    report = bring(lib, audio, encoder, table)
    assert report.recordings["unchanged"] == 1
    assert report.as_json()["metadata"] == {"changed": 1, "unmatched": []}
    assert (rows(lib)["a.wav"].title, rows(lib)["a.wav"].extra) == ("yours", {"x_site": "2"})

    os.utime(path, ns=(1, 10**15))
    bring(lib, audio, encoder)  # without a table all stays as it was
    assert (rows(lib)["a.wav"].title, rows(lib)["a.wav"].extra) == ("yours", {"x_site": "2"})
    moved = path.rename(audio / "moved.wav")
    bring(lib, audio, encoder)
    assert rows(lib)["moved.wav"].extra == {"x_site": "2"}
    moved.rename(path)
    bring(lib, audio, encoder)

    write_table(table, "path,title\naudio/a.wav,\n")
    bring(lib, audio, encoder, table)
    assert (rows(lib)["a.wav"].title, rows(lib)["a.wav"].extra) == ("its own", {})
    assert encoder.num_embedded == num_embedded


def test_table_of_everything_and_a_run_over_a_part(
    audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder
) -> None:
    write_sound(audio / "one" / "a.wav", 1)
    write_sound(audio / "two" / "b.wav", 2)
    table = write_table(tmp_path / "known.csv", "path,site\naudio/one/a.wav,1\naudio/two/b.wav,2\n")
    bring(lib, audio, encoder, table)
    write_table(table, "path,site\naudio/one/a.wav,10\naudio/two/b.wav,20\n")
    report = bring(lib, audio / "one", encoder, table)
    assert report.as_json()["metadata"] == {"changed": 1, "unmatched": []}
    assert {row.extra["x_site"] for row in rows(lib).values()} == {"10", "2"}


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights there")
def test_table_that_knows_files_by_another_way(
    audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder
) -> None:
    write_sound(audio / "a.wav", 1)
    (tmp_path / "link").symlink_to(audio, target_is_directory=True)
    table = write_table(tmp_path / "known.csv", "path,site\nlink/a.wav,1\n")
    assert bring(lib, audio, encoder, table).unmatched == []
    assert rows(lib)["a.wav"].extra == {"x_site": "1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: no column 'path'"),
        ("file,label\na.wav,x\n", "line 1: no column 'path' in the header 'file,label'"),
        ("path;label\na.wav;x\n", "line 1: no column 'path' in the header 'path;label'"),
        ("path,label\na.wav,x,y\n", "line 2: 3 values for 2 columns"),
        ("path,label\n,x\n", "line 2: no path"),
        ("path,My Site,my-site\n", "'My Site' and 'my-site' would both be 'x_my_site'"),
        ("path,label,label\n", "would both be 'label'"),
        ("path,recorded_at\na.wav,2024-13-01\n", "line 2: recorded_at '2024-13-01' is no time"),
        ("path,x\na.wav,1\n./a.wav,2\n", r"line 3: './a.wav' has a row already \(line 2\)"),
        ("path,\na.wav,1\n", "line 2: a value in a column without a name"),
    ],
)
def test_tables_that_are_refused(
    audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder, text: str, message: str
) -> None:
    write_sound(audio / "a.wav", 1)
    table = write_table(tmp_path / "known.csv", text)
    with pytest.raises(UsageError, match=message) as caught:
        bring(lib, audio, encoder, table)
    assert "known.csv" in str(caught.value)
    assert not lib.exists()


def test_tables_that_cannot_be_read(audio: Path, lib: Path, tmp_path: Path, encoder: BandEncoder) -> None:
    with pytest.raises(UsageError, match=r"cannot read '.*none\.csv'"):
        bring(lib, audio, encoder, tmp_path / "none.csv")
    (tmp_path / "utf16.csv").write_bytes("path,x\n".encode("utf-16"))
    with pytest.raises(UsageError, match="not UTF-8"):
        bring(lib, audio, encoder, tmp_path / "utf16.csv")


def test_filter_comes_before_ranking(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    for seed in range(30):
        write_sound(audio / f"folder{seed % 10}" / f"{seed}.wav", seed, duration_s=2.0)
    index(lib, [audio], encoder=encoder, hop_s=0.25)
    library = open_library(lib, encoder=encoder)
    query = audio / "folder3" / "3.wav"
    for where, names in (
        ("label = 'folder7'", {"7.wav", "17.wav", "27.wav"}),
        ("folder = 'folder7' AND start_s >= 1", {"7.wav", "17.wav", "27.wav"}),
        ("path LIKE '%17.wav'", {"17.wav"}),
    ):
        result = library.search(query, k=3, per="recording", where=where)
        assert {Path(hit.path).name for hit in result.hits} == names
        assert len(library.search(query, k=3, per="window", where=where).hits) == 3
    hits = library.search(query, k=1000, per="window", where="start_s BETWEEN 0.5 AND 0.75").hits
    assert {hit.start_s for hit in hits} == {0.5, 0.75}
    assert len(hits) == 60

    nothing = library.search(query, where="label = 'nothing'")
    assert (nothing.hits, nothing.num_allowed) == ((), 0)
    assert nothing.as_json()["where"] == "label = 'nothing'"
    assert "where" not in library.search(query).as_json()
    with pytest.raises(UsageError, match="There are: path"):
        library.search(query, where="labl = 'x'")


def test_any_path_of_a_recording_may_fit(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    first = write_sound(audio / "a" / "x.wav", 1)
    (audio / "b").mkdir()
    second = Path(shutil.copy(first, audio / "b" / "x.wav"))
    write_sound(audio / "a" / "y.wav", 2)
    bring(lib, audio, encoder)
    library = open_library(lib, encoder=encoder)
    for where in ("folder = 'b'", "folder = 'b' AND start_s = 0"):
        (hit,) = library.search(first, where=where, per="recording").hits
        assert (hit.path, hit.also, hit.label) == (str(second), (str(first),), "b")
    assert library.search(first).hits[0].path == str(first)
