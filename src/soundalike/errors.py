"""Every error that soundalike raises on purpose.

The family, with the exit code that the command line gives for each branch:

    SoundalikeError                  1  the work failed
    ├── UsageError                   2  the request itself is wrong
    │   ├── ConfigError              2  a recipe or a setting
    │   └── MissingExtraError        2  a part that is not installed
    ├── AudioError                   1  one recording cannot be used
    │   ├── AudioNotFoundError
    │   ├── AudioPermissionError
    │   ├── AudioEmptyError             the file has no bytes or no samples
    │   ├── AudioDecodeError            no decoder finds audio in it
    │   └── AudioTooLongError           more sound than a limit allows
    ├── DataError                    1  a manifest, a folder of labels, a split
    │   └── LeakError                   the same audio on both sides of a split
    ├── ClusterError                 1  machines that cannot be used together
    ├── CorpusError                  1  a corpus that cannot be gathered or fetched
    ├── EncoderError                 1  an encoder on disk
    │   └── EncoderMismatchError        vectors of one encoder, library of another
    ├── LibraryError                 1  a library on disk
    │   ├── LibraryNotFoundError
    │   ├── RecordingNotFoundError      nothing in the library has this id
    │   └── SetNotFoundError            no set of examples has this name
    ├── OutputError                  1  a file or a stream that results are written to
    ├── TrainingError                1
    │   └── ResumeError                 a run folder that another configuration wrote
    └── ServerError                  1  a server that cannot start, or cannot take a request

Some audio that could not be read, in work that went on without it, is no error: it is a `Skipped` entry and
exit code 3 (`EXIT_SOME_AUDIO_SKIPPED`). Ctrl-C is 130. What each class means over HTTP: `server/problems.py`.

A message says what happened, to which file, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

EXIT_OK = 0
EXIT_SOME_AUDIO_SKIPPED = 3
EXIT_INTERRUPTED = 130


class SoundalikeError(Exception):
    """Root of the family. `exit_code` is what the command line ends with."""

    exit_code: ClassVar[int] = 1


class UsageError(SoundalikeError):
    """The request itself is wrong: an unknown name, two options that exclude each other."""

    exit_code: ClassVar[int] = 2


class ConfigError(UsageError):
    """A recipe or a setting that cannot be used."""


class MissingExtraError(UsageError):
    """A command needs an optional part of soundalike that is not installed."""


class AudioError(SoundalikeError):
    """One recording cannot be used."""


class AudioNotFoundError(AudioError):
    """There is no file at this path."""


class AudioPermissionError(AudioError):
    """The file is there but may not be read."""


class AudioEmptyError(AudioError):
    """The file holds no bytes, or no samples."""


class AudioDecodeError(AudioError):
    """No decoder finds audio in the file."""


class AudioTooLongError(AudioError):
    """There is more sound than a limit allows."""


class DataError(SoundalikeError):
    """A manifest, a folder of labels or a split that cannot be used."""


class LeakError(DataError):
    """The same audio stands on both sides of a split."""


class ClusterError(SoundalikeError):
    """A cluster of machines that cannot be reached or cannot do the work."""


class CorpusError(SoundalikeError):
    """A corpus cannot be gathered or fetched: a search that fails, a site that asks to slow down."""


class EncoderError(SoundalikeError):
    """An encoder folder or ONNX file that cannot be used."""


class EncoderMismatchError(EncoderError):
    """Vectors of one encoder meet the library of another."""


class LibraryError(SoundalikeError):
    """A library on disk that cannot be used."""


class LibraryNotFoundError(LibraryError):
    """There is no library at this place."""


class RecordingNotFoundError(LibraryError):
    """The library holds no recording with this id."""


class SetNotFoundError(LibraryError):
    """The library has no set of examples with this name."""


class OutputError(SoundalikeError):
    """Results cannot be written where they should go: no room, no permission."""


class TrainingError(SoundalikeError):
    """Training cannot start or go on."""


class ResumeError(TrainingError):
    """The run folder was written with another configuration or other data."""


class ServerError(SoundalikeError):
    """A server cannot start, or cannot take a request."""


def reason_of(error: Exception, path: object) -> str:
    """An error's message for a line that begins with the path: it need not say it again, and the file may move."""
    return str(error).replace(f" file '{path}'", " file").replace(f"'{path}'", "the file")


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """One recording that was left out, and why. `path` as the user named it, `reason` without it."""

    path: str
    reason: str

    def __post_init__(self) -> None:
        # Linux has file names that are no text; they would break the page or the file that they are written to.
        for name, value in vars(self).items():
            object.__setattr__(self, name, str(value).encode("utf-8", "replace").decode("utf-8"))
