"""Hits as files for other programs, and uploads as something that every browser plays."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Literal

from fastapi import APIRouter, File, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from soundalike.audio import open_audio
from soundalike.library import SearchResult, render
from soundalike.library.recordings import files_of
from soundalike.library.search import hit_of
from soundalike.server.search import MOST_HITS, open_upload
from soundalike.server.services import Served
from soundalike.server.sounds import CHUNK_BYTES, as_pcm, wave_header

router = APIRouter(prefix="/api", tags=["clips"])

PREVIEW_HZ = 44_100
# A longer one goes to the disk.
_IN_MEMORY_BYTES = 4 << 20
_TYPES = {
    "csv": ("text/csv", "hits.csv"),
    "raven": ("text/tab-separated-values", "hits.txt"),
    "audacity": ("text/plain", "labels.txt"),
    "m3u": ("audio/x-mpegurl", "hits.m3u8"),
}
_TEXT = {content: {"schema": {"type": "string"}} for content, _ in _TYPES.values()}
_WAVE = {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}


class Clip(BaseModel):
    """A part of a recording, such as a hit; what else a hit says is passed over."""

    recording_id: Annotated[str, Field(pattern="^[0-9a-z]{1,64}$")]
    start_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    end_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    distance: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    similarity: Annotated[float | None, Field(ge=0, le=1)] = None


class Clips(BaseModel):
    """Parts of recordings, and the form that is wanted of them."""

    hits: Annotated[list[Clip], Field(max_length=MOST_HITS)]
    format: Literal["csv", "raven", "audacity", "m3u"] = "csv"


@router.post("/clips", response_class=Response, responses={200: {"content": _TEXT}})
async def clips(services: Served, wanted: Clips) -> Response:
    """Parts of recordings as the file that `search --format` prints."""

    def write() -> str:
        with services.library.open() as library:
            gallery = library.gallery()
            hits = tuple(
                hit_of(
                    files_of(gallery, one.recording_id),
                    rank=number,
                    start_s=one.start_s,
                    end_s=max(one.start_s, one.end_s),
                    distance=one.distance,
                    similarity=one.similarity,
                )
                for number, one in enumerate(wanted.hits, start=1)
            )
            distance = gallery.snapshot.header.encoder.distance
            return render(SearchResult(query="", distance=distance, exact=True, hits=hits), wanted.format)

    text = await services.looking_up.do(write)
    media_type, name = _TYPES[wanted.format]
    return Response(
        text, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.post("/preview", response_class=Response, responses={200: {"content": _WAVE}})
async def preview(services: Served, file: Annotated[UploadFile, File()]) -> Response:
    """An upload as a WAV file of one channel, for browsers that cannot decode it themselves."""
    most_s = services.settings.max_decoded_s
    wave = await services.decoding.do(lambda: _decoded(file, most_s))
    num_bytes = wave.tell()
    wave.seek(0)
    return StreamingResponse(
        _chunks(wave), media_type="audio/wav", headers={"Content-Length": str(num_bytes)}
    )


def _decoded(file: UploadFile, most_s: float) -> IO[bytes]:
    """The upload as WAV in a file without a name, at its end."""
    wave: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115  # closed when it is sent
    try:
        wave.write(wave_header(0, 1, PREVIEW_HZ))
        num_frames = 0
        with open_audio(open_upload(file), sample_rate_hz=PREVIEW_HZ) as stream:
            for block in stream.blocks(most_s=most_s):
                num_frames += len(block)
                wave.write(as_pcm(block[:, None], 1))
        wave.seek(0)
        wave.write(wave_header(num_frames, 1, PREVIEW_HZ))
        wave.seek(0, os.SEEK_END)
    except BaseException:
        wave.close()
        raise
    return wave


def _chunks(wave: IO[bytes]) -> Iterator[bytes]:
    with wave:
        while chunk := wave.read(CHUNK_BYTES):
            yield chunk
