"""Runs soundalike as a user does: in a process of its own, by its command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Argument = str | bytes | Path
FAST = ("--encoder", "spectral-averages")


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; strict, so NaN is none."""
        return json.loads(self.stdout, parse_constant=_refuse)


def soundalike(
    *arguments: Argument,
    stdin: bytes = b"",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    python: Path | str = sys.executable,
    timeout_s: float = 300.0,
) -> Outcome:
    """Run a command to its end, and check what holds for every command.

    Nothing ends in a traceback, and with `--json` stdout is one JSON document, or nothing where the work failed.
    """
    done = subprocess.run(
        [python, "-m", "soundalike", *arguments],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=_environment(environment),
        timeout=timeout_s,
        check=False,
    )
    outcome = Outcome(
        exit_code=done.returncode, stdout=done.stdout.decode("utf-8"), stderr=done.stderr.decode("utf-8")
    )
    assert "Traceback" not in outcome.stderr + outcome.stdout, outcome.stderr
    if "--json" in arguments:
        if outcome.exit_code in (0, 3):
            assert outcome.document is not None
        else:
            assert outcome.stdout == ""
    return outcome


def start(*arguments: Argument, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """Start a command that the test is going to stop."""
    # A shell may have started the tests with Ctrl-C switched off, which a child would inherit.
    reset = (lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) if os.name == "posix" else None
    return subprocess.Popen(
        [sys.executable, "-m", "soundalike", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=_environment(None),
        preexec_fn=reset,
    )


def wait_until(
    condition: Callable[[], bool], child: subprocess.Popen[bytes], *, timeout_s: float = 240.0
) -> None:
    """Wait for something that a running command brings about."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert child.poll() is None, f"ended too early: {child.communicate()[1].decode()}"
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def refused(outcome: Outcome, *words: str, exit_code: int) -> None:
    """Check that a command failed with this exit code, and one message with these words in it."""
    assert outcome.exit_code == exit_code, outcome.stderr
    for word in words:
        assert word in outcome.stderr


def _environment(changes: Mapping[str, str] | None) -> dict[str, str]:
    # One thread: the networks here are so small that threads would only wait for each other.
    fixed = {"PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    mine = {name: value for name, value in os.environ.items() if name not in _SHAPE_OUTPUT}
    return {**mine, **fixed, **(changes or {})}


_SHAPE_OUTPUT = {
    "COLUMNS",
    "FORCE_COLOR",
    "NO_COLOR",
    "PYTHONIOENCODING",
    "PYTHONUNBUFFERED",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
}


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
