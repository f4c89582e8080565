"""Engines, vehicles and signals."""

from __future__ import annotations

import numpy as np

from soundalike.data.synthetic.signals import (
    Signal,
    Take,
    attack,
    beats,
    burst,
    noise,
    place,
    swell,
    tone,
    unit_power,
    wander,
)


def engine(take: Take) -> Signal:
    """An idling motor: uneven firing strokes, low and rich in harmonics."""
    firing_hz = take.between(16.0, 30.0) * wander(take, 0.96, 1.04, rate_hz=1.5)
    body_hz = take.between(90.0, 200.0)
    numbers = np.arange(1, 31)
    partials = take.rng.uniform(0.4, 1.0, 30) * np.exp(-0.35 * np.log2(numbers * 22.0 / body_hz) ** 2)
    strokes = unit_power(tone(take, firing_hz, partials))
    rattle = noise(take, 500.0, 2500.0, tilt_db=-4.0) * np.maximum(strokes, 0.0)
    sound: Signal = strokes + 0.15 * rattle + 0.1 * noise(take, 60.0, 600.0, tilt_db=-3.0)
    return sound


def chainsaw(take: Take) -> Signal:
    """A small motor at full throttle: a buzzing, wavering sawtooth."""
    revving = wander(take, 0.75, 1.15, rate_hz=take.between(0.8, 1.6))
    pitch_hz = take.between(90.0, 140.0) * revving * (1.0 + 0.01 * noise(take, 10.0, 60.0))
    buzz = tone(take, pitch_hz, [number**-0.6 for number in range(1, 33)])
    loudness = 0.6 + 0.4 * revving
    return loudness * unit_power(buzz) + 0.25 * noise(take, 1500.0, 6000.0)


def helicopter(take: Take) -> Signal:
    """Rotor blades chop the air a dozen times a second, below the whine of the turbine."""
    blade_hz = take.between(10.0, 15.0)
    position = (take.time_s * blade_hz + take.rng.uniform()) % 1.0
    chop = np.exp(-position * take.between(4.0, 7.0)) * np.minimum(position / 0.05, 1.0)
    thump = noise(take, 50.0, take.between(250.0, 450.0), tilt_db=-1.0) * chop
    swish = noise(take, 500.0, 3000.0, tilt_db=-4.0) * (0.15 + chop)
    whine = tone(take, take.between(1100.0, 1900.0), (1.0, 0.3))
    sound: Signal = thump + 0.35 * swish + 0.03 * whine
    return sound * wander(take, 0.7, 1.0, rate_hz=0.4)


def train(take: Take) -> Signal:
    """Wheels over rail joints, two by two, above a heavy rumble."""
    sound = 0.2 * noise(take, 40.0, 300.0, tilt_db=-3.0) * wander(take, 0.8, 1.0, rate_hz=2.0)
    sound += 0.05 * noise(take, 1000.0, 4000.0, tilt_db=-2.0)
    period_s, axle_s = take.between(0.5, 0.8), take.between(0.1, 0.16)
    low_hz = take.between(100.0, 220.0)
    for at_s in beats(take, period_s=period_s, jitter=0.02):
        for number in range(2):
            clack = take.part(0.18)
            thud = burst(clack, low_hz, 4.0 * low_hz, decay_s=0.035)
            ring = burst(clack, 1500.0, 3000.0, decay_s=0.02)
            place(take, sound, take.between(0.6, 1.0) * (thud + 0.3 * ring), at_s + number * axle_s)
    return sound


def vacuum_cleaner(take: Take) -> Signal:
    """A steady rush of air with the whine of a fast motor and its harmonics."""
    motor_hz = take.between(220.0, 380.0) * wander(take, 0.995, 1.005, rate_hz=1.0)
    whine = tone(take, motor_hz, take.rng.uniform(0.2, 1.0, 14) / np.sqrt(np.arange(1, 15)))
    rush = noise(take, 250.0, 6500.0, tilt_db=-2.0)
    return rush + take.between(0.4, 0.9) * unit_power(whine)


def siren(take: Take) -> Signal:
    """A wail that climbs and falls, again and again."""
    wail = np.sin(2.0 * np.pi * (take.between(0.3, 0.7) * take.time_s + take.rng.uniform()))
    pitch_hz = take.between(750.0, 1000.0) * 2.0 ** (take.rng.uniform(0.4, 0.6) * wail)
    return tone(take, pitch_hz, (1.0, 0.5, 0.35, 0.2, 0.1))


def alarm_clock(take: Take) -> Signal:
    """Electronic beeps in groups of four, then a pause."""
    sound = np.zeros(take.num_samples)
    pitch_hz, beep_s = take.between(1900.0, 2600.0), take.between(0.05, 0.09)
    group_s = 8.0 * beep_s
    for at_s in beats(take, period_s=group_s + take.between(0.25, 0.5)):
        for number in range(4):
            beep = take.part(beep_s)
            gate = np.minimum(attack(beep, 0.003), attack(beep, 0.003)[::-1])
            place(take, sound, tone(beep, pitch_hz, (1.0, 0.0, 0.33)) * gate, at_s + 2.0 * number * beep_s)
    return sound


def phone_ring(take: Take) -> Signal:
    """A telephone's warble: two pitches in quick turns, a second on and a moment off."""
    sound = np.zeros(take.num_samples)
    low_hz, ratio = take.between(800.0, 1150.0), take.rng.uniform(1.18, 1.3)
    turns_hz, ring_s = take.between(14.0, 22.0), take.between(0.7, 1.2)
    for at_s in beats(take, period_s=ring_s + take.between(0.3, 0.7)):
        ring = take.part(ring_s)
        high = np.sin(2.0 * np.pi * turns_hz * ring.time_s) > 0.0
        pitch_hz = low_hz * np.where(high, ratio, 1.0)
        gate = np.minimum(attack(ring, 0.01), attack(ring, 0.01)[::-1])
        place(take, sound, tone(ring, pitch_hz, (1.0, 0.25, 0.4, 0.1)) * gate, at_s)
    return sound


def car_horn(take: Take) -> Signal:
    """Two brassy pitches at once, held for a moment, once or twice."""
    sound = np.zeros(take.num_samples)
    low_hz, ratio = take.between(330.0, 440.0), take.rng.uniform(1.2, 1.27)
    brass = [1.0, 0.9, 0.8, 0.7, 0.55, 0.4, 0.3, 0.2, 0.15, 0.1]
    hold_s = take.between(0.35, 1.0)
    for at_s in beats(take, period_s=hold_s + take.between(0.15, 0.5), jitter=0.2):
        horn = take.part(hold_s * take.between(0.8, 1.2))
        both = tone(horn, low_hz, brass) + tone(horn, ratio * low_hz, brass)
        place(take, sound, both * np.minimum(1.0, 8.0 * swell(horn)), at_s)
    return sound
