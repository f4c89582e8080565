"""Install Debian's Chromium for the tests of the page, where that needs nobody's permission.

Does nothing where a browser is there, where the user is not root, or where there is no apt-get.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Install it if it can and has to be installed."""
    sys.path.insert(0, str(ROOT / "tests"))
    from page.browsing import browser_program

    if (
        browser_program() is not None
        or os.name != "posix"
        or os.geteuid() != 0
        or shutil.which("apt-get") is None
    ):
        return 0
    print("Installing Chromium for the tests of the page.", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run(["apt-get", "-qq", *command], env=quiet, check=False)
        if done.returncode != 0:
            print("Chromium could not be installed; the tests in a browser will fail.", file=sys.stderr)
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
