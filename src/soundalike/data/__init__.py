"""Labelled clips: manifests, published layouts, splits that do not leak, synthetic sounds."""

from soundalike.data.clips import ClipAudio, load_clips, map_waveforms
from soundalike.data.leaks import (
    Leak,
    find_audio_leaks,
    find_leaks,
    find_sound_leaks,
    recording_key,
    refuse_audio_leaks,
    refuse_found,
    refuse_leaks,
    waveform_digest,
    without_recordings_of,
)
from soundalike.data.manifest import Clip, Manifest
from soundalike.data.read import read_data
from soundalike.data.split import keep_aside, split_by_recording

__all__ = [
    "Clip",
    "ClipAudio",
    "Leak",
    "Manifest",
    "find_audio_leaks",
    "find_leaks",
    "find_sound_leaks",
    "keep_aside",
    "load_clips",
    "map_waveforms",
    "read_data",
    "recording_key",
    "refuse_audio_leaks",
    "refuse_found",
    "refuse_leaks",
    "split_by_recording",
    "waveform_digest",
    "without_recordings_of",
]
