"""Measures how good the filter is: ``warning calibrate``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from tocsin.cli.parameters import Json, UsageError
from tocsin.cli.terminal import output, write_json

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

_FIRST_SEED = 1000


def add_to(app: App) -> None:
    """Add these commands to ``warning``."""
    app.command(calibrate)


def calibrate(
    *, runs: int = 20, flight: Annotated[str, Parameter(metavar="ID|all")] = "all", as_json: Json = False
) -> None:
    """Fly the reference flights past invented sensors and tell how well the filter keeps what it promises.

    The physics is the same on both sides, so that the figures are a best case. All of it is synthetic.

    Args:
        runs: Of each flight, each with its own noise; the same number gives the same figures.
        flight: A reference flight such as kn25, or all.
        as_json: Write one JSON array, with one object a flight, view and time after burnout.
    """
    from tocsin.calibration.reference import VARIANTS, flight_ids
    from tocsin.calibration.results import Trial
    from tocsin.calibration.runs import run_trial
    from tocsin.calibration.statistics import all_figures
    from tocsin.cli.warning_view import render_figures, with_progress

    if runs < 1:
        raise UsageError("--runs is at least 1")
    if flight not in ("all", *flight_ids()):
        raise UsageError(f"--flight {flight!r} is none of: {', '.join(flight_ids())}, all")
    trials = [
        Trial(case="nominal", flight_id=flight_id, variant=number % VARIANTS, seed=_FIRST_SEED + number)
        for flight_id in (flight_ids() if flight == "all" else (flight,))
        for number in range(runs)
    ]
    done = list(with_progress(map(run_trial, trials), total=len(trials), words="flying"))
    found = all_figures(done)
    if as_json:
        write_json(found)
        return
    output().print(render_figures(found))
