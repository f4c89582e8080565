"""Tell whether two recordings are the same sound: re-encoded, trimmed or louder, but not another take.

A fingerprint is how the spectrum changes from band to band and from frame to frame, in decibels. Loudness and slow
changes of tone colour cancel out in these differences; what is left is the fine structure, noise included, that a copy
shares and another take of the same source does not. Two fingerprints are laid over each other at the shift where they
agree best.

Source: the differences are those of Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002, kept
as numbers instead of signs, which short sounds need.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

FINGERPRINT_RATE_HZ = 16_000
_FRAME = 2048
_HOP = 512
FRAME_HOP_S = _HOP / FINGERPRINT_RATE_HZ
_NUM_BANDS = 33
_LOWEST_HZ, _HIGHEST_HZ = 200.0, 5_500.0
# Codecs at low rates change what lies this far under the loudest frame; below it everything counts as equal.
_FLOOR_DB = 50.0
_FULL_SCALE_DB = 12.0
# The stretch of the shorter recording that is looked for in the longer one.
_TEMPLATE_FRAMES = 1024
_BLOCK_FRAMES = 1 << 16
# What is too short or too silent to say anything about.
MIN_FRAMES = 8
# An anchor is half a second of a fingerprint, at most one a second, in as many numbers as keep unlike ones apart.
_ANCHOR_FRAMES = 16
_ANCHOR_DISTANCE_FRAMES = 31
ANCHOR_DIM = 128
_MAX_ANCHORS = 512

Fingerprint = NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How two recordings lie over each other.

    Attributes:
        offset_s: where the first begins in the second; negative if it begins before it.
        overlap_s: how long both sound together.
        overall: correlation of the fingerprints over the whole overlap, 1 for identical sound, about 0 for others.
        weakest: the same over the part of the overlap where it is lowest.
    """

    offset_s: float
    overlap_s: float
    overall: float
    weakest: float


def fingerprint(blocks: Iterable[NDArray[np.float32]]) -> Fingerprint:
    """The fingerprint of a recording.

    Args:
        blocks: the recording as mono float32 [time] at `FINGERPRINT_RATE_HZ`, in pieces of any length.
    Returns:
        int8 [frame, band], 31 frames a second; 0 where nothing can be told. Sounds shorter than two frames give none.
    """
    bands = np.concatenate([np.empty((0, _NUM_BANDS), np.float32), *_band_levels_db(blocks)])
    if len(bands) < 2:
        return np.zeros((0, _NUM_BANDS - 1), np.int8)
    bands = np.maximum(bands, bands.max() - _FLOOR_DB)
    change_db = np.diff(np.diff(bands, axis=1), axis=0)
    steps: Fingerprint = np.rint(np.clip(change_db / _FULL_SCALE_DB, -1, 1) * 127).astype(np.int8)
    return steps


def anchors(whole: Fingerprint) -> NDArray[np.float32]:
    """The half seconds of a recording where most changes, which a copy has at the same places of the sound.

    They find copies among many recordings quickly: their dot product is about the correlation of the stretches.

    Returns:
        float32 [anchor, `ANCHOR_DIM`] of unit length, the most telling first; at most 512, at least a second apart.
    """
    if len(whole) < MIN_FRAMES:
        return np.zeros((0, ANCHOR_DIM), np.float32)
    padded = np.pad(whole, ((0, max(0, _ANCHOR_FRAMES - len(whole))), (0, 0)))
    running = np.concatenate(
        [[0.0], np.cumsum(np.sum(padded.astype(np.float32) ** 2, axis=1, dtype=np.float64))]
    )
    energies = running[_ANCHOR_FRAMES:] - running[:-_ANCHOR_FRAMES]
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(energies, _ANCHOR_DISTANCE_FRAMES), 2 * _ANCHOR_DISTANCE_FRAMES + 1
    )
    peaks = np.flatnonzero((energies == around.max(axis=1)) & (energies > 0))
    peaks = peaks[np.argsort(-energies[peaks], kind="stable")][:_MAX_ANCHORS]
    stretches = (
        np.stack([padded[peak : peak + _ANCHOR_FRAMES].ravel() for peak in peaks])
        if len(peaks)
        else (np.zeros((0, _ANCHOR_FRAMES * padded.shape[1]), np.int8))
    )
    vectors = stretches.astype(np.float32) @ _projection(stretches.shape[1])
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


@cache
def _projection(num_numbers: int) -> NDArray[np.float32]:
    """Random directions; the same in every run, so that results are."""
    return np.random.default_rng(0).standard_normal((num_numbers, ANCHOR_DIM)).astype(np.float32)


