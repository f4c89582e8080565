"""Embedding the clips of a manifest: the loudest window and the whole clip, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from soundalike.audio import cut_windows, load, loudest_window
from soundalike.config import ClipMode
from soundalike.data import Clip, Manifest
from soundalike.embedding import EmbeddedClips, clips, embed_clips
from soundalike.encoders import Encoder, load_encoder
from soundalike.errors import EncoderError

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("spectral-averages")


def _sound(duration_s: float, *, seed: int) -> NDArray[np.float64]:
    """Noise whose colour and loudness wander, so that no two windows are alike."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=round(duration_s * RATE_HZ))
    return 0.1 * noise * np.linspace(0.2, 1, len(noise)) + 0.05 * np.cumsum(noise) / np.sqrt(len(noise))


def _manifest(folder: Path, sounds: dict[str, NDArray[np.float64]]) -> Manifest:
    for name, sound in sounds.items():
        soundfile.write(folder / name, sound, RATE_HZ, subtype="FLOAT")
    return Manifest(
        name="test", clips=tuple(Clip(path=folder / name, label="a", recording=name) for name in sounds)
    )


def test_loudest_embeds_the_window_with_the_most_energy(tmp_path: Path, encoder: Encoder) -> None:
    manifest = _manifest(tmp_path, {f"{i}.wav": _sound(1 + i, seed=i) for i in range(4)})
    embedded = embed_clips(encoder, manifest, clip="loudest")
    assert embedded.clips == manifest.clips
    assert embedded.skipped == ()
    for clip, embedding in zip(manifest.clips, embedded.embeddings, strict=True):
        waveform = load(clip.path, sample_rate_hz=RATE_HZ).waveform
        _, window = loudest_window(waveform, sample_rate_hz=RATE_HZ, window_s=encoder.window_s)
        np.testing.assert_allclose(embedding, encoder.embed(window[None])[0], rtol=1e-4, atol=1e-4)


def test_whole_is_the_mean_over_the_windows_that_are_not_silent(tmp_path: Path, encoder: Encoder) -> None:
    with_silence = np.concatenate([_sound(3, seed=1), np.zeros(6 * RATE_HZ), _sound(0.5, seed=2)])
    manifest = _manifest(tmp_path, {"long.wav": with_silence, "short.wav": _sound(0.7, seed=3)})
    embedded = embed_clips(encoder, manifest, clip="whole")
    for clip, embedding in zip(manifest.clips, embedded.embeddings, strict=True):
        waveform = load(clip.path, sample_rate_hz=RATE_HZ).waveform
        windows = cut_windows(waveform, sample_rate_hz=RATE_HZ, window_s=2.0, hop_s=1.0)
        audible = windows[np.abs(windows).max(axis=1) > 10 ** (-90 / 20)]
        assert clip.path.name != "long.wav" or 0 < len(audible) < len(windows)
        np.testing.assert_allclose(embedding, encoder.embed(audible).mean(axis=0), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", ["loudest", "whole"])
def test_a_clip_is_only_the_part_between_its_start_and_end(
    tmp_path: Path, encoder: Encoder, mode: ClipMode
) -> None:
    sound = _sound(6, seed=4)
    whole_file = _manifest(tmp_path, {"all.wav": sound}).clips[0]
    part = Clip(path=whole_file.path, label="a", recording="r", start_s=2.0, end_s=4.0)
    alone = _manifest(tmp_path, {"part.wav": sound[2 * RATE_HZ : 4 * RATE_HZ]})
    embedded = embed_clips(encoder, Manifest(name="part", clips=(part,)), clip=mode)
    expected = embed_clips(encoder, alone, clip=mode)
    np.testing.assert_allclose(embedded.embeddings, expected.embeddings, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("mode", ["loudest", "whole"])
def test_sizes_of_batches_and_parts_do_not_show(
    tmp_path: Path, encoder: Encoder, mode: ClipMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = _manifest(tmp_path, {f"{i}.wav": _sound(0.5 + i, seed=i) for i in range(5)})
    expected = embed_clips(encoder, manifest, clip=mode)
    monkeypatch.setattr(clips, "BATCH", 3)
    monkeypatch.setattr(clips, "LOADED_CLIPS", 2)
    calls: list[tuple[int, int]] = []
    found = embed_clips(
        encoder, manifest, clip=mode, progress=lambda done, total: calls.append((done, total))
    )
    np.testing.assert_allclose(found.embeddings, expected.embeddings, rtol=1e-5, atol=1e-5)
    assert calls[-1] == (5, 5)
    assert calls == sorted(calls)


@pytest.mark.parametrize("mode", ["loudest", "whole"])
@pytest.mark.parametrize("num_loaded", [1, 512])
def test_unreadable_and_silent_clips_are_skipped_with_a_reason(
    tmp_path: Path, encoder: Encoder, mode: ClipMode, num_loaded: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips, "LOADED_CLIPS", num_loaded)
    manifest = _manifest(
        tmp_path,
        {
            "a.wav": _sound(1, seed=0),
            "silent.wav": np.zeros(RATE_HZ),
            "broken.wav": _sound(1, seed=1),
            "z.wav": _sound(1, seed=2),
        },
    )
    (tmp_path / "broken.wav").write_bytes(b"this is no audio")
    embedded = embed_clips(encoder, manifest, clip=mode)
    assert [clip.path.name for clip in embedded.clips] == ["a.wav", "z.wav"]
    assert embedded.embeddings.shape == (2, encoder.dim)
    reasons = {Path(skipped.path).name: skipped.reason for skipped in embedded.skipped}
    assert set(reasons) == {"silent.wav", "broken.wav"}
    assert "silent" in reasons["silent.wav"]


def test_nothing_readable_gives_no_embeddings(tmp_path: Path, encoder: Encoder) -> None:
    manifest = Manifest(name="gone", clips=(Clip(path=tmp_path / "gone.wav", label="a", recording="r"),))
    for mode in ("loudest", "whole"):
        embedded = embed_clips(encoder, manifest, clip=mode)
        assert embedded.embeddings.shape == (0, encoder.dim)
        assert len(embedded.skipped) == 1


def test_values_that_are_not_finite_are_refused(tmp_path: Path, encoder: Encoder) -> None:
    class Diverged:
        def __getattr__(self, name: str) -> object:
            return getattr(encoder, name)

        def embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
            return encoder.embed(waveforms) * np.float32(np.nan)

    manifest = _manifest(tmp_path, {"a.wav": _sound(1, seed=0)})
    with pytest.raises(EncoderError, match="not finite"):
        embed_clips(Diverged(), manifest, clip="whole")  # type: ignore[arg-type]


def test_clips_and_embeddings_have_to_match() -> None:
    with pytest.raises(ValueError, match="0 clips"):
        EmbeddedClips(clips=(), embeddings=np.zeros((1, 2), np.float32))
