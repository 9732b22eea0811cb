"""What belongs to some claims and movements: all that a reader needs who is to count again for himself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from tocsin.claims.ledger import Body, Ledger, ref_of
from tocsin.claims.origins import Ref, names_of
from tocsin.errors import DomainError
from tocsin.records import (
    CargoCount,
    Claim,
    ClaimItem,
    ClaimLink,
    Movement,
    Question,
    Reach,
    Vessel,
    Weighing,
)


def roots_of(ledger: Ledger, subject: Ref | str, as_of: datetime | None = None) -> list[Ref]:
    """Return the claims and movements that a dossier is about.

    Args:
        ledger: With all that is held.
        subject: A claim or a movement, which brings the claims that it rests on; or a topic by its name.
        as_of: UTC, as it was known here then; None: now.

    Raises:
        DomainError: Nothing of that name stood then.
    """
    advice = "See what is held: tocsin claims list"
    if isinstance(subject, str):
        every = (version for body in (Movement, Claim) for version in ledger.every(body, as_of))
        found = [version.ref for version in every if version.body.topic == subject]
        if not found:
            raise DomainError(f"no claim or movement of topic {subject!r} stood then", advice=advice)
        return found
    version = ledger.at(subject, as_of)
    if version is None or not isinstance(version.body, Claim | Movement):
        raise DomainError(f"no claim or movement {subject[0]}/{subject[1]} stood then", advice=advice)
    if isinstance(version.body, Claim):
        return [version.ref]
    beneath = (ledger.at(ref_of(ref), as_of) for ref in version.body.rests_on)
    return [version.ref, *(each.ref for each in beneath if each is not None and isinstance(each.body, Claim))]


def nearby(ledger: Ledger, roots: Sequence[Ref], as_of: datetime | None = None) -> list[Ref]:
    """Return the ids of all that had come in and from which the standing of some claims and movements follows.

    These are, in all their versions and with what took them back: what links to, judges or weighs them and what that
    names; the questions for which they are weighed, whole; the items beneath, down to their origins and whatever joins
    these; and their sources.
    """
    wanted = dict.fromkeys(roots)
    for root in roots:
        for version in ledger.everything_about(root):
            wanted[version.ref] = None
            wanted.update(dict.fromkeys(_ends(version.body)))
    for ref in list(wanted):
        for question in _questions(ledger, ref):
            wanted[question] = None
            for version in ledger.everything_about(question):
                wanted[version.ref] = None
                wanted.update(dict.fromkeys(_ends(version.body)))
    waiting = list(wanted)
    while waiting:
        for version in ledger.history(waiting.pop()):
            beneath = [ref for ref in _beneath(ledger, version.ref, version.body) if ref not in wanted]
            wanted.update(dict.fromkeys(beneath))
            waiting += beneath
    found: dict[Ref, None] = {}
    for ref in wanted:
        found.update({each: None for each in ledger.thread(ref) if ledger.had(each, as_of)})
        found.update({by: None for at, by in ledger.cancellations(ref) if as_of is None or at <= as_of})
    return list(found)


def _ends(body: Body) -> Iterator[Ref]:
    match body:
        case ClaimLink():
            yield ref_of(body.of)
        case Weighing():
            yield ref_of(body.evidence)


def _questions(ledger: Ledger, ref: Ref) -> Iterator[Ref]:
    for version in ledger.everything_about(ref):
        if isinstance(version.body, Weighing):
            question = ref_of(version.body.question)
            if any(isinstance(each.body, Question) for each in ledger.history(question)):
                yield question


def _beneath(ledger: Ledger, ref: Ref, body: Body) -> Iterable[Ref]:
    match body:
        case Claim() | CargoCount():
            yield from map(ref_of, body.rests_on)
        case ClaimItem():
            yield from map(ref_of, body.derived_from)
            if body.source is not None:
                yield ref_of(body.source)
            for name in names_of(ref, body) if body.basis == "own" else body.origins:
                yield from ledger.joined_origins(name)
        case Movement():
            legs = (each for leg in body.legs for each in leg.rests_on)
            yield from map(ref_of, (*body.rests_on, *legs))
            for vessel in map(ref_of, body.vessels):
                yield vessel
                yield from (each.ref for each in ledger.everything_about(vessel) if isinstance(each.body, Reach))
        case Vessel():
            yield from (ref_of(each) for identity in body.identities for each in identity.rests_on)
        case Reach():
            if body.vessel is not None:
                yield ref_of(body.vessel)
