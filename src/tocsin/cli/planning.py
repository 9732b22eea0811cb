"""Plans of exercises: ``exercise plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from tocsin.cli.ordering import ask_node
from tocsin.cli.parameters import HERE, Json, MemberHome, member_file
from tocsin.cli.terminal import output, write_json

if TYPE_CHECKING:
    from tocsin.exercise.plans import PlanStanding

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

plan = App(name="plan", help="Plans of exercises over years, signed by those who take part.")


def add_to(exercise: App) -> None:
    """Add these commands to ``exercise``."""
    for command, name in ((listed, "list"), (propose, "propose"), (sign, "sign")):
        plan.command(command, name=name)
    exercise.command(plan)


def listed(
    *,
    ics: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    member: MemberHome = HERE,
    as_json: Json = False,
) -> None:
    """List the plans that a member holds, with their exercises and who has signed.

    Args:
        ics: Also write them as a calendar (iCalendar): confirmed is what all who take part have signed.
        member: The member's folder.
        as_json: Write one JSON array.
    """
    from tocsin.errors import ConfigError
    from tocsin.exercise.plans import calendar
    from tocsin.node import read_config
    from tocsin.node.planning import plans_in
    from tocsin.node.wiring import open_store

    with open_store(read_config(member_file(member)), read_only=True) as store:
        plans = plans_in(store)
    if ics is not None:
        try:
            ics.write_bytes(calendar(plans))
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", path=str(ics)) from error
    if as_json:
        write_json(plans)
        return
    for each in plans:
        _tell(each)
    if not plans:
        output().print("[dim]no plans[/]")


def propose(file: Path, /, *, plan_id: Annotated[str, Parameter(name="--id")], member: MemberHome = HERE,
            as_json: Json = False) -> int:  # fmt: skip
    """Propose a plan to all who take part in any of its exercises, or the next version of one of ours.

    Args:
        file: The plan, TOML: title, and [[exercises]] with id, name, begins_on, ends_on, members, aim, objectives and
            domains.
        plan_id: Of the plan: small letters, digits and hyphens.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    from tocsin.node.planning import ProposePlan, read_plan

    return ask_node(ProposePlan(id=plan_id, plan=read_plan(file)), member, as_json=as_json)


def sign(
    plan_id: str, /, *, by: Annotated[str, Parameter(metavar="PSEUDONYM")],
    act: Literal["cosign", "decline", "withdraw"] = "cosign", role: str = "exercise_controller", text: str = "",
    member: MemberHome = HERE, as_json: Json = False,
) -> int:  # fmt: skip
    """Sign a plan as it now stands, or decline it: a signed record of this member over the plan's digest.

    Args:
        plan_id: Of the plan.
        by: Pseudonym of the person who says so.
        act: cosign, decline or withdraw.
        role: In which role.
        text: Why.
        member: The folder of the running member.
        as_json: Write one JSON object.
    """
    from tocsin.node.planning import SignPlan

    order = SignPlan(id=plan_id.removeprefix("exercise:"), act=act, pseudonym=by, role=role, text=text)
    return ask_node(order, member, as_json=as_json)


def _tell(each: PlanStanding) -> None:
    console = output()
    standing = "agreed" if not each.missing and not each.declined else ""
    waits = f"waits for {', '.join(each.missing)}" if each.missing else ""
    declined = f"declined by {', '.join(each.declined)}" if each.declined else ""
    words = "; ".join(word for word in (standing, waits, declined) if word)
    console.print(f"{each.id}  {each.title} (by {each.originator}): {words}", markup=False, soft_wrap=True)
    for exercise in each.exercises:
        sure = "confirmed" if each.is_agreed(exercise) else "tentative"
        console.print(
            f"  {exercise.begins_on} to {exercise.ends_on}  {exercise.id}  {exercise.name}"
            f"  [{', '.join(exercise.members)}]  {sure}", markup=False, soft_wrap=True,
        )  # fmt: skip
