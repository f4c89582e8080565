"""What does an encoder's ranking lose when the queries come from another microphone, room, codec or level?

The loudest window of every query is disturbed, one disturbance at a time; the gallery stays clean. MAP and P1 of each,
beside those of the clean queries.

    python benchmarks/robustness.py DATA ENCODER --query-folds 4 --folds 1,2,3
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import record
import soundfile
import soxr
from numpy.typing import NDArray

from soundalike.audio import load
from soundalike.data import Manifest, load_clips, read_data
from soundalike.embedding import EmbeddedClips
from soundalike.encoders import Encoder, load_encoder
from soundalike.evaluation import evaluate_embeddings

BATCH = 64
Waveform = NDArray[np.float32]
Disturbance = Callable[[Waveform, int, np.random.Generator], Waveform]


def gain(db: float) -> Disturbance:
    return lambda waveform, rate, random: (10 ** (db / 20) * waveform).astype(np.float32)


def clipped(waveform: Waveform, rate: int, random: np.random.Generator) -> Waveform:
    """Recorded so hot that the loudest tenth of the samples is cut off."""
    limit = float(np.quantile(np.abs(waveform), 0.9)) or 1.0
    return np.clip(waveform, -limit, limit)


def noise(snr_db: float) -> Disturbance:
    def add(waveform: Waveform, rate: int, random: np.random.Generator) -> Waveform:
        level = np.sqrt(np.mean(waveform**2)) * 10 ** (-snr_db / 20)
        return (waveform + level * random.normal(size=len(waveform))).astype(np.float32)

    return add


def room(decay_s: float) -> Disturbance:
    """A tail of decaying noise, as loud as the sound itself, after half a hundredth of a second."""

    def reverberate(waveform: Waveform, rate: int, random: np.random.Generator) -> Waveform:
        time_s = np.arange(round(decay_s * rate)) / rate
        tail = random.normal(size=len(time_s)) * 10 ** (-3.0 * time_s / decay_s) * (time_s > 0.005)
        tail /= np.sqrt(np.sum(tail**2))
        size = len(waveform) + len(tail)
        wet = np.fft.irfft(np.fft.rfft(waveform, size) * np.fft.rfft(tail, size), size)[: len(waveform)]
        return (waveform + wet).astype(np.float32)

    return reverberate


def narrow(highest_hz: int) -> Disturbance:
    """Through a rate of twice this and back: a telephone at 4 kHz."""

    def through(waveform: Waveform, rate: int, random: np.random.Generator) -> Waveform:
        back = soxr.resample(soxr.resample(waveform, rate, 2 * highest_hz), 2 * highest_hz, rate)
        return np.pad(back, (0, max(0, len(waveform) - len(back))))[: len(waveform)]

    return through


def codec(container: str, subtype: str) -> Disturbance:
    """Written by a lossy codec at its lowest quality and read again."""

    def through(waveform: Waveform, rate: int, random: np.random.Generator) -> Waveform:
        written = BytesIO()
        peak = max(1.0, float(np.abs(waveform).max()))
        soundfile.write(
            written, waveform / peak, rate, format=container, subtype=subtype, compression_level=0.99
        )
        back = load(written.getvalue(), sample_rate_hz=rate).waveform
        return np.pad(back, (0, max(0, len(waveform) - len(back))))[: len(waveform)]

    return through


def shifted(share: float) -> Disturbance:
    """Moved to another place in the window; what leaves at one end comes in at the other."""
    return lambda waveform, rate, random: np.roll(waveform, round(share * len(waveform)))


DISTURBANCES: dict[str, Disturbance] = {
    "clean": lambda waveform, rate, random: waveform,
    "20 dB quieter": gain(-20),
    "40 dB quieter": gain(-40),
    "overdriven": clipped,
    "white noise 20 dB below": noise(20),
    "white noise 10 dB below": noise(10),
    "a room of 0.3 s": room(0.3),
    "a hall of 1.5 s": room(1.5),
    "nothing above 4 kHz": narrow(4000),
    "MP3, lowest quality": codec("MP3", "MPEG_LAYER_III"),
    "Vorbis, lowest quality": codec("OGG", "VORBIS"),
    "moved by a quarter window": shifted(0.25),
}


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def embed(encoder: Encoder, side: Manifest, disturbance: Disturbance) -> EmbeddedClips:
    heard = load_clips(side, sample_rate_hz=encoder.sample_rate_hz, window_s=encoder.window_s)
    random = np.random.default_rng(0)
    changed = np.stack([disturbance(one, encoder.sample_rate_hz, random) for one in heard.waveforms])
    embeddings = [encoder.embed(changed[start : start + BATCH]) for start in range(0, len(changed), BATCH)]
    return EmbeddedClips(clips=heard.clips, embeddings=np.concatenate(embeddings))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("encoder", help="an encoder that was not trained on the query folds")
    parser.add_argument("--dataset", default="esc50")
    parser.add_argument("--folds", type=numbers, default=[1, 2, 3])
    parser.add_argument("--query-folds", type=numbers, default=[4])
    arguments = parser.parse_args()

    manifest = read_data(arguments.data)
    clips = tuple(clip for clip in manifest.clips if clip.dataset == arguments.dataset)
    manifest = replace(manifest, name=arguments.dataset, clips=clips)
    encoder = load_encoder(arguments.encoder)
    gallery = embed(encoder, manifest.select(folds=arguments.folds), DISTURBANCES["clean"])
    values = {}
    for name, disturbance in DISTURBANCES.items():
        queries = embed(encoder, manifest.select(folds=arguments.query_folds), disturbance)
        found = evaluate_embeddings(queries, gallery, distance=encoder.distance)
        values[name] = {"MAP": found.mean_average_precision, "P1": found.precision_at_1}
    record.append(
        "robustness",
        question="What does a ranking lose when queries come from another microphone, room, codec or level?",
        seed=0,
        config={
            "encoder": encoder.name,
            "fingerprint": encoder.fingerprint,
            "dataset": arguments.dataset,
            "folds": arguments.folds,
            "query_folds": arguments.query_folds,
        },
        values=values,
    )


if __name__ == "__main__":
    main()
