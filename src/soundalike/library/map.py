"""The map of a library: every window as a point, near those that sound like it.

It is derived from the library and kept beside it in `map.npz`, which may be deleted at any time.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike.library.gallery import Gallery
from soundalike.library.map_layout import SAMPLE, Progress, Sample, fit, place
from soundalike.store import Storage

MAP_NAME = "map.npz"
FORMAT_VERSION = 1
# More points than this tell nobody more; of a larger library the middle of each recording is shown.
MOST_POINTS = 100_000
# A sample of which so much is no longer in the library says little of it.
LEAST_KNOWN = 0.5


@dataclass(frozen=True, kw_only=True)
class Points:
    """Windows by their recording and start.

    Attributes:
        recording_ids: text [point].
        start_s: float64 [point].
    """

    recording_ids: NDArray[np.str_]
    start_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.recording_ids)

    def keys(self) -> NDArray[np.str_]:
        """Text [point] that tells points apart."""
        milliseconds = np.round(self.start_s * 1e3).astype(np.int64).astype(np.str_)
        return np.strings.add(np.strings.add(self.recording_ids, "@"), milliseconds)


@dataclass(frozen=True, kw_only=True)
class LibraryMap:
    """Points with their places.

    Attributes:
        fingerprint: of the encoder that made the embeddings.
        points: the windows.
        places: float32 [point, 2], without units.
        sample: by which new points are placed.
    """

    fingerprint: str
    points: Points
    places: NDArray[np.float32]
    sample: Sample


def points_of(gallery: Gallery) -> tuple[NDArray[np.int64], Points]:
    """The windows that a map of this library shows: their numbers in the gallery, and what names them."""
    owners, start_s = gallery.recordings, gallery.start_s
    numbers = np.flatnonzero(owners >= 0)
    numbers = numbers[np.lexsort((start_s[numbers], owners[numbers]))]
    if len(numbers) > MOST_POINTS:
        firsts = np.flatnonzero(np.diff(owners[numbers], prepend=-1))
        ends = np.append(firsts[1:], len(numbers))
        numbers = numbers[(firsts + ends) // 2]
        if len(numbers) > MOST_POINTS:
            numbers = numbers[np.linspace(0, len(numbers) - 1, MOST_POINTS).astype(np.int64)]
    names = np.array(gallery.files.recording_ids, dtype=np.str_)
    ids = names[owners[numbers]] if len(numbers) else np.empty(0, np.str_)
    return numbers, Points(recording_ids=ids, start_s=start_s[numbers])


def update_map(gallery: Gallery, storage: Storage, *, progress: Progress, seed: int = 0) -> LibraryMap:
    """Make the map, or bring it up to date: what is on it keeps its place, and what is new finds one.

    Args:
        gallery: the library.
        storage: where it lies.
        progress: told the work done and all the work.
        seed: of the sample and of t-SNE.
    """
    numbers, points = points_of(gallery)
    encoder = gallery.snapshot.header.encoder
    known = read_map(storage)
    if known is None or known.fingerprint != encoder.fingerprint or not _is_still_true(known, points):
        chosen = np.random.default_rng(seed).permutation(len(numbers))[:SAMPLE]
        embeddings = gallery.take(numbers[np.sort(chosen)]).embeddings
        sample = fit(embeddings, distance=encoder.distance, seed=seed, progress=progress)
        known = LibraryMap(
            fingerprint=encoder.fingerprint,
            points=Points(recording_ids=np.empty(0, np.str_), start_s=np.empty(0)),
            places=np.empty((0, 2), np.float32),
            sample=sample,
        )
    places, is_new = _known_places(known, points)
    embeddings = gallery.take(numbers[is_new]).embeddings
    places[is_new] = place(embeddings, known.sample, distance=encoder.distance, progress=progress)
    made = LibraryMap(fingerprint=encoder.fingerprint, points=points, places=places, sample=known.sample)
    write_map(storage, made)
    return made


def num_missing(known: LibraryMap, gallery: Gallery) -> int:
    """How many windows the map should show and does not."""
    if known.fingerprint != gallery.snapshot.header.encoder.fingerprint:
        return len(gallery)
    return int(_known_places(known, points_of(gallery)[1])[1].sum())


def read_map(storage: Storage) -> LibraryMap | None:
    """The map of a library; None if there is none, or none that can be read."""
    try:
        content = storage.read(MAP_NAME)
    except FileNotFoundError:
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            if int(file["format_version"]) != FORMAT_VERSION:
                return None
            return LibraryMap(
                fingerprint=str(file["fingerprint"]),
                points=Points(recording_ids=file["recording_ids"], start_s=file["start_s"]),
                places=file["places"],
                sample=Sample(embeddings=file["sample_embeddings"], places=file["sample_places"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # it is made again


def write_map(storage: Storage, made: LibraryMap) -> None:
    """Keep a map beside its library.

    Raises:
        LibraryError: it cannot be written.
    """
    out = io.BytesIO()
    np.savez_compressed(
        out,
        format_version=np.int64(FORMAT_VERSION),
        fingerprint=np.str_(made.fingerprint),
        recording_ids=made.points.recording_ids,
        start_s=made.points.start_s,
        places=made.places,
        sample_embeddings=made.sample.embeddings,
        sample_places=made.sample.places,
    )
    storage.write(MAP_NAME, out.getvalue())


def _is_still_true(known: LibraryMap, points: Points) -> bool:
    """Whether enough of what the map was made from is there, and the sample is no small part of what is there now."""
    if not len(known.points) or len(known.sample.places) < min(SAMPLE, len(points)) * LEAST_KNOWN:
        return False
    still_there = np.isin(known.points.keys(), points.keys())
    return bool(still_there.mean() >= LEAST_KNOWN)


def _known_places(known: LibraryMap, points: Points) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Places [point, 2] of the points that the map has, and which of them are new to it."""
    places = np.zeros((len(points), 2), np.float32)
    if not len(known.points) or not len(points):
        return places, np.ones(len(points), np.bool_)
    known_keys, keys = known.points.keys(), points.keys()
    order = np.argsort(known_keys)
    at = np.searchsorted(known_keys, keys, sorter=order).clip(max=len(order) - 1)
    found = order[at]
    is_new = known_keys[found] != keys
    places[~is_new] = known.places[found[~is_new]]
    return places, is_new
