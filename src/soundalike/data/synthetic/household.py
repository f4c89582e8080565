"""Things that are struck, and people with their hands, feet and lips."""

from __future__ import annotations

import numpy as np

from soundalike.data.synthetic.signals import (
    Signal,
    Take,
    attack,
    beats,
    burst,
    chances,
    noise,
    place,
    room,
    shower,
    strike,
    swell,
    tone,
)


def clock_tick(take: Take) -> Signal:
    """A dry tick and a slightly lower tock in turns."""
    sound = np.zeros(take.num_samples)
    tick_hz = take.between(2200.0, 4000.0)
    tock_hz = tick_hz * take.rng.uniform(0.75, 0.9)
    for number, at_s in enumerate(beats(take, period_s=take.between(0.25, 0.5), jitter=0.01)):
        pitch_hz = tock_hz if number % 2 else tick_hz
        tick = take.part(0.06)
        click = strike(
            tick, (pitch_hz, 1.7 * pitch_hz, 0.4 * pitch_hz), (0.006, 0.003, 0.008), (1.0, 0.6, 0.3)
        )
        place(take, sound, take.between(0.85, 1.0) * click, at_s)
    return sound


def church_bell(take: Take) -> Signal:
    """A large bell: the partials of a minor third, the high ones gone long before the hum."""
    sound = np.zeros(take.num_samples)
    hum_hz, decay_s = take.between(140.0, 300.0), take.between(1.2, 2.5)
    ratios = np.array([1.0, 2.0, 2.4, 3.0, 4.0, 5.33, 6.7, 8.1]) * take.rng.uniform(0.99, 1.01, 8)
    decays_s = decay_s / np.array([0.7, 1.0, 1.2, 1.6, 2.2, 3.5, 5.0, 7.0])
    amplitudes = np.array([0.5, 1.0, 0.8, 0.5, 0.7, 0.4, 0.3, 0.2]) * take.rng.uniform(0.7, 1.3, 8)
    bell = take.part(min(4.0 * decay_s, take.duration_s))
    ringing = strike(bell, (hum_hz * ratios).tolist(), decays_s.tolist(), amplitudes.tolist())
    for at_s in beats(take, period_s=take.between(0.9, 1.8), jitter=0.03):
        place(take, sound, take.between(0.7, 1.0) * ringing, at_s)
    return sound


def door_knock(take: Take) -> Signal:
    """Knuckles on wood, a few knocks at a time."""
    sound = np.zeros(take.num_samples)
    wood_hz, period_s = take.between(130.0, 260.0), take.between(0.16, 0.3)
    num_knocks = int(take.rng.integers(2, 6))
    for at_s in beats(take, period_s=num_knocks * period_s + take.between(0.5, 1.0)):
        for number in range(num_knocks):
            knock = take.part(0.2)
            modes_hz = wood_hz * take.between(0.97, 1.03) * np.array([1.0, 2.1, 3.6, 6.0])
            wood = strike(knock, modes_hz.tolist(), (0.035, 0.02, 0.012, 0.006), (1.0, 0.7, 0.4, 0.3))
            knuckle = burst(knock, 400.0, 2500.0, decay_s=0.006)
            place(take, sound, take.between(0.7, 1.0) * (wood + 0.2 * knuckle), at_s + number * period_s)
    return room(take, sound, decay_s=0.06, amount=0.15)


def footsteps(take: Take) -> Signal:
    """Steps on gravel: the heel comes down, then the sole grinds."""
    sound = np.zeros(take.num_samples)
    bright_hz = take.between(1000.0, 2000.0)
    for at_s in beats(take, period_s=take.between(0.45, 0.65), jitter=0.08):
        heel = burst(take.part(0.12), 60.0, 300.0, decay_s=0.025)
        sole = take.part(take.between(0.15, 0.22))
        crunch = noise(sole, bright_hz, 3.0 * bright_hz) * swell(sole) * (noise(sole, 20.0, 120.0) > 0.3)
        loudness = take.between(0.7, 1.0)
        place(take, sound, loudness * heel, at_s)
        place(take, sound, 0.5 * loudness * crunch, at_s + 0.06)
    return sound


