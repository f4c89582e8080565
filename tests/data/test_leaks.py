import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundalike.data import (
    Clip,
    Manifest,
    load_clips,
    read_data,
    refuse_audio_leaks,
    refuse_leaks,
    split_by_recording,
    without_recordings_of,
)
from soundalike.data.synthetic import synthesise, write_corpus
from soundalike.errors import DataError, LeakError

RATE_HZ = 16000


def manifest_of(*clips: Clip) -> Manifest:
    return Manifest(name="made", clips=clips)


def clip(path: Path, recording: str = "") -> Clip:
    return Clip(path=path, label="x", recording=recording or path.name)


def test_a_clean_split_passes(tmp_path):
    manifest = write_corpus(tmp_path, clips_per_kind=3, seed=0, kinds=["rain", "frog"], duration_s=0.2)
    manifest = split_by_recording(manifest, seed=0)
    refuse_leaks(manifest.select(splits=["train"]), manifest.select(splits=["val", "test"]))


def test_clips_of_a_recording_on_the_other_side_are_left_out(tmp_path, caplog):
    own = clip(tmp_path / "esc50" / "1-100032-A.wav", "100032")
    other = clip(tmp_path / "esc50" / "1-7-A.wav", "7")
    twin = clip(tmp_path / "us8k" / "100032-3-0-0.wav", "100032")
    with caplog.at_level(logging.WARNING):
        assert without_recordings_of(manifest_of(own, other), manifest_of(twin)).clips == (other,)
    assert "1 clips left out" in caplog.text
    with pytest.raises(DataError, match="every clip"):
        without_recordings_of(manifest_of(own), manifest_of(twin))
    # The recording alone is no content: published folds share a few.
    refuse_leaks(manifest_of(own), manifest_of(twin))


def test_two_parts_of_one_file_are_not_the_same_audio(tmp_path):
    write_corpus(tmp_path, clips_per_kind=1, seed=0, kinds=["rain"], duration_s=0.4)
    path = tmp_path / "rain" / "rain_000.wav"
    first = Clip(path=path, label="x", recording="r", start_s=0.0, end_s=0.2)
    second = Clip(path=path, label="x", recording="r", start_s=0.2, end_s=0.4)
    refuse_leaks(manifest_of(first), manifest_of(second))
    with pytest.raises(LeakError):
        refuse_leaks(manifest_of(first), manifest_of(first))


def test_folders_that_number_their_files_alike_share_nothing(tmp_path):
    for side, seed in (("left", 1), ("right", 2)):
        write_corpus(tmp_path / side, clips_per_kind=2, seed=seed, kinds=["siren"], duration_s=0.2)
    left, right = read_data(tmp_path / "left"), read_data(tmp_path / "right")
    assert [clip.recording for clip in left.clips] == [clip.recording for clip in right.clips]
    refuse_leaks(left, right)
    with pytest.raises(LeakError):
        refuse_leaks(left, read_data(tmp_path / "left"))


def test_a_copy_under_another_name(tmp_path):
    manifest = write_corpus(tmp_path, clips_per_kind=1, seed=0, kinds=["rain", "wind"], duration_s=0.2)
    copy = tmp_path / "copy of rain.wav"
    shutil.copy(manifest.clips[0].path, copy)
    with pytest.raises(LeakError, match=r"copy of rain\.wav.*rain_000\.wav' \(the same bytes\)"):
        refuse_leaks(manifest, manifest_of(clip(copy)))
    refuse_leaks(manifest_of(manifest.clips[1]), manifest_of(clip(copy)))


def test_the_message_names_the_first_pairs_counts_the_rest_and_says_how_to_allow_it(tmp_path):
    clips = [clip(tmp_path / f"{number}.wav") for number in range(5)]
    for number, one in enumerate(clips):
        one.path.write_bytes(b"audio %d" % number)
    with pytest.raises(LeakError) as caught:
        refuse_leaks(manifest_of(*clips), manifest_of(*clips), how_to_allow="--allow-leaks")
    message = str(caught.value)
    assert message.startswith("5 clips")
    assert "2.wav" in message
    assert "3.wav" not in message
    assert "and 2 more" in message
    assert "--allow-leaks" in message


def test_allowed_leaks_are_a_warning(tmp_path, caplog):
    same = manifest_of(clip(tmp_path / "a.wav"))
    same.clips[0].path.write_bytes(b"audio")
    with caplog.at_level(logging.WARNING):
        refuse_leaks(same, same, allow=True)
    assert "on both sides" in caplog.text


def test_a_wav_and_its_flac_copy_sound_the_same(tmp_path):
    sound = synthesise("birds", seed=0, duration_s=1.0)
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, subtype="PCM_16")
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    soundfile.write(tmp_path / "b.flac", samples, RATE_HZ)
    soundfile.write(tmp_path / "c.flac", synthesise("birds", seed=1, duration_s=1.0), RATE_HZ)
    wav, flac, other = (manifest_of(clip(tmp_path / name)) for name in ("a.wav", "b.flac", "c.flac"))
    refuse_leaks(wav, flac)  # their bytes differ
    loaded = [load_clips(side, sample_rate_hz=RATE_HZ, window_s=0.5) for side in (wav, flac, other)]
    assert np.abs(loaded[0].waveforms).max() > 0.1
    with pytest.raises(LeakError, match=r"b\.flac.*a\.wav' \(the same sound\)"):
        refuse_audio_leaks(loaded[0], loaded[1])
    refuse_audio_leaks(loaded[0], loaded[2])
