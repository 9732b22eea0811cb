"""What a member has before it of exercises: ``exercise status``, ``exercise show``."""

from __future__ import annotations

from cyclopts import App

from tocsin.cli.parameters import HERE, Flag, Json, MemberHome, member_file
from tocsin.cli.terminal import output, write_json

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
        output().print(
            f"{row['id']:<32} {row['state']:<10} directed by {row['director']}; consent: {row['consents']}",
            markup=False,
        )
    return 0


def show(exercise_id: str, /, *, plan: Flag = False, member: MemberHome = HERE, as_json: Json = False) -> int:
    """Show what people of a member have before them in an exercise: the clock, messages, decisions to be taken.

    Args:
        exercise_id: Its id.
        plan: Also what is still to come: for controllers, not for players.
        member: The member's folder.
        as_json: Write one JSON object.
    """
    from tocsin.cli.exercise_view import board
    from tocsin.clock import SystemClock

    told = board(member_file(member), exercise_id, SystemClock().now(), is_controller=plan)
    if as_json:
        write_json(told)
        return 0
    lines = [f"EXERCISE EXERCISE EXERCISE: {told['name']}, {told['state']}, {clock_words(told['at_s'])}"]
    for each in told["messages"]:
        to = f" to {each['role']}" if each["role"] else ""
        lines.append(f"{each['at']:%H:%M:%S}  {each['sender']}{to}: {each['text']}")
    for each in told["decisions"]:
        answer = each["taken"] or "to be taken: " + " / ".join(each["options"])
        lines.append(f"decision {each['inject']} ({each['role'] or 'anyone'}): {each['question']} {answer}")
    lines += [
        f"to come {clock_words(each['due_s'])}  {each['inject']}  {each['kind']}  {each['title']}".rstrip()
        for each in told.get("to_come", ())
    ]
    for line in lines:
        output().print(line, markup=False, soft_wrap=True)
    return 0


def clock_words(seconds: float) -> str:
    """Return a time on the scenario's clock, such as 0:12:30."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
