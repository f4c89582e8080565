"""Sound and pictures of recordings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from soundalike.audio import OpenFile
from soundalike.errors import AudioTooLongError, UsageError
from soundalike.library.recordings import files_of
from soundalike.server.documents import OutlineDocument, answers
from soundalike.server.pictures import Span, loud_db, outline, spectrogram_png
from soundalike.server.problems import problem_of
from soundalike.server.ranges import answer_of, range_of
from soundalike.server.refusals import UnknownRangeError
from soundalike.server.services import Served, Services
from soundalike.server.sounds import Sound, sound_of
from soundalike.store import Recording

router = APIRouter(prefix="/api/recordings/{recording_id}", tags=["sound and pictures"])

# A recording's id names its content, so what is made of it stays the same.
_FOR_GOOD = {"Cache-Control": "private, max-age=31536000, immutable"}
_PNG = {"image/png": {"schema": {"type": "string", "format": "binary"}}}
_AUDIO = {"audio/*": {"schema": {"type": "string", "format": "binary"}}}

_Start = Annotated[float | None, Query(ge=0, allow_inf_nan=False)]
_End = Annotated[float | None, Query(gt=0, allow_inf_nan=False)]


@router.get("/audio", response_class=Response, responses={200: {"content": _AUDIO}, 206: {"content": _AUDIO}})
async def audio(
    request: Request, services: Served, recording_id: str, start_s: _Start = None, end_s: _End = None
) -> Response:
    """The sound of a recording, or of a part of it, in a form that browsers play; parts by `Range`."""
    _refuse_no_span(start_s, end_s)
    tag = f'"{recording_id}-{start_s}-{end_s}"'

    def begin() -> tuple[Sound, tuple[int, int] | None, Iterator[bytes]] | int:
        source, row = _opened(services, recording_id)
        try:
            sound = sound_of(source, row, start_s=start_s, end_s=end_s)
            try:
                asked = range_of(request.headers, num_bytes=sound.num_bytes, tag=tag)
            except ValueError:
                source.file.close()
                return sound.num_bytes
            chunks = sound.chunks(*(asked or (0, sound.num_bytes - 1)))
            # What cannot be decoded is refused here, before the answer begins.
            return sound, asked, chain([next(chunks, b"")], chunks)
        except BaseException:
            source.file.close()
            raise

    begun = await services.decoding.do(begin)
    if isinstance(begun, int):
        refusal = problem_of(UnknownRangeError(f"the sound has {begun} bytes; the range lies behind them."))
        refusal.headers["Content-Range"] = f"bytes */{begun}"
        return refusal
    sound, asked, chunks = begun
    return answer_of(sound, asked, chunks, {**_FOR_GOOD, "ETag": tag})


@router.get("/spectrogram", response_class=Response, responses={200: {"content": _PNG}})
async def spectrogram(
    services: Served,
    recording_id: str,
    start_s: _Start = None,
    end_s: _End = None,
    width: Annotated[int, Query(ge=1, le=4096)] = 512,
    height: Annotated[int, Query(ge=1, le=512)] = 128,
) -> Response:
    """A part of a recording as a picture, 50 to 8,000 Hz on the mel scale; those of neighbours fit together."""

    def draw(source: OpenFile, row: Recording, span: Span) -> bytes:
        known = services.pictures.get((recording_id, "loud"))
        white_db = loud_db(source, row) if known is None else float(known)
        if known is None:
            services.pictures.put((recording_id, "loud"), repr(white_db).encode())
        return spectrogram_png(source, span, width=width, height=height, white_db=white_db)

    key = ("spectrogram", recording_id, start_s, end_s, width, height)
    picture = await _drawn(services, key, recording_id, start_s, end_s, draw)
    return Response(picture, media_type="image/png", headers=_FOR_GOOD)


@router.get("/waveform", response_class=Response, responses=answers(OutlineDocument))
async def waveform(
    services: Served,
    recording_id: str,
    start_s: _Start = None,
    end_s: _End = None,
    points: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Response:
    """The outline of a part of a recording: the lowest and the highest sample in equal stretches."""

    def draw(source: OpenFile, row: Recording, span: Span) -> bytes:
        return json.dumps(outline(source, row, span, num_points=points)).encode()

    key = ("waveform", recording_id, start_s, end_s, points)
    drawn = await _drawn(services, key, recording_id, start_s, end_s, draw)
    return Response(drawn, media_type="application/json", headers=_FOR_GOOD)


async def _drawn(
    services: Services,
    key: tuple[object, ...],
    recording_id: str,
    start_s: float | None,
    end_s: float | None,
    draw: Callable[[OpenFile, Recording, Span], bytes],
) -> bytes:
    """A picture of a part of a recording, made now or before."""
    _refuse_no_span(start_s, end_s)
    known = services.pictures.get(key)
    if known is not None:
        return known

    def make() -> bytes:
        source, row = _opened(services, recording_id)
        with source.file:
            return draw(source, row, _span(services, row, start_s, end_s))

    made = await services.decoding.do(make)
    services.pictures.put(key, made)
    return made


def _opened(services: Services, recording_id: str) -> tuple[OpenFile, Recording]:
    with services.library.open() as library:
        files = files_of(library.gallery(), recording_id)
    return services.files.open(files), files[0]


def _refuse_no_span(start_s: float | None, end_s: float | None) -> None:
    if end_s is not None and end_s <= (start_s or 0.0):
        raise UsageError(
            f"the part from {start_s or 0.0:g} s to {end_s:g} s is none; the end comes after the start."
        )


def _span(services: Services, row: Recording, start_s: float | None, end_s: float | None) -> Span:
    """The part that is meant, of a length that the server decodes."""
    span = Span(start_s=start_s or 0.0, end_s=row.duration_s if end_s is None else end_s)
    if span.start_s >= row.duration_s:
        raise UsageError(f"the recording ends at {row.duration_s:g} s; ask for an earlier part.")
    most_s = services.settings.max_decoded_s
    if min(span.end_s, row.duration_s) - span.start_s > most_s or span.end_s - span.start_s > 2 * most_s:
        raise AudioTooLongError(f"more than {most_s:g} s are not drawn at once; ask for parts.")
    return span
