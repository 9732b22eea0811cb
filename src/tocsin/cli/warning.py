"""Looks into what warnings rest on, ``warning flights`` and ``warning sensors``, and adds to it: ``warning notice``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tocsin.cli import announcing, calibrating, gaining, registering
from tocsin.cli.parameters import Json
from tocsin.cli.terminal import output, write_json

if TYPE_CHECKING:
    from tocsin.synthesis.survey import Surveyed

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

warning_ = App(
    name="warning",
    help="See what warnings rest on, and announce launches: flights, sensors, notices, how good the filter is.",
)


def add_to(app: App) -> None:
    """Add these commands to the program."""
    announcing.add_to(warning_)
    calibrating.add_to(warning_)
    gaining.add_to(warning_)
    registering.add_to(warning_)
    app.command(warning_)


@warning_.command
def flights(
    *,
    launch: Annotated[str, Parameter(metavar="ID|DATE|all")] = "all",
    table: Path | None = None,
    as_json: Json = False,
) -> None:
    """Reconstruct launches of the public record and tell how closely each is met, or why it cannot be.

    A match is no proof: flights that manoeuvred and rockets into space can be matched by a free fall as well.

    Args:
        launch: A launch id such as NK-20170828-01, a date such as 2017-08-28, 2017-08 or 2017, or all.
        table: Another launch table, in the columns of ours (CSV).
        as_json: Write one JSON object: the counts, and one object a launch.
    """
    from tocsin.cli.left_out import tell_bad_rows
    from tocsin.cli.warning_view import render_flights, with_progress
    from tocsin.synthesis.launches import load_launches, select
    from tocsin.synthesis.survey import survey

    read = load_launches(table)
    bad = tell_bad_rows(read)
    rows = select(read.rows, launch)
    found = list(with_progress(survey(rows), total=len(rows), words="reconstructing"))
    if as_json:
        write_json({"counts": _counts(found), "launches": found, "bad_rows": bad})
    else:
        output().print(render_flights(found, _counts(found)))


@warning_.command
def sensors(table: Path | None = None, /, *, as_json: Json = False) -> int:
    """Check a table of sensors for replay and exercise, and show it. Ends with 1 if a row is bad.

    Args:
        table: A file (CSV, or TOML if its name ends so), or one that comes with the program: nominal, which is the
            default, or reference.
        as_json: Write one JSON object: the sensors, and the bad rows with their lines.
    """
    from tocsin.cli.terminal import say_error
    from tocsin.cli.warning_view import render_sensors
    from tocsin.synthesis.sensor_table import read_sensors

    read = read_sensors(table)
    if as_json:
        write_json(read)
    else:
        output().print(render_sensors(read.sensors))
        for row in read.bad:
            say_error(f"{read.source}, line {row.line}: {row.reason}")
        if not read.sensors and not read.bad:
            say_error(f"{read.source}: no sensor in it", advice="Give at least one row")
    return int(bool(read.bad) or not read.sensors)


def _counts(found: Sequence[Surveyed]) -> dict[str, int]:
    return {verdict: sum(each.verdict == verdict for each in found) for verdict in ("met", "refused", "incomplete")}
