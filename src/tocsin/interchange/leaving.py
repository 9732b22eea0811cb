"""What of a ledger leaves in a file: records that the door outward let go, each with what it is in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from tocsin.claims import in_words
from tocsin.claims.grades import CREDIBILITY, RELIABILITY
from tocsin.codec import decode
from tocsin.markings import status_class
from tocsin.records import (
    CargoCount,
    Claim,
    ClaimLink,
    ClaimSource,
    Judgement,
    Movement,
    Outlet,
    Question,
    Reach,
    Record,
    RecordRef,
    Released,
    Vessel,
    Weighing,
    body_of,
)

Ref = tuple[str, str]
"""Originator and id of a record."""

_WORLD = {"actual": "", "exercise": "EXERCISE EXERCISE EXERCISE ", "test": "TEST "}
_SCALES = {"icd203": "ICD 203", "phia": "PHIA yardstick"}


@dataclass(frozen=True)
class Leaving:
    """The version of a record that stands, on its way out."""

    released: Released[Outlet]
    thread: tuple[Ref, ...]
    """All of its versions that the same readers may have, the first version's first."""
    begun_at: datetime
    """When the first of them was issued."""

    @cached_property
    def record(self) -> Record:
        """What leaves."""
        return decode(self.released.data, Record)

    @cached_property
    def body(self) -> Any:
        """Its typed body."""
        return body_of(self.record)

    @property
    def name(self) -> str:
        """The id that stays the same from version to version."""
        return "/".join(self.thread[0])

    @property
    def marking(self) -> str:
        """Who may have it, in words."""
        marking = self.record.marking
        return " ".join(
            ["REL TO", *marking.releasable_to, *marking.caveats, *([marking.tlp.value] if marking.tlp else [])]
        )

    @property
    def before(self) -> str:
        """What stands before every name of what is not actual, or is invented."""
        return _WORLD[status_class(self.record.status)] + ("SIMULATED " if self.record.synthetic else "")

    @property
    def cites(self) -> list[str]:
        """Where it is published."""
        return [source.cites for source in self.record.sources if source.cites]


class Threads:
    """Finds the record that is meant, whichever of its versions is named."""

    def __init__(self, entries: Sequence[Leaving]) -> None:
        self._found = {ref: entry for entry in entries for ref in entry.thread}
        self._denials: dict[str, list[tuple[Leaving, Leaving]]] = {}
        for entry in entries:
            link = entry.body
            if isinstance(link, ClaimLink) and link.relation == "denies":
                denial, denied = self.of(link.of), self.of(link.to)
                if denial is not None and denied is not None and isinstance(denial.body, Claim):
                    self._denials.setdefault(denied.name, []).append((denial, entry))

    def of(self, ref: RecordRef) -> Leaving | None:
        """Return what a reference means; None if it is not among what leaves."""
        return self._found.get((ref.originator, ref.record))

    def denials(self, entry: Leaving) -> list[str]:
        """Return who denies a claim, in words: no claim leaves without what denies it beside it."""
        return [
            f"{speaker(denial.body)}: {denial.body.proposition}"
            + (f" (a part of it: {link.body.reason})" if link.body.scope == "part" else "")
            for denial, link in self._denials.get(entry.name, ())
        ]


def speaker(claim: Claim) -> str:
    """Return who says so, and who tells of it."""
    return f"{claim.speaker}, as told by {claim.reported_by}" if claim.reported_by else claim.speaker


def claim_words(claim: Claim) -> list[str]:
    """Return what is said of a claim besides its proposition, a sentence each."""
    words = [f"Said by {speaker(claim)}" + (f" on {claim.said_at:%Y-%m-%d}" if claim.said_at else "")]
    words += [f"Figure: {in_words(quantity)}" for quantity in claim.quantities]
    if claim.hedge:
        words.append(f"In the speaker's own words: {claim.hedge}")
    words.append(f"Credibility {claim.credibility} ({CREDIBILITY[claim.credibility]})")
    return words


def source_words(source: ClaimSource) -> str:
    """Return the grade of a source."""
    grade = f"Reliability {source.reliability} ({RELIABILITY[source.reliability]})"
    return f"{grade}: {source.reason}" if source.reason else grade


def note_words(entry: Leaving) -> str:
    """Return in words what formats of others have no form for; a word of likelihood stays one of its scale."""
    member = entry.record.originator
    match entry.body:
        case Vessel() as vessel:
            return "\n".join([f"Vessel: {name_of(vessel)}", *identity_words(vessel)])
        case CargoCount() as count:
            shown = f"{in_words(count.quantity)} at {count.place.name}, {count.since:%Y-%m-%d} ({count.basis})"
            usual = in_words(count.baseline) if count.baseline else "not known"
            return f"{shown}. Before: {usual}" + (f" ({count.baseline_note})" if count.baseline_note else "")
        case Reach() as reach:
            answers = [f"{each.port.name}: {each.answer}" for each in reach.ports]
            span = f"{reach.silent_from.at:%Y-%m-%d %H:%M}Z to {reach.silent_to.at:%Y-%m-%d %H:%M}Z"
            asked = f"Where {reach.vessel_name or 'the vessel'} could have called while silent, {span}"
            return "\n".join([f"{asked}; that it could is no evidence that it did", *answers, *reach.assumptions])
        case Judgement() as judgement:
            words = f"{member} judges: {judgement.word} ({_SCALES[judgement.scale]})"
            if judgement.confidence:
                words += f". Confidence in the judgement: {judgement.confidence}"
            return f"{words}. {judgement.reasons}" if judgement.reasons else words
        case Question() as question:
            answers = [f"{each.key}: {each.text}" for each in question.hypotheses]
            return "\n".join([question.text, *answers, *(f"nobody has seen: {gap}" for gap in question.gaps)])
        case Weighing() as weighing:
            words = f"{member} reads this as {weighing.reading} with {weighing.hypothesis}"
            return f"{words}: {weighing.reason}" if weighing.reason else words
        case _:
            return ""


def name_of(vessel: Vessel) -> str:
    """Return what a vessel is called: its names, else its numbers."""
    return ", ".join(vessel.values("name") or vessel.values("imo") or vessel.values("mmsi")) or "not named"


def identity_words(vessel: Vessel) -> list[str]:
    """Return every identity of a vessel, a line each."""
    return [
        f"{each.what} {each.value} ({each.basis}{f', {each.source}' if each.source else ''})"
        + (f" from {each.since:%Y-%m-%d}" if each.since else "") + (f" to {each.until:%Y-%m-%d}" if each.until else "")
        for each in vessel.identities
    ]  # fmt: skip


def movement_words(movement: Movement) -> list[str]:
    """Return what is said of a movement besides its title, a line each."""
    words = [f"Cargo as stated: {movement.cargo}"] if movement.cargo else []
    words += [f"Figure: {in_words(quantity)}" for quantity in movement.quantities]
    for leg in movement.legs:
        ends = " to ".join(end.name if end is not None else "not known" for end in (leg.origin, leg.destination))
        words.append(f"By {leg.mode}, {ends}: {leg.basis}" + (f" ({leg.reason})" if leg.reason else ""))
    return words


def link_words(link: ClaimLink) -> str:
    """Return what one thing says to another."""
    part = ", a part of it" if link.scope == "part" else ""
    return f"{link.relation}{part} ({link.weight})" + (f": {link.reason}" if link.reason else "")