def compare(first: Fingerprint, second: Fingerprint, *, part_s: float = 4.0) -> Agreement | None:
    """Lay the first recording over the second where they agree best.

    Args:
        first: of the shorter recording, or either of two equally long ones.
        second: of the longer one.
        part_s: length of the parts of the overlap that `weakest` looks at.
    Returns:
        None if one of them is too short to tell anything.
    """
    if min(len(first), len(second)) < MIN_FRAMES:
        return None
    template_start = _most_telling(first, min(_TEMPLATE_FRAMES, len(first)))
    template = first[template_start : template_start + _TEMPLATE_FRAMES]
    offset = _best_shift(template, second) - template_start
    begin, end = max(0, offset), min(len(second), offset + len(first))
    one = first[begin - offset : end - offset].astype(np.float32)
    other = second[begin:end].astype(np.float32)
    if len(one) < MIN_FRAMES:
        return None
    return Agreement(
        offset_s=offset * FRAME_HOP_S,
        overlap_s=(end - begin) * FRAME_HOP_S,
        overall=_correlation(one, other),
        weakest=_weakest(one, other, max(MIN_FRAMES, round(part_s / FRAME_HOP_S))),
    )


def telling_stretch(first: Fingerprint, at: Agreement, *, length_s: float) -> tuple[float, float]:
    """The stretch of the overlap of two recordings in which most changes.

    Args:
        first: of the first recording.
        at: how it lies over the second.
        length_s: how long the stretch may be.
    Returns:
        Where it begins in the first recording, and how long it is, in seconds.
    """
    begin = max(0, -round(at.offset_s / FRAME_HOP_S))
    overlap = first[begin : begin + round(at.overlap_s / FRAME_HOP_S)]
    length = min(len(overlap), round(length_s / FRAME_HOP_S))
    return (begin + _most_telling(overlap, length)) * FRAME_HOP_S, length * FRAME_HOP_S


def _band_levels_db(blocks: Iterable[NDArray[np.float32]]) -> Iterable[NDArray[np.float32]]:
    """Levels of the bands, float32 [frame, band], in pieces."""
    window = np.hanning(_FRAME).astype(np.float32)
    edges_hz = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, _NUM_BANDS + 1)
    bins = np.unique(np.rint(edges_hz * _FRAME / FINGERPRINT_RATE_HZ).astype(np.int64))
    held = np.zeros(0, dtype=np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        num_frames = (len(held) - _FRAME) // _HOP + 1
        if num_frames < 1:
            continue
        frames = np.lib.stride_tricks.sliding_window_view(held, _FRAME)[: num_frames * _HOP : _HOP]
        power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
        sums = np.add.reduceat(power[:, : bins[-1]], bins[:-1], axis=1)
        yield (10 * np.log10(np.maximum(sums, 1e-12))).astype(np.float32)
        held = held[num_frames * _HOP :]


def _most_telling(whole: Fingerprint, length: int) -> int:
    """Where the stretch of `length` frames with the most change begins."""
    running = np.concatenate([[0.0], np.cumsum(np.sum(whole.astype(np.float32) ** 2, axis=1))])
    return int(np.argmax(running[length:] - running[:-length]))


def _best_shift(template: Fingerprint, whole: Fingerprint) -> int:
    """The frame of `whole` where the template begins when both agree best; it may begin before or end after it."""
    best, best_shift = -np.inf, 0
    length = len(template)
    spectrum_length = 1 << int(np.ceil(np.log2(length + min(len(whole), _BLOCK_FRAMES) + length)))
    mirrored = np.conj(np.fft.rfft(template.astype(np.float32), spectrum_length, axis=0))
    for start in range(0, len(whole), _BLOCK_FRAMES):
        block = whole[start : start + _BLOCK_FRAMES + length].astype(np.float32)
        product = np.fft.irfft(
            np.sum(np.fft.rfft(block, spectrum_length, axis=0) * mirrored, axis=1), spectrum_length
        )
        # The end of a circular correlation holds the shifts before the beginning.
        shifts = np.r_[np.arange(len(block)), np.arange(-length + 1, 0)]
        place = int(np.argmax(product[shifts]))
        if product[shifts[place]] > best:
            best, best_shift = float(product[shifts[place]]), int(shifts[place]) + start
    return best_shift


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    scale = float(np.sqrt(np.sum(one**2) * np.sum(other**2)))
    return float(np.sum(one * other)) / scale if scale > 0 else 0.0


def _weakest(one: NDArray[np.float32], other: NDArray[np.float32], length: int) -> float:
    """The lowest correlation over parts of `length` frames that carry their share of the change."""
    products = np.add.reduceat(np.sum(one * other, axis=1), starts := np.arange(0, len(one), length))
    energies = np.stack([np.add.reduceat(np.sum(each**2, axis=1), starts) for each in (one, other)])
    scales = np.sqrt(energies[0] * energies[1])
    telling = energies.max(axis=0) >= energies.max() / 10
    return float((products[telling] / np.maximum(scales[telling], 1e-9)).min())
