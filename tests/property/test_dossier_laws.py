"""Laws of dossiers: whoever they are for, they verify, tell nothing that stays, and never make support."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dossier_room import SAILED, DossierRoom

from tocsin.claims import standing_of
from tocsin.markings import PUBLIC, Marking, marking_for
from tocsin.node import read_config
from tocsin.node.claiming import read_claims

MARKINGS = {
    "home": marking_for("KOR"),
    "two": marking_for("KOR", "USA"),
    "three": marking_for("JPN", "KOR", "USA"),
    "public": Marking(releasable_to=(PUBLIC,)),
}
TOKENS = ["c0" * 32, "c1" * 32]


@st.composite
def ledgers(draw):
    """A claim for everybody, items that hold or contradict it, and who may have each."""
    text, markings = "", {}
    for number in range(draw(st.integers(1, 4))):
        basis = draw(st.sampled_from(["own", "derived", "unknown"]))
        tokens = draw(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=2, unique=True))
        relation = draw(st.sampled_from(["supports", "contradicts"]))
        text += f'[[item]]\nkey = "i{number}"\ntitle = "SECRET-i{number}-"\nmedia = "x"\nbasis = "{basis}"\n'
        text += "" if basis == "unknown" else f"origins = {tokens}\n".replace("'", '"')
        text += f'[[link]]\nkey = "l{number}"\nof = "i{number}"\nrelation = "{relation}"\nto = "sailed"\n'
        text += f'reason = "SECRET-l{number}-"\n'
        for key in (f"i{number}", f"l{number}"):
            markings[key] = MARKINGS[draw(st.sampled_from(sorted(MARKINGS)))]
    if draw(st.booleans()):
        text += '[[judgement]]\nkey = "j"\nclaim = "sailed"\nscale = "phia"\nword = "likely"\nreasons = "SECRET-j-"\n'
        markings["j"] = MARKINGS[draw(st.sampled_from(sorted(MARKINGS)))]
    text += '[[claim]]\nkey = "sailed"\nproposition = "A ship sailed"\nspeaker = "A government"\n'
    return text, markings | {"sailed": MARKINGS["public"]}


@settings(max_examples=12)
@given(ledger=ledgers(), audience=st.sampled_from([("JPN",), ("USA",), ("JPN", "USA"), ("KOR",), (PUBLIC,)]))
def test_a_redacted_dossier_verifies_leaks_nothing_and_makes_no_support(ledger, audience):
    text, markings = ledger
    with tempfile.TemporaryDirectory() as folder:
        room = DossierRoom(Path(folder))
        room.tell_apart(text, markings)
        packed = room.pack(*audience)
        proof = room.prove()
        assert proof.is_sound, proof.breaks
        stays = [key for key, marking in markings.items() if not marking.allows(audience)]
        assert packed.withheld == len(stays)
        everything = b"".join(room.unpacked().values())
        for key in stays:
            assert f"SECRET-{key}-".encode() not in everything
        dossier = room.select(*audience)
        section = dossier.claims[0]
        shown = dossier.head.origins_known.get(section.claim.id, len(section.support.origins))
        full = standing_of(read_claims(read_config(room.home / "member.toml"), "actual"), SAILED)
        assert shown <= len(full.support.origins)
