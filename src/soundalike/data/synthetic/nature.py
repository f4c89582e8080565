"""Weather, water and fire."""

from __future__ import annotations

import numpy as np

from soundalike.data.synthetic.signals import (
    Signal,
    Take,
    attack,
    burst,
    chances,
    noise,
    place,
    room,
    shower,
    swell,
    tone,
    unit_power,
    wander,
)


def rain(take: Take) -> Signal:
    """A steady hiss of many drops far away and single drops near by."""
    hiss = noise(take, take.between(700.0, 1500.0), take.between(6000.0, 7500.0), tilt_db=-1.0)
    drop = burst(take.part(0.012), 2500.0, 7000.0, decay_s=0.002)
    times_s = chances(take, rate_hz=take.between(60.0, 250.0))
    near = shower(take, drop, times_s, take.rng.exponential(1.0, len(times_s)))
    return hiss * wander(take, 0.8, 1.1, rate_hz=1.0) + take.between(0.3, 0.8) * unit_power(near)


def wind(take: Take) -> Signal:
    """Low noise in gusts, with a howl that follows their strength."""
    gusts = wander(take, 0.15, 1.0, rate_hz=take.between(0.5, 1.2))
    body = noise(take, 60.0, take.between(250.0, 450.0), tilt_db=-2.0) * gusts
    howl_hz = take.between(350.0, 700.0) * (0.8 + 0.5 * gusts)
    howl = tone(take, howl_hz + 25.0 * noise(take, 1.0, 25.0)) * gusts**2
    return body + 0.35 * howl + 0.1 * gusts**2 * noise(take, 500.0, 2500.0, tilt_db=-3.0)


def waves(take: Take) -> Signal:
    """Surf: every wave swells, breaks into a brighter hiss and runs out."""
    period_s = take.between(2.2, 4.0)
    phase = take.time_s / period_s + take.rng.uniform()
    rise = take.rng.uniform(0.35, 0.5)
    position = phase % 1.0
    envelope = np.where(position < rise, (position / rise) ** 2, ((1.0 - position) / (1.0 - rise)) ** 1.5)
    body = noise(take, 80.0, 900.0, tilt_db=-3.0)
    hiss = noise(take, 900.0, 5500.0, tilt_db=-3.0)
    return (0.12 + envelope) * body + 0.9 * envelope**2 * hiss


def thunder(take: Take) -> Signal:
    """A crack and a long rumble that rolls on and dies away."""
    start_s = take.rng.uniform(0.0, 0.15 * take.duration_s)
    since_s = np.maximum(take.time_s - start_s, 0.0)
    fade = np.exp(-since_s / take.between(1.2, 2.5)) * (take.time_s >= start_s)
    rumble = noise(take, 25.0, take.between(90.0, 160.0), tilt_db=-2.0)
    rolling = wander(take, 0.2, 1.0, rate_hz=take.between(3.0, 6.0))
    crack = burst(take.part(0.8), 150.0, 2500.0, decay_s=take.between(0.08, 0.2))
    sound: Signal = rumble * fade * rolling * attack(take, 0.02)
    place(take, sound, take.between(0.4, 1.0) * crack, start_s)
    return sound


def fire_crackle(take: Take) -> Signal:
    """Dry snaps of every loudness over a soft roar."""
    roar = noise(take, 60.0, 500.0, tilt_db=-3.0) * wander(take, 0.6, 1.0, rate_hz=4.0)
    sound = 0.07 * roar
    for decay_s, rate_hz in ((0.0008, take.between(20.0, 50.0)), (0.003, take.between(4.0, 9.0))):
        snap = burst(take.part(8.0 * decay_s), 1200.0, 6500.0, decay_s=decay_s)
        times_s = chances(take, rate_hz=rate_hz)
        sound += shower(take, snap, times_s, 0.2 * take.rng.pareto(1.8, len(times_s)).clip(0.05, 6.0))
    return sound


def water_drops(take: Take) -> Signal:
    """Single drops into a basin: short tones that rise as the bubble closes, in an echoing room."""
    sound = np.zeros(take.num_samples)
    pitch_hz = take.between(700.0, 1300.0)
    for at_s in chances(take, rate_hz=take.between(1.5, 3.5)):
        drop = _bubble(take, pitch_hz * take.between(0.8, 1.3), decay_s=take.between(0.015, 0.035))
        place(take, sound, take.between(0.4, 1.0) * drop, at_s)
    return room(take, sound, decay_s=take.between(0.1, 0.25), amount=0.3)


def stream(take: Take) -> Signal:
    """A brook: so many bubbles that they run together, over the hiss of the water."""
    sound = 0.15 * noise(take, 400.0, 4000.0, tilt_db=-3.0)
    for pitch_hz in np.geomspace(take.between(350.0, 500.0), take.between(1400.0, 2200.0), 8):
        bubble = _bubble(take, float(pitch_hz) * take.between(0.9, 1.1), decay_s=take.between(0.01, 0.025))
        times_s = chances(take, rate_hz=take.between(8.0, 16.0))
        sound += shower(take, bubble, times_s, take.rng.uniform(0.1, 1.0, len(times_s)))
    return sound


def _bubble(take: Take, pitch_hz: float, *, decay_s: float) -> Signal:
    part = take.part(5.0 * decay_s)
    rising_hz = pitch_hz * (1.0 + 0.5 * part.time_s / part.duration_s)
    return tone(part, rising_hz) * np.exp(-part.time_s / decay_s) * attack(part, 0.002) * (0.2 + swell(part))
