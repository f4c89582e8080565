"""The manifest of a gathered corpus: what `train` and `evaluate` read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from soundalike.corpora.ledger import Entry
from soundalike.data import Clip, Manifest, split_by_recording

MANIFEST = "manifest.csv"


def write_manifest(folder: Path, kept: Sequence[Entry], groups: Mapping[str, str], *, seed: int) -> Manifest:
    """Write `manifest.csv`: a clip a recording, divided 70/10/20 within each label.

    Recordings that share sound have one `recording`, so that no split parts them and no query finds its own copy.

    Args:
        folder: of the corpus.
        kept: the recordings.
        groups: content of a file -> the content that stands for all that share sound with it.
        seed: of the split.
    """
    clips = tuple(
        Clip(
            path=folder / entry.path,
            label=entry.label,
            recording=groups[entry.content],
            start_s=entry.start_s,
            end_s=entry.end_s,
            extra={
                "source_url": entry.url,
                "title": entry.title,
                "uploader": entry.uploader,
                "licence": entry.licence,
                "duration_s": "" if entry.duration_s is None else f"{entry.duration_s:.3f}",
                "retrieved_at": entry.retrieved_at,
            },
        )
        for entry in kept
    )
    manifest = split_by_recording(Manifest(name=folder.absolute().name, clips=clips), seed=seed)
    save(manifest, folder)
    return manifest


def save(manifest: Manifest, folder: Path) -> None:
    """Write a manifest as a whole: a reader sees the old one or the new one."""
    partial = folder / f"{MANIFEST}.part"
    manifest.write_csv(partial)
    partial.replace(folder / MANIFEST)
