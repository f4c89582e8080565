"""One run, and the next run: what counts as new, changed, moved, double, unreadable, gone."""

from __future__ import annotations

import os
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile
from band_encoder import RATE_HZ, BandEncoder, write_sound

from soundalike.errors import EncoderMismatchError, LibraryError, UsageError
from soundalike.library import IndexReport, index, open_library
from soundalike.store import Store


def counts(report: IndexReport) -> dict[str, int]:
    return {name: count for name, count in report.as_json()["recordings"].items() if count}


def rewrite(path: Path, seed: int) -> None:
    """Another sound at `path`, with another modification time whatever the clock of the file system."""
    before = path.stat().st_mtime_ns
    write_sound(path, seed)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_report_has_the_documented_form(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1, duration_s=1.0)
    (audio / "cover.JPG").write_bytes(b"")
    report = index(lib, [audio], encoder=encoder, hop_s=0.25).as_json()
    assert report.pop("wall_s") > 0
    assert report == {
        "recordings": {
            "added": 1,
            "updated": 0,
            "unchanged": 0,
            "moved": 0,
            "duplicate": 0,
            "skipped": 0,
            "missing": 0,
            "ignored": 1,
        },
        "windows": 3,
        "audio_s": 1.0,
        "skipped": [],
        "ignored": {".jpg": 1},
    }


