"""Filters as plain Python over one row, beside the SQL that says the same; None is SQL's unknown."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Row = Mapping[str, Any]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Filter:
    """The SQL of a filter, and what it is for a row: True, False or None."""

    sql: str
    holds: Callable[[Row], bool | None]

    def __repr__(self) -> str:
        return self.sql


def literal(value: object) -> str:
    """A value as SQL writes it."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if hasattr(value, "isoformat"):
        return f"timestamp '{value.isoformat(sep=' ')}'"  # type: ignore[attr-defined]
    return repr(value)


def compared(name: str, sign: str, value: Any) -> Filter:
    def holds(row: Row) -> bool | None:
        return None if row[name] is None else _COMPARISONS[sign](row[name], value)

    return Filter(f"{name} {sign} {literal(value)}", holds)


def is_null(name: str) -> Filter:
    return Filter(f"{name} IS NULL", lambda row: row[name] is None)


def like(name: str, pattern: str) -> Filter:
    expression = re.compile(
        "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern), re.DOTALL
    )

    def holds(row: Row) -> bool | None:
        return None if row[name] is None else expression.fullmatch(row[name]) is not None

    return Filter(f"{name} LIKE {literal(pattern)}", holds)


def among(name: str, values: list[Any]) -> Filter:
    def holds(row: Row) -> bool | None:
        return None if row[name] is None else row[name] in values

    return Filter(f"{name} IN ({', '.join(map(literal, values))})", holds)


def between(name: str, low: Any, high: Any) -> Filter:
    def holds(row: Row) -> bool | None:
        return None if row[name] is None else low <= row[name] <= high

    return Filter(f"{name} BETWEEN {literal(low)} AND {literal(high)}", holds)


def chained(first: Filter, joint: str, second: Filter, other_joint: str, third: Filter) -> Filter:
    """Three filters without brackets: AND binds more than OR."""
    sql = f"{first.sql} {joint} {second.sql} {other_joint} {third.sql}"
    if joint == "OR" and other_joint == "AND":
        return Filter(sql, either(first, both(second, third)).holds)
    if joint == "AND" and other_joint == "OR":
        return Filter(sql, either(both(first, second), third).holds)
    same = both if joint == "AND" else either
    return Filter(sql, same(same(first, second), third).holds)


def negated(one: Filter) -> Filter:
    def holds(row: Row) -> bool | None:
        held = one.holds(row)
        return None if held is None else not held

    return Filter(f"NOT ({one.sql})", holds)


def both(one: Filter, other: Filter) -> Filter:
    def holds(row: Row) -> bool | None:
        held = {one.holds(row), other.holds(row)}
        return False if False in held else None if None in held else True

    return Filter(f"({one.sql}) AND ({other.sql})", holds)


def either(one: Filter, other: Filter) -> Filter:
    def holds(row: Row) -> bool | None:
        held = {one.holds(row), other.holds(row)}
        return True if True in held else None if None in held else False

    return Filter(f"({one.sql}) OR ({other.sql})", holds)


def filters(values: Mapping[str, list[Any]]) -> st.SearchStrategy[Filter]:
    """Any filter over columns of which some values are given; those of one column are of one type."""

    def of_column(name: str) -> st.SearchStrategy[Filter]:
        one = st.sampled_from(values[name])
        kinds = [
            st.builds(compared, st.just(name), st.sampled_from(sorted(_COMPARISONS)), one),
            st.just(is_null(name)),
            st.builds(between, st.just(name), one, one),
            st.builds(among, st.just(name), st.lists(one, min_size=1, max_size=3)),
        ]
        if isinstance(values[name][0], str):
            kinds.append(st.builds(like, st.just(name), st.text("ab%_'é.", max_size=4)))
        return st.one_of(kinds)

    leaves = st.sampled_from(sorted(values)).flatmap(of_column)
    joints = st.sampled_from(["AND", "OR"])
    return st.recursive(
        st.one_of(leaves, st.builds(chained, leaves, joints, leaves, joints, leaves)),
        lambda inner: st.one_of(
            st.builds(negated, inner), st.builds(both, inner, inner), st.builds(either, inner, inner)
        ),
        max_leaves=6,
    )
