"""Change training sounds so that a network learns what survives: a microphone, a room, noise, a gap, another sound.

Everything works on the mel power of a whole batch at once, [batch, mel, frame], on the device where the batch is. Gain
is not among the changes: the front end does not know loudness (`features.logmel.RelativeLog`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from soundalike.errors import ConfigError
from soundalike.features.logmel import FRAMES_A_SECOND

# Coefficients of the slow cosines that a random frequency response is made of.
_RESPONSE_WAVES = 4
_LONGEST_DECAY_S, _SHORTEST_DECAY_S = 1.0, 0.2
_NOISE_DB = (-35.0, -5.0)
_LOWEST_CUT = 0.55  # of 64 bands: 2.3 kHz


@dataclass(frozen=True, kw_only=True)
class AugmentSettings:
    """How much, and how often.

    Attributes:
        mix: share of examples that another example is mixed into.
        response_db: deviation of the random frequency response.
        pitch_mels: farthest shift along the mel axis, up or down.
        reverb: share of examples that get a reverberant tail.
        noise: share of examples that get steady noise.
        narrow: share of examples that lose everything above some frequency, as through a telephone or a codec.
        masks: time masks and frequency masks an example, each.
        mask_frames: longest time mask, in frames of 20 ms.
        mask_mels: widest frequency mask, in mel bands.
        speed: farthest change of speed, as a logarithm: 0.1 goes from 0.90 to 1.11 times.
    """

    mix: float = 0.0
    speed: float = 0.0
    response_db: float = 0.0
    pitch_mels: float = 0.0
    reverb: float = 0.0
    noise: float = 0.0
    narrow: float = 0.0
    masks: int = 0
    mask_frames: int = 16
    mask_mels: int = 10

    def __post_init__(self) -> None:
        for name in ("mix", "reverb", "noise", "narrow"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"augment: '{name}' is a share, from 0 to 1.")
        others = (self.response_db, self.pitch_mels, self.masks, self.mask_frames, self.mask_mels, self.speed)
        if min(others) < 0:
            raise ConfigError("augment: no setting can be negative.")

    def num_frames_needed(self, num_frames: int) -> int:
        """Frames of a recording that the fastest change of speed turns into `num_frames`."""
        return math.ceil(num_frames * math.exp(self.speed))


def augment(
    power: Tensor,
    shares: Tensor,
    settings: AugmentSettings,
    *,
    num_frames: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Change every example of a batch by chance.

    Args:
        power: [batch, mel, frame], not negative; what stands after `num_frames` is there for the change of speed.
        shares: [batch, label], what is in each example; rows add up to 1.
        num_frames: frames of the changed examples.
        generator: on the device of `power`.
    Returns:
        Power and shares of the changed examples, in the order of the batch.
    """
    if settings.speed:
        speeds = (_uniform(power, generator, -1.0, 1.0)[:, 0] * settings.speed).exp()
        power = change_speed(power, speeds, num_frames=num_frames)
    power = power[..., :num_frames]
    power = power / _level(power)
    if settings.pitch_mels:
        power = shift_pitch(power, _uniform(power, generator, -1.0, 1.0) * settings.pitch_mels)
    if settings.response_db:
        power = power * random_response(power, deviation_db=settings.response_db, generator=generator)
    if settings.reverb:
        power = _for_some(power, reverberate(power, generator=generator), settings.reverb, generator)
    if settings.mix:
        power, shares = mix(power, shares, share=settings.mix, generator=generator)
    if settings.noise:
        power = _for_some(power, add_noise(power, generator=generator), settings.noise, generator)
    if settings.narrow:
        power = _for_some(power, cut_highs(power, generator=generator), settings.narrow, generator)
    for _ in range(settings.masks):
        power = mask(power, longest=settings.mask_frames, axis=-1, generator=generator)
        power = mask(power, longest=settings.mask_mels, axis=-2, generator=generator)
    return power, shares


