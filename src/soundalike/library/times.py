"""Times in a recording as people write them."""

from __future__ import annotations

# Seconds, m:ss or h:mm:ss, as a regular expression.
TIME = r"(?:\d+:){0,2}\d+(?:\.\d+)?"


def seconds_of(text: str) -> float:
    """The seconds that a time stands for: "62", "1:02" and "0:01:02.0" are the same.

    Raises:
        ValueError: it is no time.
    """
    *larger, seconds = text.split(":")
    total_s = float(seconds)
    if not larger:
        return total_s
    minutes = [int(part) for part in larger]
    # Of the parts only the first may go on counting: 90:00 is an hour and a half.
    if len(minutes) > 2 or not 0 <= total_s < 60 or any(not 0 <= part < 60 for part in minutes[1:]):
        raise ValueError(f"'{text}' is no time")
    num_minutes = 0
    for part in minutes:
        num_minutes = 60 * num_minutes + part
    return total_s + 60 * num_minutes
