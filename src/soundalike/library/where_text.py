"""The text of a filter, as far as it has to be understood before Lance parses it."""

from __future__ import annotations

import re

from soundalike.errors import UsageError

# Texts in single or double quotes, and comments.
_QUIET = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_WORD = re.compile(r"\w+")
_JOINT = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)
_ELEMENT = re.compile(r",\s*[-+]?\s*[\w.]*")
_CALL = re.compile(r"(\w+)`?\s*\(")
_TOKEN = re.compile(r"\w+|[^\w\s]")

# What decides where a filter can be taken apart. An opened bracket also hides what BETWEEN needs its AND for.
_JOINTS_AND_BRACKETS = re.compile(r"\b(?:and|or|xor|between)\b|[()\[\]{}]", re.IGNORECASE)

# What may stand before a bracket in a filter: words of the language, and functions that make no text or list much
# longer than those they are given, so that no filter runs for hours or fills the memory.
_CALLABLE = frozenset(
    _WORD.findall(
        "and or not in like ilike between is when then else case values any all similar to xor "
        "cast try_cast arrow_cast extract timestamp interval date time decimal numeric varchar char float "
        "lower upper initcap trim btrim ltrim rtrim length char_length character_length octet_length bit_length "
        "substr substring substr_index left right strpos instr position starts_with ends_with contains split_part "
        "reverse translate concat concat_ws ascii chr levenshtein find_in_set "
        "regexp_like regexp_match regexp_count regexp_instr "
        "abs ceil floor round trunc sign signum sqrt cbrt power pow exp ln log log2 log10 mod gcd lcm greatest least "
        "sin cos tan asin acos atan atan2 degrees radians pi isnan iszero nanvl "
        "coalesce nullif nvl nvl2 ifnull md5 sha256 to_hex "
        "date_part date_trunc date_bin datepart datetrunc to_date to_timestamp to_timestamp_seconds "
        "to_timestamp_millis to_char date_format to_unixtime from_unixtime make_date "
        "now current_date current_time current_timestamp today"
    )
)
# A text in quotes may be copied into every row.
MAX_QUOTED = 10_000

MAX_CHARACTERS = 1_000_000
# Lance descends into an expression once for each operator, and ends the whole process when the stack is used up. That
# happens somewhere between 300 and 1,000 of them in a row; AND and OR, and the values of IN, cost no depth.
MAX_TOKENS_IN_A_ROW = 200


def bare_words(text: str) -> frozenset[str]:
    """The words outside of quotes and comments, in lower case: at least all names of columns."""
    return frozenset(_WORD.findall(_QUOTED.sub(" ", _QUIET.sub(" ", text)).lower()))


def quoted_names(text: str) -> list[str]:
    """What stands in double quotes, which Lance takes for text, other databases for a name."""
    return _QUOTED.findall(_QUIET.sub(" ", text))


def refuse_unbounded(text: str) -> None:
    """Keep functions from Lance that make long texts of short ones: a call of `lpad` may need all memory there is.

    Raises:
        UsageError: there is one, or a text in quotes is very long.
    """
    loud = _QUOTED.sub(" ", _QUIET.sub(" ", text))
    for name in _CALL.findall(loud):
        if name.lower() not in _CALLABLE:
            raise UsageError(
                f"the filter cannot be used: Invalid function '{name}'. A filter can call functions that look at a "
                "value or cut from it, such as lower, substr, contains, starts_with, regexp_like, round, date_part."
            )
    if any(len(quoted) > MAX_QUOTED for quoted in _QUIET.findall(text)):
        raise UsageError(
            f"the filter has a text of more than {MAX_QUOTED:,} characters in quotes. Make it shorter."
        )


def refuse_odd_signs(text: str) -> None:
    """Keep brackets that close what was not opened, and signs that a filter has no use for, from Lance.

    Raises:
        UsageError: there are some.
    """
    loud = _QUOTED.sub(" ", _QUIET.sub(" ", text))
    depth = 0
    for sign in re.findall(r"[()?$]|/\*|\*/", loud):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth < 0 or sign not in "()":
            raise UsageError(
                f"the filter cannot be used: there is a '{sign}' that belongs to nothing. Take it out."
            )


def refuse_endless(text: str) -> None:
    """Keep expressions from Lance whose evaluation would end the process.

    Raises:
        UsageError: it is one of them.
    """
    loud = _ELEMENT.sub(" ", _QUOTED.sub(" 0", _QUIET.sub(" 0", text)))
    longest = max(len(_TOKEN.findall(part)) for part in _JOINT.split(loud))
    if len(text) > MAX_CHARACTERS or longest > MAX_TOKENS_IN_A_ROW:
        raise UsageError(
            f"the filter is too long: at most {MAX_CHARACTERS:,} characters, and {MAX_TOKENS_IN_A_ROW} words and "
            "operators between one AND or OR and the next. Put long lists of values into IN (...)."
        )


def conjuncts(text: str) -> list[str]:
    """The parts of a filter that all have to be true: it is cut at every AND that no OR or bracket stands around."""
    # Quotes and comments are blanked out, so that places stay what they are.
    loud = text
    for pattern in (_QUIET, _QUOTED):
        loud = pattern.sub(lambda quiet: " " * len(quiet[0]), loud)
    cuts = [0]
    depth = num_between = 0
    for match in _JOINTS_AND_BRACKETS.finditer(loud):
        word = match[0].lower()
        if word in "([{":
            depth += 1
        elif word in ")]}":
            depth -= 1
        elif depth == 0 and word == "between":
            num_between += 1
        elif depth == 0 and word == "and" and num_between:
            num_between -= 1
        elif depth == 0 and word == "and":
            cuts += [match.start(), match.end()]
        elif depth == 0:
            return [text]
    cuts.append(len(text))
    return [text[start:end] for start, end in zip(cuts[::2], cuts[1::2], strict=True)]
