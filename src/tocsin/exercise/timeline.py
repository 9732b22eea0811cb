"""What is due when: the scenario's injects, with what was added, moved and skipped by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.errors import ScenarioError
from tocsin.exercise.reading import read_given
from tocsin.exercise.scenario import AnyInject, Scenario
from tocsin.exercise.state import ExerciseState
from tocsin.records import Inject


@dataclass(frozen=True)
class Due:
    """An inject with the time at which it is due now."""

    inject: AnyInject
    due_s: float


def plan_of(scenario: Scenario, state: ExerciseState) -> list[Due]:
    """Return what is still to be made, in the order in which it is due.

    Args:
        scenario: As it was consented to.
        state: What was changed and made since.
    """
    left_out = skipped(state)
    return [
        due
        for due in whole_plan(scenario, state)
        if due.inject.id not in state.made and due.inject.id not in left_out
    ]  # fmt: skip


def whole_plan(scenario: Scenario, state: ExerciseState) -> list[Due]:
    """Return all injects, made and skipped ones among them, in the order in which they are or were due."""
    planned: dict[str, Due] = {each.id: Due(each, scenario.due_s(each)) for each in scenario.inject}
    for change in state.changes:
        if change.act == "added":
            try:
                inject = read_given(change.given)
            except ScenarioError:
                continue  # the director's own; it was checked where it was given
            planned[inject.id] = Due(inject, change.due_s)
        elif change.inject in planned and change.act == "moved" and change.to_s is not None:
            planned[change.inject] = Due(planned[change.inject].inject, change.to_s)
    return sorted(planned.values(), key=lambda due: (due.due_s, due.inject.id))


def skipped(state: ExerciseState) -> dict[str, Inject]:
    """Return the injects that are left out, by id, each with the record that says so."""
    found: dict[str, Inject] = {}
    for change in state.changes:
        if change.act == "skipped":
            found[change.inject] = change
        elif change.act == "added":
            found.pop(change.inject, None)
    return found


def lasting(state: ExerciseState, injects: Sequence[AnyInject]) -> list[tuple[AnyInject, float]]:
    """Return injects that were made and last, each with when it is over on the scenario's clock."""
    found = []
    for inject in injects:
        made = state.made.get(inject.id)
        if made is not None and inject.id not in state.over and inject.lasts:
            found.append((inject, made[0].at_s + float(getattr(inject, "lasting", 0.0))))
    return found
