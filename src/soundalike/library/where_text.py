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
_TOKEN = re.compile(r"\w+|[^\w\s]")

# What decides where a filter can be taken apart. An opened bracket also hides what BETWEEN needs its AND for.
_JOINTS_AND_BRACKETS = re.compile(r"\b(?:and|or|xor|between)\b|[()\[\]{}]", re.IGNORECASE)

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


def refuse_odd_signs(text: str) -> None:
    """Keep brackets that close what was not opened, and the signs for values to come, from Lance.

    Raises:
        UsageError: there are some.
    """
    loud = _QUOTED.sub(" ", _QUIET.sub(" ", text))
    depth = 0
    for sign in re.findall(r"[()?]", loud):
        depth += {"(": 1, ")": -1, "?": 0}[sign]
        if depth < 0 or sign == "?":
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
