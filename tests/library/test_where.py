"""Filters against plain Python over every row, and what is refused."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference.filters import Filter, filters
from soundalike.errors import UsageError
from soundalike.library import where as where_module
from soundalike.library.where import Filterable, allowed_by
from soundalike.library.where_columns import COLUMNS
from soundalike.library.where_text import conjuncts
from soundalike.store import Recording
from soundalike.store.recording import to_arrow

TEXTS = ["a", "b", "ab", "é", "it's", "a.b", "A", "a%b"]
TIMES = [datetime(2024, 1, 1), datetime(2024, 5, 1, 5, 30, 7), datetime(1999, 12, 31, 23, 59, 59, 500_000)]
VALUES: dict[str, list[Any]] = {
    "label": TEXTS,
    "title": TEXTS,
    "folder": ["", "a", "a/b"],
    "recorded_at": TIMES,
    "duration_s": [0.0, 1.5, 60.0],
    "channels": [1, 2],
    "x_site": TEXTS,
    "x_depth_m": [0.0, 2.5, -10.0],
    "start_s": [0.0, 1.0, 2.0],
    "end_s": [1.0, 2.0, 3.0],
}


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    extra: dict[str, str] = {}
    if draw(st.booleans()):
        extra["x_site"] = draw(st.sampled_from(TEXTS))
    if draw(st.booleans()):
        extra["x_depth_m"] = str(draw(st.sampled_from(VALUES["x_depth_m"])))
    folder = draw(st.sampled_from(VALUES["folder"]))
    return Recording(
        root="sounds",
        path=f"{folder}/f.wav".lstrip("/"),
        label=draw(st.sampled_from(TEXTS)),
        title=draw(st.sampled_from(["", *TEXTS])),
        recorded_at=draw(st.sampled_from([None, *TIMES])),
        duration_s=draw(st.sampled_from(VALUES["duration_s"])),
        channels=draw(st.sampled_from(VALUES["channels"])),
        given=json.dumps(extra) if extra else "",
    )


# A content may have several files; every content has windows at 0, 1 and 2 seconds.
contents = st.lists(st.lists(recordings(), min_size=1, max_size=3), max_size=5)


def filterable(files: Sequence[Sequence[Recording]], *, num_windows: int = 3) -> Filterable:
    start_s = np.tile(np.arange(num_windows, dtype=np.float64), len(files))
    table = to_arrow([row for of_one in files for row in of_one])
    return Filterable(
        files=lambda columns: table.select(columns),
        roots={"sounds": "/sounds"},
        content_of_row=np.array(
            [number for number, of_one in enumerate(files) for _ in of_one], dtype=np.int64
        ),
        content_of_window=np.repeat(np.arange(len(files)), num_windows),
        spans=lambda: (start_s, start_s + 1),
    )


def allowed_windows(filterable: Filterable, where: str) -> NDArray[np.bool_]:
    return allowed_by(where, filterable).windows


def values_in(row: Recording, start_s: float) -> dict[str, Any]:
    depth_m = row.extra.get("x_depth_m")
    return {
        "label": row.label,
        "title": row.title or None,
        "folder": str(Path(row.path).parent.as_posix()).replace(".", ""),
        "recorded_at": row.recorded_at,
        "duration_s": row.duration_s,
        "channels": row.channels,
        "x_site": row.extra.get("x_site"),
        "x_depth_m": None if depth_m is None else float(depth_m),
        "start_s": start_s,
        "end_s": start_s + 1,
    }


def expected(files: Sequence[Sequence[Recording]], one: Filter) -> list[bool]:
    return [
        any(one.holds(values_in(row, start_s)) is True for row in of_one)
        for of_one in files
        for start_s in (0.0, 1.0, 2.0)
    ]


KNOWING_EXTRAS = [
    [Recording(root="sounds", path="z.wav", label="z", given='{"x_site": "z", "x_depth_m": "1e3"}')]
]


@settings(deadline=None, max_examples=200)
@given(contents, filters(VALUES))
def test_filter_is_what_plain_python_says(files: list[list[Recording]], one: Filter) -> None:
    files = files + KNOWING_EXTRAS
    allowed = allowed_by(one.sql, filterable(files))
    assert allowed.windows.tolist() == expected(files, one)
    assert allowed.files.tolist() == [
        any(one.holds(values_in(row, start_s)) is True for start_s in (0.0, 1.0, 2.0))
        for of_one in files
        for row in of_one
    ]


@settings(deadline=None, max_examples=50)
@given(contents, filters({name: VALUES[name] for name in ("label", "start_s", "end_s")}))
def test_windows_evaluated_in_blocks(files: list[list[Recording]], one: Filter) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where_module, "WINDOWS_AT_ONCE", 2)
        assert allowed_windows(filterable(files), one.sql).tolist() == expected(files, one)


def one_file(**fields: Any) -> Filterable:
    return filterable([[Recording(root="sounds", path="birds/dawn/a.wav", **fields)]], num_windows=1)


@pytest.mark.parametrize(
    "text",
    [
        f"path = '{Path('/sounds/birds/dawn/a.wav')}'",
        "folder = 'birds/dawn'",
        "FOLDER like 'birds/%'",
        "`label` = 'dawn' -- the folder's name; really",
        "label = 'dawn' /* or */",
        'label = "dawn"',
        "lower(title) = 'it''s' AND label IN ('x', 'dawn')",
        "regexp_like(label, '^d.w')",
        "date_part('hour', recorded_at) BETWEEN 4 AND 6",
        "recorded_at >= timestamp '2024-05-01 00:00:00'",
        "recorded_at >= date '2024-05-01' and recorded_at < date '2024-05-02'",
        "modified = timestamp '1970-01-01 00:00:01'",
        "format = 'WAV' AND sample_rate_hz >= 44100 AND channels = 2 AND size_bytes < 1e6 AND duration_s > 1",
        "artist IS NULL AND comment IS NOT NULL",
        "x_site = 'A1' AND x_depth > 5 AND x_id = '007'",
        "x_名前 = 'é'",
        "start_s = 0 AND x_depth > 5",
        "comment = 'e\u0301'",
        "; label = 'x'"[1:] + " or true",
    ],
)
def test_every_column_can_be_asked_for(text: str) -> None:
    extra = {"x_site": "A1", "x_depth": "12.5", "x_id": "007", "x_名前": "e\u0301"}
    one = one_file(
        label="dawn",
        title="It's",
        comment="é",
        recorded_at=datetime(2024, 5, 1, 5, 30),
        format="WAV",
        sample_rate_hz=48000,
        channels=2,
        size_bytes=1000,
        modified_ns=10**9,
        duration_s=2.0,
        given=json.dumps(extra),
    )
    assert allowed_windows(one, text).tolist() == [True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "labl = 'a'",
            "names 'labl', and there is no such column. Did you mean label\\? There are: path, folder, label, .*x_site",
        ),
        ("x_sit = 'a'", "names 'x_sit'.*x_site"),
        ("a.b = 'a'", "names 'a"),
        ("label = rain", "names 'rain'.* in single quotes: 'rain'"),
        ("_rowid > 3", "names '_rowid'"),
        ("root = 'a'", "names 'root'"),
        ("\"label\" = 'a'", "double quotes"),
        ("", "cannot be used: Expected: an expression.*A filter that works: label = 'rain'"),
        ("  ", "Expected: an expression"),
        ("label =", "Expected: an expression"),
        ("label = 'a", "Unterminated string literal"),
        ("label = 'a' AND (", "Expected: an expression"),
        ("label", "does not return a boolean"),
        ("label = 3", "Int64.*Utf8"),
        ("label = ?", "'\\?' that belongs to nothing"),
        ("recorded_at > '2024-05-01'", "Times are written as timestamp '2024-05-01 00:00:00'"),
        ("label = 'a' LIMIT 3", "found: LIMIT"),
        ("label = 'a' ORDER BY path", "found: ORDER"),
        ("label = 'a'; DROP TABLE recordings", "found: ;"),
        ("1=1); DROP TABLE (x", "a '\\)' that belongs to nothing"),
        ("label IN (SELECT 1)", "not supported"),
        ("nosuch(label) = 1", "Invalid function 'nosuch'"),
        ("lpad('a', 2147483647, 'b') = label", "Invalid function 'lpad'.*such as lower"),
        ("label = Repeat ('a', 2147483647)", "Invalid function 'Repeat'"),
        ("label = `rpad`('a', 2147483647)", "Invalid function 'rpad'"),
        ("label = replace/* a */(label, '', label)", "Invalid function 'replace'"),
        ("label = lpad/* /* a */ */('a', 2147483647)", "a '\\*/' that belongs to nothing"),
        ("label = $$'$$ AND lpad('a', 2147483647) = $$'$$", "a '\\$' that belongs to nothing"),
        ("label = '" + "a" * 20_000 + "'", "more than 10,000 characters in quotes"),
        ("cast(label AS int) > 3", "Cast error"),
        ("start_s + " * 500 + "start_s > 1", "too long"),
        ("(" * 400 + "true" + ")" * 400, "too long"),
        ("label = '" + "a" * 1_000_000 + "'", "too long"),
        ("(" * 90 + "true" + ")" * 90, "recursion limit"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        allowed_windows(one_file(label="a", given='{"x_site": "A1"}'), text)
    assert ".rs" not in str(caught.value)
    assert "/home/runner" not in str(caught.value)


@settings(deadline=None)
@given(st.text() | st.text("(?$1=)'\"-;label"))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert allowed_windows(one_file(label="a"), text).shape == (1,)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ["a"]),
        ("a and b AND c", ["a ", " b ", " c"]),
        ("a AND b OR c", ["a AND b OR c"]),
        ("(a OR b) AND c", ["(a OR b) ", " c"]),
        ("a BETWEEN 1 AND 2 AND b", ["a BETWEEN 1 AND 2 ", " b"]),
        ("a BETWEEN b BETWEEN 1 AND 2 AND 3", ["a BETWEEN b BETWEEN 1 AND 2 AND 3"]),
        ("a = ' AND ' AND b -- and c", ["a = ' AND ' ", " b -- and c"]),
        ("band AND android", ["band ", " android"]),
        ("", [""]),
    ],
)
def test_filters_are_taken_apart_at_and(text: str, parts: list[str]) -> None:
    assert conjuncts(text) == parts


def test_long_lists_are_fine() -> None:
    one = one_file(label="it's 77")
    values = ", ".join(f"'it''s {number}'" for number in range(5000))
    assert allowed_windows(one, f"label IN ({values})").tolist() == [True]
    alternatives = " OR ".join(f"label = 'it''s {number}'" for number in range(1000))
    assert allowed_windows(one, alternatives).tolist() == [True]
    numbers = ", ".join(str(-number) for number in range(1000))
    assert allowed_windows(one, f"duration_s IN ({numbers})").tolist() == [True]


def test_windows_of_no_recording_are_never_found() -> None:
    files = [[Recording(root="sounds", path="a.wav", label="a")]]
    dead = replace(filterable(files), content_of_window=np.array([0, -1, -1], dtype=np.int32))
    for where in ("label = 'a'", "start_s >= 0", "label = 'a' AND start_s >= 0", "true"):
        assert allowed_windows(dead, where).tolist() == [True, False, False]


def test_library_without_recordings() -> None:
    assert allowed_windows(filterable([]), "label = 'a' AND start_s > 1").tolist() == []
    with pytest.raises(UsageError, match="no such column"):
        allowed_windows(filterable([]), "labl = 'a'")


def test_extra_column_of_numbers_and_names_is_text() -> None:
    rows = [
        [Recording(root="sounds", path=f"{number}.wav", given=json.dumps({"x_id": text}))]
        for number, text in enumerate(("7", "07", "8"))
    ]
    assert allowed_windows(filterable(rows, num_windows=1), "x_id = '07'").tolist() == [False, True, False]
    with pytest.raises(UsageError, match="Int64"):
        allowed_windows(filterable(rows), "x_id = 7")


def test_columns_are_those_of_the_documentation() -> None:
    assert COLUMNS == (
        "path",
        "folder",
        "label",
        "duration_s",
        "sample_rate_hz",
        "channels",
        "format",
        "size_bytes",
        "modified",
        "recorded_at",
        "title",
        "artist",
        "comment",
        "start_s",
        "end_s",
    )
