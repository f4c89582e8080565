"""Embeddings, recordings and what is known of them, on disk in the Lance format; exact distances in memory."""

from soundalike.store.exact import nearest, pairwise_distances
from soundalike.store.header import FORMAT_VERSION, HEADER_NAME, EncoderRecord, LibraryHeader, read_header
from soundalike.store.lock import only_writer
from soundalike.store.recording import Recording, Status, new_file_id
from soundalike.store.snapshot import Snapshot, Version
from soundalike.store.tables import Store, refuse_foreign_folder
from soundalike.store.windows import Windows

__all__ = [
    "FORMAT_VERSION",
    "HEADER_NAME",
    "EncoderRecord",
    "LibraryHeader",
    "Recording",
    "Snapshot",
    "Status",
    "Store",
    "Version",
    "Windows",
    "nearest",
    "new_file_id",
    "only_writer",
    "pairwise_distances",
    "read_header",
    "refuse_foreign_folder",
]
