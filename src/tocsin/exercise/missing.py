"""What should have been and was not: flights that nobody told of, impacts that were not foretold, records lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tocsin.exercise.holding import Known
from tocsin.exercise.matching import Matched
from tocsin.exercise.results import EventTimes, InjectScore, Missed
from tocsin.markings import PUBLIC


def missing(
    entries: Sequence[Known],
    *,
    copies: Sequence[str],
    members: Sequence[str],
    events: Sequence[EventTimes],
    matched: Matched,
    injects: Sequence[InjectScore],
) -> tuple[Missed, ...]:
    """Return what was missed: flights, predictions, events of nothing, records that did not arrive, reactions.

    Args:
        entries: From ``known``.
        copies: Members whose copies are at hand: only of these it is known what reached them.
        members: Who took part.
        events: From ``event_times``.
        matched: From ``match``.
        injects: From ``Scorer.score``.
    """
    by_id = {event.event_id: event for event in events}
    return (
        *_flights(matched, by_id, members),
        *_predictions(matched, by_id),
        *(_false_events(matched, events) if matched.flights or injects else ()),
        *_lost(entries, copies),
        *_reactions(injects),
    )


def _flights(matched: Matched, by_id: Mapping[str, EventTimes], members: Sequence[str]) -> Iterator[Missed]:
    """Yield, by inject and member, of how many of its flights the member never told."""
    for inject in dict.fromkeys(flight.inject for flight in matched.flights):
        flights = [flight for flight in matched.flights if flight.inject == inject]
        for member in sorted(members):
            untold = [
                flight.name
                for flight in flights
                if flight.event not in by_id or all(chain.member != member for chain in by_id[flight.event].members)
            ]
            if untold:
                names = ", ".join(untold[:4]) + (" …" if len(untold) > 4 else "")
                yield Missed(
                    what="event", member=member, about=inject,
                    words=f"told of {len(flights) - len(untold)} of {len(flights)} flights; not of {names}",
                )  # fmt: skip


def _predictions(matched: Matched, by_id: Mapping[str, EventTimes]) -> Iterator[Missed]:
    """Yield where a member told of what came down, and foretold no impact, or only afterwards."""
    for flight in matched.flights:
        event = by_id.get(flight.event)
        if event is None or flight.impact_at is None:
            continue
        for chain in event.members:
            first = next((stage.issued_at for stage in chain.stages if stage.stage == "predicted"), None)
            if first is None or first >= flight.impact_at:
                words = "foretold no impact" if first is None else "foretold the impact when it was over"
                yield Missed(what="prediction", member=chain.member, about=event.event_id, words=words)


def _false_events(matched: Matched, events: Sequence[EventTimes]) -> Iterator[Missed]:
    """Yield events that came of nothing that flew."""
    for event in events:
        if event.event_id not in matched.injects:
            tellers = ", ".join(chain.member for chain in event.members)
            yield Missed(
                what="false_event", member=tellers, about=event.event_id, words="told of, and nothing of it flew"
            )


def _lost(entries: Sequence[Known], copies: Sequence[str]) -> Iterator[Missed]:
    """Yield what left a member for another and is not in that one's copy."""
    due: Counter[tuple[str, str, str]] = Counter()
    gone: Counter[tuple[str, str, str]] = Counter()
    for one in entries:
        if one.left_at is None:
            continue
        readers = one.record.marking.releasable_to
        for peer in copies if readers == (PUBLIC,) else sorted(set(copies) & set(readers)):
            if peer != one.record.originator:
                key = (one.record.originator, peer, one.record.kind)
                due[key] += 1
                gone[key] += peer not in one.admitted_at
    for (originator, peer, kind), count in sorted(gone.items()):
        if count:
            words = f"{count} of {due[originator, peer, kind]} {kind} of {originator} never came"
            yield Missed(what="peer", member=peer, about=originator, words=words)


def _reactions(injects: Sequence[InjectScore]) -> Iterator[Missed]:
    for inject in injects:
        for reaction in inject.reactions:
            if reaction.standing in ("late", "missed"):
                late = f", {reaction.after_s:.0f} s after the inject" if reaction.after_s is not None else ""
                seen = f"; instead: {reaction.observed}" if reaction.standing == "missed" and reaction.observed else ""
                yield Missed(
                    what="reaction", member=reaction.member, about=inject.inject,
                    words=f"{reaction.expected.rstrip('.')}: {reaction.standing}{late}{seen}",
                )  # fmt: skip
