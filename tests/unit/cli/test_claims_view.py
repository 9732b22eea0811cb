"""What people and machines are shown of a claim, whatever peers wrote."""

from __future__ import annotations

import msgspec
from rich.console import Console
from tests.ledger_room import LedgerRoom, key

from tocsin.claims import changes_of, standing_of
from tocsin.cli.claims_view import claim_json, render_claim
from tocsin.records import ClaimSource, Judgement


def shown(room, claim):
    console = Console(width=200)
    standing = standing_of(room.ledger, key(claim))
    with console.capture() as capture:
        console.print(render_claim(room.ledger, standing, changes_of(room.ledger, key(claim))))
    assert msgspec.json.encode(claim_json(standing, changes_of(room.ledger, key(claim))))
    return capture.get()


def test_a_claim_is_shown_with_its_evidence_where_it_is_published_and_who_denies_it():
    room = LedgerRoom()
    source = room.take(ClaimSource(name="RUSI", kind="organisation", reliability="B"))
    image = room.item("satellite image", source=source)
    claim = room.claim("Angara called at Rajin", speaker="RUSI", rests_on=(image,))
    room.link(room.claim("no ship called", speaker="Russia", reported_by="a wire"), claim, "denies")
    room.take(Judgement(claim=claim, scale="icd203", word="likely", confidence="low"), by="USA")
    text = shown(room, claim)
    for words in (
        "1 report, 1 origin", "satellite image (RUSI, B: usually reliable), at first hand",
        "by Russia (told by a wire) (a report of a denial): no ship called",
        "USA  likely (ICD 203: 55 to 80 %)  confidence low",
    ):  # fmt: skip
        assert words in text


def test_what_a_peer_wrote_amiss_is_shown_as_such():
    room = LedgerRoom()
    claim = room.claim("cargo moved [bold]at night[/bold]")
    room.take(Judgement(claim=claim, scale="phia", word="surely"), by="JPN")
    room.link(room.take(ClaimSource(name="s", kind="press"), name="a-source"), claim)
    text = shown(room, claim)
    assert "cargo moved [bold]at night[/bold]" in text
    assert "surely (PHIA, which has no such word)" in text
    assert "KOR/a-source, neither an item nor a claim" in text
