"""Movements, ships, counts and reach tests as people read them at a terminal, and as machines do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.cargo import Mark, Ship, in_two_places, marks_of, says, ships_of
from tocsin.claims import Ledger, MovementStanding, Version, in_words, movement_standing
from tocsin.claims.ledger import ref_of
from tocsin.claims.origins import Ref
from tocsin.cli.claims_view import claim_json
from tocsin.cli.parameters import UsageError
from tocsin.records import (
    CargoCount,
    CargoPlace,
    Claim,
    ClaimItem,
    Fix,
    Movement,
    Reach,
    RecordRef,
    Vessel,
)

_COLOURS = {"impossible": "dim", "possible": "bold red", "unclear": "yellow"}


@dataclass(frozen=True)
class Everything:
    """What is held of cargo."""

    movements: Sequence[MovementStanding]
    ships: Sequence[Ship]
    counts: Sequence[Version]
    tests: Sequence[Version]


Found = MovementStanding | Ship | Version


def everything(ledger: Ledger, as_of: datetime | None, topic: str = "") -> Everything:
    """Return all that is held of cargo, as it stood.

    Args:
        ledger: The member's.
        as_of: UTC; None: now.
        topic: Only movements of this one, if given.
    """
    movements = [
        movement_standing(ledger, each.ref, as_of)
        for each in ledger.every(Movement, as_of)
        if not topic or each.body.topic == topic
    ]
    movements.sort(key=lambda each: each.movement.body.since or each.movement.body.until or each.movement.issued_at)
    tests = list(ledger.every(Reach, as_of))
    return Everything(movements, _ships(ledger, as_of), list(ledger.every(CargoCount, as_of)), tests)


def one(ledger: Ledger, ref: Ref, as_of: datetime | None) -> Found:
    """Return one movement, count or test, or the ship that a record tells of.

    Raises:
        UsageError: The record is something else, or nothing of it stood then.
    """
    version = ledger.at(ref, as_of)
    body = None if version is None else version.body
    if isinstance(body, Movement):
        return movement_standing(ledger, ref, as_of)
    if version is not None and isinstance(body, Vessel):
        return next(ship for ship in _ships(ledger, as_of) if _ref(version) in ship.records)
    if version is not None and isinstance(body, CargoCount | Reach):
        return version
    raise UsageError(f"{ref[0]}/{ref[1]} was no movement, vessel, count or reach test then: try claims show")


def _ships(ledger: Ledger, as_of: datetime | None) -> list[Ship]:
    tests = [each.body for each in ledger.every(Reach, as_of)]
    ships = ships_of((_ref(each), each.body) for each in ledger.every(Vessel, as_of))
    return [replace(ship, marks=(*ship.marks, *_two_places(ship, tests))) for ship in ships]


def _two_places(ship: Ship, tests: Sequence[Reach]) -> list[Mark]:
    """Return where the fixes of reach tests of a ship, by any member, are too far apart for one ship."""
    own = [test for test in tests if test.vessel in ship.records]
    mmsi = next((told.identity.value for told in ship.timeline if told.identity.what == "mmsi"), "")
    fixes = [fix for test in own for fix in (test.silent_from, test.silent_to)]
    return in_two_places(mmsi, fixes, max(test.most_kn for test in own)) if mmsi and own else []


def _ref(version: Version) -> RecordRef:
    return RecordRef(originator=version.ref[0], record=version.ref[1])


def lines(found: Everything) -> Iterator[dict[str, Any]]:
    """Yield an object for each."""
    for group in (found.movements, found.ships, found.counts, found.tests):
        yield from map(line_of, group)


def line_of(found: Found) -> dict[str, Any]:
    """Return one for machines."""
    if isinstance(found, MovementStanding):
        return {
            "schema": "tocsin.movement/1", "id": _name(found.movement.ref), "movement": found.movement.body,
            "releasable_to": found.movement.marking.releasable_to, "synthetic": found.movement.synthetic,
            "said_since": found.said_since, "claims": [claim_json(each) for each in found.claims],
            "denied_by": [each.claim.body.speaker for each in found.denials],
            "evidence": [{"id": _name(each.ref), "body": each.body} for each in found.evidence],
            "vessels": [{"id": _name(each.ref), "vessel": each.body} for each in found.vessels],
            "missing": [_name(ref) for ref in found.missing], "marks": _place_marks(found.movement.body),
        }  # fmt: skip
    if isinstance(found, Ship):
        return {
            "schema": "tocsin.ship/1", "imo": found.imo, "names": found.names, "records": list(map(str, found.records)),
            "identities": [{"identity": told.identity, "told_by": str(told.by)} for told in found.timeline],
            "marks": [{"sign": mark.sign, "text": mark.text} for mark in found.marks],
        }  # fmt: skip
    if isinstance(found.body, Reach):
        return {"id": _name(found.ref), **reach_json(found.body)}
    return {"schema": "tocsin.count/1", "id": _name(found.ref), "count": found.body,
            "marks": marks_of(found.body.place)}  # fmt: skip


def reach_json(reach: Reach) -> dict[str, Any]:
    """Return a test for machines (tocsin.reach/1)."""
    return {"schema": "tocsin.reach/1", "hours_of_silence": round(reach.hours, 3), "reach": reach}


def render_list(found: Everything) -> RenderableType:
    """Return a line for each."""
    parts: list[RenderableType] = []
    for head, columns, rows in (
        (
            "Movements",
            ("id", "when", "what", "who says so", "origins", "denied by"),
            map(_movement_row, found.movements),
        ),
        ("Ships", ("IMO", "names", "flags", "told by", "does not fit"), map(_ship_row, found.ships)),
        ("Counts", ("id", "when", "where", "how many", "before"), map(_count_row, found.counts)),
        ("Reach tests", ("id", "ship", "silent", "asked about", "others in reach"), map(_test_row, found.tests)),
    ):
        table = Table(box=None, pad_edge=False, title=head, title_justify="left", title_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        if table.row_count:
            parts += [table, Text("")]
    return Group(*parts[:-1]) if parts else Text("nothing is held of cargo", "dim")


def render(found: Found, ledger: Ledger) -> RenderableType:
    """Return all that is known of one."""
    if isinstance(found, MovementStanding):
        return _render_movement(found, ledger)
    if isinstance(found, Ship):
        return _render_ship(found, ledger)
    return render_reach(found.body) if isinstance(found.body, Reach) else _render_count(found.body)


def render_reach(reach: Reach) -> RenderableType:
    """Return a test: the port that was asked about first, every other in reach beside it, and all assumptions."""
    begin, end = map(_fix, (reach.silent_from, reach.silent_to))
    table = Table(box=None, pad_edge=False)
    table.add_column("port")
    for column in ("answer", "at least nmi", "by sea nmi", "needs kn", "hours left"):
        table.add_column(column, justify="right")
    for each in reach.ports:
        figures = (each.route_nmi, each.needed_kn, each.hours_left)
        asked = "  < asked about" if each.is_suspected else ""
        table.add_row(
            Text(f"{each.port.name}{asked}", "bold" if each.is_suspected else ""),
            Text(each.answer, _COLOURS[each.answer]), f"{each.least_nmi:,.1f}",
            *("-" if figure is None else f"{figure:,.1f}" for figure in figures),
        )  # fmt: skip
    shown = f"; possible where the way by sea fits at {reach.shown_kn:g} kn" if reach.shown_kn is not None else ""
    return Group(
        Text(f"{reach.vessel_name or 'A ship'}, silent for {reach.hours:.1f} h: {begin} to {end}", "bold"),
        Text(f"Could it have lain {reach.hours_alongside:g} h at a port? Impossible where even {reach.most_kn:g} kn "
             f"straight there and back would not do{shown}."),
        Text(""), table, Text(""),
        Text("That a call was possible is no evidence that it happened.", "bold"),
        *(Text(f"assumed: {each}", "dim") for each in reach.assumptions),
        Text(f"looked at: {reach.port_list}", "dim"), Text(reach.method, "dim"),
    )  # fmt: skip


def _fix(fix: Fix) -> str:
    source = f" ({fix.source})" if fix.source else ""
    return f"{fix.at:%Y-%m-%d %H:%MZ} at {fix.lat_deg:.3f}, {fix.lon_deg:.3f}{source}"


def _render_movement(found: MovementStanding, ledger: Ledger) -> RenderableType:
    body: Movement = found.movement.body
    invented = ("invented  ", "bold magenta") if found.movement.synthetic else ""
    parts: list[RenderableType] = [
        Text.assemble(invented, (body.title, "bold")),
        Text(f"{_when(body)}; marked {found.movement.marking.audience}"),
        Text(f"from {_where(body.origin)} to {_where(body.destination)}, {body.mode or 'by several ways'}: "
             f"{_carrier(found)}"),
        Text(f"cargo as stated: {body.cargo or 'not stated'}"),
    ]  # fmt: skip
    parts += [Text(f"figure: {in_words(quantity)}") for quantity in body.quantities]
    for leg in body.legs:
        reason = f" ({leg.reason})" if leg.reason else ""
        silent = {"silent": ", transponder silent", "sending": ", transponder sending", "unknown": ""}
        parts.append(Text(f"leg: {leg.mode}, {_where(leg.origin)} to {_where(leg.destination)}, {leg.basis}{reason}"
                          f"{silent[leg.transponder]}"))  # fmt: skip
    parts += [Text(""), Text("Who says so, and on what", "bold")]
    for standing in found.claims:
        claim: Claim = standing.claim.body
        told = f" (told by {claim.reported_by})" if claim.reported_by else ""
        said = f", {claim.said_at:%Y-%m-%d}" if claim.said_at else ""
        parts.append(Text(f"  {claim.speaker}{told}{said}: {claim.proposition}"))
        counted = standing.support
        parts.append(Text(f"    {counted.reports} report(s), {len(counted.origins)} origin(s)"
                          + (f", {counted.unknown} of unknown basis" if counted.unknown else "")))  # fmt: skip
        parts += [Text(f"    on: {_item(ledger, ref_of(ref))}") for ref in claim.rests_on]
    parts += [Text(f"  on: {_item(ledger, each.ref)}") for each in found.evidence]
    parts += [Text(""), Text("Denied", "bold")]
    parts += [
        Text(f"  by {each.claim.body.speaker}"
             + (f", {each.claim.body.said_at:%Y-%m-%d}" if each.claim.body.said_at else "")
             + (" (a report of a denial)" if each.is_reported else "") + f": {each.claim.body.proposition}")
        for each in found.denials
    ] or [Text("  by nobody that is known here", "dim")]  # fmt: skip
    first = f"{found.said_since:%Y-%m-%d}" if found.said_since else "a day that nobody told"
    parts += [Text(""), Text(f"Said since {first}; known here since {_known_since(ledger, found):%Y-%m-%d %H:%MZ}")]
    parts += [Text(f"not held here: {_name(ref)}", "yellow") for ref in found.missing]
    parts += [Text(f"does not fit: {mark}", "yellow") for mark in _place_marks(body)]
    return Group(*parts)


def _carrier(found: MovementStanding) -> str:
    names = [" or ".join(each.body.values("name")) or _name(each.ref) for each in found.vessels]
    return "; ".join(filter(None, (found.movement.body.carrier, *names))) or "carrier not stated"


def _known_since(ledger: Ledger, found: MovementStanding) -> datetime:
    return next(ledger.history(found.movement.ref)).admitted_at


def _render_ship(ship: Ship, ledger: Ledger) -> RenderableType:
    table = Table(box=None, pad_edge=False)
    for column in ("what", "value", "from", "to", "basis", "who says so", "told by"):
        table.add_column(column, overflow="fold")
    for told in ship.timeline:
        each = told.identity
        rests_on = ", ".join(_item(ledger, ref_of(ref)) for ref in each.rests_on)
        table.add_row(
            each.what, Text(each.value), f"{each.since:%Y-%m-%d}" if each.since else "",
            f"{each.until:%Y-%m-%d}" if each.until else "", each.basis,
            Text("; ".join(filter(None, (each.source, rests_on)))), str(told.by),
        )  # fmt: skip
    return Group(
        Text(f"{', '.join(ship.names) or 'A ship without a name'}, IMO {ship.imo or 'not certain'}", "bold"),
        table,
        *(Text(f"does not fit: {mark.text}", "yellow") for mark in ship.marks),
    )


def _render_count(count: CargoCount) -> RenderableType:
    usual = in_words(count.baseline) if count.baseline else "not known"
    note = f" ({count.baseline_note})" if count.baseline_note else ""
    return Group(
        Text(f"{in_words(count.quantity)} at {count.place.name}, {_when(count)}, {count.basis}", "bold"),
        Text(f"before: {usual}{note}"),
        *(Text(f"does not fit: {mark}", "yellow") for mark in marks_of(count.place)),
    )


def _movement_row(found: MovementStanding) -> tuple[str, ...]:
    body: Movement = found.movement.body
    origins = {origin for each in found.claims for origin in each.support.origins}
    speakers = dict.fromkeys(each.claim.body.speaker for each in found.claims)
    denied = ", ".join(dict.fromkeys(each.claim.body.speaker for each in found.denials))
    return (_name(found.movement.ref), _when(body), body.title, ", ".join(speakers), str(len(origins)), denied)


def _ship_row(ship: Ship) -> tuple[str, ...]:
    flags = dict.fromkeys(told.identity.value for told in ship.timeline if told.identity.what == "flag")
    members = dict.fromkeys(ref.originator for ref in ship.records)
    return (ship.imo or "-", ", ".join(ship.names), ", ".join(flags), ", ".join(members),
            "; ".join(mark.text for mark in ship.marks))  # fmt: skip


def _count_row(version: Version) -> tuple[str, ...]:
    count: CargoCount = version.body
    usual = in_words(count.baseline) if count.baseline else count.baseline_note
    return (_name(version.ref), _when(count), count.place.name, in_words(count.quantity), usual)


def _test_row(version: Version) -> tuple[str, ...]:
    reach: Reach = version.body
    asked = "; ".join(says(each) for each in reach.ports if each.is_suspected)
    others = [each for each in reach.ports if not each.is_suspected and each.answer != "impossible"]
    silent = f"{reach.silent_from.at:%Y-%m-%d %H:%MZ}, {reach.hours:.1f} h"
    return (_name(version.ref), reach.vessel_name, silent, asked, str(len(others)))


def _place_marks(movement: Movement) -> list[str]:
    places = [
        movement.origin,
        movement.destination,
        *(end for leg in movement.legs for end in (leg.origin, leg.destination)),
    ]
    return list(dict.fromkeys(mark for place in places if place is not None for mark in marks_of(place)))


def _item(ledger: Ledger, ref: Ref) -> str:
    version = ledger.at(ref)
    if version is None:
        return f"{_name(ref)} (not held here)"
    body = version.body
    if isinstance(body, ClaimItem):
        return f"{body.title} ({body.basis})"
    if isinstance(body, CargoCount):
        return f"{in_words(body.quantity)} counted at {body.place.name}"
    return str(getattr(body, "proposition", _name(ref)))


def _when(body: Movement | CargoCount) -> str:
    days = [f"{moment:%Y-%m-%d}" for moment in (body.since, body.until) if moment is not None]
    return " to ".join(dict.fromkeys(days)) or "time not stated"


def _where(place: CargoPlace | None) -> str:
    return place.name if place is not None else "a place not stated"


def _name(ref: Ref) -> str:
    return f"{ref[0]}/{ref[1]}"
