"""Any file or bytes to mono float32 at a wanted rate, streamed; windows with start and end in seconds."""

from soundalike.audio.clock import clock_of_name, clock_of_text
from soundalike.audio.decode import AudioInfo, AudioStream, open_audio
from soundalike.audio.excerpt import copy_excerpt
from soundalike.audio.load import Audio, load
from soundalike.audio.pcm import pcm_blocks
from soundalike.audio.resample import Resampler, resample
from soundalike.audio.source import OpenFile
from soundalike.audio.suffixes import AUDIO_SUFFIXES
from soundalike.audio.tags import Tags
from soundalike.audio.windows import Window, cut_windows, is_silent, loudest_window, stream_windows

__all__ = [
    "AUDIO_SUFFIXES",
    "Audio",
    "AudioInfo",
    "AudioStream",
    "OpenFile",
    "Resampler",
    "Tags",
    "Window",
    "clock_of_name",
    "clock_of_text",
    "copy_excerpt",
    "cut_windows",
    "is_silent",
    "load",
    "loudest_window",
    "open_audio",
    "pcm_blocks",
    "resample",
    "stream_windows",
]
