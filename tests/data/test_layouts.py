"""Tiny copies of the published layouts, with the quirks of the originals."""

from pathlib import Path

import pytest

from soundalike.data import Clip, read_data
from soundalike.errors import DataError


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def make_esc50(root: Path) -> Path:
    write(
        root / "meta" / "esc50.csv",
        "filename,fold,target,category,esc10,src_file,take\n"
        "1-100032-A-0.wav,1,0,dog,True,100032,A\n"
        "1-100038-A-14.wav,1,14,chirping_birds,False,100038,A\n"
        "2-100032-B-0.wav,2,0,dog,True,100032,B\n",
    )
    write(root / "meta" / "esc50-human.xlsx", "not for us")
    (root / "audio").mkdir()
    (root / "audio" / "1-100032-A-0.wav").touch()
    return root


def make_urbansound8k(root: Path) -> Path:
    write(
        root / "metadata" / "UrbanSound8K.csv",
        "slice_file_name,fsID,start,end,salience,fold,classID,class\r\n"
        "100032-3-0-0.wav,100032,0.0,0.317551,1,5,3,dog_bark\r\n"
        "100263-2-0-117.wav,100263,58.5,62.5,1,10,2,children_playing\r\n",
    )
    write(root / "audio" / "fold5" / "100032-3-0-0.wav", "")
    write(root / "audio" / "fold5" / ".DS_Store", "")
    return root


def make_tut2016(root: Path) -> Path:
    write(root / "meta" / "home" / "b030.ann", "1.5\t4.25\tpeople walking \n8,0\t9,5\t(object) rustling\n")
    write(
        root / "meta" / "residential_area" / "a001.ann",
        "\n0.0\t12.75\tpeople walking\n3.0\t4.0\tbird singing",
    )
    write(root / "meta" / "residential_area" / "._a001.ann", "\x00\x05")
    write(root / "evaluation_setup" / "home_fold1_test.txt", "audio/home/b030.wav\n")
    write(
        root / "evaluation_setup" / "home_fold2_train.txt",
        "audio/home/b030.wav\thome\t1.5\t4.25\tpeople walking\n",
    )
    write(root / "evaluation_setup" / "residential_area_fold3_test.txt", "audio/residential_area/a001.wav\n")
    (root / "audio" / "home").mkdir(parents=True)
    return root


def test_esc50(tmp_path):
    manifest = read_data(make_esc50(tmp_path / "ESC 50-master"))
    assert manifest.name == "ESC 50-master"
    assert manifest.labels == ("chirping_birds", "dog")
    assert manifest.clips[0] == Clip(
        path=tmp_path / "ESC 50-master" / "audio" / "1-100032-A-0.wav",
        label="dog",
        dataset="esc50",
        recording="100032",
        fold=1,
        extra={"target": "0", "esc10": "True", "take": "A"},
    )
    assert [clip.recording for clip in manifest.clips] == ["100032", "100038", "100032"]


def test_urbansound8k(tmp_path):
    manifest = read_data(make_urbansound8k(tmp_path / "UrbanSound8K"))
    first, second = manifest.clips
    assert first.path.exists()
    assert (first.label, first.recording, first.fold) == ("dog_bark", "100032", 5)
    assert second.path == tmp_path / "UrbanSound8K" / "audio" / "fold10" / "100263-2-0-117.wav"
    # The published times are those in the source recording; the slice is used whole.
    assert (second.start_s, second.end_s, second.extra["start"]) == (None, None, "58.5")


def test_tut2016(tmp_path):
    root = make_tut2016(tmp_path / "TUT-sound-events-2016-development")
    manifest = read_data(root)
    assert manifest.labels == ("(object) rustling", "bird singing", "people walking")
    walking, rustling, *outside = manifest.clips
    assert walking == Clip(
        path=root / "audio" / "home" / "b030.wav",
        label="people walking",
        dataset="tut2016",
        recording="audio/home/b030.wav",
        fold=1,
        start_s=1.5,
        end_s=4.25,
        extra={"scene": "home"},
    )
    assert (rustling.start_s, rustling.end_s) == (8.0, 9.5)
    assert [(clip.label, clip.fold) for clip in outside] == [("people walking", 3), ("bird singing", 3)]


def test_tut2016_from_the_table_that_the_baseline_writes(tmp_path):
    write(
        tmp_path / "meta.txt",
        "audio/home/b030.wav\thome\t1.5\t4.25\tdishes\tm\naudio\\home\\b031.wav\thome\t0.0\t2.0\tcutlery\tm\n",
    )
    (tmp_path / "audio" / "home").mkdir(parents=True)
    first, second = read_data(tmp_path).clips
    assert (first.label, first.start_s, first.fold) == ("dishes", 1.5, None)
    assert second.path == tmp_path / "audio" / "home" / "b031.wav"


@pytest.mark.parametrize("line", ["1.5\tpeople walking", "x\t2.0\tdishes", "3.0\t2.0\tdishes", "1.0\t2.0\t"])
def test_tut2016_annotation_that_cannot_be_used(tmp_path, line):
    write(tmp_path / "meta" / "home" / "b030.ann", f"0.0\t1.0\tdishes\n{line}\n")
    with pytest.raises(DataError, match=r"b030\.ann', line 2"):
        read_data(tmp_path)


