"""What sharing gained in an exercise: each member's own plots fused once more, alone, beside what it really said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count, groupby

from tocsin.exercise.holding import Holding, Known, of_kind
from tocsin.exercise.results import EventTimes, GainFigures
from tocsin.records import Admitted, Launch, Record, body_of
from tocsin.warning import WarningDesk, WarningSettings, sharing_gain

Said = tuple[datetime, Launch, frozenset[str]]
"""When something was said, what, and the member's own plots that it names."""

_STILL_LISTENS_S = 180
"""So long after the last plot the desk alone is let run, to say what it holds by then."""


def gains(
    holdings: Iterable[Holding], entries: Sequence[Known], events: Sequence[EventTimes], settings: WarningSettings
) -> tuple[GainFigures, ...]:
    """Return what each member gained on each event that a sensor of its own measured, or that it was told of.

    Args:
        holdings: Of the members whose own plots are at hand.
        entries: From ``known``.
        events: From ``event_times``.
        settings: By which the members' desks work.
    """
    found = []
    for holding in sorted(holdings, key=lambda each: each.member):
        own = _own_plots(holding, {one.key for one in entries})
        alone = _alone(holding.member, own, settings)
        told = _told(holding.member, entries)
        for event in events:
            shared = [said for name in (event.event_id, *event.aliases) for said in told.get(name, ())]
            shared.sort(key=lambda said: (said[0], said[1].revision))
            if not shared or event.sensor_at is None:
                continue
            matching = _most_alike(shared, alone)
            gain = sharing_gain(_history(matching, event.sensor_at), _history(shared, event.sensor_at))
            found.append(
                GainFigures(
                    event_id=event.event_id, member=holding.member, alone_s=_rounded(gain.alone_s),
                    shared_s=_rounded(gain.shared_s), seconds=_rounded(gain.seconds), km2=_rounded(gain.km2),
                )
            )  # fmt: skip
    return tuple(found)


def _own_plots(holding: Holding, wanted: set[tuple[str, str]]) -> list[Admitted]:
    """Return the member's own plots, each once, in the order of admission."""
    plots: dict[str, Admitted] = {}
    for entry in holding.admitted:
        record = entry.record
        is_own_plot = record.kind == "warning.detection" and record.originator == holding.member
        if is_own_plot and (record.originator, record.id) in wanted:
            plots.setdefault(record.id, entry)
    return sorted(plots.values(), key=lambda entry: (entry.admitted_at, entry.record.id))


def _alone(member: str, plots: Sequence[Admitted], settings: WarningSettings) -> dict[str, list[Said]]:
    """Fuse a member's own plots as they came, second by second, and return what its desk would have said, by event."""
    if not plots:
        return {}
    desk = WarningDesk(member, audiences=(), settings=settings, new_id=_counted(member))
    said: dict[str, list[Said]] = defaultdict(list)

    def note(records: Iterable[Record], now: datetime) -> None:
        for record in records:
            body = body_of(record)
            if isinstance(body, Launch):
                said[body.event_id].append((now, body, frozenset(record.parents)))

    now = plots[0].admitted_at
    for at, batch in groupby(plots, key=lambda entry: entry.admitted_at):
        for after in _seconds_between(now, at):
            note(desk.tick(after), after)
        now = at
        note((*desk.take(list(batch), now), *desk.tick(now)), now)
    for after in _seconds_between(now, now + timedelta(seconds=_STILL_LISTENS_S + 1)):
        note(desk.tick(after), after)
    return said


def _seconds_between(begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the seconds after one time and before another; of a long silence only the first minutes."""
    for second in range(1, _STILL_LISTENS_S + 1):
        at = begin + timedelta(seconds=second)
        if at >= end:
            return
        yield at


def _told(member: str, entries: Sequence[Known]) -> Mapping[str, list[Said]]:
    """Return what a member really said for its own people, by event."""
    said: dict[str, list[Said]] = defaultdict(list)
    for one in of_kind(entries, "warning.launch"):
        if one.record.originator == member and one.record.marking.releasable_to == (member,):
            said[one.body.event_id].append((one.record.issued_at, one.body, frozenset(one.record.parents)))
    return said


def _most_alike(shared: Sequence[Said], alone: Mapping[str, list[Said]]) -> list[Said]:
    """Return the event alone that rests on most of the plots that the shared one rests on; nothing if none does."""
    plots = frozenset[str]().union(*(said[2] for said in shared))
    overlaps = {
        event: len(plots & frozenset[str]().union(*(said[2] for said in them))) for event, them in alone.items()
    }
    best = max(sorted(overlaps), key=overlaps.__getitem__, default=None)
    return alone[best] if best is not None and overlaps[best] else []


def _history(said: Sequence[Said], since: datetime) -> list[tuple[float, Launch]]:
    return [((at - since) / timedelta(seconds=1), launch) for at, launch, _ in said]


def _counted(member: str) -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"{member}-alone-{next(numbers)}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
