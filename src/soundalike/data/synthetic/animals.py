"""Animals that call."""

from __future__ import annotations

import numpy as np

from soundalike.data.synthetic.signals import Signal, Take, beats, noise, place, room, swell, tone, wander


def birds(take: Take) -> Signal:
    """Songbird phrases: quick whistled sweeps between 2 and 6 kHz."""
    sound = np.zeros(take.num_samples)
    num_notes = int(take.rng.integers(2, 6))
    from_hz, to_hz = take.between(2500.0, 5500.0), take.between(2200.0, 5800.0)
    note_s, gap_s = take.between(0.05, 0.12), take.between(0.02, 0.08)
    phrase_s = num_notes * (note_s + gap_s)
    for at_s in beats(take, period_s=phrase_s + take.between(0.3, 0.7), jitter=0.2):
        for number in range(num_notes):
            note = take.part(note_s)
            sweep_hz = np.geomspace(from_hz, to_hz, note.num_samples) * take.between(0.95, 1.05)
            trill = 1.0 + 0.03 * np.sin(2.0 * np.pi * 45.0 * note.time_s)
            place(
                take,
                sound,
                tone(note, sweep_hz * trill, (1.0, 0.1)) * swell(note),
                at_s + number * (note_s + gap_s),
            )
    return room(take, sound, decay_s=0.12, amount=0.15)


def crickets(take: Take) -> Signal:
    """Chirps of a few fast pulses on one high pitch, with another cricket further off."""
    sound = np.zeros(take.num_samples)
    for loudness in (1.0, take.between(0.1, 0.4)):
        pitch_hz, pulse_rate_hz = take.between(3900.0, 5600.0), take.between(28.0, 45.0)
        num_pulses = int(take.rng.integers(3, 6))
        chirp = take.part(num_pulses / pulse_rate_hz)
        pulses = np.maximum(np.sin(2.0 * np.pi * pulse_rate_hz * chirp.time_s), 0.0) ** 1.5
        period_s = chirp.duration_s + take.between(0.12, 0.3)
        for at_s in beats(take, period_s=period_s, jitter=0.05):
            place(take, sound, loudness * tone(chirp, pitch_hz, (1.0, 0.05)) * pulses, at_s)
    return sound


def dog_bark(take: Take) -> Signal:
    """Barks in groups: a rough voice that jumps up and falls, through an open mouth."""
    sound = np.zeros(take.num_samples)
    pitch_hz, bark_s = take.between(280.0, 600.0), take.between(0.12, 0.22)
    mouth_hz = take.between(900.0, 1500.0)
    for number, at_s in enumerate(beats(take, period_s=bark_s + take.between(0.2, 0.45), jitter=0.3)):
        if number and take.rng.uniform() < 0.15:
            continue  # the dog takes a breath
        bark = take.part(bark_s * take.between(0.85, 1.15))
        contour_hz = pitch_hz * (0.7 + 0.5 * swell(bark)) * (1.0 + 0.04 * noise(bark, 20.0, 150.0))
        voice = tone(bark, contour_hz, _vowel(pitch_hz, mouth_hz, width_hz=500.0, num_partials=12))
        rough = noise(bark, 500.0, 3500.0, tilt_db=-2.0)
        place(take, sound, (voice + 0.35 * rough) * swell(bark) ** 0.7, at_s)
    return room(take, sound, decay_s=0.08, amount=0.2)


def cat_meow(take: Take) -> Signal:
    """A long harmonic call whose mouth opens and closes."""
    sound = np.zeros(take.num_samples)
    pitch_hz, meow_s = take.between(450.0, 750.0), take.between(0.6, 1.0)
    for at_s in beats(take, period_s=meow_s + take.between(0.2, 0.6), jitter=0.1):
        meow = take.part(meow_s)
        contour_hz = pitch_hz * (0.85 + 0.3 * swell(meow)) * (1.0 + 0.01 * np.sin(40.0 * meow.time_s))
        closed = tone(meow, contour_hz, _vowel(pitch_hz, 900.0, width_hz=350.0, num_partials=9))
        opened = tone(meow, contour_hz, _vowel(pitch_hz, 2200.0, width_hz=700.0, num_partials=9))
        place(
            take,
            sound,
            ((1.0 - swell(meow)) * closed + 0.8 * swell(meow) * opened) * swell(meow) ** 0.5,
            at_s,
        )
    return sound


def frog(take: Take) -> Signal:
    """Croaks: a slow rattle of short resonant pulses."""
    sound = np.zeros(take.num_samples)
    rattle_hz, throat_hz = take.between(28.0, 55.0), take.between(450.0, 1100.0)
    croak_s = take.between(0.2, 0.4)
    for at_s in beats(take, period_s=croak_s + take.between(0.15, 0.4), jitter=0.1):
        croak = take.part(croak_s)
        since_pulse_s = (croak.time_s * rattle_hz * wander(croak, 0.95, 1.05, rate_hz=4.0)) % 1.0 / rattle_hz
        ringing = np.sin(2.0 * np.pi * throat_hz * since_pulse_s) + 0.4 * np.sin(
            2.0 * np.pi * 2.3 * throat_hz * since_pulse_s
        )
        place(take, sound, ringing * np.exp(-since_pulse_s / 0.005) * swell(croak) ** 0.4, at_s)
    return sound


def _vowel(pitch_hz: float, formant_hz: float, *, width_hz: float, num_partials: int) -> list[float]:
    """Amplitudes of the harmonics of a voice whose mouth resonates at `formant_hz`."""
    harmonics_hz = pitch_hz * np.arange(1, num_partials + 1)
    amplitudes = np.exp(-0.5 * ((harmonics_hz - formant_hz) / width_hz) ** 2) + 0.3 * pitch_hz / harmonics_hz
    return [float(amplitude) for amplitude in amplitudes]