def test_esc50_table_without_its_columns(tmp_path):
    write(tmp_path / "meta" / "esc50.csv", "filename,category\n")
    with pytest.raises(DataError, match=r"esc50\.csv', line 1: no column 'fold'"):
        read_data(tmp_path)


def test_a_folder_of_published_data_sets(tmp_path):
    make_esc50(tmp_path / "ESC-50-master")
    make_urbansound8k(tmp_path / "UrbanSound8K")
    make_tut2016(tmp_path / "TUT-sound-events-2016-development")
    manifest = read_data(tmp_path)
    assert {"esc50/dog", "urbansound8k/dog_bark", "tut2016/bird singing"} <= set(manifest.labels)
    # The same Freesound id in both sets is the same recording; a file is known by its path.
    assert [clip.dataset for clip in manifest.clips if clip.recording == "100032"] == [
        "esc50",
        "esc50",
        "urbansound8k",
    ]
    tut = [clip.recording for clip in manifest.clips if clip.dataset == "tut2016"]
    assert tut[0] == "TUT-sound-events-2016-development/audio/home/b030.wav"


def make_tut2017(root: Path) -> Path:
    # Rows of the development set name file and scene first; those of the evaluation set do not.
    write(
        root / "meta" / "street" / "a001.ann",
        "audio/street/a001.wav\tstreet\t1.589213\t2.38382\tpeople walking\tm\ta01\n"
        "audio/street/a001.wav\tstreet\t4.0\t4.0\tcar\tm\ta01\n",
    )
    write(root / "meta" / "street" / "b003.ann", "0.0\t11.5\tbrakes squeaking\n")
    write(root / "evaluation_setup" / "street_fold1_test.txt", "audio/street/a001.wav\tstreet\n")
    return root


def test_tut2017_with_an_event_of_no_length(tmp_path, caplog):
    root = make_tut2017(tmp_path / "TUT-sound-events-2017-development")
    walking, squeaking = read_data(root).clips
    assert walking.path == root / "audio" / "street" / "a001.wav"
    assert (walking.label, walking.dataset, walking.fold) == ("people walking", "tut2017", 1)
    assert (walking.start_s, walking.end_s) == (1.589213, 2.38382)
    assert (squeaking.label, squeaking.end_s, squeaking.fold) == ("brakes squeaking", 11.5, None)
    assert "'car' ends where it begins" in caplog.text


def make_fsd50k(root: Path) -> Path:
    write(
        root / "FSD50K.ground_truth" / "dev.csv",
        'fname,labels,mids,split\n64760,"Electric_guitar,Guitar,Music","/m/02sgy,/m/0342h,/m/04rlf",train\n'
        "16399,Bark,/m/05tny_,val\n",
    )
    write(
        root / "FSD50K.ground_truth" / "eval.csv",
        'fname,labels,mids\n37199,"Bark, Dog","/m/05tny_,/m/0bt9lr"\n',
    )
    write(
        root / "FSD50K.metadata" / "dev_clips_info_FSD50K.json",
        '{"64760": {"title": "guitar tune", "license": "http://creativecommons.org/licenses/by/3.0/", '
        '"uploader": "casualsamples", "tags": ["guitar"]}, "0": 1}',
    )
    (root / "FSD50K.dev_audio").mkdir()
    return root


def test_fsd50k(tmp_path):
    root = make_fsd50k(tmp_path / "FSD50K")
    manifest = read_data(root)
    guitar, _, dog = manifest.clips
    assert guitar == Clip(
        path=root / "FSD50K.dev_audio" / "64760.wav",
        label="Electric_guitar",
        other_labels=("Guitar", "Music"),
        dataset="fsd50k",
        recording="64760",
        split="train",
        extra={
            "title": "guitar tune",
            "uploader": "casualsamples",
            "licence": "http://creativecommons.org/licenses/by/3.0/",
        },
    )
    assert (dog.path, dog.split) == (root / "FSD50K.eval_audio" / "37199.wav", "test")
    assert dog.all_labels == ("Bark", "Dog")
    assert manifest.labels == ("Bark", "Dog", "Electric_guitar", "Guitar", "Music")
    manifest.write_csv(tmp_path / "manifest.csv")
    again = read_data(tmp_path / "manifest.csv")
    assert [(one.all_labels, one.path, one.split) for one in again.clips] == [
        (one.all_labels, one.path, one.split) for one in manifest.clips
    ]


def test_fsd50k_beside_another_set_keeps_all_its_labels_apart(tmp_path):
    make_fsd50k(tmp_path / "FSD50K")
    make_esc50(tmp_path / "ESC-50")
    (dog,) = [clip for clip in read_data(tmp_path).clips if clip.recording == "37199"]
    assert dog.all_labels == ("fsd50k/Bark", "fsd50k/Dog")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("FSD50K.ground_truth/dev.csv", "fname,labels\n1,\n", "line 2: no file name or no label"),
        ("FSD50K.metadata/dev_clips_info_FSD50K.json", "{", "cannot read"),
        ("FSD50K.metadata/dev_clips_info_FSD50K.json", "[]", "holds no table of clips"),
    ],
)
def test_fsd50k_that_cannot_be_used(tmp_path, name, text, words):
    write(make_fsd50k(tmp_path / "FSD50K") / name, text)
    with pytest.raises(DataError, match=words):
        read_data(tmp_path / "FSD50K")
