"""How a movement stands: as the claims do that it rests on, at any moment, each with its own support."""

from __future__ import annotations

import pytest
from tests.ledger_room import LedgerRoom, key
from tests.sealed import START

from tocsin.claims import movement_standing
from tocsin.errors import DomainError
from tocsin.records import CargoCount, CargoPlace, Movement, MovementLeg, Quantity, RecordRef, Vessel, VesselIdentity

PORT = CargoPlace(name="Rajin")


def test_a_movement_is_denied_by_whoever_denies_one_of_its_claims_from_then_on():
    room = LedgerRoom()
    image = room.item()
    seen, told = room.claim(rests_on=(image,), said_at=START), room.claim(speaker="RUSI")
    ship = room.take(Vessel(identities=(VesselIdentity(what="name", value="Angara", basis="reported", source="s"),)))
    leg = MovementLeg(mode="sea", basis="seen", origin=PORT, rests_on=(told,))
    moved = room.take(Movement(title="t", vessels=(ship,), legs=(leg,), rests_on=(seen,)))
    before = room.now()
    denial = room.claim("there was none", speaker="Russia", by="JPN")
    room.link(denial, seen, "denies", by="JPN")
    standing = movement_standing(room.ledger, key(moved))
    assert [each.claim.ref for each in standing.claims] == [key(seen), key(told)]
    assert [each.claim.body.speaker for each in standing.denials] == ["Russia"]
    assert [each.body.values("name") for each in standing.vessels] == [("Angara",)]
    assert standing.said_since == START
    assert standing.missing == ()
    assert movement_standing(room.ledger, key(moved), before).denials == ()


def test_a_count_brings_the_claims_that_it_rests_on_and_what_is_not_held_is_named():
    room = LedgerRoom()
    claim, image = room.claim(), room.item()
    cars = Quantity(unit="railcars", least=73.0)
    count = room.take(
        CargoCount(place=PORT, quantity=cars, since=START, baseline_note="none", rests_on=(claim, image)), by="USA"
    )
    gone = RecordRef(originator="USA", record="USA-nowhere")
    moved = room.take(Movement(title="t", rests_on=(count, gone), vessels=(gone,)))
    standing = movement_standing(room.ledger, key(moved))
    assert [each.claim.ref for each in standing.claims] == [key(claim)]
    assert [each.ref for each in standing.evidence] == [key(count)]
    assert set(standing.missing) == {key(gone)}
    assert standing.said_since is None


def test_a_movement_that_was_taken_back_or_never_was_stands_no_more():
    room = LedgerRoom()
    body = Movement(title="t")
    moved = room.take(body)
    room.cancel(moved, body)
    for ref in (key(moved), ("KOR", "none"), key(room.claim())):
        with pytest.raises(DomainError, match="no movement"):
            movement_standing(room.ledger, ref)
