"""Replays launches of the public record on a throw-away federation: ``replay`` and ``demo``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter, Token

from tocsin.cli.parameters import Flag, Json, UsageError
from tocsin.replay.processes import warm_up

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

DEMO_LAUNCH = "NK-20170828-01"
DEMO_SPEED = 20.0
"""Times real time: the flight of ``DEMO_LAUNCH`` takes a minute then."""
DEMO_EXERCISE = "exercise:demo"


def _speed(_type: Any, tokens: Sequence[Token]) -> float:
    text = tokens[0].value
    if text == "max":
        return 0.0
    try:
        speed = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a number nor max") from None
    if not 0 < speed < 1e6:
        raise ValueError("a speed is greater than zero, or max")
    return speed


Speed = Annotated[float, Parameter(converter=_speed, n_tokens=1, metavar="N|max", show_default=False)]


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(demo)
    app.command(replay)


def replay(
    which: str,
    /,
    *,
    table: Path | None = None,
    sensors: Path | None = None,
    topology: Literal["mesh", "hub", "bilateral"] = "mesh",
    hub: str = "USA",
    speed: Speed = 0.0,
    alone: Annotated[str | None, Parameter(metavar="MEMBER")] = None,
    seed: int = 1,
    as_json: Json = False,
) -> int:
    """Replay launches of the public record on a federation made for it on this machine and thrown away afterwards.

    Flights are reconstructed and sensors invented, so everything in it is of status test and synthetic. Ends with 1
    if anything was lost, duplicated or leaked, or if none of the launches could be replayed.

    Args:
        which: A launch id such as NK-20170828-01, a date such as 2017-08-28, 2017-08 or 2017, or all.
        table: Another launch table, in the columns of ours (CSV).
        sensors: Another table of sensors; the members are those that own one.
        topology: mesh links everyone with everyone, hub everyone with one; bilateral marks detections for two only.
        hub: The member in the middle of hub and bilateral.
        speed: Scenario seconds per second, or max: as fast as it goes, which is the default.
        alone: Only this member's sensors see anything, and it shares nothing.
        seed: Of all noise; the same seed gives the same result at any speed.
        as_json: Write one JSON object (tocsin.replay/1, docs/reference/replay.md).
    """
    warm_up()
    from tocsin.cli.playing import Plan, play

    plan = Plan(
        which=which, table=table, sensors=sensors, topology=topology, hub=hub.upper(), speed=speed or None,
        alone=_code(alone), seed=seed,
    )  # fmt: skip
    return play(plan, form="json" if as_json else "people", interrupted=130)


def demo(
    *, launch: str = DEMO_LAUNCH, speed: Speed = DEMO_SPEED, page: Literal["auto", "yes", "no"] = "auto",
    exercise: Flag = False,
) -> int:  # fmt: skip
    """Watch three members share the warning of a real launch, on this machine. Ctrl-C stops it cleanly.

    The flight is reconstructed from the public record and the sensors are invented: it is a replay, never a warning.

    Args:
        launch: Which launch, by its id.
        speed: Scenario seconds per second (20 if not given), or max: as fast as it goes.
        page: Whether to serve every member's watch floor and to stay until Ctrl-C. Auto: if a person looks.
        exercise: Run it as an exercise that all members consent to, and everything shows it. See also: tocsin exercise.
    """
    warm_up()
    from tocsin.cli.playing import Plan, play
    from tocsin.cli.terminal import output

    is_watched = output().is_terminal if page == "auto" else page == "yes"
    status = DEMO_EXERCISE if exercise else "test"
    plan = Plan(which=launch, speed=speed or None, is_watched=is_watched, status=status)
    return play(plan, form="people", interrupted=0)


def _code(text: str | None) -> str | None:
    if text is None:
        return None
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise UsageError(f"--alone {text!r} is no code of three letters, such as JPN")
    return text.upper()
