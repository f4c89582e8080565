"""Embeddings, recordings and what is known of them, on disk in the Lance format; exact distances in memory."""

from soundalike.store.exact import nearest, pairwise_distances
from soundalike.store.header import (
    FORMAT_VERSION,
    HEADER_NAME,
    EncoderRecord,
    LibraryHeader,
    find_header,
    read_header,
)
from soundalike.store.recording import Recording, Status, new_file_id
from soundalike.store.snapshot import Snapshot, Version
from soundalike.store.storage import Folder, Storage, only_writer, storage_at
from soundalike.store.tables import Store
from soundalike.store.windows import Windows
from soundalike.store.writer import writer

__all__ = [
    "FORMAT_VERSION",
    "HEADER_NAME",
    "EncoderRecord",
    "Folder",
    "LibraryHeader",
    "Recording",
    "Snapshot",
    "Status",
    "Storage",
    "Store",
    "Version",
    "Windows",
    "find_header",
    "nearest",
    "new_file_id",
    "only_writer",
    "pairwise_distances",
    "read_header",
    "storage_at",
    "writer",
]
