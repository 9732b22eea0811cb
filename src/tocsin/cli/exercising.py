"""Exercises: ``exercise list``, ``check``, ``run``, and what people do while one runs and afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from tocsin.cli import debriefing, exercise_boards, planning
from tocsin.cli.parameters import HERE, Codes, Flag, Json, MemberHome, Moment, UsageError
from tocsin.cli.replaying import Speed
from tocsin.cli.terminal import output, say_error, write_json

if TYPE_CHECKING:
    from tocsin.exercise.catalogue import Script
    from tocsin.exercise.orders import Act

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

By = Annotated[str, Parameter(name="--by", metavar="PSEUDONYM")]
Time = Annotated[str, Parameter(metavar="TIME")]

exercise = App(name="exercise", help="Train with the others: scenarios, injects, and a clock that people work.")


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(exercise)
    exercise.command(listed, name="list")
    for command in (
        check,
        run,
        consent,
        pause,
        resume,
        jump,
        inject,
        skip,
        move,
        message,
        decide,
        judge,
        comment,
        stop,
    ):
        exercise.command(command)
    exercise_boards.add_to(exercise)
    debriefing.add_to(exercise)
    planning.add_to(exercise)


def listed(*, as_json: Json = False) -> int:
    """List the scenarios that come with the program.

    Args:
        as_json: Write one JSON array.
    """
    from tocsin.exercise.catalogue import shipped

    scripts = [_script(name) for name in shipped()]
    if as_json:
        write_json([{"id": each.scenario.id, "name": each.scenario.name} for each in scripts])
        return 0
    for script in scripts:
        scenario = script.scenario
        output().print(f"{scenario.id:<16} {scenario.name}", markup=False, soft_wrap=True)
        output().print(f"{'':<16} {' '.join(scenario.summary.split())}", markup=False, soft_wrap=True)
    return 0


def check(scenario: str, /, *, as_json: Json = False) -> int:
    """Read a scenario and tell all that is wrong with it, with line and what to do. Ends with 1 if anything is.

    Args:
        scenario: A file (TOML, or YAML if its name ends so), or the name of a scenario that comes with the program.
        as_json: Write one JSON object.
    """
    from tocsin.errors import ScenarioError

    try:
        found = _script(scenario).scenario
    except ScenarioError as error:
        wrong = (error, *error.others)
        if as_json:
            write_json({"problems": [{"line": each.line, "message": str(each)} for each in wrong]})
        else:
            for problem in wrong:
                say_error(problem.args[0], advice=problem.advice)
        return 1
    if as_json:
        write_json({"problems": [], "id": found.id, "injects": len(found.inject), "ends_s": float(found.clock.ends)})
        return 0
    from tocsin.exercise.seconds import clock_words

    output().print(
        f"{found.name}: {len(found.inject)} injects for {', '.join(found.members)}; nothing is wrong with it"
    )
    for each in sorted(found.inject, key=found.due_s):
        due_s = found.due_s(each)
        kind = type(each).__struct_config__.tag
        words = f"  {clock_words(due_s):>8}  {each.id}  {kind}  {each.title}"
        output().print(words.rstrip(), markup=False, soft_wrap=True)
    return 0


def run(
    scenario: str,
    /,
    *,
    member: Annotated[Path | None, Parameter(name="--member", metavar="DIR")] = None,
    by: By = "EC-1",
    starts: Moment = None,
    as_id: Annotated[str, Parameter(name="--as", metavar="ID")] = "",
    speed: Annotated[Speed | None, Parameter(show_default=False)] = None,
    seed: int | None = None,
    page: Flag = False,
    keep: Path | None = None,
    report: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    as_json: Json = False,
) -> int:
    """Run an exercise: on members made for it on this machine, or with --member on running ones.

    On running members it begins when all who take part have consented (tocsin exercise consent), and this member
    directs it. Everything in it is of status exercise, signed by the keys for exercises, and synthetic.

    Args:
        scenario: A file, or the name of a scenario that comes with the program (tocsin exercise list).
        member: The folder of a running member; without it a federation is made, and thrown away afterwards.
        by: Pseudonym of the person who controls the exercise.
        starts: With --member: when it begins at the earliest.
        as_id: With --member: its id; else that of the scenario with the present minute.
        speed: Scenario seconds per second, or max; else as the scenario says. Running members keep real time.
        seed: Of all noise; else the scenario's.
        page: Serve every member's watch floor and stay until Ctrl-C.
        keep: Leave the members' folders here, with all records.
        report: The page of the after-action report (see: tocsin exercise report); without it, after-action-ID.html
            here, and with --json none.
        as_json: Write one JSON object.
    """
    if member is not None:
        if speed is not None or seed is not None or page or keep is not None or report is not None:
            raise UsageError("--speed, --seed, --page, --keep and --report are for members made for the exercise alone")
        from tocsin.node.exercising import Propose

        script = _script(scenario)
        order = Propose(scenario=script.text, form=script.form, pseudonym=by, id=as_id, starts_at=starts)
        return _ask(order, member, as_json=as_json)
    if starts is not None or as_id:
        raise UsageError("--starts and --as go with --member")
    from tocsin.replay.processes import warm_up

    warm_up()
    from tocsin.cli.exercise_view import play
    from tocsin.replay.exercising import Running

    script = _script(scenario)
    if report is None and not as_json:
        report = Path(f"after-action-{script.scenario.id}.html")
    running = Running(speed=speed, seed=seed, is_watched=page, keep=keep)
    return play(script, running, report=report, as_json=as_json)


def consent(
    exercise_id: str, /, *, act: Literal["consent", "decline", "withdraw"] = "consent", by: By = "EC-1", text: str = "",
    member: MemberHome = HERE, as_json: Json = False,
) -> int:  # fmt: skip
    """Take part in an exercise that was proposed, or not, or no longer: a signed record of this member.

    Args:
        exercise_id: Its id (tocsin exercise status).
        act: consent; decline; or withdraw, which takes this member out of it at once.
        by: Pseudonym of the person who says so.
        text: Why.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act(act, exercise_id, by, member, as_json=as_json, text=text)


