"""Expected reactions beside those that were observed.

A reaction counts for one inject, for one expectation of its sort, and until its limit: whatever answers comes of the
inject's own event, and a record that met one expectation meets no second of the same sort. Later than the limit it is
``late``, which scores like ``missed``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.exercise.holding import Known
from tocsin.exercise.injects import Course
from tocsin.exercise.matching import Matched
from tocsin.exercise.results import InjectScore, ObjectiveScore, ReactionScore, Standing
from tocsin.exercise.scenario import Expected, Objective
from tocsin.geo.geodesic import distance_m

_STAGES = ("detected", "assessed", "predicted", "closed")
_NEVER = ("no_launch", "no_alert")


@dataclass(frozen=True)
class Answer:
    """A record that may be a reaction."""

    at: datetime
    record: str
    words: str
    is_right: bool = True
    """Whether it is what was expected, or its contrary, such as another choice."""


class Scorer:
    """Holds what was observed against what was expected.

    Args:
        entries: From ``known``.
        ids: From ``canonical_ids``.
        matched: Which event came of which inject.
        members: Who took part.
    """

    def __init__(
        self, entries: Sequence[Known], ids: Mapping[str, str], matched: Matched, members: Sequence[str]
    ) -> None:
        self._ids = ids
        self._matched = matched
        self._members = tuple(sorted(members))
        self._by_kind: dict[str, list[Known]] = {}
        for one in entries:
            self._by_kind.setdefault(one.record.kind, []).append(one)
        self._used: set[tuple[str, str]] = set()
        self._alerts = {one.record.id: one.body for one in self._by_kind.get("alerts.alert", ())}

    def score(self, courses: Iterable[Course]) -> tuple[InjectScore, ...]:
        """Score every inject; those with the nearest limits choose first."""
        courses = tuple(courses)
        wanted = [
            (course, expected, member)
            for course in courses
            if course.plan is not None
            for expected in course.plan.expect
            for member in sorted(expected.by or self._members)
        ]
        found: dict[tuple[str, str, str], ReactionScore] = {
            (course.inject, expected.id, member): self._reaction(course, expected, member)
            for course, expected, member in sorted(wanted, key=_urgency)
        }
        return tuple(
            InjectScore(
                inject=course.inject, kind=course.kind, title=course.title, act=course.act, due_at=course.due_at,
                made_at=course.made_at, is_by_hand=course.is_by_hand, objectives=course.objectives,
                events=tuple(sorted(e for e, inject in self._matched.injects.items() if inject == course.inject)),
                reactions=tuple(
                    found[course.inject, expected.id, member]
                    for own, expected, member in wanted
                    if own.inject == course.inject
                ),
            )
            for course in courses
        )  # fmt: skip

    def _reaction(self, course: Course, expected: Expected, member: str) -> ReactionScore:
        def scored(standing: Standing, answer: Answer | None = None, observed: str = "") -> ReactionScore:
            after_s = None if answer is None or course.made_at is None else _s(course.made_at, answer.at)
            return ReactionScore(
                reaction=expected.id, member=member, expected=expected.text or in_words(expected),
                within_s=float(expected.within), standing=standing, after_s=after_s,
                observed=answer.words if answer is not None else observed,
                record=answer.record if answer is not None else "",
            )  # fmt: skip

        if course.made_at is None:
            return scored("not_due")
        limit = course.made_at + timedelta(seconds=float(expected.within))
        answers = self._free(expected, self._answers(course, expected, member), course.made_at)
        if expected.what in _NEVER:
            early = next((answer for answer in answers if answer.at <= limit), None)
            return (
                scored("met", observed="nothing of the sort")
                if early is None
                else scored("missed", self._use(expected, early))
            )
        answer = next((answer for answer in answers if answer.is_right), None)
        if answer is not None:
            return scored("met" if answer.at <= limit else "late", self._use(expected, answer))
        if answers:
            return scored("missed", self._use(expected, answers[0]))
        return scored("unwatched" if expected.what == "judged" else "missed")

    def _use(self, expected: Expected, answer: Answer) -> Answer:
        self._used.add((expected.what, answer.record))
        return answer

    def _free(self, expected: Expected, answers: Iterable[Answer], made_at: datetime) -> list[Answer]:
        """Return the answers that came after the inject and that no other expectation of the sort has, in order."""
        free = [each for each in answers if each.at >= made_at and (expected.what, each.record) not in self._used]
        return sorted(free, key=lambda each: (each.at, each.record))

    def _answers(self, course: Course, expected: Expected, member: str) -> Iterator[Answer]:
        """Yield what a member did that may be the reaction."""
        match expected.what:
            case "counted":
                return self._counted(course, expected, member)
            case "detected" | "assessed" | "predicted" | "closed" | "classified" | "no_launch":
                return self._launches(course, expected, member)
            case "alert" | "all_clear" | "no_alert":
                return self._sent(course, expected, member)
            case "remark":
                return self._remarks(course, expected, member)
            case "decision":
                return self._decisions(course, expected, member)
            case "judged":
                return self._judged(course, expected, member)

    def _of(self, kind: str, member: str, is_about: Callable[[Known], bool]) -> Iterator[Known]:
        return (one for one in self._by_kind.get(kind, ()) if one.record.originator == member and is_about(one))

    def _is_about(self, course: Course, event: str) -> bool:
        """Tell whether an event came of an inject; of one that lets nothing fly, whether it came of none that does."""
        came_of = self._matched.injects.get(self._ids.get(event, event))
        flies = any(flight.inject == course.inject for flight in self._matched.flights)
        return came_of == course.inject if flies else came_of is None

    def _launches(self, course: Course, expected: Expected, member: str) -> Iterator[Answer]:
        told: set[str] = set()
        for one in self._of("warning.launch", member, lambda one: self._is_about(course, one.body.event_id)):
            body = one.body
            is_first = body.event_id not in told
            told.add(body.event_id)
            if expected.what == "no_launch" and not is_first:
                continue
            if expected.what in _STAGES and body.stage != expected.what:
                continue
            if expected.what == "classified":
                likeliest = max(body.classes, key=lambda each: each.probability, default=None)
                if likeliest is None or likeliest.name != expected.label:
                    continue
            off_km = self._off_km(one) if expected.within_km is not None else None
            if expected.within_km is not None and (off_km is None or off_km > expected.within_km):
                continue
            far = "" if off_km is None else f", {off_km:.1f} km off"
            yield Answer(one.record.issued_at, one.record.id, f"{body.stage}: {body.label or 'no label yet'}{far}")

    def _off_km(self, one: Known) -> float | None:
        """Return how far a predicted impact lies from the simulated one that it is of."""
        impact, event = one.body.impact, self._ids.get(one.body.event_id, one.body.event_id)
        made = [each.impact for each in self._matched.flights if each.event == event and each.impact is not None]
        if impact is None or not made:
            return None
        return min(distance_m(impact.lat_deg, impact.lon_deg, each.lat_deg, each.lon_deg) for each in made) / 1e3

    def _counted(self, course: Course, expected: Expected, member: str) -> Iterator[Answer]:
        """Yield the record with which a member first told of as many objects as are expected, over all events."""
        known: dict[str, int] = {}
        for one in self._of("warning.launch", member, lambda one: self._is_about(course, one.body.event_id)):
            event = self._ids.get(one.body.event_id, one.body.event_id)
            known[event] = max(known.get(event, 0), one.body.count_low)
            if sum(known.values()) >= expected.count:
                yield Answer(
                    one.record.issued_at, one.record.id, f"{sum(known.values())} objects in {len(known)} events"
                )
                return

    def _sent(self, course: Course, expected: Expected, member: str) -> Iterator[Answer]:
        wanted = ("all_clear",) if expected.what == "all_clear" else ("alert", "update")
        for one in self._of("alerts.sent", member, lambda _: True):
            alert = self._alerts.get(one.body.alert)
            if alert is None or alert.message not in wanted or not self._is_about(course, alert.event_id):
                continue
            if expected.role is None or one.body.by.role == expected.role:
                yield Answer(one.record.issued_at, one.record.id, f"{alert.message.replace('_', ' ')} sent")

    def _remarks(self, course: Course, expected: Expected, member: str) -> Iterator[Answer]:
        for one in self._of("watch.remark", member, lambda one: self._is_about(course, one.body.event_id)):
            act, role = one.body.act, one.body.person.role
            is_wanted = act == expected.act if expected.act else act != "seen"
            if is_wanted and (expected.role is None or role == expected.role):
                yield Answer(one.record.issued_at, one.record.id, f"{act.replace('_', ' ')}, by {role}")

    def _decisions(self, course: Course, expected: Expected, member: str) -> Iterator[Answer]:
        for one in self._of("exercise.decision", member, lambda one: one.body.inject == course.inject):
            body = one.body
            if body.act == "taken" and (expected.role is None or body.by.role == expected.role):
                is_right = not expected.choice or body.choice == expected.choice
                yield Answer(one.record.issued_at, one.record.id, f"decided: {body.choice}", is_right)

    def _judged(self, course: Course, expected: Expected, member: str) -> Iterator[Answer]:
        for one in self._by_kind.get("exercise.reaction", ()):
            body = one.body
            if (body.inject, body.reaction, body.member) == (course.inject, expected.id, member):
                words = body.text or ("observed" if body.is_met else "observed that it did not come")
                yield Answer(body.seen_at, one.record.id, words, body.is_met)


def objective_scores(
    injects: Sequence[InjectScore], courses: Iterable[Course], objectives: Sequence[Objective]
) -> tuple[ObjectiveScore, ...]:
    """Return how far each objective was reached; those that the scenario names first, in its order.

    Args:
        injects: From ``Scorer.score``.
        courses: Of the same injects, for what their expectations serve.
        objectives: Of the scenario.
    """
    serves = {
        (course.inject, expected.id): expected.objectives or course.objectives
        for course in courses
        if course.plan is not None
        for expected in course.plan.expect
    }
    titles = {each.id: each.name for each in objectives}
    named = [name for served in serves.values() for name in served]
    found = []
    for objective in dict.fromkeys([*titles, *named]):
        of_it = [
            reaction.standing
            for inject in injects
            for reaction in inject.reactions
            if objective in serves.get((inject.inject, reaction.reaction), ())
        ]
        met, late, missed = (of_it.count(standing) for standing in ("met", "late", "missed"))
        due = met + late + missed
        found.append(
            ObjectiveScore(
                objective=objective, title=titles.get(objective, objective), met=met, late=late, missed=missed,
                open=len(of_it) - due, score=round(met / due, 4) if due else None,
            )
        )  # fmt: skip
    return tuple(found)


def in_words(expected: Expected) -> str:
    """Say what is expected."""
    said = {
        "detected": "tells that a launch was detected",
        "assessed": "tells what it is taken for",
        "predicted": "foretells the impact"
        + (f" to {expected.within_km:g} km" if expected.within_km is not None else ""),
        "closed": "closes the event",
        "classified": f"takes it for {expected.label.replace('_', ' ')}",
        "counted": f"tells of {expected.count} objects or more",
        "no_launch": "tells of no launch",
        "alert": "sends an alert to the public",
        "no_alert": "sends no alert to the public",
        "all_clear": "sends the all-clear",
        "remark": f"remarks: {expected.act.replace('_', ' ')}" if expected.act else "says something of it",
        "decision": f"decides: {expected.choice}" if expected.choice else "decides",
        "judged": "reacts as an observer judges",
    }[expected.what]
    return said if expected.role is None else f"{expected.role.replace('_', ' ')} {said}"


def _urgency(wanted: tuple[Course, Expected, str]) -> tuple[datetime, str, str, str]:
    course, expected, member = wanted
    begins = course.made_at or course.due_at
    return begins + timedelta(seconds=float(expected.within)), course.inject, expected.id, member


def _s(begin: datetime, end: datetime) -> float:
    return round((end - begin) / timedelta(seconds=1), 6)
