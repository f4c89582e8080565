"""Indexing on many machines: the same decisions, with the work done on a Ray cluster.

`ray` is imported inside this package only, and only when it is used.
"""

from soundalike.scale.cluster import Cluster, connected
from soundalike.scale.crew import on_cluster

__all__ = ["Cluster", "connected", "on_cluster"]
