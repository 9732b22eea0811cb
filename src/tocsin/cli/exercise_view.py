"""Shows a running exercise line by line, and where exercises of a member stand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from rich.text import Text

from tocsin.cli.debriefing import report_of_run
from tocsin.cli.performing import log_afterwards, perform
from tocsin.cli.terminal import notices, output, write_json
from tocsin.clock import SystemClock
from tocsin.exercise.board import Board, Standing, board_of, standings
from tocsin.exercise.catalogue import Script
from tocsin.node import read_config
from tocsin.node.desks import exercise_tables
from tocsin.node.wiring import open_store
from tocsin.records import Launch, body_of
from tocsin.records.exercise import ExerciseDecision, ExerciseEnd, ExerciseMessage, Inject
from tocsin.replay.exercising import ExerciseRun, Happened, Outcome, Running, RunView
from tocsin.store import RecordQuery

BANNER = "EXERCISE EXERCISE EXERCISE"


def play(script: Script, running: Running, *, report: Path | None = None, as_json: bool) -> int:
    """Run an exercise on members made for it, and tell what happens.

    Args:
        script: What is played.
        running: How.
        report: Where the after-action report is written; None: there is none.
        as_json: Write one JSON object in place of lines.

    Returns:
        The exit code.

    Raises:
        TocsinError: The federation does not start, or the report cannot be written.
    """
    if report is None or running.keep is not None:
        return _play(script, running, report=report, as_json=as_json)
    with TemporaryDirectory(prefix="tocsin-exercise-") as folder:
        return _play(script, replace(running, keep=Path(folder)), report=report, is_passing=True, as_json=as_json)


def _play(script: Script, running: Running, *, report: Path | None, is_passing: bool = False, as_json: bool) -> int:
    lines = Lines(is_silent=as_json)
    run = ExerciseRun(script, running, tuple(exercise_tables()[0]), show=lines.show)
    if not as_json:
        output().print(Text(f"{BANNER}: {script.scenario.name}", "black on cyan"))
    with log_afterwards():
        outcome = perform(run.run(), lambda: _leave(run))
    if outcome is None:
        notices().print(Text("Stopped before its end.", "yellow"))
        return 130
    if is_passing:  # the folders go, too, once the report is made of them
        outcome = msgspec.structs.replace(outcome, kept="")
    if report is not None and running.keep is not None:
        report_of_run([running.keep / code for code in script.scenario.members], report)
    if as_json:
        write_json(outcome)
    else:
        _tell(outcome)
        if report is not None:
            output().print(f"The report is in {report}", markup=False)
    return 0 if outcome.is_complete and not outcome.refused else 1


class Lines:
    """Writes a line for everything that people would hear of.

    Args:
        is_silent: Write nothing.
    """

    def __init__(self, *, is_silent: bool) -> None:
        self._is_silent = is_silent
        self._told: dict[tuple[str, str], str] = {}
        self._has_pages = False

    def show(self, view: RunView) -> None:
        """Tell what is new."""
        if self._is_silent:
            return
        if view.pages and not self._has_pages:
            self._has_pages = True
            for code, address in sorted(view.pages.items()):
                output().print(f"{code}  {address}", markup=False, soft_wrap=True)
        for happened in view.news:
            if words := self._words(happened):
                at = int(happened.at_s)
                output().print(f"{at // 60:4}:{at % 60:02}  {words}", markup=False, soft_wrap=True)

    def _words(self, happened: Happened) -> str:
        body = body_of(happened.record)
        match body:
            case Inject():
                return f"{body.kind} {body.inject}: {body.act}  {body.title}".rstrip()
            case ExerciseMessage():
                return f"  {body.sender} to {', '.join(body.to) or 'all'}: {body.text}"
            case ExerciseDecision(act="asked"):
                return f"  asked of {', '.join(body.to) or 'all'}: {body.question} ({' / '.join(body.options)})"
            case ExerciseEnd():
                return "ENDEX"
            case Launch():
                return self._launch(happened, body)
        return ""

    def _launch(self, happened: Happened, launch: Launch) -> str:
        if len(happened.record.marking.releasable_to) > 1:
            return ""
        key, stage = (happened.member, launch.event_id), launch.outcome or launch.stage
        if self._told.get(key) == stage:
            return ""
        self._told[key] = stage
        return f"  {happened.member}: {launch.event_id[:8]} {stage}  {launch.label}".rstrip()


def standing(file: Path) -> tuple[Standing, ...]:
    """Return where each exercise that a member has heard of stands, from its store.

    Raises:
        ConfigError: The configuration cannot be read.
        StoreError: The store cannot be.
    """
    with open_store(read_config(file), read_only=True) as store:
        heard = (stored.admitted for stored in store.records(RecordQuery(kinds=("exercise.*",))))
        return standings(heard, SystemClock().now())


def board(file: Path, exercise_id: str, *, is_controller: bool) -> Board:
    """Return what people of a member have before them in an exercise, from its store.

    Args:
        file: The member's TOML.
        exercise_id: Of the exercise.
        is_controller: Whether what is still to come is told, too.

    Raises:
        DomainError: No such exercise was proposed.
        StoreError: The store cannot be read.
    """
    config, name = read_config(file), exercise_id.removeprefix("exercise:")
    query = RecordQuery(kinds=("exercise.*",), status=f"exercise:{name}")
    with open_store(config, read_only=True) as store:
        heard = (stored.admitted for stored in store.records(query))
        return board_of(name, heard, config.member.code, SystemClock().now(), is_controller=is_controller)


def _tell(outcome: Outcome) -> None:
    told = ", ".join(f"{code} {count}" for code, count in outcome.launches.items())
    output().print(Text(f"{BANNER}: {outcome.exercise} is over", "black on cyan"))
    output().print(f"{outcome.injects_made} injects were made; events told: {told}; frames refused: {outcome.refused}")
    if outcome.kept:
        output().print(f"The members' folders are in {outcome.kept}", markup=False)


def _leave(run: ExerciseRun) -> bool:
    """Let a run go that is over, and whose pages alone are still there; tell whether it is."""
    if run.view.outcome is None:
        return False
    run.leave.set()
    return True
