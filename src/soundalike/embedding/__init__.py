"""Embeds the clips of a manifest with an encoder."""

from soundalike.embedding.clips import EmbeddedClips, embed_clips

__all__ = ["EmbeddedClips", "embed_clips"]
