"""A movement of cargo and the claims it rests on: who says so, on what, who denies it, since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.claims.ledger import Ledger, Version, ref_of
from tocsin.claims.origins import Ref
from tocsin.claims.standing import Denial, Standing, standing_of
from tocsin.errors import DomainError
from tocsin.records import CargoCount, Claim, Movement, RecordRef


@dataclass(frozen=True)
class MovementStanding:
    """How a movement stands: as the claims do that it rests on, each with its own support."""

    movement: Version
    claims: tuple[Standing, ...]
    evidence: tuple[Version, ...]
    """Items and counts that it rests on itself."""
    vessels: tuple[Version, ...]
    missing: tuple[Ref, ...]
    """What it names and nobody here holds."""

    @property
    def denials(self) -> tuple[Denial, ...]:
        """Whoever denies one of its claims."""
        return tuple({denial.claim.ref: denial for claim in self.claims for denial in claim.denials}.values())

    @property
    def said_since(self) -> datetime | None:
        """When the first of its claims was said, as far as that is known."""
        return min((each.claim.body.said_at for each in self.claims if each.claim.body.said_at), default=None)


def movement_standing(ledger: Ledger, ref: Ref, as_of: datetime | None = None) -> MovementStanding:
    """Return how a movement stands.

    Args:
        ledger: With all that is held.
        ref: Of any version of it.
        as_of: UTC, as it was known here then; None: now.

    Raises:
        DomainError: No movement of that id stood then.
    """
    movement = ledger.at(ref, as_of)
    if movement is None or not isinstance(movement.body, Movement):
        raise DomainError(f"no movement {ref[0]}/{ref[1]} stood then", advice="List what is held: tocsin cargo list")
    body = movement.body
    named = (*body.rests_on, *(each for leg in body.legs for each in leg.rests_on))
    found, missing = _standing(ledger, named, as_of)
    vessels, unknown = _standing(ledger, body.vessels, as_of)
    return MovementStanding(
        movement=movement,
        claims=tuple(standing_of(ledger, each.ref, as_of) for each in _claims_of(ledger, found, as_of)),
        evidence=tuple(each for each in found if not isinstance(each.body, Claim)),
        vessels=tuple(vessels),
        missing=(*missing, *unknown),
    )


def _claims_of(ledger: Ledger, found: Sequence[Version], as_of: datetime | None) -> list[Version]:
    """Return the claims among what was found, and those that its counts rest on."""
    claims = {each.ref: each for each in found if isinstance(each.body, Claim)}
    for each in found:
        if isinstance(each.body, CargoCount):
            below, _ = _standing(ledger, each.body.rests_on, as_of)
            claims |= {claim.ref: claim for claim in below if isinstance(claim.body, Claim)}
    return list(claims.values())


def _standing(
    ledger: Ledger, refs: Sequence[RecordRef], as_of: datetime | None
) -> tuple[list[Version], tuple[Ref, ...]]:
    found: dict[Ref, Version] = {}
    missing: dict[Ref, None] = {}
    for ref in map(ref_of, refs):
        version = ledger.at(ref, as_of)
        if version is None:
            missing[ref] = None
        else:
            found[version.ref] = version
    return list(found.values()), tuple(missing)
