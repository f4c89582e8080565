"""How a command ends: errors of the family become one line and an exit code, Ctrl-C a clean 130."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import typer

from soundalike.cli.show import counted
from soundalike.errors import EXIT_INTERRUPTED, EXIT_SOME_AUDIO_SKIPPED, Skipped, SoundalikeError
from soundalike.printable import printable

# Skipped files listed on the terminal; --json and `status` have all of them.
_NUM_LISTED = 10


def stop_cleanly(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command so that it never ends in a traceback for anything a user can cause."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        handler = logging.StreamHandler()
        handler.setFormatter(_Printable("%(levelname)s: %(message)s"))
        logging.basicConfig(handlers=[handler], level=logging.ERROR)
        logging.getLogger("soundalike").setLevel(logging.WARNING)
        try:
            command(*args, **kwargs)
        except SoundalikeError as error:
            fail(str(error), exit_code=error.exit_code)
        except KeyboardInterrupt:
            fail("stopped; what was finished is kept.", exit_code=EXIT_INTERRUPTED, kind="")
        except BrokenPipeError:
            # The reader of our output has gone (`| head`).
            _forget_output()
            raise typer.Exit(1) from None
        except (OSError, MemoryError) as error:
            fail(told(error), exit_code=1)

    return wrapped


class _Printable(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record), keep="\n")


def fail(message: str, *, exit_code: int, kind: str = "error: ") -> NoReturn:
    """Say what happened and end."""
    typer.echo(kind + printable(message, keep="\n"), err=True)
    raise typer.Exit(exit_code) from None


def told(error: OSError | MemoryError) -> str:
    """What the operating system refused, for people."""
    if isinstance(error, OSError) and _is_output_broken():
        _forget_output()
        return f"the output could not be written: {error.strerror or error}."
    return f"{error or type(error).__name__}"


def _is_output_broken() -> bool:
    try:
        if sys.stdout is not None:
            # What could not be written waits to be written again.
            sys.stdout.flush()
    except OSError:
        return True
    return False


def _forget_output() -> None:
    # Python would complain once more on exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def end_with_skipped(skipped: Sequence[Skipped]) -> None:
    """List what could not be read and end with the exit code for it; return if there is nothing to list."""
    if not skipped:
        return
    typer.echo(f"{counted(len(skipped), 'file')} could not be used:", err=True)
    for one in skipped[:_NUM_LISTED]:
        typer.echo(f"  {printable(one.path)}: {printable(one.reason)}", err=True)
    if len(skipped) > _NUM_LISTED:
        typer.echo(f"  and {len(skipped) - _NUM_LISTED} more (--json lists all)", err=True)
    raise typer.Exit(EXIT_SOME_AUDIO_SKIPPED)
