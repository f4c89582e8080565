"""Clients of S3 buckets, and their errors told as those of a file system.

Settings come from the usual environment variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
AWS_REGION, and AWS_ENDPOINT_URL for another server than Amazon's, plain http included.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import S3Store

# How long a store that gives no answer is asked again.
RETRY_S = 60.0


def client_of(name: str) -> S3Store:
    """The client of a bucket, made once for the settings that the environment has now."""
    return _client_with(name, tuple(item for item in os.environ.items() if item[0].startswith("AWS_")))


@lru_cache(maxsize=16)
def _client_with(name: str, settings: tuple[tuple[str, str], ...]) -> S3Store:
    return open_bucket(name)


def open_bucket(name: str, *, prefix: str | None = None) -> S3Store:
    """A client for the objects of a bucket, below a prefix if one is given. Nothing is connected yet.

    Raises:
        obstore.exceptions.BaseError: the settings make no sense.
    """
    from obstore.store import S3Store

    return S3Store(
        name,
        prefix=prefix,
        client_options={"allow_http": True},
        retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=RETRY_S)},
    )


@contextmanager
def as_os_error(uri: str) -> Iterator[None]:
    """The errors of the object store, as those of a file system."""
    from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError

    try:
        yield
    except FileNotFoundError as exc:
        raise FileNotFoundError(errno.ENOENT, "there is no such object", uri) from exc
    except PreconditionError as exc:
        raise OSError(errno.EIO, "it was replaced while it was read", uri) from exc
    except (PermissionDeniedError, PermissionError) as exc:
        raise PermissionError(errno.EACCES, "access denied", uri) from exc
    except (BaseError, OSError) as exc:
        raise OSError(errno.EIO, _told(str(exc)), uri) from exc


def _told(message: str) -> str:
    """What the store says, without the address and the source that it says it of."""
    code = re.search(r"<Code>(\w+)</Code>", message)
    return code[1] if code else message.split("\n", 1)[0][:200].rstrip(". ")
