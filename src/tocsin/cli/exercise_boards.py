"""What a member has before it of exercises: ``exercise status``, ``exercise show``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cyclopts import App

from tocsin.cli.parameters import HERE, Flag, Json, MemberHome, member_file
from tocsin.cli.terminal import output, write_json

if TYPE_CHECKING:
    from tocsin.exercise.board import Board

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415


def add_to(exercise: App) -> None:
    """Add these commands to ``exercise``."""
    exercise.command(status)
    exercise.command(show)


def status(*, member: MemberHome = HERE, as_json: Json = False) -> int:
    """Tell which exercises a member has heard of, and where each stands.

    Args:
        member: The member's folder.
        as_json: Write one JSON array.
    """
    from tocsin.cli.exercise_view import standing

    rows = standing(member_file(member))
    if as_json:
        write_json(rows)
        return 0
    for row in rows:
        consents = ", ".join(f"{code} {row.consents.get(code, 'not yet')}" for code in row.members)
        words = f"{row.id:<32} {row.state:<10} directed by {row.director}; consent: {consents}"
        output().print(words, markup=False, soft_wrap=True)
    return 0


def show(exercise_id: str, /, *, plan: Flag = False, member: MemberHome = HERE, as_json: Json = False) -> int:
    """Show what people of a member have before them in an exercise: the clock, messages, decisions to be taken.

    Args:
        exercise_id: Its id.
        plan: Also all injects, and what others are told and decide: for controllers, not for players.
        member: The member's folder.
        as_json: Write one JSON object.
    """
    from tocsin.cli.exercise_view import board

    told = board(member_file(member), exercise_id, is_controller=plan)
    if as_json:
        write_json(told)
        return 0
    for line in _lines(told):
        output().print(line, markup=False, soft_wrap=True)
    return 0


def _lines(told: Board) -> Iterator[str]:
    from tocsin.exercise.seconds import clock_words

    exercise = told.exercise
    yield f"EXERCISE EXERCISE EXERCISE: {exercise.name}, {exercise.state}, {clock_words(exercise.at_s)}"
    for said in told.messages:
        to = f" to {said.role}" if said.role else ""
        yield f"{said.at:%H:%M:%S}  {said.sender}{to}: {said.text}"
    for asked in told.decisions:
        answers = ", ".join(f"{each.member}: {each.choice}" for each in asked.taken)
        answer = answers or "to be taken: " + " / ".join(asked.options)
        yield f"decision {asked.inject} ({asked.role or 'anyone'}): {asked.question} {answer}"
    for row in told.injects or ():
        yield f"{row.state:<11} {clock_words(row.due_s)}  {row.inject}  {row.kind}  {row.title}".rstrip()
