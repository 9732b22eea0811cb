"""What became of each inject of a scenario: made, skipped or never reached, and by whose hand."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from tocsin.errors import ScenarioError
from tocsin.exercise.holding import Known, of_kind
from tocsin.exercise.lines import read_toml, read_yaml
from tocsin.exercise.reading import kind_of, read_given
from tocsin.exercise.scenario import Common, Scenario
from tocsin.exercise.seconds import to_seconds
from tocsin.records import Exercise


@dataclass(frozen=True)
class Course:
    """An inject as it went."""

    inject: str
    kind: str
    title: str
    plan: Common | None
    """As the scenario, or the controller who added it, has it; None: the scenario is not at hand."""
    act: Literal["made", "skipped", "not_reached"]
    due_at: datetime
    made_at: datetime | None
    is_by_hand: bool
    objectives: tuple[str, ...]


def scenario_of(exercise: Exercise) -> Scenario | None:
    """Return the scenario that a proposal carries; None if the controllers kept it, or it cannot be read.

    It was checked before the exercise began: here it is only read.
    """
    if not exercise.scenario:
        return None
    try:
        placed = (read_toml if exercise.form == "toml" else read_yaml)(exercise.scenario, "the scenario")
        return msgspec.convert(placed.value, Scenario, dec_hook=to_seconds)
    except (ScenarioError, msgspec.ValidationError):
        return None


def courses(entries: Sequence[Known], scenario: Scenario | None, starts_at: datetime) -> tuple[Course, ...]:
    """Return how every inject went, in the order in which they were made or due.

    Args:
        entries: From ``known``.
        scenario: What was planned; None: only what the records tell.
        starts_at: Where the scenario's clock begins.
    """
    told: dict[str, list[Known]] = {}
    for one in of_kind(entries, "exercise.inject"):
        told.setdefault(one.body.inject, []).append(one)
    plans: dict[str, Common] = {} if scenario is None else {each.id: each for each in scenario.inject}
    for name, them in told.items():
        given = next((one.body.given for one in reversed(them) if one.body.act == "added"), "")
        if given:
            with suppress(ScenarioError):
                plans[name] = read_given(given)
    found = []
    for name in {**plans, **told}:
        due_s = float(plans[name].at) if name in plans else 0.0
        if scenario is not None and any(each.id == name for each in scenario.inject):
            due_s = scenario.due_s(plans[name])
        found.append(_course(name, plans.get(name), told.get(name, ()), starts_at, due_s))
    return tuple(sorted(found, key=lambda each: (each.made_at or each.due_at, each.inject)))


def _course(name: str, plan: Common | None, told: Sequence[Known], starts_at: datetime, planned_s: float) -> Course:
    made = next((one for one in told if one.body.act == "made"), None)
    is_skipped = made is None and any(one.body.act == "skipped" for one in told)
    moved = next((one.body.to_s for one in reversed(told) if one.body.act == "moved"), None)
    first = told[0].body if told else None
    due_s = moved if moved is not None else first.due_s if first is not None else planned_s
    kind = kind_of(plan) if plan is not None else first.kind if first is not None else ""
    title = plan.title if plan is not None else next((one.body.title for one in told if one.body.title), "")
    objectives = plan.objectives if plan is not None else first.objectives if first is not None else ()
    return Course(
        inject=name, kind=kind, title=title, plan=plan,
        act="made" if made is not None else "skipped" if is_skipped else "not_reached",
        due_at=starts_at + timedelta(seconds=due_s), made_at=made.record.issued_at if made is not None else None,
        is_by_hand=any(one.body.by is not None for one in told), objectives=objectives,
    )  # fmt: skip
