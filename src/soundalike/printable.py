"""Text from outside, such as file names, made fit to be shown."""

from __future__ import annotations

import unicodedata

_STEERING = ("Cc", "Cf", "Zl", "Zp")


def printable(text: str, *, keep: str = "") -> str:
    """Text with line breaks and other control characters escaped: a file name must not steer the terminal.

    Args:
        text: any.
        keep: control characters that stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        one.encode("unicode_escape").decode()
        if one not in keep and unicodedata.category(one) in _STEERING
        else one
        for one in text
    )
