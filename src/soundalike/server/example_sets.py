"""Sets of examples: what a person marked as alike and as unlike."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from soundalike.library.example_sets import MOST_EXAMPLES, ExampleSet, MarkedSpan, manifest_of
from soundalike.server.services import Served

router = APIRouter(prefix="/api/sets", tags=["sets"])

_Name = Annotated[str, Path(min_length=1, max_length=100)]
_Seconds = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]


class Span(BaseModel):
    """A part of a recording; all of it where no times are given."""

    recording_id: Annotated[str, Field(pattern="^[0-9a-z]{1,64}$")]
    start_s: _Seconds = None
    end_s: _Seconds = None

    def marked(self) -> MarkedSpan:
        """The same for the library."""
        return MarkedSpan(**self.model_dump())


_Spans = Annotated[list[Span], Field(max_length=MOST_EXAMPLES)]


class Examples(BaseModel):
    """What a set holds."""

    plus: _Spans = []
    minus: _Spans = []
    label: Annotated[str, Field(max_length=100)] = ""


@router.get("")
async def sets(services: Served) -> dict[str, Any]:
    """The names of all sets."""
    found = await services.looking_up.do(services.sets.all)
    return {
        "sets": [
            {"name": one.name, "label": one.label, "examples": len(one.plus) + len(one.minus)}
            for one in sorted(found.values(), key=lambda each: each.name)
        ]
    }


@router.get("/{name}")
async def one_set(services: Served, name: _Name) -> dict[str, Any]:
    """A set with its examples."""
    found = await services.looking_up.do(lambda: services.sets.get(name))
    return found.as_json()


@router.put("/{name}")
async def keep_set(services: Served, name: _Name, examples: Examples) -> dict[str, Any]:
    """Keep a set under this name, in the place of the one that has it."""
    kept = ExampleSet(
        name=name,
        label=examples.label,
        plus=tuple(one.marked() for one in examples.plus),
        minus=tuple(one.marked() for one in examples.minus),
    )

    def keep() -> None:
        with services.library.open():
            services.sets.put(kept)

    await services.looking_up.do(keep)
    return kept.as_json()


@router.delete("/{name}", status_code=204)
async def forget_set(services: Served, name: _Name) -> Response:
    """Forget a set."""
    await services.looking_up.do(lambda: services.sets.delete(name))
    return Response(status_code=204)


@router.get(
    "/{name}/manifest",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def manifest(services: Served, name: _Name) -> Response:
    """The examples as a CSV manifest that `train` takes; what is unlike carries the label with "not " before it."""

    def write() -> str:
        with services.library.open() as library:
            return manifest_of(services.sets.get(name), library.gallery())

    text = await services.looking_up.do(write)
    headers = {"Content-Disposition": 'attachment; filename="manifest.csv"'}
    return Response(text, media_type="text/csv", headers=headers)
