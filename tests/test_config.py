"""Settings from mappings, TOML and overrides."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundalike.config import as_mapping, fingerprint, from_mapping, override, read_toml
from soundalike.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Inner:
    rate: float = 0.5
    kind: Literal["red", "green"] = "red"


@dataclass(frozen=True, kw_only=True)
class Outer:
    name: str
    count: int = 3
    widths: tuple[int, ...] = (1, 2)
    inner: Inner = field(default_factory=Inner)
    maybe: Inner | None = None
    free: dict[str, Any] = field(default_factory=dict)
    flag: bool = False


def outer(**values: object) -> Outer:
    return from_mapping(Outer, {"name": "x", **values}, source="the file")


def test_fills_nested_settings() -> None:
    settings = outer(
        count=5, widths=[7], inner={"rate": 1, "kind": "green"}, maybe={"rate": 2.5}, free={"a": [1]}
    )
    assert settings == Outer(
        name="x",
        count=5,
        widths=(7,),
        inner=Inner(rate=1.0, kind="green"),
        maybe=Inner(rate=2.5),
        free={"a": [1]},
    )
    assert isinstance(settings.inner.rate, float)


def test_plain_data_and_back() -> None:
    settings = outer(inner={"rate": 0.25}, maybe={"kind": "green"}, free={"a": {"b": 1}})
    assert from_mapping(Outer, as_mapping(settings), source="") == settings


def test_unknown_key_names_the_nearest() -> None:
    with pytest.raises(
        ConfigError, match=r"the file: unknown key 'widhts'\. Did you mean 'widths'\? Known: count"
    ):
        outer(widhts=[1])
    with pytest.raises(ConfigError, match=r"the file: 'inner': unknown key 'rat'\. Did you mean 'rate'\?"):
        outer(inner={"rat": 1})


def test_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match="the file: missing name"):
        from_mapping(Outer, {}, source="the file")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": "many"}, "'count' is 'many'; it should be of type int"),
        ({"count": 1.5}, "'count' is 1.5; it should be of type int"),
        ({"count": True}, "'count' is True; it should be of type int"),
        ({"flag": 1}, "'flag' is 1; it should be of type bool"),
        ({"widths": 4}, "'widths' is 4; it should be a list"),
        ({"widths": ["a"]}, "'widths' is 'a'; it should be of type int"),
        ({"inner": 4}, "'inner' is 4; it should be of type Inner"),
        ({"inner": {"rate": "fast"}}, "'rate' is 'fast'; it should be of type float"),
        ({"inner": {"rate": True}}, "'rate' is True; it should be of type float"),
        ({"inner": {"kind": "blue"}}, "'kind' is 'blue'; it can be 'red', 'green'"),
        ({"free": 4}, "'free' is 4; it should be a table"),
    ],
)
def test_wrong_type_is_explained(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=f"the file: .*{message}"):
        outer(**values)


def test_overrides_are_read_as_toml_and_bare_words_as_text() -> None:
    given_mapping = {"name": "x", "inner": {"rate": 1.0}}
    changed = override(
        given_mapping,
        ["name=a b", "inner.rate=1e-3", "widths=[3, 4]", "flag=true", 'free.deep.er="1"', "count=7"],
    )
    assert changed == {
        "name": "a b",
        "inner": {"rate": 1e-3},
        "widths": [3, 4],
        "flag": True,
        "free": {"deep": {"er": "1"}},
        "count": 7,
    }
    assert given_mapping == {"name": "x", "inner": {"rate": 1.0}}


def test_later_override_wins() -> None:
    assert override({}, ["a=1", "a=2"]) == {"a": 2}


@pytest.mark.parametrize("assignment", ["count", "=3", " =3", ""])
def test_override_without_key_or_value_is_refused(assignment: str) -> None:
    with pytest.raises(ConfigError, match="write it as key=value"):
        override({}, [assignment])


def test_override_through_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match="'name' holds a value, not a table"):
        override({"name": "x"}, ["name.first=1"])


def test_toml_dates_survive_overrides(tmp_path: Path) -> None:
    path = tmp_path / "dated.toml"
    path.write_text("name = 2024-01-31\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="it should be of type str"):
        from_mapping(Outer, override(read_toml(path), ["count=1"]), source="the file")


def test_toml_that_is_missing_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read '.*nothing\.toml'"):
        read_toml(tmp_path / "nothing.toml")
    for content in (b"a = ", b"\xff\xfe\x00"):
        (tmp_path / "bad.toml").write_bytes(content)
        with pytest.raises(ConfigError, match=r"bad\.toml' is no valid TOML"):
            read_toml(tmp_path / "bad.toml")


def test_toml_with_unicode(tmp_path: Path) -> None:
    path = tmp_path / "réglages ö.toml"
    path.write_text('name = "Geräusche"\n', encoding="utf-8")
    assert read_toml(path) == {"name": "Geräusche"}


@given(
    st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.floats(allow_nan=False)), max_size=5)
)
def test_fingerprint_ignores_order_and_sees_every_value(mapping: dict[str, Any]) -> None:
    backwards = dict(reversed(mapping.items()))
    assert fingerprint(mapping) == fingerprint(backwards) == fingerprint(json.loads(json.dumps(mapping)))
    assert len(fingerprint(mapping)) == 16
    assert fingerprint({**mapping, "one more": 1}) != fingerprint({**mapping, "one more": 2})
