"""Results leave the tool and come back the same, whatever the files are called."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundalike.errors import UsageError
from soundalike.library import Hit, SearchResult
from soundalike.library.formats import render
from soundalike.library.formats.audacity import label_tracks

NAMES = [
    *(
        "plain.wav",
        "two words.wav",
        'say "hi".wav',
        "a,b;c.wav",
        "tab\there.wav",
        "line\nbreak.wav",
        "back\rhere.wav",
    ),
    *(
        "Käuzchen.flac",
        "Ka\u0308uzchen.flac",
        "梟の声.ogg",
        "#1.wav",
        "100 %20.wav",
        "' quoted '.wav",
        "\x1b[31mred.wav",
    ),
]
FOLDER = Path.cwd().anchor + "sounds"


def result_of(names: list[str]) -> SearchResult:
    hits = tuple(
        Hit(
            rank=rank,
            recording_id=f"{rank:016x}",
            path=str(Path(FOLDER) / name),
            also=(str(Path(FOLDER) / "copy" / name),) if rank % 2 else (),
            start_s=rank * 1.5,
            end_s=rank * 1.5 + 2.0,
            distance=rank / 7,
            similarity=None if rank % 3 == 0 else 1 / rank,
            label=f"of {name}",
            sample_rate_hz=44_100,
            is_query=rank == 1,
            duration_s=60.0,
            extra={f"x_{rank % 2}": "a, b"},
        )
        for rank, name in enumerate(names, start=1)
    )
    asked = ((f"{1:016x}", 0.0, 60.0),)
    return SearchResult(query="q.wav", distance="euclidean", exact=True, hits=hits, asked=asked)


RESULT = result_of(NAMES)
NOTHING = SearchResult(query="q.wav", distance="cosine", exact=True, hits=())
# What a file may be called somewhere, so no slash and no NUL.
ANY_NAME = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), min_size=1, max_size=20)


def test_json_is_the_document() -> None:
    assert json.loads(render(RESULT, "json")) == RESULT.as_json()


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_csv_holds_what_json_holds() -> None:
    rows = read_csv(render(RESULT, "csv"))
    assert len(rows) == len(RESULT.hits)
    for row, hit in zip(rows, RESULT.as_json()["hits"], strict=True):
        assert {row["path"], row["label"]} == {hit["path"], hit["label"]}
        assert row["also"] == ";".join(hit["also"])
        assert (float(row["start_s"]), float(row["end_s"])) == (hit["start_s"], hit["end_s"])
        assert float(row["distance"]) == round(hit["distance"], 6)
        similarity = None if hit["similarity"] is None else round(hit["similarity"], 6)
        assert (float(row["similarity"]) if row["similarity"] else None) == similarity
        assert json.loads(row["is_query"]) == hit["is_query"]
        assert (row["x_0"], row["x_1"]) == (hit.get("x_0", ""), hit.get("x_1", ""))
    assert read_csv(render(NOTHING, "csv")) == []
    assert (
        render(NOTHING, "csv").split("\n", 1)[0]
        == render(RESULT, "csv").split(",sample_rate_hz")[0] + ",is_query"
    )


def read_raven(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), dialect="excel-tab", strict=True))


def test_raven_selection_table() -> None:
    rows = read_raven(render(RESULT, "raven"))
    # The seven columns that Raven asks of every table, in its order.
    assert list(rows[0])[:7] == [
        *("Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)")
    ]
    for row, hit in zip(rows, RESULT.hits, strict=True):
        assert (row["Begin Path"], row["Begin File"]) == (hit.path, Path(hit.path).name)
        assert float(row["Begin Time (s)"]) == float(row["File Offset (s)"]) == hit.start_s
        assert float(row["End Time (s)"]) == hit.end_s
        assert (float(row["Low Freq (Hz)"]), float(row["High Freq (Hz)"])) == (0, 22_050)
        assert (int(row["Selection"]), row["Annotation"]) == (hit.rank, hit.label)
    assert read_raven(render(NOTHING, "raven")) == []


def test_audacity_label_tracks_one_for_each_recording() -> None:
    twice = result_of(["b.wav", "a.wav"])
    both = SearchResult(
        query="q",
        distance="cosine",
        exact=True,
        hits=(
            *twice.hits,
            *(Hit(**{**vars(hit), "rank": hit.rank + 2, "start_s": 0.0}) for hit in twice.hits),
        ),
    )
    lines = [line.split("\t") for line in render(both, "audacity").splitlines()]
    assert [(float(start), float(end)) for start, end, _ in lines] == [(0, 3.5), (1.5, 3.5), (0, 5), (3, 5)]
    assert [label for _, _, label in lines] == [
        *("b.wav #3 0.1429", "b.wav #1 0.1429", "a.wav #4 0.2857", "a.wav #2 0.2857")
    ]
    tracks = label_tracks(both)
    assert list(tracks) == [hit.path for hit in twice.hits]
    assert "".join(tracks.values()) == render(both, "audacity")
    assert render(NOTHING, "audacity") == ""


def read_labels(text: str) -> list[tuple[float, float, str]]:
    fields = [line.split("\t") for line in text.removesuffix("\n").split("\n")]
    return [(float(start), float(end), label) for start, end, label in fields]


def read_playlist(text: str) -> list[tuple[float, float, float, str]]:
    """Duration, start, stop and path of every entry."""
    first, *lines = text.removesuffix("\n").split("\n")
    assert first == "#EXTM3U"
    entries = []
    for info, start, stop, place in zip(lines[::4], lines[1::4], lines[2::4], lines[3::4], strict=True):
        assert not place.startswith("#")
        path = url2pathname(urlsplit(place).path) if place.startswith("file:") else place
        entries.append(
            (
                float(info.removeprefix("#EXTINF:").split(",", 1)[0]),
                float(start.removeprefix("#EXTVLCOPT:start-time=")),
                float(stop.removeprefix("#EXTVLCOPT:stop-time=")),
                path,
            )
        )
    return entries


def test_playlist() -> None:
    entries = read_playlist(render(RESULT, "m3u"))
    assert entries == [(2.0, hit.start_s, hit.end_s, hit.path) for hit in RESULT.hits]
    assert read_playlist(render(NOTHING, "m3u")) == []


@given(names=st.lists(ANY_NAME, min_size=1, max_size=5))
def test_any_name_survives(names: list[str]) -> None:
    result = result_of(names)
    paths = [hit.path for hit in result.hits]
    assert [row["path"] for row in read_csv(render(result, "csv"))] == paths
    assert [row["Begin Path"] for row in read_raven(render(result, "raven"))] == paths
    assert [entry[3] for entry in read_playlist(render(result, "m3u"))] == paths
    assert len(read_labels(render(result, "audacity"))) == len(names)
    assert len(render(result, "table").splitlines()) == len(names) + 1


def test_table_is_a_line_a_hit_with_columns_in_line() -> None:
    head, *lines = render(
        result_of(["plain.wav", "line\nbreak.wav", "\x1b[31mred.wav"]), "table"
    ).splitlines()
    assert [line.index(FOLDER) for line in lines] == [head.index("path")] * 3
    assert lines[0].endswith(f"{Path(FOLDER) / 'plain.wav'} (the query itself)")
    assert lines[1].endswith("line\\nbreak.wav")
    assert "\x1b" not in lines[2]
    wide, narrow = render(result_of(["梟", "ab"]), "table").splitlines()[1:]
    assert wide.index(FOLDER) == narrow.index(FOLDER) - 1  # one wide character takes two columns


def test_table_tells_the_query_from_the_rest_of_its_recording() -> None:
    result = result_of(["a.wav"])
    (hit,) = result.hits
    for asked_s, mark in [((0.0, 2.0), "(the query itself)"), ((3.5, 9.0), "(same recording)")]:
        asked = ((hit.recording_id, *asked_s),)
        assert render(replace(result, asked=asked), "table").rstrip().endswith(mark)
    assert render(NOTHING, "table") == ""


@pytest.mark.parametrize("name", ["long " * 30 + "end.wav", "梟" * 60 + "end.wav", "end.wav"])
def test_table_fits_a_terminal(name: str) -> None:
    result = replace(result_of([name]), asked=(("other", 0.0, 1.0),))
    result = replace(result, hits=(replace(result.hits[0], label="l"),))
    (line,) = render(result, "table", width=90).splitlines()[1:]
    assert len(line) + line.count("梟") <= 90
    assert line.endswith("end.wav (same recording)")
    assert ("..." in line) == (len(name) > 20)


@pytest.mark.parametrize(
    ("distance", "written"), [(3.2767e-07, "0"), (-1e-9, "0"), (0.25, "0.25"), (12.0, "12")]
)
def test_csv_has_numbers_that_people_read(distance: float, written: str) -> None:
    result = result_of(["a.wav"])
    (row,) = read_csv(render(replace(result, hits=(replace(result.hits[0], distance=distance),)), "csv"))
    assert row["distance"] == written


def test_unknown_format() -> None:
    with pytest.raises(UsageError, match="format is 'xml'"):
        render(RESULT, "xml")  # type: ignore[arg-type]
