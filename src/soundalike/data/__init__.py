"""Labelled clips: manifests, published layouts, splits that do not leak, synthetic sounds."""

from soundalike.data.manifest import Clip, Manifest
from soundalike.data.read import read_data
from soundalike.data.split import keep_aside, split_by_recording

__all__ = ["Clip", "Manifest", "keep_aside", "read_data", "split_by_recording"]
