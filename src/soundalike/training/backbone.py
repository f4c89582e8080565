"""A frozen encoder as the front end of a twin, and what it gives for labelled clips, kept on disk."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from soundalike import audio
from soundalike.config import ClipMode, fingerprint
from soundalike.data import Manifest, map_waveforms, waveform_digest
from soundalike.encoders import Encoder, embed_on_threads
from soundalike.encoders.encoder import OnnxEncoder
from soundalike.errors import EncoderError, Skipped, UsageError
from soundalike.training.examples import Examples
from soundalike.training.sides import Progress, Side, labels_of


class Backbone(nn.Module):
    """A frozen encoder; ONNX Runtime runs it, and nothing in it learns.

    Args:
        encoder: one whose graph is an ONNX file.
    Raises:
        UsageError: it has no graph that a head could be joined to.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        if not isinstance(encoder, OnnxEncoder):
            raise UsageError(f"the encoder '{encoder.name}' is no ONNX file; only those can be a backbone.")
        self.encoder = encoder

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveforms [batch, samples] -> frozen embeddings [batch, dim]."""
        return torch.from_numpy(self.encoder.embed(waveform.numpy()))


def load_embeddings(
    manifest: Manifest,
    backbone: Backbone,
    *,
    names: Sequence[str],
    mode: ClipMode,
    one_window_a_clip: bool,
    identity: str,
    cache: Path,
    progress: Progress | None = None,
) -> tuple[Side, Examples]:
    """Embed the windows of every clip, or read from `cache` what was embedded before.

    Args:
        names: all labels; a clip's is a position here.
        mode: the loudest window of each clip, or all of them.
        one_window_a_clip: see `Examples`.
        identity: of the clips; a cache of others, or of another backbone, is not used.
        cache: a file, written whole.
        progress: told (clips done, clips in all).
    Raises:
        EncoderError: the backbone gives numbers that are not finite.
    """
    key = fingerprint([identity, backbone.encoder.fingerprint, mode])
    stored = _read(cache, key)
    if stored is None:
        stored = _embed(manifest, backbone.encoder, mode, progress)
        stored["key"] = np.array(key)
        with cache.with_name(f"{cache.name}.partial").open("wb") as file:
            np.savez(file, allow_pickle=False, **stored)
        cache.with_name(f"{cache.name}.partial").replace(cache)
    clips = tuple(manifest.clips[index] for index in stored["kept"])
    examples = Examples(
        features=torch.from_numpy(stored["embeddings"]),
        owners=torch.from_numpy(stored["owners"]),
        labels=labels_of(clips, names),
        one_window_a_clip=one_window_a_clip,
    )
    sounds = [
        (clips[owner], digest.tobytes())
        for owner, digest in zip(stored["owners"], stored["digests"], strict=True)
    ]
    skipped = tuple(Skipped(path=path, reason=reason) for path, reason in json.loads(str(stored["skipped"])))
    return Side(clips=clips, examples=examples, sounds=sounds, skipped=skipped), examples


def _embed(
    manifest: Manifest, encoder: Encoder, mode: ClipMode, progress: Progress | None
) -> dict[str, NDArray[np.generic]]:
    """What the cache holds, but for its key."""
    embed = embed_on_threads(encoder)
    rate_hz, window_s = encoder.sample_rate_hz, encoder.window_s

    def embed_windows(waveform: NDArray[np.float32]) -> tuple[NDArray[np.float32], list[bytes]]:
        if mode == "loudest":
            windows = audio.loudest_window(waveform, sample_rate_hz=rate_hz, window_s=window_s)[1][None]
        else:
            cut = audio.cut_windows(waveform, sample_rate_hz=rate_hz, window_s=window_s, hop_s=window_s / 2)
            windows = cut[[not audio.is_silent(window) for window in cut]]
        return embed(windows), [waveform_digest(window) for window in windows]

    clips, made, skipped = map_waveforms(manifest, embed_windows, sample_rate_hz=rate_hz, progress=progress)
    embeddings = np.concatenate([windows for windows, _ in made])
    if not np.isfinite(embeddings).all():
        raise EncoderError(
            f"the backbone '{encoder.name}' gives values that are not finite, for audio that is. Its ONNX file is "
            "damaged, or it was trained until it diverged; use another."
        )
    positions = {id(clip): position for position, clip in enumerate(manifest.clips)}
    return {
        "embeddings": embeddings,
        "owners": np.repeat(np.arange(len(made)), [len(windows) for windows, _ in made]),
        "kept": np.array([positions[id(clip)] for clip in clips]),
        "digests": np.array([np.frombuffer(digest, np.uint8) for _, digests in made for digest in digests]),
        "skipped": np.array(json.dumps([(one.path, one.reason) for one in skipped])),
    }


def _read(cache: Path, key: str) -> dict[str, NDArray[np.generic]] | None:
    """What the cache holds, None where it is missing, damaged, or that of other clips or another backbone."""
    try:
        with np.load(cache) as stored:
            return dict(stored) if str(stored["key"]) == key else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
