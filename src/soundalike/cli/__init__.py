"""The command line: each command parses, calls the library, prints."""

from soundalike.cli.app import main

__all__ = ["main"]
