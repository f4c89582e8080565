"""When a recording began, as recorders write it down.

Every time here is what the recorder's clock showed, without a time zone: recorders seldom know theirs, and "at dawn"
means the clock on the wall. A zone that is written beside the time is dropped, not applied. Only the hexadecimal
names of old AudioMoths are counted from an instant; they give UTC, to which those recorders were set.

What cannot be a time gives None: month 13, year 0, the zeros of a recorder whose clock was never set.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_BEXT_DATE = re.compile(r"(\d{4})[-_:./ ](\d{2})[-_:./ ](\d{2})", re.ASCII)
_BEXT_TIME = re.compile(r"(\d{2})[-_:./ ](\d{2})[-_:./ ](\d{2})", re.ASCII)

# "Recorded at 12:34:56 01/02/2020 (UTC) by AudioMoth 24E144085F256BE2 at ...", the day before the month. The time zone
# came with firmware 1.0.1, and others of the family sign with their own names (HydroMoth).
_MOTH_COMMENT = re.compile(
    r"Recorded at (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d\d)/(\d\d)/(\d{4})\b.*\b\w+Moth\b", re.ASCII | re.DOTALL
)

# AudioMoth: 20190101_123456, 24E144085F256BE2_20190101_123456, 20190101_123456T. Song Meter: SITE_20200131_053000,
# with $ where a sound triggered the recording. Other recorders write T or a dash between date and time.
_DATED_NAME = re.compile(
    r"(?<![0-9])([0-9]{4})([0-9]{2})([0-9]{2})[_$T-]([0-9]{2})([0-9]{2})([0-9]{2})(?![0-9])"
)

# The first AudioMoths, from 2017 on, named files by the UNIX time in hexadecimal digits.
_HEXADECIMAL_NAME = re.compile(r"[0-9A-F]{8}|[0-9a-f]{8}")
_FIRST_MOTH, _LAST_HEXADECIMAL = datetime(2016, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
# No recorder that names files by date is older, none can be from later than the calendar of FAT cards ends.
_NAMED_YEARS = range(1980, 2108)


def clock_of_bext(date: str, time: str) -> datetime | None:
    """The origination date and time of a `bext` chunk.

    Programs disagree about the separators, and the standard allows several.
    """
    days, hours = _BEXT_DATE.fullmatch(date.strip()), _BEXT_TIME.fullmatch(time.strip())
    return _clock(*days.groups(), *hours.groups()) if days and hours else None


def clock_of_comment(comment: str) -> datetime | None:
    """The time in the comment of an AudioMoth."""
    found = _MOTH_COMMENT.search(comment)
    if found is None:
        return None
    hour, minute, second, day, month, year = found.groups()
    return _clock(year, month, day, hour, minute, second)


def clock_of_text(text: str) -> datetime | None:
    """A date and time as in ISO 8601, a day alone being its first moment; a time zone is dropped."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def clock_of_name(stem: str) -> datetime | None:
    """The time in the name of a file, without its suffix, as AudioMoths, Song Meters and others write it.

    Of several times in one name the last one counts. Eight hexadecimal digits are a time only if a letter is among
    them and they fall into the years in which AudioMoths write such names; other numbers of eight digits are
    too common.
    """
    for match in reversed(list(_DATED_NAME.finditer(stem))):
        clock = _clock(*match.groups())
        if clock is not None and clock.year in _NAMED_YEARS:
            return clock
    if _HEXADECIMAL_NAME.fullmatch(stem) and not stem.isdigit():
        instant = datetime.fromtimestamp(int(stem, 16), UTC)
        if _FIRST_MOTH <= instant < _LAST_HEXADECIMAL:
            return instant.replace(tzinfo=None)
    return None


def _clock(*digits: str) -> datetime | None:
    try:
        return datetime(*map(int, digits))  # type: ignore[arg-type]
    except ValueError:
        return None