def pause(exercise_id: str, /, *, by: By = "EC-1", member: MemberHome = HERE, as_json: Json = False) -> int:
    """Hold the scenario's clock; what flies already goes on to its end. For the member that directs it.

    Args:
        exercise_id: Its id.
        by: Pseudonym of the person who controls the exercise.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act("pause", exercise_id, by, member, as_json=as_json)


def resume(exercise_id: str, /, *, by: By = "EC-1", member: MemberHome = HERE, as_json: Json = False) -> int:
    """Let the scenario's clock go on. For the member that directs it.

    Args:
        exercise_id: Its id.
        by: Pseudonym of the person who controls the exercise.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act("resume", exercise_id, by, member, as_json=as_json)


def jump(
    exercise_id: str, to: Time, /, *, by: By = "EC-1", member: MemberHome = HERE, as_json: Json = False
) -> int:  # fmt: skip
    """Set the scenario's clock on; what lies between is due at once. For the member that directs it.

    Args:
        exercise_id: Its id.
        to: A later time on the scenario's clock, such as 12:30 or 750.
        by: Pseudonym of the person who controls the exercise.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act("jump", exercise_id, by, member, as_json=as_json, to_s=_seconds(to))


def inject(
    exercise_id: str, file: Path, /, *, by: By = "EC-1", member: MemberHome = HERE, as_json: Json = False
) -> int:  # fmt: skip
    """Add an inject by hand. For the member that directs the exercise.

    Args:
        exercise_id: Its id.
        file: One inject in TOML, with the fields that stand beneath [[inject]] in a scenario.
        by: Pseudonym of the person who controls the exercise.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    from tocsin.exercise.catalogue import read_one

    return _act("inject", exercise_id, by, member, as_json=as_json, given=read_one(file))


def skip(
    exercise_id: str, inject_id: str, /, *, by: By = "EC-1", member: MemberHome = HERE, as_json: Json = False
) -> int:  # fmt: skip
    """Leave an inject out. For the member that directs the exercise.

    Args:
        exercise_id: Its id.
        inject_id: That of the inject.
        by: Pseudonym of the person who controls the exercise.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act("skip", exercise_id, by, member, as_json=as_json, what=inject_id)


def move(
    exercise_id: str, inject_id: str, to: Time, /, *, by: By = "EC-1", member: MemberHome = HERE, as_json: Json = False
) -> int:  # fmt: skip
    """Make an inject at another time. For the member that directs the exercise.

    Args:
        exercise_id: Its id.
        inject_id: That of the inject.
        to: On the scenario's clock, such as 12:30 or 750.
        by: Pseudonym of the person who controls the exercise.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act("move", exercise_id, by, member, as_json=as_json, what=inject_id, to_s=_seconds(to))


