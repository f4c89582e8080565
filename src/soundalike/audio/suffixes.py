"""Which files are audio by their name."""

from __future__ import annotations

# Sound files and films with sound, of every kind that libsndfile or FFmpeg reads. A file of another name may be audio
# all the same; who walks a folder passes it over.
# fmt: off
AUDIO_SUFFIXES = frozenset({
    ".3gp", ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".asf", ".au", ".avi", ".caf", ".dff", ".dsf",
    ".dts", ".flac", ".flv", ".gsm", ".m2ts", ".m4a", ".m4b", ".m4v", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4",
    ".mpeg", ".mpg", ".mts", ".oga", ".ogg", ".ogv", ".opus", ".ra", ".rf64", ".snd", ".sph", ".spx", ".tta", ".voc",
    ".w64", ".wav", ".wave", ".webm", ".wma", ".wmv", ".wv",
})
# fmt: on
