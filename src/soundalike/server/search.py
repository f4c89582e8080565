"""Search by upload, by stored recording, by several examples."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import StringConstraints

from soundalike.audio import OpenFile
from soundalike.errors import UsageError
from soundalike.library.query import ID_PREFIX
from soundalike.printable import printable
from soundalike.server.documents import SearchDocument, answers
from soundalike.server.services import MOST_FILTER, Served

router = APIRouter(prefix="/api", tags=["search"])

MOST_HITS = 10_000
MOST_EXAMPLES = 100

_Start = Annotated[float | None, Form(ge=0, allow_inf_nan=False)]
_End = Annotated[float | None, Form(gt=0, allow_inf_nan=False)]
# A recording of the library by its id, perhaps with "@START-END" behind it: nothing that could be a path.
_PLACE = r"^[0-9a-z]{1,64}(@[0-9.:]{1,20}-[0-9.:]{0,20})?$"
_Examples = Annotated[list[Annotated[str, StringConstraints(pattern=_PLACE)]], Form(max_length=MOST_EXAMPLES)]


@router.post("/search", responses=answers(SearchDocument))
async def search(
    services: Served,
    file: Annotated[UploadFile | None, File(description="A sound to search with; any format.")] = None,
    recording: Annotated[
        str | None,
        Form(pattern=_PLACE, description="Or a recording of the library, by its id: ID or ID@START-END."),
    ] = None,
    start_s: _Start = None,
    end_s: _End = None,
    plus: _Examples = [],  # noqa: B006  # FastAPI makes a new one for every request
    minus: _Examples = [],  # noqa: B006
    k: Annotated[int, Form(ge=1, le=MOST_HITS)] = 10,
    where: Annotated[str | None, Form(max_length=MOST_FILTER)] = None,
    distance: Annotated[Literal["euclidean", "cosine"] | None, Form()] = None,
    per: Annotated[Literal["span", "recording", "window"], Form()] = "span",
    skip_self: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    """Find what sounds like an upload, or like a recording of the library; the document of `search --json`."""
    if (file is None) == (recording is None):
        raise UsageError("send either a sound as 'file', or the id of a stored one as 'recording'.")

    def embed_and_look() -> dict[str, Any]:
        with services.library.open() as library:
            found = library.search(
                ID_PREFIX + recording if recording is not None else open_upload(file),
                start_s=start_s,
                end_s=end_s,
                plus=[ID_PREFIX + one for one in plus],
                minus=[ID_PREFIX + one for one in minus],
                k=k,
                where=where or None,
                distance=distance,
                per=per,
                skip_self=skip_self,
                most_s=services.settings.max_decoded_s,
            )
            return found.as_json()

    work = services.looking_up if file is None else services.decoding
    return await work.do(embed_and_look)


def open_upload(file: UploadFile | None) -> OpenFile:
    """An upload as a sound. What it was called is for messages only: its content never gets a name on this computer."""
    assert file is not None
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    return OpenFile(file=file.file, name=printable(name) or "upload")
