"""What a library holds, as `status --json` prints it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from soundalike.library.roots import Roots
from soundalike.store import Snapshot, Storage, describe_index


def status_of(snapshot: Snapshot, storage: Storage) -> dict[str, Any]:
    """Count what is there; every file is looked for on disk.

    Args:
        snapshot: the library.
        storage: where it lies.
    """
    rows, header = snapshot.rows(), snapshot.header
    roots = Roots(header.roots, rows)
    indexed = [row for row in rows if row.status == "indexed"]
    per_root = Counter(row.root for row in indexed)
    contents = {row.recording_id: row for row in indexed}
    return {
        "recordings": len(contents),
        "windows": sum(row.num_windows for row in contents.values()),
        "audio_s": round(sum(row.duration_s for row in contents.values()), 3),
        "skipped": [
            {"path": str(row.location), "reason": row.reason} for row in rows if row.status == "skipped"
        ],
        "warnings": [{"path": str(row.location), "warning": row.warning} for row in rows if row.warning],
        "silent": [str(row.location) for row in indexed if row.is_silent],
        "missing": [str(row.location) for row in indexed if roots.is_gone(row)],
        "roots": [
            {"name": name, "path": path, "online": not roots.is_offline(name), "recordings": per_root[name]}
            for name, path in roots.paths.items()
        ],
        "encoder": asdict(header.encoder),
        "index": {**describe_index(snapshot, storage), "hop_s": header.hop_s},
        "size_bytes": storage.size_bytes(),
        "format_version": header.format_version,
    }
