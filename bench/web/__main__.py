"""The watch floor under load: ``python -m bench.web``, or ``python -m bench.web page`` or ``clients`` alone.

Prints what was measured beside what is aimed at: one page in a real browser, and many clients at once.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import uvloop

from bench.web.drawing import draw
from bench.web.fanout import fan_out
from bench.web.report import table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.web", description=__doc__)
    parser.add_argument("what", nargs="*", choices=("page", "clients", []), default=[])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--tracks", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=10.0, help="moves, and stages, a second")
    parser.add_argument("--size", default="1280x720", help="of the browser's window")
    given = parser.parse_args()
    what = given.what or ("page", "clients")
    width, height = (int(px) for px in given.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="tocsin-web-") as folder:
        for each in what:
            home = Path(folder, each)
            home.mkdir()
            work = (
                draw(home, given.tracks, given.seconds, given.rate, (width, height))
                if each == "page"
                else fan_out(home, given.clients, given.seconds, given.rate)
            )
            sys.stdout.write(table(uvloop.run(work)) + "\n")


if __name__ == "__main__":
    main()
