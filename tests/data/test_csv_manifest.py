import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundalike.data import Clip, Manifest, read_data
from soundalike.errors import DataError


def write(folder: Path, text: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_reads_every_column_and_keeps_the_others(tmp_path):
    path = write(
        tmp_path,
        "path,label,dataset,recording,fold,split,start_s,end_s,licence\n"
        "a/b.wav,dog,esc50,1234,3,train,0.5,2.25,CC BY\n",
    )
    manifest = read_data(path)
    assert manifest.name == "list"
    assert manifest.clips == (
        Clip(
            path=tmp_path / "a" / "b.wav",
            label="dog",
            dataset="esc50",
            recording="1234",
            fold=3,
            split="train",
            start_s=0.5,
            end_s=2.25,
            extra={"licence": "CC BY"},
        ),
    )


def test_recording_defaults_to_the_path_as_written(tmp_path):
    path = write(tmp_path, "path,label,recording\na/b.wav,dog,\na/b.wav,cat,\nc.wav,cat,77\n")
    assert [clip.recording for clip in read_data(path).clips] == ["a/b.wav", "a/b.wav", "77"]


def test_absolute_paths_stay_absolute(tmp_path):
    audio = (tmp_path / "elsewhere" / "x.wav").absolute()
    path = write(tmp_path, f"label,path\ndog,{audio}\n")
    assert read_data(path).clips[0].path == audio


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_byte_order_mark_windows_line_ends_blank_lines_and_spaces(tmp_path, encoding, line_end):
    lines = ["path, label", "Müll/ä b.wav , Müll", "", " , ", "c.wav,Katze", ""]
    path = write(tmp_path, line_end.join(lines).encode(encoding))
    clips = read_data(path).clips
    assert [clip.label for clip in clips] == ["Müll", "Katze"]
    assert clips[0].path == tmp_path / "Müll" / "ä b.wav"


def test_labels_are_normalised_and_paths_are_not(tmp_path):
    decomposed = unicodedata.normalize("NFD", "Vögel")
    path = write(tmp_path, f"path,label\n{decomposed}/1.wav,{decomposed}\n")
    clip = read_data(path).clips[0]
    assert clip.label == unicodedata.normalize("NFC", "Vögel")
    assert clip.path == tmp_path / decomposed / "1.wav"


def test_a_fold_that_a_spreadsheet_wrote_as_a_decimal(tmp_path):
    path = write(tmp_path, "path,label,fold\na.wav,dog,1.0\nb.wav,dog,\n")
    assert [clip.fold for clip in read_data(path).clips] == [1, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: no column 'path'.*path, label are needed"),
        ("path;label\na.wav;dog\n", r"line 1: no column 'path' in the header 'path;label'.*commas"),
        ("path,class\na.wav,dog\n", r"no column 'label'"),
        ("path,label\n", r"no rows. Add one row"),
        ("path,label\na.wav,dog\nb.wav,\n", r"line 3: no label for 'b.wav'. Give one"),
        ("path,label\n,dog\n", r"line 2: no path"),
        ("path,label\na,b.wav,dog\n", r"line 2: 3 values for 2 columns. Put double quotes"),
        ("path,label,fold\na.wav,dog,one\n", r"line 2: fold 'one' is not a number"),
        ("path,label,fold\na.wav,dog,1.5\n", r"line 2: fold '1.5' is not a whole number"),
        ("path,label,start_s\na.wav,dog,nan\n", r"line 2: start_s 'nan' is not a number"),
        ("path,label,start_s\na.wav,dog,-1\n", r"line 2: start_s '-1' is negative"),
        ("path,label,start_s,end_s\na.wav,dog,2,1\n", r"line 2: end_s 1.0 is not after start_s 2.0"),
        (b"path,label\n\xe4.wav,dog\n", r"not UTF-8 text .* Save it as UTF-8"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file_and_line(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=message) as caught:
        read_data(path)
    assert str(path) in str(caught.value)


def test_a_recording_given_as_manifest_is_no_traceback(tmp_path):
    with pytest.raises(DataError, match=r"x\.wav"):
        read_data(write(tmp_path, b"RIFF\x24\x00\x00\xff\xfe\x00WAVEfmt " + bytes(range(256)), "x.wav"))


def test_extra_columns_survive_a_round_trip_next_to_clips_without_them(tmp_path):
    clips = (
        Clip(path=tmp_path / "a.wav", label="x", recording="a.wav", extra={"note": 'a "quoted", note'}),
        Clip(path=tmp_path / "b.wav", label="x", recording="b.wav", extra={"note": ""}),
    )
    Manifest(name="m", clips=clips).write_csv(tmp_path / "m.csv")
    assert read_data(tmp_path / "m.csv").clips == clips


words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8).map(
    lambda text: unicodedata.normalize("NFC", text)
)
names = words.filter(lambda text: not set(text) & set('/\\:*?"<>|') and text not in (".", ".."))
times_s = st.none() | st.floats(0.0, 1e4)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(names, words, names, st.none() | st.integers(0, 99), st.none() | words, times_s),
        min_size=1,
        max_size=6,
    )
)
def test_written_manifests_read_back_as_they_were(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("round") / "new folder"
    clips = tuple(
        Clip(
            path=folder / "audio" / name,
            label=label,
            recording=recording,
            fold=fold,
            split=split,
            start_s=start_s,
            end_s=None if start_s is None else start_s + 1.0,
        )
        for name, label, recording, fold, split, start_s in rows
    )
    Manifest(name="back", clips=clips).write_csv(folder / "back.csv")
    assert read_data(folder / "back.csv") == Manifest(name="back", clips=clips)
