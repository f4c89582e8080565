"""Waveforms that are one, and waveforms that only sound alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from soundalike.audio.waveforms import (
    RATE_HZ,
    agreement_of_waveforms,
    best_shift,
    weakest_correlation,
)


def siren(seed: int, *, pitch_hz: float = 700.0, duration_s: float = 4.0) -> np.ndarray:
    """A tone that goes up and down twice a second, a little differently each time."""
    random = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    wander = np.interp(time_s, np.linspace(0, duration_s, 9), random.uniform(-0.01, 0.01, 9))
    frequency_hz = pitch_hz * (1 + 0.2 * np.sin(4 * np.pi * time_s) + wander)
    return (
        0.3 * np.sin(2 * np.pi * np.cumsum(frequency_hz) / RATE_HZ) * (1 + 0.5 * np.sin(4 * np.pi * time_s))
    )


def agreement(tmp_path: Path, one: np.ndarray, other: np.ndarray, *, offset_s: float = 0.0) -> float:
    for name, sound in (("one.wav", one), ("other.wav", other)):
        soundfile.write(tmp_path / name, sound, RATE_HZ)
    length_s = min(len(one) / RATE_HZ, len(other) / RATE_HZ - offset_s)
    return agreement_of_waveforms(
        tmp_path / "one.wav", tmp_path / "other.wav", start_s=0.0, length_s=length_s, offset_s=offset_s
    )


def test_louder_turned_over_and_cut_copies_agree(tmp_path: Path) -> None:
    sound = siren(0)
    assert agreement(tmp_path, sound, sound) == pytest.approx(1, abs=1e-3)
    assert agreement(tmp_path, np.clip(-4 * sound, -1, 1), sound) > 0.8
    cut = sound[round(0.512 * RATE_HZ) : round(3 * RATE_HZ)]
    assert agreement(tmp_path, cut, sound, offset_s=0.49) == pytest.approx(1, abs=0.02)


def test_takes_of_one_tone_do_not(tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        assert agreement(tmp_path, siren(seed), siren(0)) < 0.3


def test_a_quarter_that_differs_decides(tmp_path: Path) -> None:
    sound = siren(0)
    mixed = np.concatenate([sound[: 3 * RATE_HZ], siren(1)[3 * RATE_HZ :]])
    assert agreement(tmp_path, mixed, sound) < 0.4
    quiet = np.concatenate([sound[: 3 * RATE_HZ], 0.01 * siren(1)[3 * RATE_HZ :]])
    faded = np.concatenate([sound[: 3 * RATE_HZ], 0.01 * sound[3 * RATE_HZ :]])
    assert agreement(tmp_path, quiet, faded) > 0.9  # what hardly sounds there tells nothing


def test_silence_agrees_with_nothing(tmp_path: Path) -> None:
    sound, nothing = siren(0), np.zeros(4 * RATE_HZ)
    assert agreement(tmp_path, sound, nothing) == agreement(tmp_path, nothing, sound) == 0


SIGNALS = st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=20).map(np.array)


@given(SIGNALS, SIGNALS)
def test_the_best_shift_is_that_of_the_loop(short: np.ndarray, long: np.ndarray) -> None:
    found = best_shift(short, long)
    if len(short) > len(long) or not short.any():
        assert found is None
        return
    correlations = []
    for shift in range(len(long) - len(short) + 1):
        part = long[shift : shift + len(short)]
        # Stretches with next to nothing in them count for nothing.
        energy = max(float(np.sum(part**2)), 1e-9 * float(np.sum(long**2)) + 1e-30)
        correlations.append(abs(float(short @ part)) / np.sqrt(np.sum(short**2) * energy))
    assert correlations[found] >= max(correlations) - 1e-4


@given(SIGNALS, st.floats(-3, 3, width=16))
def test_a_louder_copy_agrees_in_every_quarter(signal: np.ndarray, gain: float) -> None:
    agrees = bool((signal * gain).any())
    assert weakest_correlation(signal, gain * signal) == pytest.approx(1.0 if agrees else 0.0, abs=1e-6)
