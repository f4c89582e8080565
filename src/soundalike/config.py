"""Settings that can be read back: frozen dataclasses, TOML on disk, overrides from the command line.

A settings class is a frozen, keyword-only dataclass that lives beside the code it configures. This file only knows
how to fill one from a mapping, how to help with a misspelt key, and how to fingerprint what was really used.
"""

from __future__ import annotations

import copy
import dataclasses
import difflib
import hashlib
import json
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from soundalike.errors import ConfigError

Distance = Literal["euclidean", "cosine"]
ClipMode = Literal["loudest", "whole"]

T = TypeVar("T")


def refuse_negative_seed(seed: int) -> None:
    """Check a seed before the work begins, for no generator takes a negative one.

    Raises:
        ConfigError: it is below 0.
    """
    if seed < 0:
        raise ConfigError(f"the seed is {seed}; give a whole number, 0 or more.")


def from_mapping(settings: type[T], mapping: Mapping[str, Any], *, source: str) -> T:
    """Fill a settings dataclass from a (nested) mapping.

    Args:
        settings: a dataclass; its fields may be settings dataclasses themselves.
        mapping: what TOML gave.
        source: the file or option that `mapping` came from, for messages.
    Raises:
        ConfigError: an unknown key (the nearest known one is named) or a value of the wrong type.
    """
    fields = {field.name: field for field in dataclasses.fields(settings)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(settings)
    values: dict[str, Any] = {}
    for key, value in mapping.items():
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.0)
            raise ConfigError(
                f"{source}: unknown key '{key}'. Did you mean '{near[0]}'? Known: {', '.join(sorted(fields))}."
            )
        values[key] = _checked(hints[key], value, source=f"{source}: '{key}'")
    try:
        return settings(**values)
    except TypeError as exc:
        missing = [
            name
            for name, field in fields.items()
            if name not in values
            and field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        ]
        raise ConfigError(f"{source}: missing {', '.join(missing)}.") from exc


def _checked(hint: Any, value: Any, *, source: str) -> Any:
    """`value` as the type `hint` asks for; whole numbers are welcome where fractions are expected."""
    origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return from_mapping(typing.cast(type, hint), value, source=source)
    if origin is Literal:
        if value in typing.get_args(hint):
            return value
        raise ConfigError(f"{source} is {value!r}; it can be {', '.join(map(repr, typing.get_args(hint)))}.")
    if origin is tuple:
        if isinstance(value, list | tuple):
            inner = typing.get_args(hint)[0]
            return tuple(_checked(inner, item, source=source) for item in value)
        raise ConfigError(f"{source} is {value!r}; it should be a list.")
    if origin is dict:
        if isinstance(value, Mapping):
            return dict(value)
        raise ConfigError(f"{source} is {value!r}; it should be a table.")
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        inner = next(arg for arg in typing.get_args(hint) if arg is not type(None))
        return _checked(inner, value, source=source)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    wanted = getattr(hint, "__name__", str(hint))
    raise ConfigError(f"{source} is {value!r}; it should be of type {wanted}.")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: the file is missing, unreadable or no TOML.
    """
    import tomllib  # a search reads no TOML

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(f"cannot read '{path}': {exc.strerror}.") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"'{path}' is no valid TOML: {exc}.") from exc


def override(mapping: Mapping[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """Apply `key=value` or `table.key=value` assignments, values written as in TOML (bare words are text).

    Raises:
        ConfigError: an assignment without `=`, or one that goes through a value that is no table.
    """
    import tomllib

    result: dict[str, Any] = copy.deepcopy(dict(mapping))
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"--set {assignment!r}: write it as key=value.")
        table = result
        *parents, last = name.strip().split(".")
        for parent in parents:
            table = table.setdefault(parent, {})
            if not isinstance(table, dict):
                raise ConfigError(f"--set {assignment!r}: '{parent}' holds a value, not a table.")
        try:
            table[last] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            table[last] = text.strip()
    return result


def as_mapping(settings: Any) -> dict[str, Any]:
    """The effective values of a settings dataclass, as plain data that JSON and TOML can hold."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(settings), default=str))
    return plain


def fingerprint(plain: Any) -> str:
    """Sixteen hexadecimal digits that two equal configurations share."""
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
