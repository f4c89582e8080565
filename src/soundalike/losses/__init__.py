"""Losses on pairs of embeddings."""

from soundalike.losses.contrastive import contrastive_loss, squared_distances

__all__ = ["contrastive_loss", "squared_distances"]
