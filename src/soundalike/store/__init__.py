"""Embeddings, recordings and what is known of them, on disk in the Lance format; exact distances in memory."""

from soundalike.store.ann import AnnIndex, index_stamp, open_index
from soundalike.store.ann_upkeep import (
    IndexPolicy,
    coverage,
    describe_index,
    drop_index,
    refresh_index,
    why_no_index,
)
from soundalike.store.exact import nearest, pairwise_distances
from soundalike.store.files import IndexedFiles
from soundalike.store.fragments import write_fragments
from soundalike.store.header import (
    FORMAT_VERSION,
    HEADER_NAME,
    NEXT_HEADER_NAME,
    EncoderRecord,
    LibraryHeader,
    find_header,
    read_header,
)
from soundalike.store.recording import Recording, Status, new_file_id
from soundalike.store.snapshot import Snapshot, Version
from soundalike.store.storage import Folder, Storage, only_writer, storage_at
from soundalike.store.tables import Store
from soundalike.store.windows import NumberedWindows, Windows
from soundalike.store.writer import writer

__all__ = [
    "FORMAT_VERSION",
    "HEADER_NAME",
    "NEXT_HEADER_NAME",
    "AnnIndex",
    "EncoderRecord",
    "Folder",
    "IndexPolicy",
    "IndexedFiles",
    "LibraryHeader",
    "NumberedWindows",
    "Recording",
    "Snapshot",
    "Status",
    "Storage",
    "Store",
    "Version",
    "Windows",
    "coverage",
    "describe_index",
    "drop_index",
    "find_header",
    "index_stamp",
    "nearest",
    "new_file_id",
    "only_writer",
    "open_index",
    "pairwise_distances",
    "read_header",
    "refresh_index",
    "storage_at",
    "why_no_index",
    "write_fragments",
    "writer",
]
