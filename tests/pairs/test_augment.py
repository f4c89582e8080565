"""Sounds changed by chance."""

from __future__ import annotations

import pytest
import torch

from soundalike.errors import ConfigError
from soundalike.pairs.augment import (
    AugmentSettings,
    add_noise,
    augment,
    change_speed,
    cut_highs,
    mask,
    mix,
    random_response,
    reverberate,
    shift_pitch,
)

MELS, FRAMES, LABELS = 64, 99, 5
EVERYTHING = AugmentSettings(
    mix=0.5, speed=0.2, response_db=3.0, pitch_mels=2.0, reverb=0.5, noise=0.5, narrow=0.5, masks=2
)


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sounds(num: int = 12, *, frames: int = FRAMES, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    levels = torch.logspace(-4, 2, num)[:, None, None]
    power = levels * torch.rand(num, MELS, frames, generator=random(seed)) ** 4
    return power, torch.nn.functional.one_hot(torch.arange(num) % LABELS, LABELS).float()


def test_everything_at_once_keeps_shapes_and_the_sum_of_the_shares() -> None:
    power, shares = sounds(frames=EVERYTHING.num_frames_needed(FRAMES))
    changed, mixed = augment(power, shares, EVERYTHING, num_frames=FRAMES, generator=random())
    assert changed.shape == (12, MELS, FRAMES)
    assert changed.isfinite().all()
    assert (changed >= 0).all()
    torch.testing.assert_close(mixed.sum(1), torch.ones(12))
    assert (mixed.max(1).values >= 0.5).all()


def test_same_generator_same_changes_and_the_global_one_is_left_alone() -> None:
    state = torch.get_rng_state()
    first, again, other = (
        augment(*sounds(frames=130), EVERYTHING, num_frames=FRAMES, generator=random(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_nothing_asked_nothing_changed_but_the_level() -> None:
    power, shares = sounds()
    changed, same = augment(power, shares, AugmentSettings(), num_frames=FRAMES, generator=random())
    torch.testing.assert_close(changed, power / power.mean((1, 2), keepdim=True))
    assert torch.equal(same, shares)


def test_silence_stays_finite() -> None:
    changed, _ = augment(
        torch.zeros(4, MELS, 130), torch.eye(4), EVERYTHING, num_frames=FRAMES, generator=random()
    )
    assert changed.isfinite().all()


def test_mixing_adds_equally_loud_sounds_by_the_square_of_their_shares() -> None:
    power, shares = sounds(5)
    mixed, mixed_shares = mix(power, shares, share=1.0, generator=random(3))
    even = power / power.mean((1, 2), keepdim=True)
    for example in range(5):
        expected = sum(
            float(share) ** 2 * even[label] for label, share in enumerate(mixed_shares[example]) if share > 0
        )
        torch.testing.assert_close(mixed[example], expected, rtol=1e-4, atol=1e-6)
    assert (mixed_shares[torch.arange(5), torch.arange(5)] >= 0.5).all()


def test_only_a_share_is_mixed() -> None:
    power, shares = sounds(1000)
    _, mixed = mix(power[:, :2, :2], shares, share=0.3, generator=random())
    # A partner of the same label leaves the shares as they were.
    assert 0.18 < (mixed.max(1).values < 1).float().mean() < 0.3


@pytest.mark.parametrize("mels", [-3.0, 0.0, 1.0, 5.0])
def test_pitch_moves_a_band(mels: float) -> None:
    power = torch.zeros(1, MELS, FRAMES)
    power[:, 30] = 1.0
    shifted = shift_pitch(power, torch.full((1, 1, 1), mels))
    assert shifted[0, :, 0].argmax() == 30 + mels
    half = shift_pitch(power, torch.full((1, 1, 1), 0.5))
    torch.testing.assert_close(half[0, 30:32, 0], torch.tensor([0.5, 0.5]))


@pytest.mark.parametrize(("speed", "place"), [(1.0, 40), (2.0, 20), (0.5, 80)])
def test_speed_moves_what_comes_later(speed: float, place: int) -> None:
    power = torch.zeros(1, MELS, FRAMES)
    power[:, :, 40] = 1.0
    changed = change_speed(power, torch.full((1, 1), speed), num_frames=FRAMES)
    assert changed[0, 0].argmax() == place
    assert changed.shape == power.shape
    beyond = change_speed(torch.ones(1, MELS, FRAMES), torch.full((1, 1), 2.0), num_frames=FRAMES)
    assert beyond[0, 0].sum() == 50


def test_response_is_smooth_and_of_the_deviation_that_was_asked() -> None:
    power, _ = sounds(2000)
    gains_db = 10 * random_response(power[:, :, :1], deviation_db=4.0, generator=random()).log10()[:, :, 0]
    assert gains_db.std().item() == pytest.approx(4.0, rel=0.1)
    assert gains_db.diff(dim=1).abs().max() < 4.0


def test_a_room_fills_what_comes_after_and_never_what_comes_before() -> None:
    power = torch.zeros(50, MELS, FRAMES)
    power[:, :, 40] = 1.0
    room = reverberate(power, generator=random())
    assert torch.equal(room[:, :, :41], power[:, :, :41])
    tail = room[:, 0, 41:]
    assert (tail.diff(dim=1) <= 0).all()
    assert (tail[:, 0] > 0).all()


def test_noise_is_as_loud_as_it_says() -> None:
    power = torch.ones(500, MELS, FRAMES)
    added_db = 10 * (add_noise(power, generator=random()) - power).mean((1, 2)).log10()
    assert added_db.min() > -38
    assert added_db.max() < 4
    assert added_db.median().item() == pytest.approx(-20, abs=3)


def test_highs_are_cut_above_one_band_and_nothing_below() -> None:
    power = torch.ones(300, MELS, FRAMES)
    cut = cut_highs(power, generator=random())
    left = cut[:, :, 0].sum(1)
    assert (cut[:, :, 0].diff(dim=1) <= 0).all()
    assert left.min() >= 35
    assert left.max() == 64
    assert left.mean().item() == pytest.approx(50, abs=1.5)


@pytest.mark.parametrize("axis", [-1, -2])
def test_a_mask_is_one_stretch_no_longer_than_asked(axis: int) -> None:
    power = torch.rand(200, MELS, FRAMES, generator=random()) + 1.0
    masked = mask(power, longest=10, axis=axis, generator=random(1))
    changed = (masked != power).all(dim=-1 if axis == -2 else -2)
    lengths = changed.sum(1)
    assert lengths.max() <= 10
    assert lengths.float().mean().item() == pytest.approx(5, abs=0.7)
    assert ((changed.int().diff(dim=1) == 1).sum(1) <= 1).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mix": 1.1}, "'mix' is a share"),
        ({"noise": -0.1}, "'noise' is a share"),
        ({"masks": -1}, "negative"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        AugmentSettings(**settings)