def test_second_run_opens_nothing(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    for seed in range(3):
        write_sound(audio / f"{seed}.wav", seed)
    assert counts(index(lib, [audio], encoder=encoder)) == {"added": 3}
    num_embedded = encoder.num_embedded
    again = index(lib, [audio], encoder=encoder)
    assert counts(again) == {"unchanged": 3}
    assert again.audio_s == 0
    assert encoder.num_embedded == num_embedded


def test_touched_file_is_unchanged(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    path = write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    num_embedded = encoder.num_embedded
    os.utime(path, ns=(1, 10**15))
    assert counts(index(lib, [audio], encoder=encoder)) == {"unchanged": 1}
    assert encoder.num_embedded == num_embedded


def test_changed_file_is_updated_and_its_old_windows_go(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    path = write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    old_id = open_library(lib, encoder=encoder).search(path).hits[0].recording_id
    rewrite(path, 7)
    assert counts(index(lib, [audio], encoder=encoder)) == {"updated": 1}
    hits = open_library(lib, encoder=encoder).search(path, k=100).hits
    assert {hit.recording_id for hit in hits} != {old_id}
    assert len(Store(lib).windows([old_id])) == 0


def test_moved_file_keeps_its_embeddings(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    path = write_sound(audio / "dog" / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    num_embedded = encoder.num_embedded
    (audio / "cat").mkdir()
    moved = path.rename(audio / "cat" / "b.wav")
    assert counts(index(lib, [audio], encoder=encoder)) == {"moved": 1}
    assert encoder.num_embedded == num_embedded
    hit = open_library(lib, encoder=encoder).search(moved).hits[0]
    assert (hit.path, hit.also, hit.label) == (str(moved), (), "cat")


def test_duplicates_are_embedded_once_and_both_found(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    first = write_sound(audio / "a.wav", 1, duration_s=0.5)
    second = Path(shutil.copy(first, audio / "z.wav"))
    assert counts(index(lib, [audio], encoder=encoder)) == {"added": 1, "duplicate": 1}
    assert encoder.num_embedded == 1
    library = open_library(lib, encoder=encoder)
    (hit,) = library.search(second).hits
    assert (hit.path, hit.also, hit.is_query) == (str(first), (str(second),), True)
    assert library.status()["recordings"] == 1
    assert counts(index(lib, [audio], encoder=encoder)) == {"unchanged": 2}

    first.unlink()
    assert counts(index(lib, [audio], encoder=encoder, prune=True)) == {"unchanged": 1, "missing": 1}
    (hit,) = open_library(lib, encoder=encoder).search(second).hits
    assert (hit.path, hit.also) == (str(second), ())


def test_two_files_that_swap_places_are_not_embedded_again(
    audio: Path, lib: Path, encoder: BandEncoder
) -> None:
    one, two = write_sound(audio / "1.wav", 1), write_sound(audio / "2.wav", 2)
    index(lib, [audio], encoder=encoder)
    num_embedded = encoder.num_embedded
    aside = one.rename(audio / "aside.wav")
    two.rename(one)
    aside.rename(two)
    assert counts(index(lib, [audio], encoder=encoder)) == {"updated": 2}
    assert encoder.num_embedded == num_embedded
    library = open_library(lib, encoder=encoder)
    assert library.search(one).hits[0].path == str(one)
    assert library.search(two).hits[0].path == str(two)


def test_unreadable_files_are_listed_every_time_and_decoded_once(
    audio: Path, lib: Path, encoder: BandEncoder
) -> None:
    write_sound(audio / "good.wav", 1)
    (audio / "empty.wav").write_bytes(b"")
    (audio / "text.wav").write_text("not audio at all")
    whole = write_sound(audio / "cut.wav", 2, duration_s=3.0).read_bytes()
    (audio / "cut.wav").write_bytes(whole[:30])
    first = index(lib, [audio], encoder=encoder)
    assert counts(first) == {"added": 1, "skipped": 3}
    assert sorted(Path(one.path).name for one in first.skipped) == ["cut.wav", "empty.wav", "text.wav"]
    assert all(one.reason for one in first.skipped)
    again = index(lib, [audio], encoder=encoder)
    assert counts(again) == {"unchanged": 1, "skipped": 3}
    assert again.skipped == first.skipped
    status = open_library(lib, encoder=encoder).status()
    assert [one["path"] for one in status["skipped"]] == [one.path for one in first.skipped]

    rewrite(audio / "text.wav", 5)
    (audio / "empty.wav").unlink()
    assert counts(index(lib, [audio], encoder=encoder)) == {"unchanged": 1, "updated": 1, "skipped": 1}


@pytest.mark.skipif(os.name != "posix", reason="makes what only POSIX has")
def test_what_is_no_file_is_listed_as_long_as_it_is_there(
    audio: Path, lib: Path, encoder: BandEncoder
) -> None:
    write_sound(audio / "good.wav", 1)
    (audio / "sub").mkdir()
    os.mkfifo(audio / "sub" / "pipe.wav")
    strange = Path(os.fsdecode(os.fsencode(audio) + b"/caf\xe9.wav"))
    strange.write_bytes(b"")
    locked = audio / "locked"
    locked.mkdir()
    write_sound(locked / "inside.wav", 2)
    locked.chmod(0)
    is_locked = not os.access(locked, os.R_OK)  # root may read everything
    expected = {
        str(audio / "caf?.wav"),
        str(audio / "sub" / "pipe.wav"),
        *([str(locked)] if is_locked else []),
    }
    for _ in range(2):
        report = index(lib, [audio], encoder=encoder)
        assert {one.path for one in report.skipped} == expected
        assert report.recordings["skipped"] == len(expected)
        listed = open_library(lib, encoder=encoder).status()["skipped"]
        assert {one["path"]: one["reason"] for one in listed} == {
            one.path: one.reason for one in report.skipped
        }
    locked.chmod(0o700)
    strange.unlink()
    (audio / "sub" / "pipe.wav").unlink()
    write_sound(audio / "sub" / "pipe.wav", 3)
    assert index(lib, [audio], encoder=encoder).skipped == []
    status = open_library(lib, encoder=encoder).status()
    assert (status["skipped"], status["recordings"]) == ([], 3)


def test_readable_file_that_breaks_leaves_the_search(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1)
    path = write_sound(audio / "b.wav", 2)
    index(lib, [audio], encoder=encoder)
    path.write_text("broken now")
    report = index(lib, [audio], encoder=encoder)
    assert counts(report) == {"unchanged": 1, "skipped": 1}
    hits = open_library(lib, encoder=encoder).search(audio / "a.wav", k=10, per="recording").hits
    assert [Path(hit.path).name for hit in hits] == ["a.wav"]
    assert report.num_windows == len(Store(lib).windows())


def test_silence_is_in_the_library_but_not_embedded(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    half = np.concatenate([np.zeros(4 * RATE_HZ), 0.5 * np.ones(RATE_HZ)])
    soundfile.write(audio / "half.wav", half, RATE_HZ)
    soundfile.write(audio / "silent.wav", np.zeros(RATE_HZ), RATE_HZ)
    report = index(lib, [audio], encoder=encoder, hop_s=0.5)
    assert counts(report) == {"added": 2}
    assert (report.num_windows, report.audio_s) == (2, 6.0)
    rows = {row.path: row for row in Store(lib).recordings()}
    assert (rows["half.wav"].num_windows, rows["half.wav"].num_silent) == (2, 8)
    assert (rows["silent.wav"].num_windows, rows["silent.wav"].num_silent) == (0, 2)
    assert rows["half.wav"].duration_s == pytest.approx(5)
    assert counts(index(lib, [audio], encoder=encoder)) == {"unchanged": 2}


def test_missing_files_are_reported_until_pruned(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1)
    gone = write_sound(audio / "sub" / "b.wav", 2)
    index(lib, [audio], encoder=encoder)
    gone.unlink()
    for _ in range(2):
        report = index(lib, [audio], encoder=encoder)
        assert counts(report) == {"unchanged": 1, "missing": 1}
        assert report.missing == [str(gone)]
    library = open_library(lib, encoder=encoder)
    assert library.status()["missing"] == [str(gone)]
    assert len(library.search(audio / "a.wav", k=10, per="recording").hits) == 2

    assert counts(index(lib, [audio], encoder=encoder, prune=True)) == {"unchanged": 1, "missing": 1}
    assert counts(index(lib, [audio], encoder=encoder)) == {"unchanged": 1}
    assert library.status()["missing"] == []
    assert len(library.search(audio / "a.wav", k=10, per="recording").hits) == 1


def test_pruning_one_folder_spares_the_others(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    one, two = write_sound(audio / "1" / "a.wav", 1), write_sound(audio / "2" / "b.wav", 2)
    index(lib, [audio], encoder=encoder)
    one.unlink()
    two.unlink()
    assert counts(index(lib, [audio / "1"], encoder=encoder, prune=True)) == {"missing": 1}
    assert open_library(lib, encoder=encoder).status()["missing"] == [str(two)]


def test_file_and_its_folder_are_one_recording(
    audio: Path, lib: Path, encoder: BandEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_sound(audio / "sub" / "a.wav", 1)
    index(lib, [path], encoder=encoder)
    assert counts(index(lib, [audio, audio / "sub", path], encoder=encoder)) == {"unchanged": 1}
    monkeypatch.chdir(audio)
    assert counts(index(lib, ["sub/../sub"], encoder=encoder)) == {"unchanged": 1}


def test_skipped_paths_are_as_the_user_named_them(
    audio: Path, lib: Path, encoder: BandEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (audio / "bad.wav").write_text("text")
    monkeypatch.chdir(audio.parent)
    assert index(lib, ["audio"], encoder=encoder).skipped[0].path == str(Path("audio") / "bad.wav")


def test_composed_and_decomposed_names(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    names = [unicodedata.normalize(form, "Tür café.wav") for form in ("NFC", "NFD")]
    for seed, name in enumerate(names):
        write_sound(audio / name, seed + 1)
    num_files = len(list(audio.iterdir()))  # one where the file system knows both as one name
    assert counts(index(lib, [audio], encoder=encoder)) == {"added": num_files}
    assert counts(index(lib, [audio / names[0]], encoder=encoder)) == {"unchanged": 1}
    assert counts(index(lib, [audio / names[-1]], encoder=encoder)) == {"unchanged": 1}
    library = open_library(lib, encoder=encoder)
    for name in names[-num_files:]:
        assert library.search(audio / name).hits[0].path == str(audio / name)


def test_file_renamed_to_another_spelling_is_moved(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    path = write_sound(audio / unicodedata.normalize("NFC", "é.wav"), 1)
    index(lib, [audio], encoder=encoder)
    path.rename(audio / unicodedata.normalize("NFD", "é.wav"))
    assert set(counts(index(lib, [audio], encoder=encoder))) <= {"moved", "unchanged"}


def test_folder_with_nothing(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    report = index(lib, [audio], encoder=encoder)
    assert (counts(report), report.num_windows) == ({}, 0)
    query = write_sound(audio / "q.wav", 1)
    assert open_library(lib, encoder=encoder).search(query).hits == ()


def test_library_inside_the_audio_is_not_indexed(audio: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1)
    for _ in range(2):
        assert index(audio / "lib", [audio], encoder=encoder).ignored == {}


def test_other_encoder_is_refused_by_both_names(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1)
    index(lib, [audio], encoder=encoder)
    other = BandEncoder(fingerprint="bands-2")
    with pytest.raises(
        EncoderMismatchError, match=r"'bands' \(fingerprint bands-1, .*not with 'bands' .*bands-2"
    ):
        index(lib, [audio], encoder=other)
    with pytest.raises(EncoderMismatchError, match="--reembed"):
        open_library(lib, encoder=other)


def test_other_hop_is_refused(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    index(lib, [audio], encoder=encoder, hop_s=0.25)
    with pytest.raises(UsageError, match=r"windows every 0\.25 s, not every 1 s"):
        index(lib, [audio], encoder=encoder, hop_s=1.0)
    for hop_s in (0.0, -1.0, float("nan")):
        with pytest.raises(UsageError, match="above 0"):
            index(lib, [audio], encoder=encoder, hop_s=hop_s)


def test_path_that_is_not_there_makes_no_library(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        index(lib, [audio / "nowhere"], encoder=encoder)
    assert not lib.exists()


def test_folder_of_other_things_does_not_become_a_library(audio: Path, encoder: BandEncoder) -> None:
    write_sound(audio / "a.wav", 1)
    with pytest.raises(LibraryError, match=r"holds other things \('a.wav'\)"):
        index(audio, [audio], encoder=encoder)
    with pytest.raises(LibraryError, match="cannot make a library"):
        index(audio / "a.wav", [audio], encoder=encoder)
    assert [path.name for path in audio.iterdir()] == ["a.wav"]


def test_progress_counts_files(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    for seed in range(3):
        write_sound(audio / f"{seed}.wav", seed)
    seen: list[tuple[int, int, str]] = []
    index(lib, [audio], encoder=encoder, progress=lambda *told: seen.append(told))
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert "x real time" in seen[0][2]
    assert seen[-1] == (3, 3, "tidying up")


def test_batches_go_across_files(audio: Path, lib: Path, encoder: BandEncoder) -> None:
    sizes = []
    embed = encoder.embed
    encoder.embed = lambda waveforms: sizes.append(len(waveforms)) or embed(waveforms)  # type: ignore
    for seed in range(70):
        write_sound(audio / f"{seed:02}.wav", seed, duration_s=0.5)
    index(lib, [audio], encoder=encoder)
    assert sizes == [16] * 4 + [6]


def test_file_from_a_far_future_is_indexed_like_any_other(
    audio: Path, lib: Path, encoder: BandEncoder
) -> None:
    far_ns = 300 * 365 * 86_400 * 10**9 + 10**18  # does not fit 64 bits on file systems that can hold it
    path = write_sound(audio / "a.wav", 1)
    os.utime(path, ns=(far_ns, far_ns))
    write_sound(audio / "b.wav", 2)
    assert counts(index(lib, [audio], encoder=encoder)) == {"added": 2}
    assert counts(index(lib, [audio], encoder=encoder)) == {"unchanged": 2}


@pytest.mark.parametrize("hop_s", [0.0, -1.0, float("nan"), float("inf"), 1e-9, 0.004])
def test_unusable_hop_leaves_no_library_behind(
    audio: Path, lib: Path, encoder: BandEncoder, hop_s: float
) -> None:
    write_sound(audio / "a.wav", 1)
    with pytest.raises(UsageError, match="hop_s is"):
        index(lib, [audio], encoder=encoder, hop_s=hop_s)
    assert not lib.exists()
