"""Where audio lies: a path of the file system, or an object in an S3 bucket.

An `ObjectPath` has the part of `pathlib.Path` that finding and reading recordings needs, with the same exceptions. So
most code takes a `Location` and does not ask which of the two it is; `location_of` makes one of what a user wrote.
"""

from __future__ import annotations

import os
from pathlib import Path

from soundalike.locations.client import open_bucket
from soundalike.locations.object_path import SCHEME, ObjectPath, ObjectStat, Stat
from soundalike.locations.positioned import Positioned

__all__ = [
    "Location",
    "ObjectPath",
    "ObjectStat",
    "Positioned",
    "Stat",
    "is_object",
    "is_readable",
    "location_of",
    "open_bucket",
]

Location = Path | ObjectPath


def location_of(named: str | Path | ObjectPath) -> Location:
    """The location that a user names: a path, or "s3://bucket/prefix" as text.

    Raises:
        UsageError: a URI without a bucket.
    """
    if isinstance(named, str) and is_object(named):
        return ObjectPath(named)
    return Path(named) if isinstance(named, str) else named


def is_object(named: str) -> bool:
    """Whether a text names a place in a bucket."""
    return named.startswith(SCHEME)


def is_readable(location: Location) -> bool:
    """Whether a file that is there may be read; of an object only reading would tell."""
    return isinstance(location, ObjectPath) or os.access(location, os.R_OK)
