"""Draw ``demo.svg``: the live view of a real replay at its most telling moment. Run by ``just docs``."""  # noqa: INP001

from __future__ import annotations

import asyncio
import io
import logging
import re
from pathlib import Path

import structlog
import uvloop
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from tocsin.replay.run import Options, Replay, View
from tocsin.replay.view import LinkBoard, Picture, watch_links
from tocsin.synthesis.launches import load_launches, select
from tocsin.synthesis.sensor_table import load_sensors

LAUNCH = "NK-20170828-01"
MOMENT_S = 180.0
WIDTH = 108
SPEED = 20.0
TARGET = Path(__file__).with_name("demo.svg")


async def draw() -> None:
    """Replay until the moment, and keep what the terminal shows then."""
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    board: LinkBoard = {}
    reached = asyncio.Event()

    def show(view: View) -> None:
        if view.scenario_s >= MOMENT_S and not reached.is_set():
            console.print(Picture(view, board))
            reached.set()

    replay = Replay(
        select(load_launches().rows, LAUNCH), load_sensors(), Options(speed=SPEED), show=show
    )  # fmt: skip
    running = asyncio.ensure_future(replay.run())
    watching = asyncio.ensure_future(watch_links(replay, board, every_s=0.5))
    waiting = asyncio.ensure_future(reached.wait())
    await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        raise SystemExit(f"the replay ended before the moment to be drawn: {running.exception()}")
    for task in (running, watching, waiting):
        task.cancel()
    await asyncio.gather(running, watching, waiting, return_exceptions=True)
    # the reader's own monospaced font will do: nothing is fetched from elsewhere
    form = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    TARGET.write_text(console.export_svg(title="tocsin demo", code_format=form, unique_id="demo"), encoding="utf-8")


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    uvloop.run(draw())
