"""The chain of times of each event and member: sensor, stages, release, admission at each peer, a person's screen.

Times are those of the records and of the members' admission journals, and nobody else's: where an exercise runs on a
clock of its own, they are times of that clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from tocsin.exercise.holding import Known, of_kind
from tocsin.exercise.results import EventTimes, IntervalFigures, MemberTimes, Place, Region, StageTimes
from tocsin.records import SameEvent

STAGES = ("detected", "assessed", "predicted", "closed")


def canonical_ids(entries: Sequence[Known]) -> dict[str, str]:
    """Return for each event id the lowest one that is told to mean the same event (spec: ``warning.same_event``)."""
    lowest: dict[str, str] = {}

    def root(event: str) -> str:
        while (lower := lowest.get(event, event)) != event:
            event = lower
        return event

    for one in of_kind(entries, "warning.launch"):
        lowest.setdefault(one.body.event_id, one.body.event_id)
    for one in of_kind(entries, "warning.same_event"):
        body: SameEvent = one.body
        first, second = sorted((root(body.event_id), root(body.alias)))
        lowest.setdefault(first, first)
        lowest[second] = first
    return {event: root(event) for event in lowest}


def event_times(entries: Sequence[Known], *, members: Iterable[str]) -> tuple[EventTimes, ...]:
    """Return the chain of times of every event, in the order in which they were first seen.

    Args:
        entries: From ``known``.
        members: Whose copies these are; of others no admission is known.
    """
    copies = sorted(members)
    ids = canonical_ids(entries)
    launches: dict[str, list[Known]] = defaultdict(list)
    for one in of_kind(entries, "warning.launch"):
        launches[ids[one.body.event_id]].append(one)
    seen_at = _first_sensed(entries, launches, ids)
    shown_at = _first_shown(entries, ids)
    found = []
    for event, told in launches.items():
        by_member: dict[str, list[Known]] = defaultdict(list)
        for one in told:
            by_member[one.record.originator].append(one)
        sensor_at = seen_at.get(event)
        chain = tuple(
            _member_times(member, by_member[member], copies, shown_at.get((event, member)))
            for member in sorted(by_member)
        )
        aliases = tuple(sorted(alias for alias, lowest in ids.items() if lowest == event and alias != event))
        launch_point, launched_at = _launch_of(told)
        found.append(
            EventTimes(
                event_id=event, aliases=aliases, sensor_at=sensor_at, members=chain, launch_point=launch_point,
                launched_at=launched_at,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda each: (_first(each), each.event_id)))


def intervals(events: Sequence[EventTimes]) -> tuple[IntervalFigures, ...]:
    """Return how long each link of the chain took over all events: median and 95th percentile.

    Source:
        Hyndman and Fan (1996), Sample Quantiles in Statistical Packages, definition 7 (numpy's ``linear``).
    """
    taken: dict[tuple[str, str], list[float]] = defaultdict(list)
    for event in events:
        for chain in event.members:
            for stage in chain.stages:
                if event.sensor_at is not None and stage.stage != "closed":
                    taken[f"sensor to {stage.stage}", chain.member].append(_s(event.sensor_at, stage.issued_at))
                if stage.shared_at is None or stage.released_at is None:
                    continue
                taken["issued to released", chain.member].append(_s(stage.shared_at, stage.released_at))
                for peer, at in stage.admitted_at.items():
                    taken["released to admitted", f"{chain.member} to {peer}"].append(_s(stage.released_at, at))
            first = min(stage.issued_at for stage in chain.stages)
            if chain.shown_at is not None:
                taken["told to seen by a person", chain.member].append(_s(first, chain.shown_at))
    links = ("sensor to detected", "sensor to assessed", "sensor to predicted", "issued to released",
             "released to admitted", "told to seen by a person")  # fmt: skip
    return tuple(
        IntervalFigures(
            link=link, of=of, count=len(values), p50_s=round(float(np.percentile(values, 50)), 6),
            p95_s=round(float(np.percentile(values, 95)), 6),
        )
        for (link, of), values in sorted(taken.items(), key=lambda item: (links.index(item[0][0]), item[0][1]))
    )  # fmt: skip


def _member_times(member: str, told: Sequence[Known], copies: Sequence[str], shown_at: datetime | None) -> MemberTimes:
    stages = []
    for stage in STAGES:
        of_stage = [one for one in told if one.body.stage == stage]
        if not of_stage:
            continue
        shared = [one for one in of_stage if one.left_at is not None]
        first = min(shared, key=lambda one: (one.left_at, one.key), default=None)
        came: dict[str, datetime] = {}
        for one in shared:
            for peer in copies:
                if peer != member and peer in one.admitted_at:
                    came[peer] = min(came.get(peer, one.admitted_at[peer]), one.admitted_at[peer])
        stages.append(
            StageTimes(
                stage=stage, issued_at=min(one.record.issued_at for one in of_stage),
                shared_at=first.record.issued_at if first is not None else None,
                released_at=first.left_at if first is not None else None,
                admitted_at=dict(sorted(came.items())),
            )
        )  # fmt: skip
    last = max(told, key=_place_of)
    predicted = max((one for one in told if one.body.stage == "predicted"), key=_place_of, default=None)
    closed = max((one for one in told if one.body.stage == "closed"), key=_place_of, default=None)
    impact = predicted.body.impact if predicted is not None else None
    return MemberTimes(
        member=member, stages=tuple(stages), shown_at=shown_at, label=last.body.label,
        outcome=closed.body.outcome if closed is not None else None,
        areas=predicted.body.areas if predicted is not None else (),
        impact=None if impact is None else Region(
            lat_deg=impact.lat_deg, lon_deg=impact.lon_deg, ellipse_95_km=impact.ellipse_95_km,
            ellipse_bearing_deg=impact.ellipse_bearing_deg, at=impact.at,
        ),
    )  # fmt: skip


def _place_of(one: Known) -> tuple[object, ...]:
    """Order the records of one member on one event: the last says what it came to; its own copy before the shared."""
    return one.record.issued_at, one.body.revision, -len(one.record.marking.releasable_to), one.record.id


def _launch_of(told: Sequence[Known]) -> tuple[Place | None, datetime | None]:
    """Return where and when it rose, by the last that says so."""
    last = max((one for one in told if one.body.launch_point is not None), key=_place_of, default=None)
    if last is None:
        return None, None
    point = last.body.launch_point
    return Place(lat_deg=point.lat_deg, lon_deg=point.lon_deg), last.body.launched_at


def _first_sensed(
    entries: Sequence[Known], launches: Mapping[str, Sequence[Known]], ids: Mapping[str, str]
) -> dict[str, datetime]:
    """Return when a sensor first measured each event, by the plots that stand behind it and by what tracks tell."""
    plots = {one.key: one.record.observed_at for one in of_kind(entries, "warning.detection")}
    first: dict[str, datetime] = {}

    def note(event: str, at: datetime | None) -> None:
        if at is not None:
            first[event] = min(first.get(event, at), at)

    for event, told in launches.items():
        for one in told:
            for source in one.record.sources:
                if source.record is not None:
                    note(event, plots.get((source.originator, source.record)))
    for one in of_kind(entries, "warning.track"):
        if one.body.event_id in ids:
            note(ids[one.body.event_id], one.body.first_detection_at)
    return first


def _first_shown(entries: Sequence[Known], ids: Mapping[str, str]) -> dict[tuple[str, str], datetime]:
    """Return when each event was first on a person's screen, by event and member."""
    first: dict[tuple[str, str], datetime] = {}
    for one in of_kind(entries, "watch.remark"):
        event = ids.get(one.body.event_id)
        if event is not None:  # who says something of it has seen it
            key = (event, one.record.originator)
            first[key] = min(first.get(key, one.record.issued_at), one.record.issued_at)
    return first


def _first(event: EventTimes) -> datetime:
    return min(stage.issued_at for chain in event.members for stage in chain.stages)


def _s(begin: datetime, end: datetime) -> float:
    return (end - begin) / timedelta(seconds=1)
