"""What must hold in a scenario beyond its shape: names that are known, times in order, limits to what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tocsin.exercise.inject_rules import of_kind
from tocsin.exercise.lines import Path
from tocsin.exercise.naming import LONGEST_S, Known, Wrong, named, require_id
from tocsin.exercise.scenario import (
    MOST_INJECTS,
    MOST_OBJECTS,
    AnyInject,
    DecisionInject,
    Expected,
    FlightInject,
    LaunchInject,
    SalvoInject,
    Scenario,
    ScenarioClock,
)

MOST_EXPECTED = 50
_STAGES = ("detected", "assessed", "predicted", "closed", "classified", "counted")
CLASSES = ("ballistic", "space_launch", "aircraft", "clutter")


def check(scenario: Scenario, known: Known) -> Iterator[Wrong]:
    """Yield what is wrong with a scenario whose shape is right."""
    yield from _frame(scenario, known)
    seen: set[str] = set()
    for at, inject in enumerate(scenario.inject):
        path: Path = ("inject", at)
        if inject.id in seen:
            yield Wrong((*path, "id"), f"a second inject {inject.id}", "Give every inject an id of its own")
        seen.add(inject.id)
        yield from check_inject(inject, scenario, known, path)
    if _objects(scenario) > MOST_OBJECTS:
        yield Wrong(("inject",), f"{_objects(scenario)} objects fly, at most {MOST_OBJECTS} may", "Make salvos smaller")


def check_inject(inject: AnyInject, scenario: Scenario, known: Known, path: Path) -> Iterator[Wrong]:
    """Yield what is wrong with one inject of a scenario, or for it."""
    yield from require_id(inject.id, (*path, "id"))
    yield from _time(inject, scenario, path)
    objectives = [each.id for each in scenario.objective]
    yield from named(inject.objectives, objectives, "objective", (*path, "objectives"))
    yield from of_kind(inject, scenario, known, path)
    yield from _expected(inject, scenario, path)


def _frame(scenario: Scenario, known: Known) -> Iterator[Wrong]:
    yield from require_id(scenario.id, ("id",))
    if not scenario.members:
        yield Wrong(("members",), "nobody takes part", "Name members, such as ['JPN', 'KOR', 'USA']")
    if len(set(scenario.members)) < len(scenario.members):
        yield Wrong(("members",), "a member stands twice", "Name every member once")
    owners = sorted(set(known.sensors.values()))
    yield from named(scenario.members, owners, "member with sensors", ("members",))
    if scenario.topology == "hub":
        yield from named((scenario.hub or "(none)",), scenario.members, "member", ("hub",))
    yield from _clock(scenario.clock)
    ids: set[str] = set()
    for at, objective in enumerate(scenario.objective):
        yield from require_id(objective.id, ("objective", at, "id"))
        if objective.id in ids:
            yield Wrong(("objective", at, "id"), f"a second objective {objective.id}", "Give each an id of its own")
        ids.add(objective.id)
    if not scenario.inject:
        yield Wrong(("inject",), "no inject", "An exercise in which nothing happens needs none of this")
    if len(scenario.inject) > MOST_INJECTS:
        yield Wrong(("inject",), f"{len(scenario.inject)} injects, at most {MOST_INJECTS} may be", "Split the scenario")


def _clock(clock: ScenarioClock) -> Iterator[Wrong]:
    if not 0 < clock.ends <= LONGEST_S:
        yield Wrong(("clock", "ends"), f"it ends after {clock.ends:g} s", f"An exercise lasts up to {LONGEST_S:g} s")
    if not 0 <= clock.speed <= 1000:
        yield Wrong(("clock", "speed"), f"a speed of {clock.speed:g}", "Take 0 (as fast as it goes) to 1000")
    if clock.starts_at is not None and clock.starts_at.utcoffset() != timedelta(0):
        yield Wrong(("clock", "starts_at"), "starts_at is not in UTC", "Write it with a Z at its end")
    last_s = 0.0
    for at, jump in enumerate(clock.jumps):
        if not last_s <= jump.at < jump.to <= clock.ends:
            yield Wrong(
                ("clock", "jumps", at), f"a jump from {jump.at:g} to {jump.to:g} s",
                "Jumps lead forward, one after the other, to the end at most",
            )  # fmt: skip
        last_s = jump.to


def _time(inject: AnyInject, scenario: Scenario, path: Path) -> Iterator[Wrong]:
    if inject.at < 0:
        yield Wrong((*path, "at"), f"{inject.id} comes {-inject.at:g} s before the start", "Times count from the start")
        return
    if inject.after:
        by_id = {each.id: each for each in scenario.inject}
        chain = {inject.id}
        before = inject.after
        while before:
            if before not in by_id:
                yield from named((before,), by_id, "inject", (*path, "after"))
                return
            if before in chain:
                yield Wrong((*path, "after"), f"{inject.id} follows itself", "Let the first of them have no after")
                return
            chain.add(before)
            before = by_id[before].after
    if scenario.due_s(inject) > scenario.clock.ends:
        yield Wrong(
            (*path, "at"), f"{inject.id} comes after the end at {scenario.clock.ends:g} s",
            "Move it, or let the clock end later",
        )  # fmt: skip


def _expected(inject: AnyInject, scenario: Scenario, path: Path) -> Iterator[Wrong]:
    if len(inject.expect) > MOST_EXPECTED:
        yield Wrong((*path, "expect"), f"{len(inject.expect)} reactions are expected", f"{MOST_EXPECTED} at most")
    ids: set[str] = set()
    for at, expected in enumerate(inject.expect):
        here: Path = (*path, "expect", at)
        yield from require_id(expected.id, (*here, "id"))
        if expected.id in ids:
            yield Wrong((*here, "id"), f"a second reaction {expected.id}", "Give each of an inject an id of its own")
        ids.add(expected.id)
        if not 0 < expected.within <= LONGEST_S:
            yield Wrong(
                (*here, "within"), f"a reaction within {expected.within:g} s", "Give it a time limit above zero"
            )  # fmt: skip
        yield from named(expected.by, scenario.members, "member", (*here, "by"))
        objectives = [each.id for each in scenario.objective]
        yield from named(expected.objectives, objectives, "objective", (*here, "objectives"))
        yield from _what(expected, inject, here)


def _what(expected: Expected, inject: AnyInject, path: Path) -> Iterator[Wrong]:
    flies = isinstance(inject, LaunchInject | FlightInject | SalvoInject)
    if expected.what in _STAGES and not flies:
        yield Wrong((*path, "what"), f"{expected.what}, but nothing flies in {inject.id}", "Expect it of a launch")
    if expected.what == "decision" and not isinstance(inject, DecisionInject):
        yield Wrong((*path, "what"), f"{inject.id} asks for no decision", "Expect it of an inject of kind decision")
    if expected.choice and not (isinstance(inject, DecisionInject) and expected.choice in inject.options):
        yield Wrong(
            (*path, "choice"), f"{expected.choice!r} is none of the options", "Take one of the inject's options"
        )
    if expected.what == "classified":
        yield from named((expected.label or "(none)",), CLASSES, "class", (*path, "label"))
    if expected.count < 1:
        yield Wrong((*path, "count"), f"a count of {expected.count}", "Take 1 or more")
    if expected.within_km is not None and not (expected.what == "predicted" and expected.within_km > 0):
        yield Wrong((*path, "within_km"), "within_km out of place", "It stands with predicted, and is above 0")


def _objects(scenario: Scenario) -> int:
    single = sum(isinstance(each, LaunchInject | FlightInject) for each in scenario.inject)
    return single + sum(
        battery.count for each in scenario.inject if isinstance(each, SalvoInject) for battery in each.batteries
    )
