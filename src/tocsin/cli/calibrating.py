"""Measures how good the filter is: ``warning calibrate``."""

from __future__ import annotations

from pathlib import Path
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
    *,
    runs: int = 20,
    flight: Annotated[str, Parameter(metavar="ID|all")] = "all",
    case: Annotated[str, Parameter(metavar="NAME|all")] = "nominal",
    jobs: int = 1,
    keep: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    write: Annotated[Path | None, Parameter(metavar="DIR")] = None,
    as_json: Json = False,
) -> None:
    """Fly the reference flights past invented sensors and tell how well the filter keeps what it promises.

    In the case nominal the physics is the same on both sides, so that the figures are a best case; in the others the
    world differs from what the filter assumes. All of it is synthetic.

    Args:
        runs: Of each flight and case, each with its own noise; the same number gives the same figures. 0 with --keep:
            fly nothing, and tell of what is kept.
        flight: A reference flight such as kn25, or all of the case.
        case: nominal, air, thrust, bias, pull-up, land, silence, or all.
        jobs: Processes that fly at once.
        keep: Keep every run in this file as it is done, a line of JSON each; runs that it holds are not flown again,
            and count in all that is told, whatever case they are of.
        write: Also write the report, its tables and pictures into this folder.
        as_json: Write one JSON object: promises, and figures of every case, flight, view and time after burnout.
    """
    from tocsin.calibration.cases import CASES
    from tocsin.calibration.reference import VARIANTS
    from tocsin.calibration.report import files
    from tocsin.calibration.results import Run, Trial
    from tocsin.calibration.runs import run_trial
    from tocsin.calibration.summary import calibration
    from tocsin.cli.keeping import kept_in, worked
    from tocsin.cli.warning_view import render_calibration, with_progress

    if runs < (0 if keep is not None else 1) or jobs < 1:
        raise UsageError("--runs and --jobs are at least 1; with --keep, --runs 0 tells of what is kept")
    if case not in ("all", *CASES):
        raise UsageError(f"--case {case!r} is none of: {', '.join(CASES)}, all")
    names = list(CASES) if case == "all" else [case]
    flyable = tuple(dict.fromkeys(flight_id for name in names for flight_id in CASES[name].flight_ids()))
    if flight not in ("all", *flyable):
        raise UsageError(f"--flight {flight!r} is none of: {', '.join(flyable)}, all")
    trials = [
        Trial(case=name, flight_id=flight_id, variant=number % VARIANTS, seed=_FIRST_SEED + number)
        for name in names
        for flight_id in CASES[name].flight_ids()
        if flight in ("all", flight_id)
        for number in range(runs)
    ]
    runs_by_key = kept_in(keep, Run, lambda run: run.trial.key)
    flown = worked(trials, run_trial, keys=[trial.key for trial in trials], kept=runs_by_key, keep=keep, jobs=jobs)
    for run in with_progress(flown, total=len(trials), words="flying"):
        runs_by_key[run.trial.key] = run
    told = calibration([*runs_by_key.values()])
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        words = f"--case {case} --runs {runs}" if keep is None else "--case CASE --runs N --keep FILE"
        for name, text in files(told, how=f"tocsin warning calibrate {words} --write DIR").items():
            (write / name).write_text(text, encoding="utf-8")
    if as_json:
        write_json(told)
        return
    output().print(render_calibration(told))
