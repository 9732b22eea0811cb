"""Measures how good the filter is: ``warning calibrate``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tocsin.cli.parameters import Json, UsageError
from tocsin.cli.terminal import output, write_json

if TYPE_CHECKING:
    from tocsin.calibration.results import Run, Trial

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
        runs: Of each flight and case, each with its own noise; the same number gives the same figures.
        flight: A reference flight such as kn25, or all.
        case: nominal, air, thrust, bias, pull-up, or all.
        jobs: Processes that fly at once.
        keep: Keep every run in this file as it is done, a line of JSON each; runs that it holds are not flown again.
        write: Also write the report and its pictures into this folder.
        as_json: Write one JSON array, with one object a case, flight, view and time after burnout.
    """
    from tocsin.calibration.cases import CASES
    from tocsin.calibration.reference import VARIANTS, flight_ids
    from tocsin.calibration.report import page, pictures
    from tocsin.calibration.results import Trial
    from tocsin.calibration.statistics import all_figures
    from tocsin.cli.warning_view import render_figures, with_progress

    if runs < 1 or jobs < 1:
        raise UsageError("--runs and --jobs are at least 1")
    if flight not in ("all", *flight_ids()):
        raise UsageError(f"--flight {flight!r} is none of: {', '.join(flight_ids())}, all")
    if case not in ("all", *CASES):
        raise UsageError(f"--case {case!r} is none of: {', '.join(CASES)}, all")
    trials = [
        Trial(case=name, flight_id=flight_id, variant=number % VARIANTS, seed=_FIRST_SEED + number)
        for name in (CASES if case == "all" else (case,))
        for flight_id in (flight_ids() if flight == "all" else (flight,))
        for number in range(runs)
    ]
    done = list(with_progress(_flown(trials, jobs, keep), total=len(trials), words="flying"))
    found = all_figures(done)
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        how = f"tocsin warning calibrate --case {case} --runs {runs} --write DIR"
        (write / "calibration.md").write_text(page(found, how=how), encoding="utf-8")
        for name, drawn in pictures(found).items():
            (write / name).write_text(drawn, encoding="utf-8")
    if as_json:
        write_json(found)
        return
    output().print(render_figures(found))


def _flown(trials: Sequence[Trial], jobs: int, keep: Path | None) -> Iterator[Run]:
    """Yield the runs of all trials in their order; those that are kept already are read."""
    from concurrent.futures import ProcessPoolExecutor
    from contextlib import ExitStack

    from tocsin.calibration.runs import run_trial
    from tocsin.codec import encode
    from tocsin.replay.processes import context

    kept = _kept(keep) if keep is not None else {}
    left = [trial for trial in trials if trial.key not in kept]
    with ExitStack() as stack:
        file = stack.enter_context(keep.open("ab")) if keep is not None else None
        if jobs == 1:
            flown: Iterator[Run] = map(run_trial, left)
        else:
            pool = stack.enter_context(ProcessPoolExecutor(max_workers=jobs, mp_context=context))
            flown = pool.map(run_trial, left, chunksize=2)
        for trial in trials:
            run = kept.get(trial.key)
            if run is None:
                run = next(flown)
                if file is not None:
                    file.write(encode(run) + b"\n")
                    file.flush()
            yield run


def _kept(file: Path) -> dict[tuple[str, str, int, int], Run]:
    """Return the runs that a file holds; a line that was cut off in the middle is flown again.

    Raises:
        ConfigError: The file holds something else.
    """
    from tocsin.calibration.results import Run
    from tocsin.codec import decode
    from tocsin.errors import ConfigError, RecordError

    if not file.exists():
        return {}
    lines = file.read_bytes().split(b"\n")
    found = {}
    for number, line in enumerate(lines[:-1], start=1):
        try:
            run = decode(line, Run)
        except RecordError as error:
            raise ConfigError(
                f"line {number} is no run: {error}", path=str(file), advice="Choose another file"
            ) from error
        found[run.trial.key] = run
    if lines[-1]:
        file.write_bytes(b"\n".join(lines[:-1]) + b"\n")
    return found
