"""The command line: each command parses, calls the library, prints."""

from __future__ import annotations

import sys

from soundalike.errors import EXIT_INTERRUPTED

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    try:
        from soundalike.cli.app import run  # takes long enough for a Ctrl-C

        run()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
