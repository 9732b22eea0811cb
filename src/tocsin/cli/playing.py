"""Runs a replay and shows it: live, line by line, or as one JSON object at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from tocsin.cli.left_out import tell_bad_rows
from tocsin.cli.parameters import UsageError
from tocsin.cli.performing import log_afterwards, perform
from tocsin.cli.terminal import notices, output, write_json
from tocsin.clock import SystemClock
from tocsin.replay.results import ReplayResult
from tocsin.replay.run import Options, Replay, View
from tocsin.replay.telling import PlainLines, tell_launches, tell_result
from tocsin.replay.view import LinkBoard, Picture, watch_links
from tocsin.synthesis.launches import load_launches, select
from tocsin.synthesis.sensor_table import load_sensors

REFRESH_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to replay, and how."""

    which: str
    table: Path | None = None
    sensors: Path | None = None
    topology: str = "mesh"
    hub: str = "USA"
    speed: float | None = None
    alone: str | None = None
    seed: int = 1
    status: str = "test"
    is_watched: bool = False
    """Serve the watch floors, and stay until told to leave."""


@dataclass
class Screen:
    """Where a running replay is shown."""

    show: Callable[[View], None]
    board: LinkBoard | None = None

    def tell(self, view: View) -> None:
        """Hand on what can be shown to whatever shows it now."""
        self.show(view)


def play(plan: Plan, *, form: Literal["people", "json"], interrupted: int) -> int:
    """Replay and tell.

    Args:
        plan: What and how.
        form: Who reads it.
        interrupted: The exit code after Ctrl-C.

    Returns:
        The exit code.

    Raises:
        TocsinError: A table cannot be read, no such launch is in it, or the federation does not start.
    """
    table, sensors = load_launches(plan.table), load_sensors(plan.sensors)
    bad_rows = tell_bad_rows(table)
    codes = sorted({sensor.member for sensor in sensors})
    for name, code in (("--alone", plan.alone), ("--hub", plan.hub if plan.topology != "mesh" else None)):
        if code is not None and code not in codes:
            raise UsageError(f"{name} {code} owns no sensor; members are {', '.join(codes)}")
    rows = select(table.rows, plan.which)
    options = Options(
        topology=plan.topology,
        speed=plan.speed,
        alone=plan.alone,
        seed=plan.seed,
        hub=plan.hub,
        status=plan.status,
        is_watched=plan.is_watched,
    )
    screen = Screen(lambda _view: None)
    replay = Replay(rows, sensors, options, show=screen.tell)
    with log_afterwards(), _showing(screen, replay.view, form):
        result = perform(_watched(replay, screen.board), lambda: _leave(replay))
    if result is None:
        _tell_broken_off(replay, form)
        return interrupted
    result = msgspec.structs.replace(result, bad_rows=bad_rows)
    if form == "json":
        write_json(result)
    else:
        output().print(tell_result(result))
    return _code_of(result)


async def _watched(replay: Replay, board: LinkBoard | None) -> ReplayResult:
    """Run a replay, and look at its links meanwhile."""
    watching = asyncio.ensure_future(watch_links(replay, board)) if board is not None else None
    try:
        return await replay.run()
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


def _leave(replay: Replay) -> bool:
    """Let a replay go of which all is counted, and whose pages alone are still there; tell whether it is so."""
    if replay.view.whole is None:
        return False
    replay.leave.set()
    return True


@contextmanager
def _showing(screen: Screen, view: View, form: str) -> Iterator[None]:
    console = output()
    if form == "json":
        with _progress(screen):
            yield
    elif not console.is_terminal:
        screen.show = PlainLines(lambda line: console.print(line, markup=False, soft_wrap=True)).show
        yield
    else:
        board: LinkBoard = {}
        screen.board = board
        clock, shown_s = SystemClock(), 0.0
        with Live(Picture(view, board), console=console, auto_refresh=False, vertical_overflow="crop") as live:

            def show(now: View) -> None:
                nonlocal shown_s
                if clock.monotonic_s() - shown_s >= REFRESH_S or now.result is not None:
                    shown_s = clock.monotonic_s()
                    live.update(Picture(now, board), refresh=True)

            screen.show = show
            live.refresh()
            yield
            live.update(Picture(view, board), refresh=True)


@contextmanager
def _progress(screen: Screen) -> Iterator[None]:
    console = notices()
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task("starting", total=None)

        def show(view: View) -> None:
            launch = view.scene.row.launch_id if view.scene is not None else "starting"
            done = view.number if view.result is not None else view.number - 1
            bar.update(task, description=launch, completed=max(0, done), total=view.total)

        screen.show = show
        yield


def _tell_broken_off(replay: Replay, form: str) -> None:
    launches = replay.so_far()
    notices().print(Text("Stopped. What crossed was not counted, since it had not all arrived.", "yellow"))
    if launches and form == "people":
        output().print(tell_launches(launches))


def _code_of(result: ReplayResult) -> int:
    exchange = result.exchange
    if exchange.lost or exchange.duplicated or exchange.leaked:
        return 1
    return int(all(launch.skipped is not None for launch in result.launches))
