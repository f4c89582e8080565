"""Gather a corpus from the web as the paper did: search every label, take recordings, cut a clip out of each.

    corpus/
      recordings.jsonl   every recording that was looked at, and what became of it (`ledger.py`)
      audio/LABEL/       the files as they were served
      fingerprints/      to find copies by; may be deleted
      collect.json       the settings
      manifest.csv       what `train` and `evaluate` read; written anew by every run
      report.json        per label: asked, found, kept, dropped and why
      review.html        to listen

A run does what is left. A recording that fails is listed with its reason, and the next result takes its place.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from soundalike.corpora.candidate import Candidate, Source, UnavailableError
from soundalike.corpora.intake import Heard, content_hash, hear
from soundalike.corpora.labels import CorpusLabel
from soundalike.corpora.ledger import FAILURES, Entry, Ledger
from soundalike.corpora.manifest import write_manifest
from soundalike.corpora.near import keep_fingerprint, near_groups, save_fingerprint
from soundalike.corpora.page import write_page
from soundalike.corpora.report import CollectReport, make_report
from soundalike.corpora.settings import (
    CollectSettings,
    is_free,
    outdated_reasons,
    save_settings,
    write_document,
)
from soundalike.errors import AudioError, CorpusError, OutputError, Skipped, reason_of
from soundalike.store.lock import only_holder

logger = logging.getLogger(__name__)

REPORT = "report.json"
AUDIO = "audio"
# Recordings one after another for which the site asked to slow down; then the run stops.
_MOST_REFUSALS = 3

# Called with recordings taken, recordings asked for, and what is being done; and the stage, where it is another one.
CollectProgress = Callable[..., None]


def collect(
    labels: Sequence[CorpusLabel],
    folder: Path,
    source: Source,
    settings: CollectSettings | None = None,
    *,
    failures: Literal["keep", "retry"] = "keep",
    progress: CollectProgress | None = None,
) -> CollectReport:
    """Gather what is missing of a corpus, and write its manifest, report and page.

    Args:
        labels: what to search for.
        folder: of the corpus; made if it is not there.
        source: where to search.
        settings: what to take.
        failures: "retry" tries recordings again that could not be had before.
        progress: called with recordings kept, recordings asked for, and a note.
    Raises:
        CorpusError: a search failed, the site asks to slow down, or another process is at work there. What was taken is
            kept.
        OutputError: the folder cannot be written.
    """
    settings = settings or CollectSettings()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with only_holder(folder, what="corpus", error=CorpusError):
            return _collect(
                labels, folder, source, settings, failures=failures, progress=progress or _silently
            )
    except OSError as exc:
        raise OutputError(f"cannot write the corpus '{folder}': {exc.strerror or exc}.") from exc


def _collect(
    labels: Sequence[CorpusLabel],
    folder: Path,
    source: Source,
    settings: CollectSettings,
    *,
    failures: Literal["keep", "retry"],
    progress: CollectProgress,
) -> CollectReport:
    ledger = Ledger(folder)
    ledger.forget(why=(*outdated_reasons(folder, settings), *(FAILURES if failures == "retry" else ())))
    save_settings(folder, settings)
    run = _Run(
        folder,
        ledger,
        source,
        settings,
        progress,
        num_asked=settings.per_label * len(labels),
    )
    run.place_anew()
    try:
        for label in labels:
            run.gather(label)
    except CorpusError:
        run.finish(labels)  # what was taken can be used
        raise
    return run.finish(labels)


class _Run:
    """One run of `collect`."""

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        source: Source,
        settings: CollectSettings,
        progress: CollectProgress,
        *,
        num_asked: int,
    ) -> None:
        self._folder, self._ledger, self._source, self._settings = folder, ledger, source, settings
        self._progress, self._num_asked = progress, num_asked
        self._skipped: list[Skipped] = []
        self._num_refusals = 0
        self._num_kept = sum(entry.status == "kept" for entry in ledger)

    def gather(self, label: CorpusLabel) -> None:
        """Take recordings of one label until there are enough, or no more results."""
        missing = self._settings.per_label - len(self._ledger.of(label.id, status="kept"))
        if missing <= 0:
            return
        self._tell(f"searching {label.id}")
        for candidate in self._source.search(self._settings.query.replace("{label}", label.words)):
            if self._ledger.get(label.id, candidate.url) is not None or not candidate.url:
                continue
            self._tell(f"{label.id}: {candidate.title or candidate.url}")
            entry = self._consider(label, candidate)
            self._ledger.add(entry)
            if entry.why in FAILURES:
                self._skipped.append(Skipped(path=entry.url, reason=entry.reason))
            missing -= entry.status == "kept"
            self._num_kept += entry.status == "kept"
            self._tell("")
            if missing == 0:
                break

    def place_anew(self) -> None:
        """Place the clips again that were placed by other settings."""
        settings = self._settings
        for entry in [one for one in self._ledger if one.status == "kept" and one.clip != settings.placing]:
            try:
                heard = self._hear(self._folder / entry.path, name=entry.content)
            except AudioError as error:
                reason = reason_of(error, self._folder / entry.path)
                self._ledger.add(replace(entry, status="dropped", why="decoding", reason=reason))
                self._skipped.append(Skipped(path=entry.path, reason=reason))
                continue
            self._ledger.add(replace(entry, start_s=heard.start_s, end_s=heard.end_s, clip=settings.placing))

    def finish(self, labels: Sequence[CorpusLabel]) -> CollectReport:
        """Group what sounds alike, and write manifest, report and page."""
        kept = [entry for entry in self._ledger if entry.status == "kept"]
        entry_of = {entry.content: entry for entry in kept}
        groups = near_groups(
            list(entry_of),
            lambda content: keep_fingerprint(self._folder, content, entry_of[content].path),
            progress=lambda done, total: self._progress(done, total, stage="comparing", unit="pairs"),
        )
        manifest = write_manifest(self._folder, kept, groups, seed=self._settings.seed)
        report = make_report(
            labels,
            self._ledger,
            manifest,
            num_asked=self._settings.per_label,
            skipped=self._skipped,
            folder=self._folder,
        )
        write_document(self._folder / REPORT, report.as_json())
        write_page(self._folder, self._ledger)
        return report

    def _consider(self, label: CorpusLabel, candidate: Candidate) -> Entry:
        """Take a recording, or say why not."""
        entry = Entry(
            label=label.id,
            url=candidate.url,
            status="dropped",
            title=candidate.title,
            uploader=candidate.uploader,
            licence=candidate.licence,
            duration_s=candidate.duration_s,
            retrieved_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        owner = self._ledger.owner(candidate.url)
        if owner is not None:
            return replace(entry, why="taken", reason=f"taken for '{owner}'")
        if wrong := self._wrong_length(candidate.duration_s):
            return replace(entry, why="length", reason=wrong)
        try:
            told = self._source.describe(candidate)
            entry = replace(
                entry,
                title=told.title,
                uploader=told.uploader,
                licence=told.licence,
                duration_s=told.duration_s,
            )
            if wrong := self._wrong_length(told.duration_s):
                return replace(entry, why="length", reason=wrong)
            if self._settings.licence == "cc" and not is_free(told.licence):
                return replace(entry, why="licence", reason=told.licence or "the licence is not known")
            path = self._source.fetch(told, self._stem(label, candidate))
        except UnavailableError as error:
            self._count_refusals(error)
            return replace(entry, why="download", reason=str(error))
        self._num_refusals = 0
        taken = self._examine(entry, path)
        if taken.status != "kept":
            path.unlink()
        return taken

    def _examine(self, entry: Entry, path: Path) -> Entry:
        """Look at a downloaded file: what its page said of it need not be true."""
        content = content_hash(path)
        entry = replace(entry, content=content, path=path.relative_to(self._folder).as_posix())
        if (twin := self._ledger.same_bytes(content)) is not None:
            return replace(entry, why="same bytes", reason=f"the same bytes as {twin}")
        try:
            heard = self._hear(path, name=content)
        except AudioError as error:
            return replace(entry, why="decoding", reason=reason_of(error, path))
        entry = replace(entry, duration_s=round(heard.duration_s, 3))
        if wrong := self._wrong_length(heard.duration_s):
            return replace(entry, why="length", reason=wrong)
        if heard.is_silent:
            return replace(entry, why="silent", reason="silent from end to end")
        save_fingerprint(self._folder, content, heard.fingerprint)
        return replace(
            entry, status="kept", start_s=heard.start_s, end_s=heard.end_s, clip=self._settings.placing
        )

    def _hear(self, path: Path, *, name: str) -> Heard:
        settings = self._settings
        return hear(
            path,
            most_s=settings.max_s,
            window_s=settings.window_s,
            placing=settings.clip,
            seed=settings.seed,
            name=name,
        )

    def _wrong_length(self, duration_s: float | None) -> str:
        settings = self._settings
        if duration_s is None or settings.min_s <= duration_s <= settings.max_s:
            return ""
        return f"{duration_s:.1f} s long, not {settings.min_s:g} to {settings.max_s:g} s"

    def _stem(self, label: CorpusLabel, candidate: Candidate) -> Path:
        name = blake2b(candidate.url.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        folder = self._folder / AUDIO / _slug(label.id)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def _count_refusals(self, error: UnavailableError) -> None:
        self._num_refusals = self._num_refusals + 1 if error.slow_down else 0
        if self._num_refusals >= _MOST_REFUSALS:
            raise CorpusError(
                f"{_MOST_REFUSALS} recordings one after another were refused: the site asks to slow down (HTTP 429). "
                "What was taken is kept. Go on some hours later, with a larger --sleep-s."
            ) from error

    def _tell(self, note: str) -> None:
        self._progress(self._num_kept, self._num_asked, note)


def _slug(label: str) -> str:
    """A label as the name of a folder on any system."""
    return re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", label)).strip("-") or "label"


def _silently(*_: object, **__: object) -> None:
    pass