def keyboard_typing(take: Take) -> Signal:
    """Keys go down and come up again, at the uneven pace of typing."""
    sound = np.zeros(take.num_samples)
    case_hz, key_hz = take.between(250.0, 450.0), take.between(1800.0, 3200.0)
    at_s = take.rng.uniform(0.0, 0.2)
    while at_s < take.duration_s:
        press = take.part(0.04)
        click = burst(press, key_hz, 2.2 * key_hz, decay_s=0.003) + 0.4 * burst(
            press, case_hz, 2.0 * case_hz, decay_s=0.008
        )
        loudness = take.between(0.4, 1.0)
        place(take, sound, loudness * click, at_s)
        place(take, sound, 0.35 * loudness * click, at_s + take.rng.uniform(0.05, 0.09))
        at_s += 0.08 + take.rng.exponential(0.07) + 0.4 * (take.rng.uniform() < 0.06)
    return sound


def clapping(take: Take) -> Signal:
    """Applause: claps of many hands, each pair with its own hollow."""
    sound = np.zeros(take.num_samples)
    for _ in range(8):
        hollow_hz = take.between(700.0, 1600.0)
        clap = burst(take.part(0.05), hollow_hz, 2.2 * hollow_hz, decay_s=take.between(0.006, 0.012))
        times_s = chances(take, rate_hz=take.between(3.0, 8.0))
        sound += shower(take, clap, times_s, take.rng.uniform(0.3, 1.0, len(times_s)))
    return room(take, sound, decay_s=0.15, amount=0.3)


def whistle(take: Take) -> Signal:
    """Someone whistles a tune: one pure gliding tone with a little breath."""
    sound = np.zeros(take.num_samples)
    root_hz = take.between(900.0, 1400.0)
    note_s = take.between(0.25, 0.5)
    steps = take.rng.choice([0, 2, 4, 5, 7, 9, 12], size=64)
    for number, at_s in enumerate(beats(take, period_s=1.1 * note_s)):
        from_hz, to_hz = root_hz * 2.0 ** (steps[number % 63 : number % 63 + 2] / 12.0)
        note = take.part(note_s)
        glide_hz = to_hz + (from_hz - to_hz) * np.exp(-note.time_s / 0.03)
        vibrato = 1.0 + 0.008 * np.sin(2.0 * np.pi * 5.5 * note.time_s)
        breath = 0.04 * noise(note, 1000.0, 5000.0)
        place(take, sound, (tone(note, glide_hz * vibrato, (1.0, 0.03)) + breath) * swell(note) ** 0.4, at_s)
    return sound


def glass(take: Take) -> Signal:
    """Glass breaks: a crash, then shards that tinkle ever more sparsely."""
    sound = np.zeros(take.num_samples)
    for at_s in beats(take, period_s=take.between(1.2, 1.8), jitter=0.1):
        place(take, sound, 0.35 * burst(take.part(0.2), 2000.0, 7000.0, decay_s=0.03), at_s)
        for _ in range(int(take.rng.integers(25, 45))):
            shard = take.part(0.12)
            pitches_hz = take.rng.uniform(2200.0, 7200.0, 3)
            decays_s = take.rng.uniform(0.01, 0.04, 3)
            tinkle = strike(shard, pitches_hz.tolist(), decays_s.tolist(), (1.0, 0.7, 0.5))
            delay_s = min(take.rng.exponential(0.2), 1.0)
            place(take, sound, take.between(0.1, 0.5) * np.exp(-2.0 * delay_s) * tinkle, at_s + delay_s)
    return sound


def drum(take: Take) -> Signal:
    """A drum kit: bass drum and snare in turns, hi-hat between them."""
    sound = np.zeros(take.num_samples)
    bass_hz, eighth_s = take.between(50.0, 75.0), take.between(0.16, 0.26)
    for number, at_s in enumerate(beats(take, period_s=eighth_s, jitter=0.03)):
        place(take, sound, 0.12 * burst(take.part(0.06), 5000.0, 7500.0, decay_s=0.015), at_s)
        if number % 4 == 0:
            kick = take.part(0.3)
            falling_hz = bass_hz * (1.0 + 2.5 * np.exp(-kick.time_s / 0.02))
            place(
                take,
                sound,
                1.2 * np.exp(-kick.time_s / 0.09) * tone(kick, falling_hz) * attack(kick, 0.002),
                at_s,
            )
        elif number % 4 == 2:
            snare = take.part(0.25)
            rattle = burst(snare, 700.0, 5500.0, decay_s=0.05)
            skin = strike(snare, (190.0, 330.0), (0.05, 0.03), (1.0, 0.6))
            place(take, sound, 0.45 * rattle + 0.6 * skin, at_s)
    return sound
