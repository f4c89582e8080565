"""`soundalike index`, `status` and `remove`, and every kind of file that is no proper recording."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cli.command_line import FAST, refused, soundalike, start, wait_until
from soundalike.library.report import COUNTED
from soundalike.store import HEADER_NAME, Store


def write_noise(path: Path | bytes, seed: int) -> None:
    sound = np.random.default_rng(seed).uniform(-0.5, 0.5, 8000)
    with open(path, "wb") as file:  # noqa: PTH123  Path has no bytes
        soundfile.write(file, sound, 16000, format="WAV")


def test_a_library_from_its_first_to_its_last_recording(sounds: Path, tmp_path: Path) -> None:
    library, audio = tmp_path / "library", tmp_path / "audio"
    shutil.copytree(sounds / "rain", audio / "rain")
    (audio / "cover.jpg").write_bytes(b"no sound")
    report = soundalike("index", library, audio, *FAST, "--json").document
    assert list(report) == ["recordings", "windows", "audio_s", "wall_s", "skipped", "ignored"]
    assert tuple(report["recordings"]) == COUNTED
    assert report["recordings"] == {**dict.fromkeys(COUNTED, 0), "added": 8, "ignored": 1}
    assert (report["windows"], report["ignored"], report["skipped"]) == (16, {".jpg": 1}, [])
    assert report["audio_s"] == pytest.approx(8 * 2.2)

    again = soundalike("index", library, audio, "--json").document
    assert again["recordings"] == {**dict.fromkeys(COUNTED, 0), "unchanged": 8, "ignored": 1}

    (audio / "rain" / "rain_000.wav").rename(audio / "rain" / "moved.wav")
    (audio / "rain" / "rain_001.wav").unlink()
    shutil.copy(audio / "rain" / "rain_002.wav", audio / "copy.wav")
    write_noise(audio / "rain" / "rain_003.wav", 3)
    write_noise(audio / ".hidden.wav", 4)
    (audio / ".trash").mkdir()
    write_noise(audio / ".trash" / "old.wav", 5)
    text = soundalike("index", library, audio)
    assert text.exit_code == 0
    assert (
        "Left out: 1 hidden folder; 1 hidden file; not audio by their name: 1 .jpg. --all-files"
        in text.stdout
    )
    assert "5 unchanged, 1 moved, 1 duplicate, 1 missing" in text.stdout.replace("1 updated, ", "")
    pruned = soundalike("index", library, audio, "--prune", "--json").document
    assert pruned["recordings"]["unchanged"] == 8

    status = soundalike("status", library, "--json").document
    assert list(status) == [
        *("recordings", "windows", "audio_s", "skipped", "warnings"),
        *("silent", "missing", "roots", "encoder", "index", "size_bytes", "format_version"),
    ]
    assert (status["recordings"], status["missing"]) == (7, [])
    assert status["encoder"]["name"] == "spectral-averages"
    assert "7 recordings" in soundalike("status", library).stdout

    tidy = soundalike("optimize", library, "--json").document
    assert 0 < tidy["size_bytes"]["after"] == soundalike("status", library, "--json").document["size_bytes"]
    assert "MB before" in soundalike("optimize", library).stdout

    moved = audio.rename(tmp_path / "elsewhere")
    assert "OFFLINE" in soundalike("status", library).stdout
    assert soundalike("relocate", library, audio, moved, "--json").document["num_files"] == 8
    assert soundalike("status", library, "--json").document["roots"] == [
        {"name": audio.name, "path": str(moved), "online": True, "recordings": 8}
    ]
    back = soundalike("relocate", library, moved, audio)
    assert "8 files" in back.stdout
    assert "no folder" in back.stdout
    moved.rename(audio)

    refused(
        soundalike("remove", library, tmp_path / "elsewhere", "--json"), "holds no recording", exit_code=1
    )
    removed = soundalike("remove", library, audio / "copy.wav", "--json").document
    assert removed == {"removed": [str(audio / "copy.wav")]}
    shutil.copytree(audio, tmp_path / "copies")
    assert soundalike("index", library, tmp_path / "copies" / "rain" / "rain_003.wav").exit_code == 0
    forgot = soundalike("remove", library, audio).stdout
    assert "forgot 7 files; 6 recordings gone, 1 still there under another path.\n" in forgot
    assert "brings files back" in forgot
    forgot = soundalike("remove", library, tmp_path / "copies").stdout
    assert "forgot 1 file; 1 recording gone.\n" in forgot
    assert soundalike("status", library, "--json").document["recordings"] == 0
    assert (audio / "copy.wav").exists()
    assert soundalike("search", library, audio / "copy.wav", "--json").document["hits"] == []


def test_progress_goes_to_stderr(sounds: Path, tmp_path: Path) -> None:
    outcome = soundalike("index", tmp_path / "library", sounds / "rain", *FAST, "--json")
    assert "indexing" in outcome.stderr
    assert "8/8" in outcome.stderr
    assert "tidying up" in outcome.stderr


def test_all_files_and_any_number_of_jobs(sounds: Path, tmp_path: Path) -> None:
    audio = tmp_path / "audio"
    shutil.copytree(sounds / "rain", audio)
    (audio / "rain_000.wav").rename(audio / "rain_000.sound")
    (audio / "rain_001.wav").rename(audio / ".rain_001.wav")
    (audio / "._rain_002.wav").write_bytes(b"AppleDouble")
    report = soundalike("index", tmp_path / "one", audio, *FAST, "--json", "--jobs", "1").document
    assert report["recordings"] == {**dict.fromkeys(COUNTED, 0), "added": 6, "ignored": 3}
    assert report["ignored"] == {".sound": 1, ".wav": 2}
    outcome = soundalike("index", tmp_path / "all", audio, *FAST, "--json", "--jobs", "3", "--all-files")
    assert outcome.exit_code == 3
    report = outcome.document
    assert report["recordings"] == {**dict.fromkeys(COUNTED, 0), "added": 8, "skipped": 1}
    assert Path(report["skipped"][0]["path"]).name == "._rain_002.wav"
    refused(soundalike("index", tmp_path / "none", audio, *FAST, "--jobs", "0"), "jobs is 0", exit_code=2)


def test_requests_that_cannot_be(library: Path, encoder: Path, sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for arguments, words, exit_code in [
        ([tmp_path / "new", tmp_path / "nowhere", *FAST], "there is no file or folder at", 2),
        ([tmp_path / "new", sounds, "--encoder", "best"], "no encoder 'best'", 2),
        ([tmp_path / "new", sounds, *FAST, "--hop-s", "-1"], "hop", 2),
        ([library, sounds, "--hop-s", "0.5"], "hop", 2),
        ([library, sounds, "--encoder", encoder], "made with the encoder 'spectral-averages'", 1),
        ([tmp_path / "file", sounds, *FAST], "cannot make a library", 1),
        ([sounds, sounds, *FAST], "is no library and holds other things", 1),
    ]:
        refused(soundalike("index", *arguments, "--json"), "error: ", words, exit_code=exit_code)
    assert not (tmp_path / "new").exists()


def test_bare_graph_of_fixed_length_needs_its_rate(encoder: Path, sounds: Path, tmp_path: Path) -> None:
    graph, library = tmp_path / "bare.onnx", tmp_path / "library"
    shutil.copy(encoder / "encoder.onnx", graph)
    bare = ["index", library, sounds / "rain", "--encoder", graph]
    refused(soundalike(*bare), "--sample-rate HZ", exit_code=2)
    assert soundalike(*bare, "--sample-rate", "16000").exit_code == 0
    assert soundalike("status", library, "--json").document["recordings"] == 8


def test_zoo_of_bad_files(sounds: Path, tmp_path: Path) -> None:
    zoo, library = tmp_path / "zoo", tmp_path / "library"
    zoo.mkdir()
    good = (sounds / "rain" / "rain_000.wav").read_bytes()
    (zoo / "truncated.wav").write_bytes(good[: len(good) // 2])
    (zoo / "empty.wav").write_bytes(b"")
    (zoo / "header.wav").write_bytes(good[:20])
    (zoo / "text.wav").write_text("these are no sounds", encoding="utf-8")
    (zoo / "folder.wav").mkdir()
    write_noise(zoo / "folder.wav" / "inside.wav", 1)
    names = [
        "with space.wav",
        "\U0001f436.wav",
        "-leading dash.wav",
        "[bold]markup.wav",
        "%s{}.wav",
        "LOUD.WAV",
    ]
    if os.name == "posix":
        names += ["new\nline.wav", "tab\t.wav", "quote'\".wav"]
    for seed, name in enumerate(names):
        write_noise(zoo / name, 10 + seed)
    skipped = {"empty.wav", "header.wav", "text.wav"}
    if os.name == "posix":
        (zoo / "loop").symlink_to(zoo)
        (zoo / "self.wav").symlink_to("self.wav")
        (zoo / "dangling.wav").symlink_to("nowhere.wav")
        os.mkfifo(zoo / "pipe.wav")
        skipped |= {"self.wav", "dangling.wav", "pipe.wav"}
    if sys.platform == "linux":
        write_noise(os.fsencode(zoo) + b"/caf\xe9.wav", 2)
        skipped.add("caf?.wav")

    for run in ("first", "second"):
        outcome = soundalike("index", library, zoo, *FAST, "--json", timeout_s=60)
        assert outcome.exit_code == 3
        report = outcome.document
        counts = report["recordings"]
        assert counts["added" if run == "first" else "unchanged"] == len(names) + 2
        assert counts["skipped"] == len(report["skipped"]) == len(skipped)
        assert {Path(one["path"]).name for one in report["skipped"]} == skipped
        reasons = {Path(one["path"]).name: one["reason"] for one in report["skipped"]}
        assert reasons["empty.wav"] == "the file is empty (0 bytes). Record or copy it again."
        assert not any(name in reason for name, reason in reasons.items())
        assert f"{len(skipped)} files could not be used:" in outcome.stderr
        assert all(name in outcome.stderr for name in skipped)
    soundfile.write(zoo / "silent.wav", np.zeros(32000), 16000)
    text = soundalike("index", library, zoo).stdout
    assert "1 file damaged but usable" in text
    assert "1 recording silent" in text
    status = soundalike("status", library, "--json")
    assert status.exit_code == 0
    assert status.document["silent"] == [str(zoo / "silent.wav")]
    listed = {Path(one["path"]).name: one["reason"] for one in status.document["skipped"]}
    assert listed == reasons
    assert [Path(one["path"]).name for one in status.document["warnings"]] == ["truncated.wav"]
    assert "truncated" in soundalike("status", library).stdout
    found = soundalike("search", library, zoo / "with space.wav", "-k", "100", "--json").document["hits"]
    assert {Path(hit["path"]).name for hit in found} == {*names, "truncated.wav", "inside.wav"}
    dashed = soundalike("search", library, "--json", "--", "-leading dash.wav", cwd=zoo).document["hits"]
    assert Path(dashed[0]["path"]).name == "-leading dash.wav"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems make them one file")
def test_composed_and_decomposed_names_are_two_files(tmp_path: Path) -> None:
    for seed, name in enumerate(("caf\u00e9.wav", "cafe\u0301.wav")):
        write_noise(tmp_path / name, seed)
    for count in ("added", "unchanged"):
        report = soundalike("index", tmp_path / "library", tmp_path, *FAST, "--json").document
        assert report["recordings"][count] == 2


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_library_whose_name_is_no_text(sounds: Path, tmp_path: Path) -> None:
    outcome = soundalike("index", os.fsencode(tmp_path) + b"/caf\xe9", sounds / "rain", *FAST, "--json")
    refused(outcome, "cannot make a library", "not valid Unicode", exit_code=1)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_ctrl_c_keeps_what_was_finished(sounds: Path, tmp_path: Path) -> None:
    audio, library = tmp_path / "audio", tmp_path / "library"
    audio.mkdir()
    for seed in range(100):
        sound = np.random.default_rng(seed).uniform(-0.5, 0.5, 48000)
        soundfile.write(audio / f"{seed:03}.wav", sound, 16000)
    child = start("index", library, audio, *FAST, "--hop-s", "0.2", "--json")
    wait_until((library / HEADER_NAME).exists, child)
    child.send_signal(signal.SIGINT)
    stdout, errors = child.communicate(timeout=60)
    assert (child.returncode, stdout) == (130, b""), errors.decode()
    assert b"stopped; what was finished is kept." in errors
    assert b"Traceback" not in errors
    report = soundalike("index", library, audio, *FAST, "--json").document
    assert report["recordings"]["added"] + report["recordings"]["unchanged"] == 100
    assert report["recordings"]["added"] > 0


@pytest.mark.slow
def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    audio, library, unbroken = tmp_path / "audio", tmp_path / "library", tmp_path / "unbroken"
    audio.mkdir()
    for seed in range(60):
        sound = np.random.default_rng(seed).uniform(-0.5, 0.5, 48000)
        soundfile.write(audio / f"{seed:03}.wav", sound, 16000)
    shutil.copy(audio / "000.wav", audio / "copy.wav")
    asked = (audio, *FAST, "--hop-s", "0.2", "--json")
    began_s = time.monotonic()
    whole = soundalike("index", unbroken, *asked).document
    took_s = time.monotonic() - began_s

    random = np.random.default_rng(0)
    for _ in range(10):
        child = start("index", library, *asked)
        time.sleep(random.uniform(0.1, 0.9) * took_s)
        child.kill()
        child.communicate()
        if (library / HEADER_NAME).exists():
            store = Store(library)
            known = {row.recording_id: row.num_windows for row in store.recordings()}
            assert len(store.windows(known)) == sum(known.values())
    finished = soundalike("index", library, *asked).document
    counts = finished["recordings"]
    assert counts["added"] + counts["unchanged"] + counts["duplicate"] == 61
    assert finished["windows"] == whole["windows"]
    windows = {one: Store(one).windows() for one in (library, unbroken)}
    order = {one: np.lexsort((own.start_s, own.recording_ids)) for one, own in windows.items()}
    for name in ("recording_ids", "start_s", "end_s", "embeddings"):
        first, second = (getattr(windows[one], name)[order[one]] for one in (library, unbroken))
        np.testing.assert_array_equal(first, second)
    assert soundalike("index", library, *asked).document["recordings"]["unchanged"] == 61


def test_move_to_another_encoder(sounds: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert soundalike("index", library, sounds / "rain", *FAST).exit_code == 0
    refused(soundalike("index", library), "name the files and folders to index", exit_code=2)
    refused(
        soundalike("index", library, sounds / "rain", "--encoder", "raw-logfreq"), "--reembed", exit_code=1
    )
    moved = soundalike("index", library, "--encoder", "raw-logfreq", "--reembed")
    assert "Moved to another encoder: 8 recordings embedded anew." in moved.stdout
    assert soundalike("status", library, "--json").document["encoder"]["name"] == "raw-logfreq"