def decide(
    exercise_id: str, inject_id: str, choice: str, /, *, role: str, by: By, text: str = "", member: MemberHome = HERE,
    as_json: Json = False,
) -> int:  # fmt: skip
    """Take a decision that an inject asks for.

    Args:
        exercise_id: Its id.
        inject_id: That of the inject which asks.
        choice: One of the options.
        role: In which role it is taken.
        by: Pseudonym of the person who takes it.
        text: Why.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act("decide", exercise_id, by, member, as_json=as_json, what=inject_id, choice=choice, role=role, text=text)


def message(
    exercise_id: str, text: str, /, *, to: Codes = (), for_role: Annotated[str, Parameter(name="--for")] = "",
    role: str, by: By, member: MemberHome = HERE, as_json: Json = False,
) -> int:  # fmt: skip
    """Send a message within an exercise, as a player or as a controller.

    Args:
        exercise_id: Its id.
        text: What.
        to: Codes of the members that it is for, separated by commas; without any, all that take part.
        for_role: For whom among their people; else for everyone.
        role: In which role it is sent.
        by: Pseudonym of the person who sends it.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act("message", exercise_id, by, member, as_json=as_json, text=text, to=to, for_role=for_role, role=role)


def judge(
    exercise_id: str, inject_id: str, reaction_id: str, /, *, of: str, missed: Flag = False, text: str = "", by: By,
    role: str = "exercise_controller", member: MemberHome = HERE, as_json: Json = False,
) -> int:  # fmt: skip
    """Say whether a member reacted as expected, where no record can tell; also when it is over.

    Args:
        exercise_id: Its id.
        inject_id: That of the inject.
        reaction_id: That of the expected reaction in the scenario.
        of: Code of the member that was to react.
        missed: It did not; else it did, now.
        text: What was seen.
        by: Pseudonym of the person who observed it.
        role: In which role.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act(
        "react", exercise_id, by, member, as_json=as_json, what=inject_id, choice=reaction_id, to=(of.upper(),),
        is_met=not missed, text=text, role=role,
    )  # fmt: skip


def comment(
    exercise_id: str, text: str, /, *, by: By, role: str = "exercise_controller", lesson: Flag = False,
    about: Literal["exercise", "inject", "objective", "event", "member"] = "exercise", what: str = "",
    member: MemberHome = HERE, as_json: Json = False,
) -> int:  # fmt: skip
    """Say something of an exercise or of a part of it, also when it is over; the report has it.

    Args:
        exercise_id: Its id.
        text: What.
        by: Pseudonym of the person who says it.
        role: In which role.
        lesson: It is a lesson for the next time.
        about: What it is about.
        what: The id of that.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    act: Act = "lesson" if lesson else "comment"
    return _act(act, exercise_id, by, member, as_json=as_json, text=text, role=role, about=about, what=what)


def stop(
    exercise_id: str, /, *, by: By = "EC-1", text: str = "", member: MemberHome = HERE, as_json: Json = False
) -> int:
    """ENDEX: end an exercise for everyone at once. Any member that takes part may.

    Args:
        exercise_id: Its id.
        by: Pseudonym of the person who ends it.
        text: Why.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    return _act("stop", exercise_id, by, member, as_json=as_json, text=text)


def _act(act: Act, exercise_id: str, by: str, member: Path, *, as_json: bool, **fields: Any) -> int:
    from tocsin.exercise.orders import ExerciseOrder

    order = ExerciseOrder(act=act, exercise=exercise_id.removeprefix("exercise:"), pseudonym=by, **fields)
    return _ask(order, member, as_json=as_json)


def _ask(order: Any, member: Path, *, as_json: bool) -> int:
    from tocsin.cli.ordering import ask_node

    return ask_node(order, member, as_json=as_json)


def _script(which: str) -> Script:
    from tocsin.exercise.catalogue import load_script
    from tocsin.node.desks import known_here

    return load_script(which, known=known_here())


def _seconds(text: str) -> float:
    from tocsin.exercise.seconds import Seconds, to_seconds

    try:
        return float(to_seconds(Seconds, float(text) if text.replace(".", "", 1).isdigit() else text))
    except ValueError as error:
        raise UsageError(str(error)) from None
