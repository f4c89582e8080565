"""From encoders and manifests to evaluations: embed, refuse leaks, search, measure."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from soundalike.config import ClipMode, Distance, refuse_negative_seed
from soundalike.data import Manifest, find_sound_leaks, refuse_found, refuse_leaks
from soundalike.data.labels import name_labels, read_synonyms
from soundalike.embedding import EmbeddedClips, embed_clips
from soundalike.embedding.clips import Progress
from soundalike.encoders import Encoder, source_of
from soundalike.evaluation.protocol import K_MAX, Evaluation, K, evaluate_embeddings

logger = logging.getLogger(__name__)

HOW_TO_ALLOW = "--allow-leaks"


def evaluate(
    encoders: Sequence[Encoder],
    gallery: Manifest,
    queries: Manifest | None = None,
    *,
    distance: Distance | None = None,
    clip: ClipMode | None = None,
    synonyms: Path | None = None,
    k: int = K,
    seed: int = 0,
    allow_leaks: bool = False,
    progress: Progress | None = None,
) -> tuple[Evaluation, ...]:
    """Evaluate encoders on one gallery with the same queries.

    Args:
        encoders: one or more.
        gallery: the clips to be searched.
        queries: the clips that search; None searches the gallery with itself, each query and every clip of
            its own recording left out.
        distance: None for what each encoder was trained for.
        clip: how a clip becomes one vector; None for what each encoder was trained for.
        synonyms: a synonyms file. Every encoder is then evaluated twice, with the labels as they are and with
            the names of the file.
        k: the K of tables, >= 1; no more than the gallery holds, where that is above 30.
        seed: of the intervals.
        allow_leaks: only warn where gallery and queries share a file or a sound.
        progress: called with (clips embedded, clips to embed), over all encoders.
    Returns:
        For each encoder in order its evaluation, followed by the one with synonyms if a file is given.
    Raises:
        LeakError: gallery and queries share a file, or hold the same sound in two formats.
        DataError: nothing to search, nothing to search with, or an unusable synonyms file.
        UsageError: k is below 1, or the seed below 0.
    """
    refuse_negative_seed(seed)
    k = _no_more_than(max(K_MAX, len(gallery)), k)
    names = None if synonyms is None else read_synonyms(synonyms)
    if queries is not None:
        refuse_leaks(gallery, queries, allow=allow_leaks, how_to_allow=HOW_TO_ALLOW)
    num_per_encoder = len(gallery) + (0 if queries is None else len(queries))
    num_clips = num_per_encoder * len(encoders)

    evaluations = []
    titles = _distinct_names(encoders)
    for index, encoder in enumerate(encoders):
        first = index * num_per_encoder
        mode = clip or encoder.clip
        embedded_gallery = embed_clips(
            encoder, gallery, clip=mode, progress=_part(progress, first=first, num_clips=num_clips)
        )
        embedded_queries = None
        if queries is not None:
            part = _part(progress, first=first + len(gallery), num_clips=num_clips)
            embedded_queries = embed_clips(encoder, queries, clip=mode, progress=part)
            _refuse_shared_sounds(embedded_gallery, embedded_queries, allow=allow_leaks)
        for renamed in (None,) if names is None else (None, names):
            searching, searched = embedded_queries, embedded_gallery
            if renamed is not None:
                searching = None if searching is None else _rename(searching, renamed)
                searched = _rename(searched, renamed)
            evaluation = evaluate_embeddings(
                searched if searching is None else searching,
                None if searching is None else searched,
                distance=distance or encoder.distance,
                k_max=max(K_MAX, k),
                k=k,
                seed=seed,
                clip=mode,
                encoder={**describe(encoder), "name": titles[index]},
                synonyms=renamed is not None,
            )
            _warn(evaluation)
            evaluations.append(evaluation)
    return tuple(evaluations)


def _no_more_than(num_clips: int, k: int) -> int:
    if k > num_clips:
        logger.warning(
            "MP@%d asks for more than the %d clips of the gallery: this is MP@%d", k, num_clips, num_clips
        )
    return min(k, num_clips)


def describe(encoder: Encoder) -> dict[str, object]:
    """What an evaluation records of its encoder, as in JSON."""
    return {
        "name": encoder.name,
        "fingerprint": encoder.fingerprint,
        "sample_rate_hz": encoder.sample_rate_hz,
        "window_s": encoder.window_s,
        "dim": encoder.dim,
        "recipe": encoder.card.recipe,
        "training_data": dict(encoder.card.training_data),
    }


def _distinct_names(encoders: Sequence[Encoder]) -> list[str]:
    """The name of every encoder, followed by that of its folder or file where several have one name."""
    names = [encoder.name for encoder in encoders]
    sources = [Path(source_of(encoder)) for encoder in encoders]
    folders = [source.name for source in sources]
    for part in (folders, [str(source) for source in sources]):
        titles = [
            f"{name} ({where})" if names.count(name) > 1 else name
            for name, where in zip(names, part, strict=True)
        ]
        if len(set(titles)) == len(titles):
            break
    return titles


def _refuse_shared_sounds(gallery: EmbeddedClips, queries: EmbeddedClips, *, allow: bool) -> None:
    """Refuse what the files' bytes do not show: a WAV on one side, its FLAC copy on the other."""
    leaks = find_sound_leaks(
        zip(gallery.clips, gallery.sounds, strict=True), zip(queries.clips, queries.sounds, strict=True)
    )
    refuse_found(leaks, allow=allow, how_to_allow=HOW_TO_ALLOW)


def _rename(embedded: EmbeddedClips, names: Mapping[str, str]) -> EmbeddedClips:
    # One clip at a time: a synonyms file joins labels, and must not put the data set before those it leaves
    # alone.
    clips = tuple(name_labels((one,), synonyms=names)[0] for one in embedded.clips)
    return replace(embedded, clips=clips)


def _part(progress: Progress | None, *, first: int, num_clips: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, _total: progress(first + done, num_clips)


def _warn(evaluation: Evaluation) -> None:
    if evaluation.num_unanswerable:
        logger.warning(
            "%d of %d queries have nothing with their label in the gallery; they are left out of every mean",
            evaluation.num_unanswerable,
            len(evaluation.queries),
        )
