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

# Skipped files listed on the terminal; --json and `status` have all of them.
_NUM_LISTED = 10


def stop_cleanly(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command so that it never ends in a traceback for anything a user can cause."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.ERROR)
        logging.getLogger("soundalike").setLevel(logging.WARNING)
        try:
            command(*args, **kwargs)
        except SoundalikeError as error:
            fail(str(error), exit_code=error.exit_code)
        except KeyboardInterrupt:
            fail("stopped; what was finished is kept.", exit_code=EXIT_INTERRUPTED, kind="")
        except BrokenPipeError:
            # The reader of our output has gone (`| head`). Python would complain once more on exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except (OSError, MemoryError) as error:
            fail(f"{error or type(error).__name__}", exit_code=1)

    return wrapped


def fail(message: str, *, exit_code: int, kind: str = "error: ") -> NoReturn:
    """Say what happened and end."""
    typer.echo(f"{kind}{message}", err=True)
    raise typer.Exit(exit_code) from None


def end_with_skipped(skipped: Sequence[Skipped]) -> None:
    """List what could not be read and end with the exit code for it; return if there is nothing to list."""
    if not skipped:
        return
    typer.echo(f"{counted(len(skipped), 'file')} could not be used:", err=True)
    for one in skipped[:_NUM_LISTED]:
        typer.echo(f"  {one.path}: {one.reason}", err=True)
    if len(skipped) > _NUM_LISTED:
        typer.echo(f"  and {len(skipped) - _NUM_LISTED} more (--json lists all)", err=True)
    raise typer.Exit(EXIT_SOME_AUDIO_SKIPPED)
