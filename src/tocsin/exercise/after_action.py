"""The after-action report: records in, one typed result out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce

import msgspec

from tocsin.errors import DomainError
from tocsin.exercise.gains import gains
from tocsin.exercise.holding import Holding, Known, known, of_kind
from tocsin.exercise.injects import Course, courses, scenario_of
from tocsin.exercise.kept_back import kept_back
from tocsin.exercise.matching import Matched, match, object_counts, simulated_flights
from tocsin.exercise.missing import missing
from tocsin.exercise.results import AfterAction, EventTimes, InjectScore, Place, Voice
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.scoring import Scorer, objective_scores
from tocsin.exercise.times import canonical_ids, event_times, intervals
from tocsin.exercise.voices import Discretion, comments, happenings, role_figures
from tocsin.markings import PUBLIC, combine
from tocsin.records import Exercise
from tocsin.warning import WarningSettings

_SPACE_M = 100_000.0
"""Sensors above it are no place on a map."""


def after_action(
    holdings: Iterable[Holding],
    *,
    status: str,
    discretion: Discretion,
    settings: WarningSettings,
    scenario: Scenario | None = None,
) -> AfterAction:
    """Make the report of one exercise. The order of records, and in how many frames one came, change nothing.

    Args:
        holdings: The copies of one or more members, as far as the report's readers may have them.
        status: ``exercise:<id>``, or ``test`` for a run that is none.
        discretion: What of people is shown.
        settings: Of the members' warning desks, for what they would have known alone.
        scenario: What was planned; None: as the proposal carries it.

    Raises:
        DomainError: The copies hold nothing of it.
    """
    holdings = tuple(sorted(holdings, key=lambda each: each.member))
    entries = known(holdings, status=status)
    if not entries:
        raise DomainError(f"there is nothing of {status} in these stores", advice="List what is: tocsin records")
    copies = tuple(dict.fromkeys(holding.member for holding in holdings))
    proposal = _proposal(entries)
    if scenario is None and proposal is not None:
        scenario = scenario_of(proposal)
    members = _members(entries, proposal, copies)
    ids = canonical_ids(entries)
    matched, events = _matched(entries, event_times(entries, members=copies))
    began_at, ended_at = _span(entries, proposal)
    went = courses(entries, scenario, began_at)
    injects = _told(Scorer(entries, ids, matched, members).score(went), discretion)
    end = next(iter(of_kind(entries, "exercise.end")), None)
    return AfterAction(
        exercise=status.partition(":")[2] or status,
        name=proposal.name if proposal is not None else scenario.name if scenario is not None else "A test run",
        status=status,
        copy="shared" if discretion.is_shared else "own",
        releasable_to=_readers(entries),
        copies_of=copies,
        members=members,
        began_at=began_at,
        ended_at=ended_at,
        is_complete=end is not None and end.body.is_complete,
        ended_by=_ended_by(end, discretion),
        records=len(entries),
        happenings=happenings(entries, discretion, ids),
        injects=injects,
        objectives=objective_scores(injects, went, () if scenario is None else scenario.objective),
        events=events,
        flights=matched.flights,
        sensors=_sensors(entries),
        intervals=intervals(events),
        gains=gains(holdings, entries, events, settings),
        withheld=kept_back(holdings, entries),
        missed=missing(entries, copies=copies, members=members, events=events, matched=matched, injects=injects),
        roles=role_figures(entries, discretion),
        comments=comments(entries, discretion),
        notes=_notes(entries, copies=copies, members=members, scenario=scenario, went=went, matched=matched),
    )  # fmt: skip


def _is_of_people(one: Known) -> bool:
    body = one.body
    return one.record.room in ("watch", "alerts") or (one.record.kind == "exercise.decision" and body.act == "taken")


def _proposal(entries: Sequence[Known]) -> Exercise | None:
    found = of_kind(entries, "exercise.exercise")
    return found[-1].body if found else None


def _members(entries: Sequence[Known], proposal: Exercise | None, copies: Sequence[str]) -> tuple[str, ...]:
    if proposal is not None:
        return proposal.members
    return tuple(sorted({*copies, *(one.record.originator for one in entries)}))


def _span(entries: Sequence[Known], proposal: Exercise | None) -> tuple[datetime, datetime]:
    """Return when it began and ended: by its clock and its end, or by its first and last record."""
    start = next((one.record.issued_at for one in of_kind(entries, "exercise.clock") if one.body.act == "start"), None)
    ends = [one.record.issued_at for one in of_kind(entries, "exercise.end")]
    began_at = start or (proposal.starts_at if proposal is not None else entries[0].record.issued_at)
    last = max(one.record.issued_at for one in entries if one.record.kind != "exercise.comment")
    return began_at, max(began_at, min(ends, default=last))


def _matched(entries: Sequence[Known], events: Sequence[EventTimes]) -> tuple[Matched, tuple[EventTimes, ...]]:
    matched = match(simulated_flights(entries), events, object_counts(entries, canonical_ids(entries)))
    named = tuple(msgspec.structs.replace(e, inject=matched.injects.get(e.event_id, "")) for e in events)
    return matched, named


def _readers(entries: Sequence[Known]) -> tuple[str, ...]:
    """Return who may have all that is in the report; nobody, if no member may have all of it."""
    return reduce(combine, (one.record.marking for one in entries)).releasable_to


def _ended_by(end: Known | None, discretion: Discretion) -> Voice | None:
    if end is None or end.body.by is None:
        return None
    return discretion.voice(end.record.originator, end.body.by)


def _told(injects: Sequence[InjectScore], discretion: Discretion) -> tuple[InjectScore, ...]:
    """Return scores with the texts of people as this copy may show them."""
    return tuple(
        msgspec.structs.replace(
            inject,
            title=discretion.text(inject.title),
            reactions=tuple(
                msgspec.structs.replace(
                    each, observed=discretion.text(each.observed), expected=discretion.text(each.expected)
                )
                for each in inject.reactions
            ),
        )
        for inject in injects
    )


def _sensors(entries: Sequence[Known]) -> tuple[Place, ...]:
    found = {
        (one.body.sensor.lat_deg, one.body.sensor.lon_deg)
        for one in of_kind(entries, "warning.detection")
        if one.body.sensor is not None and one.body.sensor.altitude_m < _SPACE_M
    }
    return tuple(Place(lat_deg=lat, lon_deg=lon) for lat, lon in sorted(found))


def _notes(
    entries: Sequence[Known],
    *,
    copies: Sequence[str],
    members: Sequence[str],
    scenario: Scenario | None,
    went: Sequence[Course],
    matched: Matched,
) -> tuple[str, ...]:
    """Say how far the report goes."""
    notes = []
    others = sorted(set(members) - set(copies))
    if others:
        notes.append(
            f"Made from what {', '.join(copies)} holds: what {', '.join(others)} kept to themselves, and when records "
            "came to them, is not known here."
        )
    if went and scenario is None:
        notes.append("The scenario is not at hand: injects are told, and what was expected of them is not.")
    if not (matched.flights or went):
        notes.append("No simulated flights are on record: what was missed, and what was false, cannot be told.")
    if went and not any(_is_of_people(one) for one in entries):
        notes.append("No people played: what was expected of them counts as missed.")
    if all(one.record.synthetic for one in of_kind(entries, "warning.detection")):
        notes.append("All sensors and flights are simulated: times and areas say nothing of real sensors.")
    notes.append(
        "Times are those of the records and of the members' admission journals. Where the exercise ran on a clock of "
        "its own, they are as fine as its steps."
    )
    return tuple(notes)


def widest(readers: tuple[str, ...]) -> str:
    """Return the marking of a report in words."""
    if not readers:
        return "CONTROL STAFF ONLY"
    return "PUBLIC" if readers == (PUBLIC,) else f"RELEASABLE TO {', '.join(readers)}"
