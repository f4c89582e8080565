"""Copies agree, other sounds do not."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from soundalike.audio import open_audio
from soundalike.audio.fingerprint import (
    ANCHOR_DIM,
    FINGERPRINT_RATE_HZ,
    FRAME_HOP_S,
    Fingerprint,
    anchors,
    compare,
    fingerprint,
)

RATE_HZ = FINGERPRINT_RATE_HZ


def calls(seed: int, *, duration_s: float = 4.0) -> np.ndarray:
    """One bird: always the same chirps, at moments and in noise that the seed decides."""
    rng = np.random.default_rng(seed)
    sound = 0.01 * rng.standard_normal(round(duration_s * RATE_HZ))
    time_s = np.arange(round(0.3 * RATE_HZ)) / RATE_HZ
    chirp = np.sin(2 * np.pi * (2000 * time_s + 3000 * time_s**2)) * np.hanning(len(time_s))
    for start in rng.integers(0, len(sound) - len(chirp), round(duration_s)):
        sound[start : start + len(chirp)] += 0.3 * chirp
    return sound.astype(np.float32)


def of(sound: np.ndarray, *, block: int = 10_000) -> Fingerprint:
    return fingerprint(sound[start : start + block] for start in range(0, len(sound), block))


def compressed(sound: np.ndarray) -> Fingerprint:
    file = io.BytesIO()
    soundfile.write(file, sound, RATE_HZ, format="OGG", subtype="VORBIS")
    with open_audio(file.getvalue(), sample_rate_hz=RATE_HZ) as stream:
        return fingerprint(stream.blocks())


def test_loudness_does_not_matter() -> None:
    np.testing.assert_allclose(of(calls(1) / 8).astype(int), of(calls(1)).astype(int), atol=1)


@pytest.mark.parametrize("block", [1, 511, 2048, 100_000])
def test_blocks_do_not_matter(block: int) -> None:
    sound = calls(2, duration_s=0.5 if block == 1 else 4.0)
    np.testing.assert_array_equal(of(sound, block=block), of(sound, block=len(sound)))


@pytest.mark.parametrize("start_s", [0.0, 0.512, 0.7, 1.313])
def test_a_trimmed_copy_is_found_where_it_was_cut(start_s: float) -> None:
    whole = calls(3, duration_s=6.0)
    part = whole[round(start_s * RATE_HZ) : round((start_s + 3.0) * RATE_HZ)]
    agreement = compare(of(part), of(whole))
    assert agreement is not None
    assert agreement.offset_s == pytest.approx(start_s, abs=FRAME_HOP_S)
    assert agreement.overlap_s == pytest.approx(len(of(part)) * FRAME_HOP_S)
    assert agreement.overall > 0.75


def test_a_compressed_copy_agrees() -> None:
    agreement = compare(compressed(calls(4)), of(calls(4)))
    assert agreement is not None
    assert (agreement.overall > 0.7, round(agreement.offset_s)) == (True, 0)


def test_another_take_of_the_same_bird_does_not() -> None:
    for seed in range(10, 20):
        agreement = compare(of(calls(seed)), of(calls(seed + 100)))
        assert agreement is not None
        assert agreement.overall < 0.5 or agreement.overlap_s < 2.0


def test_one_other_part_shows_in_the_weakest() -> None:
    edited = calls(5, duration_s=20.0)
    edited[round(8 * RATE_HZ) : round(13 * RATE_HZ)] = calls(6, duration_s=5.0)
    agreement = compare(of(edited), of(calls(5, duration_s=20.0)))
    assert agreement is not None
    assert agreement.overall > 0.6
    assert agreement.weakest < 0.4


def test_long_recordings_are_compared_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, part = of(calls(7, duration_s=60.0)), of(calls(7, duration_s=60.0)[round(41.6 * RATE_HZ) :])
    at_once = compare(part, whole)
    monkeypatch.setattr("soundalike.audio.fingerprint._BLOCK_FRAMES", 300)
    assert compare(part, whole) == at_once
    assert at_once is not None
    assert at_once.offset_s == pytest.approx(41.6, abs=FRAME_HOP_S)


def test_an_obvious_twin_of_the_best_shift() -> None:
    """Every shift in a plain loop."""
    rng = np.random.default_rng(0)
    whole = rng.integers(-127, 127, (60, 4)).astype(np.int8)
    for offset in (-6, 0, 17, 48):
        part = np.roll(whole, -offset, axis=0)[:20].copy()
        products = {}
        for shift in range(-19, 60):
            inside = [row for row in range(20) if 0 <= row + shift < 60]
            products[shift] = sum(
                int(part[row].astype(int) @ whole[row + shift].astype(int)) for row in inside
            )
        agreement = compare(part, whole)
        assert agreement is not None
        assert round(agreement.offset_s / FRAME_HOP_S) == max(products, key=lambda one: products[one])


def test_too_short_and_silent() -> None:
    assert of(np.zeros(100, np.float32)).shape == (0, 32)
    assert compare(of(np.zeros(2_000, np.float32)), of(calls(1))) is None
    silent = of(np.zeros(RATE_HZ, np.float32))
    agreement = compare(silent, silent)
    assert agreement is not None
    assert agreement.overall == 0
    assert anchors(silent).shape == (0, ANCHOR_DIM)
    assert anchors(of(calls(1))[:10]).shape == (1, ANCHOR_DIM)


def test_copies_share_anchors() -> None:
    whole = calls(8, duration_s=8.0)
    mine, others = anchors(of(whole)), anchors(of(calls(9, duration_s=8.0)))
    cut = anchors(of(whole[round(1.512 * RATE_HZ) : round(6.2 * RATE_HZ)] * 3))
    assert (cut[:3] @ mine.T).max() > 0.8
    assert (mine @ mine.T).max() == pytest.approx(1, abs=1e-5)
    assert (others[:3] @ mine.T).max() < 0.8
