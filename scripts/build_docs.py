"""Write the generated pages: `docs/cli.md` from the commands' own help, `docs/results.md` and
`docs/search-speed.md` from benchmark records.

`--check` writes nothing and fails where a page is out of date.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import results_page
import search_page

ROOT = Path(__file__).parent.parent


def command_line_page() -> str:
    """Every command with its help, as the program prints it."""
    from soundalike.cli.app import make_app

    names = [command.name or "" for command in make_app().registered_commands]
    parts = [
        "# Commands\n\nPrinted by the program itself; `make docs` writes this page again.\n",
        _help([]),
    ]
    for name in names:
        parts.append(f"## soundalike {name}\n\n{_help([name])}")
    return "\n".join(parts)


def _help(arguments: list[str]) -> str:
    environment = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
    completed = subprocess.run(
        [sys.executable, "-m", "soundalike", *arguments, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        encoding="utf-8",
    )
    return f"```\n{completed.stdout.rstrip()}\n```\n"


def main() -> int:
    pages = {
        ROOT / "docs" / "cli.md": command_line_page(),
        ROOT / "docs" / "results.md": results_page.build(ROOT / "benchmarks" / "results"),
        ROOT / "docs" / "search-speed.md": search_page.build(ROOT / "benchmarks" / "results"),
    }
    stale = []
    for path, text in pages.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT).as_posix())
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {stale[-1]}")
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(stale)}. Run `make docs`.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
