"""Synthetic clips and folders of them.

They are here so that the demo and the tests have labelled audio that may be shipped with nothing and depends
on nothing. They are no recordings: a number measured on them says that the machinery works, never how well an
encoder hears.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from soundalike.data.manifest import Clip, Manifest
from soundalike.data.synthetic import animals, household, machines, nature
from soundalike.data.synthetic.signals import Signal, Take, noise
from soundalike.errors import DataError

Voice = Callable[[Take], Signal]

KINDS: Mapping[str, Voice] = MappingProxyType(
    {
        voice.__name__: voice
        for voice in (
            machines.alarm_clock,
            animals.birds,
            machines.car_horn,
            animals.cat_meow,
            machines.chainsaw,
            household.church_bell,
            household.clapping,
            household.clock_tick,
            animals.crickets,
            animals.dog_bark,
            household.door_knock,
            household.drum,
            machines.engine,
            nature.fire_crackle,
            household.footsteps,
            animals.frog,
            household.glass,
            machines.helicopter,
            household.keyboard_typing,
            machines.phone_ring,
            nature.rain,
            machines.siren,
            nature.stream,
            nature.thunder,
            machines.train,
            machines.vacuum_cleaner,
            nature.water_drops,
            nature.waves,
            household.whistle,
            nature.wind,
        )
    }
)

_LOUDEST_DBFS, _SOFTEST_DBFS = -1.0, -12.0
_NOISE_BELOW_PEAK_DB = (35.0, 55.0)
_FADE_S = 0.005


def synthesise(
    kind: str, *, seed: int, sample_rate_hz: int = 16000, duration_s: float = 5.0
) -> NDArray[np.float32]:
    """Make one clip of a kind of sound: every seed another clip, the same seed the same clip.

    Args:
        kind: one of `KINDS`.
        seed: a whole number, 0 or more.
        sample_rate_hz: rate of the clip; the sounds are made for 16000 and more.
        duration_s: length of the clip in seconds.

    Returns:
        float32 [time], its peak between -12 and -1 dBFS, with a little noise beneath and a mean of zero.

    Raises:
        DataError: there is no such kind, or the clip would be empty.
    """
    if kind not in KINDS:
        raise DataError(f"there is no synthetic sound '{kind}'. Choose among {', '.join(KINDS)}.")
    num_samples = round(duration_s * sample_rate_hz)
    if num_samples < 2:
        raise DataError(f"a clip of {duration_s} s at {sample_rate_hz} Hz is empty. Ask for a longer one.")
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    take = Take(rng=rng, sample_rate_hz=sample_rate_hz, num_samples=num_samples)

    sound = KINDS[kind](take)
    sound = sound / max(float(np.abs(sound).max()), 1e-12)
    background_db = -take.rng.uniform(*_NOISE_BELOW_PEAK_DB)
    sound += float(10.0 ** (background_db / 20.0)) * noise(take, 50.0, 4000.0, tilt_db=-2.0)
    fade = np.minimum(1.0, (np.arange(num_samples) + 0.5) / (_FADE_S * sample_rate_hz))
    sound *= fade * fade[::-1]
    sound -= sound.mean()
    level = 10.0 ** (take.rng.uniform(_SOFTEST_DBFS, _LOUDEST_DBFS) / 20.0)
    sound *= level / np.abs(sound).max()
    return sound.astype(np.float32)


def write_corpus(
    folder: Path,
    *,
    clips_per_kind: int,
    seed: int,
    kinds: Sequence[str] | None = None,
    sample_rate_hz: int = 16000,
    duration_s: float = 5.0,
) -> Manifest:
    """Write a folder of label folders, `folder/rain/rain_000.wav` and so on, as 16-bit WAV.

    The same arguments write the same bytes again, and a kind sounds the same whichever others are asked for.

    Args:
        folder: is made where it does not exist; files of the same name are written over.
        clips_per_kind: clips of each kind.
        seed: a whole number, 0 or more.
        kinds: names from `KINDS`; None for all.
        sample_rate_hz: rate of the clips.
        duration_s: length of each clip in seconds.

    Returns:
        the clips, as `read_data(folder)` would read them from an empty folder.
    """
    import soundfile

    folder = Path(folder)
    clips = []
    for kind in sorted(KINDS if kinds is None else kinds):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for number in range(clips_per_kind):
            sound = synthesise(
                kind, seed=_clip_seed(seed, number), sample_rate_hz=sample_rate_hz, duration_s=duration_s
            )
            recording = f"{kind}/{kind}_{number:03d}.wav"
            soundfile.write(folder / recording, sound, sample_rate_hz, subtype="PCM_16")
            clips.append(Clip(path=folder / recording, label=kind, recording=recording))
    return Manifest(name=folder.absolute().name, clips=tuple(clips))


def _clip_seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])
