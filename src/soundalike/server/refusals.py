"""Requests that the server does not take, whatever the library holds."""

from __future__ import annotations

from soundalike.errors import ServerError


class RefusalError(ServerError):
    """The request is not taken."""


class NotSignedInError(RefusalError):
    """The token is missing or wrong."""


class ForeignRequestError(RefusalError):
    """The request comes from another site, or was sent to another name than the server's."""


class UploadTooLargeError(RefusalError):
    """The body is larger than the server takes."""


class UploadStalledError(RefusalError):
    """The upload paused for too long."""


class TooManyRequestsError(RefusalError):
    """More requests wait than the queue holds."""


class OverloadedError(RefusalError):
    """The server is too busy to take the request in time."""


class RecordingChangedError(RefusalError):
    """The file is not the one that was indexed."""


class UnknownRangeError(RefusalError):
    """The range lies outside of the content."""


class UnknownPathError(RefusalError):
    """There is nothing of this name."""
