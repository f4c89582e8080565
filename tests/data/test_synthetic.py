import time

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from soundalike.data import read_data
from soundalike.data.synthetic import KINDS, synthesise, write_corpus
from soundalike.errors import DataError


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sample_rate_hz", [16000, 44100])
def test_every_kind_is_sound_audio(kind, sample_rate_hz):
    for seed in range(3):
        sound = synthesise(kind, seed=seed, sample_rate_hz=sample_rate_hz, duration_s=2.0)
        assert sound.dtype == np.float32
        assert sound.shape == (2 * sample_rate_hz,)
        assert np.isfinite(sound).all()
        assert 10 ** (-12.1 / 20) < np.abs(sound).max() <= 10 ** (-0.99 / 20)
        assert abs(sound.mean()) < 1e-6


@settings(deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 2**64), num_samples=st.integers(2, 4000))
def test_any_seed_and_any_length(kind, seed, num_samples):
    sound = synthesise(kind, seed=seed, duration_s=num_samples / 16000)
    assert sound.shape == (num_samples,)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_sound_other_seed_other_sound(kind):
    first, again, other = (synthesise(kind, seed=seed, duration_s=0.5) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


def log_spectrum(sound: np.ndarray) -> np.ndarray:
    """Mean and spread over time of each frequency's log power: what an ear would notice first."""
    frames = sound[: len(sound) // 512 * 512].reshape(-1, 512) * np.hanning(512)
    log_power = np.log(np.abs(np.fft.rfft(frames)) ** 2 + 1e-6)
    return np.concatenate([log_power.mean(axis=0), log_power.std(axis=0)])


def test_sounds_of_a_kind_are_alike():
    kinds = np.array([kind for kind in KINDS for _ in range(6)])
    spectra = np.array(
        [log_spectrum(synthesise(kind, seed=i, duration_s=2.0)) for i, kind in enumerate(kinds)]
    )
    distances = ((spectra[:, None] - spectra[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(distances, np.inf)
    # By chance: 5 of 179 others, 3 %.
    assert np.mean(kinds[distances.argmin(axis=1)] == kinds) > 0.6


def test_a_corpus_is_a_folder_of_label_folders(tmp_path):
    manifest = write_corpus(
        tmp_path / "demo", clips_per_kind=2, seed=1, kinds=["wind", "frog"], duration_s=0.3
    )
    assert manifest == read_data(tmp_path / "demo")
    assert manifest.labels == ("frog", "wind")
    info = soundfile.info(tmp_path / "demo" / "wind" / "wind_001.wav")
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (16000, 1, 4800, "PCM_16")


def test_writing_it_again_gives_the_same_bytes_and_other_kinds_change_nothing(tmp_path):
    def contents(name: str, **values) -> dict[str, bytes]:
        manifest = write_corpus(tmp_path / name, duration_s=0.2, **values)
        return {clip.recording: clip.path.read_bytes() for clip in manifest.clips}

    some = contents("a", clips_per_kind=2, seed=1, kinds=["wind", "frog"])
    assert contents("a", clips_per_kind=2, seed=1, kinds=["frog", "wind"]) == some
    assert contents("b", clips_per_kind=3, seed=1).items() >= some.items()
    assert not set(contents("c", clips_per_kind=2, seed=2, kinds=["wind", "frog"]).values()) & set(
        some.values()
    )
    assert len(set(some.values())) == 4


def test_there_are_at_least_twenty_kinds_and_their_names_are_labels():
    assert len(KINDS) >= 20
    assert list(KINDS) == sorted(KINDS)
    assert all(name.islower() and name.isidentifier() for name in KINDS)
    assert all(voice.__doc__ for voice in KINDS.values())


def test_fast_enough_for_tests():
    start_s = time.process_time()
    for seed, kind in enumerate(KINDS):
        synthesise(kind, seed=seed, duration_s=3.0)
    assert (time.process_time() - start_s) / len(KINDS) < 0.1  # about 0.014 s on an idle machine


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(DataError, match=r"no synthetic sound 'unicorn'.*whistle"):
        synthesise("unicorn", seed=0)
    with pytest.raises(DataError, match="is empty"):
        synthesise("rain", seed=0, duration_s=0.0)