def mix(power: Tensor, shares: Tensor, *, share: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix another example of the batch into some, at amplitudes that are drawn evenly; shares follow the amplitudes.

    Both sounds are made equally loud first, so the amplitudes say how much of each is heard.

    Args:
        share: how many of the examples are mixed.

    Source: Tokozume, Ushiku and Harada (2018), learning from between-class examples.
    """
    partners = torch.randperm(len(power), generator=generator, device=power.device)
    own = 1.0 - 0.5 * _uniform(power, generator, 0.0, 1.0)[:, 0, 0]
    own = torch.where(_uniform(power, generator, 0.0, 1.0)[:, 0, 0] < share, own, 1.0)
    other = 1.0 - own
    even = power / _level(power)
    mixed = own[:, None, None] ** 2 * even + other[:, None, None] ** 2 * even[partners]
    return mixed, own[:, None] * shares + other[:, None] * shares[partners]


def change_speed(power: Tensor, speeds: Tensor, *, num_frames: int) -> Tensor:
    """Play examples faster or slower, at the pitch they have: `num_frames` frames, `speeds` [batch, 1] frames apart.

    What lies after the end is silence.
    """
    positions = (torch.arange(num_frames, device=power.device) * speeds).long()
    inside = (positions < power.shape[2])[:, None, :]
    frames = positions.clamp_max(power.shape[2] - 1)[:, None, :].expand(-1, power.shape[1], -1)
    return power.gather(2, frames) * inside


def shift_pitch(power: Tensor, mels: Tensor) -> Tensor:
    """Move examples along the mel axis by `mels` [batch, 1, 1] bands, upwards where positive; the edge bands repeat."""
    num_mels = power.shape[1]
    positions = (torch.arange(num_mels, device=power.device)[None, :, None] - mels).clamp(0, num_mels - 1)
    below = positions.floor().long()
    above = (below + 1).clamp_max(num_mels - 1)
    weight = positions - below
    lower, upper = (power.gather(1, index.expand_as(power)) for index in (below, above))
    return (1.0 - weight) * lower + weight * upper


def random_response(power: Tensor, *, deviation_db: float, generator: torch.Generator) -> Tensor:
    """A smooth random frequency response for each example, as a factor on power [batch, mel, 1]."""
    num_examples, num_mels, _ = power.shape
    positions = (torch.arange(num_mels, device=power.device) + 0.5) / num_mels
    waves = torch.cos(
        torch.pi * positions[:, None] * torch.arange(1, _RESPONSE_WAVES + 1, device=power.device)
    )
    heights = torch.randn(num_examples, _RESPONSE_WAVES, generator=generator, device=power.device)
    gains_db = deviation_db * (2.0 / _RESPONSE_WAVES) ** 0.5 * heights @ waves.T
    factors: Tensor = 10.0 ** (gains_db / 10.0)
    return factors[:, :, None]


def reverberate(power: Tensor, *, generator: torch.Generator) -> Tensor:
    """Add an exponentially decaying tail, of a random length and level, to each example."""
    num_frames = power.shape[2]
    decay_s = _SHORTEST_DECAY_S + (_LONGEST_DECAY_S - _SHORTEST_DECAY_S) * _uniform(
        power, generator, 0.0, 1.0
    )
    level = _uniform(power, generator, 0.0, 0.5)
    time = torch.arange(num_frames, device=power.device)
    later = (time[None, :] - time[:, None]).clamp_min(0)
    # Sixty decibels lower after `decay_s`.
    tails = level * 10.0 ** (-6.0 * later / (decay_s * FRAMES_A_SECOND)) * (later > 0)
    return power + power @ tails


def add_noise(power: Tensor, *, generator: torch.Generator) -> Tensor:
    """Add steady noise of a random level and colour to each example."""
    level_db = _uniform(power, generator, *_NOISE_DB)
    colour = random_response(power, deviation_db=6.0, generator=generator)
    colour = colour / colour.mean(dim=1, keepdim=True)
    # The power of Gaussian noise in one bin of a spectrum is exponentially distributed.
    drawn = torch.rand(power.shape, generator=generator, device=power.device)
    return power - _level(power) * 10.0 ** (level_db / 10.0) * colour * torch.log1p(-drawn)


def cut_highs(power: Tensor, *, generator: torch.Generator) -> Tensor:
    """Silence the bands above a random one, of at least `_LOWEST_CUT` of all."""
    num_mels = power.shape[1]
    highest = _uniform(power, generator, _LOWEST_CUT, 1.0) * num_mels
    return power * (torch.arange(num_mels, device=power.device)[None, :, None] < highest)


def mask(power: Tensor, *, longest: int, axis: int, generator: torch.Generator) -> Tensor:
    """Replace a stretch of each example, of random place and length, by the example's typical power.

    Source: Park et al. (2019), SpecAugment.
    """
    size = power.shape[axis]
    length = _uniform(power, generator, 0.0, 1.0) * min(longest, size)
    start = _uniform(power, generator, 0.0, 1.0) * (size - length)
    positions = torch.arange(size, device=power.device)
    positions = positions[None, None, :] if axis == -1 else positions[None, :, None]
    typical = (power + 1e-5 * _level(power)).log().mean(dim=(1, 2), keepdim=True).exp()
    return torch.where((positions >= start) & (positions < start + length), typical, power)


def _for_some(power: Tensor, changed: Tensor, share: float, generator: torch.Generator) -> Tensor:
    return torch.where(_uniform(power, generator, 0.0, 1.0) < share, changed, power)


def _level(power: Tensor) -> Tensor:
    return power.mean(dim=(1, 2), keepdim=True).clamp_min(torch.finfo(power.dtype).tiny)


def _uniform(power: Tensor, generator: torch.Generator, low: float, high: float) -> Tensor:
    """One number an example, [batch, 1, 1]."""
    return low + (high - low) * torch.rand(len(power), 1, 1, generator=generator, device=power.device)
