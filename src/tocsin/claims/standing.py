"""How a claim stands at a moment: what supports it and what speaks against it, who denies it, who judges it how.

Nothing here is a score. Support is a number of distinct origins; a denial takes nothing away from it and is never left
out beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tocsin.claims.ledger import Ledger, Version, ref_of
from tocsin.claims.origins import Corroboration, Ref, corroboration
from tocsin.claims.quantities import Comparison, compare
from tocsin.errors import DomainError
from tocsin.records import Claim, ClaimItem, ClaimLink, Judgement, Quantity


@dataclass(frozen=True)
class Denial:
    """Who denies a claim, and what of it."""

    claim: Version
    """The denial, a claim itself."""
    link: Version
    is_reported: bool
    """Somebody else tells of the denial: that is no denial yet."""


@dataclass(frozen=True)
class Figure:
    """A figure that somebody gives about the same thing."""

    claim: Version
    quantity: Quantity
    beside: tuple[tuple[Quantity, Comparison], ...]
    """How it goes with each figure of the claim itself."""


@dataclass(frozen=True)
class Standing:
    """What is known of a claim at a moment."""

    claim: Version
    as_of: datetime | None
    support: Corroboration
    contradiction: Corroboration
    denials: tuple[Denial, ...]
    judgements: tuple[Version, ...]
    """The newest of each member."""
    figures: tuple[Figure, ...]
    links: tuple[Version, ...]
    missing: tuple[Ref, ...]
    """Named by it or its links, and not held here."""


@dataclass(frozen=True)
class Change:
    """Something that came in and changed how a claim stands."""

    at: datetime
    member: str
    what: Literal["stated", "revised", "taken back", "linked", "judged"]
    version: Version


def standing_of(ledger: Ledger, ref: Ref, as_of: datetime | None = None) -> Standing:
    """Return how a claim stands.

    Args:
        ledger: With all that is held.
        ref: Of any version of the claim.
        as_of: UTC, as it was known here then; None: now.

    Raises:
        DomainError: No claim of that id stood then.
    """
    claim = ledger.at(ref, as_of)
    if claim is None or not isinstance(claim.body, Claim):
        raise DomainError(f"no claim {ref[0]}/{ref[1]} stood then", advice="List what is held: tocsin claims list")
    thread = set(ledger.thread(ref))
    about = list(ledger.about(ref, as_of))
    links = [version for version in about if isinstance(version.body, ClaimLink) and ref_of(version.body.to) in thread]
    ends = {link.ref: ledger.at(ref_of(link.body.of), as_of) for link in links}
    missing: dict[Ref, None] = {}

    def items_of(end: Ref) -> tuple[Ref, ...]:
        version = ledger.at(end, as_of)
        if version is None:
            missing[end] = None
            return ()
        if isinstance(version.body, ClaimItem):
            return (version.ref,)
        return tuple(ref_of(item) for item in version.body.rests_on) if isinstance(version.body, Claim) else ()

    def behind(relation: str) -> Iterator[tuple[Ref, ...]]:
        ends = dict.fromkeys(ref_of(link.body.of) for link in links if link.body.relation == relation)
        for end in ends:
            yield items_of(end)

    def count(relation: str, *also: tuple[Ref, ...]) -> Corroboration:
        return corroboration(
            [*also, *behind(relation)],
            lambda item: ledger.item(item, as_of),
            lambda name: ledger.same_origin(name, as_of),
            lambda item: ledger.source_name(item, as_of),
        )

    own = [items_of(ref_of(item)) for item in claim.body.rests_on]
    support, contradiction = count("supports", *own), count("contradicts")
    linked = {end.ref: end for end in ends.values() if end is not None}
    return Standing(
        claim=claim,
        as_of=as_of,
        support=support,
        contradiction=contradiction,
        denials=tuple(_denials(links, ends)),
        judgements=tuple(_newest_of_each(version for version in about if isinstance(version.body, Judgement))),
        figures=tuple(_figures(claim.body, linked.values())),
        links=tuple(links),
        missing=tuple(missing),
    )


def _denials(links: Iterable[Version], ends: Mapping[Ref, Version | None]) -> Iterator[Denial]:
    for link in links:
        denial = ends[link.ref]
        if link.body.relation == "denies" and denial is not None and isinstance(denial.body, Claim):
            yield Denial(claim=denial, link=link, is_reported=bool(denial.body.reported_by))


def _newest_of_each(judgements: Iterator[Version]) -> list[Version]:
    newest: dict[str, Version] = {}
    for version in judgements:
        before = newest.get(version.originator)
        if before is None or (before.issued_at, before.ref) < (version.issued_at, version.ref):
            newest[version.originator] = version
    return [newest[member] for member in sorted(newest)]


def _figures(claim: Claim, linked: Iterable[Version]) -> Iterator[Figure]:
    for other in linked:
        for quantity in other.body.quantities if isinstance(other.body, Claim) else ():
            yield Figure(other, quantity, tuple((own, compare(own, quantity)) for own in claim.quantities))


def standings(ledger: Ledger, as_of: datetime | None = None) -> list[Standing]:
    """Return how every claim stood, in the order in which they came in; denials stand beside what they deny alone."""
    every = [standing_of(ledger, version.ref, as_of) for version in ledger.every(Claim, as_of)]
    denials = {denial.claim.ref for standing in every for denial in standing.denials}
    return [standing for standing in every if standing.claim.ref not in denials]


def changes_of(ledger: Ledger, ref: Ref) -> list[Change]:
    """Return what changed how a claim stands, oldest first: when, by whom, what."""
    changes = []
    for index, version in enumerate(ledger.history(ref)):
        changes.append(Change(version.admitted_at, version.originator, "revised" if index else "stated", version))
    thread = set(ledger.thread(ref))
    for version in ledger.everything_about(ref):
        if isinstance(version.body, ClaimLink) and ref_of(version.body.to) in thread:
            changes.append(Change(version.admitted_at, version.originator, "linked", version))
        elif isinstance(version.body, Judgement):
            changes.append(Change(version.admitted_at, version.originator, "judged", version))
        else:
            continue
        taken_back_at = ledger.taken_back_at(version.ref)
        if taken_back_at is not None:
            changes.append(Change(taken_back_at, version.originator, "taken back", version))
    return sorted(changes, key=lambda change: (change.at, change.version.ref))
