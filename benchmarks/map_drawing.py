"""How long does a frame of the page's map take, and what does it help that points are sorted by place?

python benchmarks/map_drawing.py [--points 100000] [--width 1200] [--height 800]

Processor time of one core under Node, which has the engine of Chromium. Fetches the page's packages if need be.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import record

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import build_page  # noqa: E402

REPEATS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--height", type=int, default=800)
    asked = parser.parse_args()
    build_page.install()
    node = build_page.node_program()
    with tempfile.TemporaryDirectory(prefix="soundalike-") as folder:
        script = Path(folder) / "drawing.mjs"
        bundler = build_page.PACKAGES / "rolldown" / "bin" / "cli.mjs"
        source = build_page.PAGE / "benchmarks" / "drawing.ts"
        bundle = [node, bundler, source, "--file", script, "--platform", "node"]
        subprocess.run(bundle, cwd=build_page.PAGE, check=True, stdout=subprocess.DEVNULL)
        sizes = [str(one) for one in (asked.points, asked.width, asked.height, REPEATS)]
        done = subprocess.run([node, script, *sizes], capture_output=True, text=True, check=True)
    frames_ms = json.loads(done.stdout)
    by_place, shuffled = record.spread(frames_ms["by_place"]), record.spread(frames_ms["shuffled"])
    record.append(
        "map_drawing",
        question="processor time of one frame of the map, points sorted by place or not",
        seed=None,
        config=vars(asked),
        values={
            "by_place_ms": by_place,
            "shuffled_ms": shuffled,
            "shuffled_by_place": shuffled["median"] / by_place["median"],
        },
    )


if __name__ == "__main__":
    main()
