"""What is told of a claim: who supports it on what, who denies it, since when, and how it stood before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.ledger_room import LedgerRoom, key

from tocsin.claims import Ledger, changes_of, content_token, new_origin_token, standing_of
from tocsin.errors import DomainError, StatusMixError
from tocsin.records import Claim, ClaimItem, ClaimLink, Judgement, Quantity

SHA = "ab" * 32


@pytest.fixture
def room():
    return LedgerRoom()


def test_three_reports_of_one_image_are_one_origin(room):
    image = room.item("satellite image", sha256=SHA)
    claim = room.claim(rests_on=(image,))
    for outlet in ("wire", "paper"):
        report = room.item(outlet, basis="derived", derived_from=(image,), by="USA")
        room.link(report, claim)
    support = standing_of(room.ledger, key(claim)).support
    assert (support.reports, len(support.origins), support.unknown) == (3, 1, 0)


def test_two_members_who_hold_the_same_file_find_out_without_naming_its_source(room):
    claim = room.claim(rests_on=(room.item("bought here", sha256=SHA),))
    room.link(room.item("bought there", sha256=SHA, by="JPN"), claim)
    # a third holds a copy that may name no parent, only the origin
    room.link(room.item("coarse copy", basis="derived", origins=(content_token(SHA),), by="USA"), claim)
    assert len(standing_of(room.ledger, key(claim)).support.origins) == 1


def test_an_item_that_bears_two_names_joins_them_wherever_it_stands(room):
    token = new_origin_token()
    claim = room.claim(rests_on=(room.item(basis="derived", origins=(token,)),))
    room.link(room.item(sha256=SHA, by="USA"), claim)
    before = room.now()
    assert len(standing_of(room.ledger, key(claim)).support.origins) == 2
    room.item("the original, registered and hashed", sha256=SHA, origins=(token,), by="JPN")
    assert len(standing_of(room.ledger, key(claim)).support.origins) == 1
    assert len(standing_of(room.ledger, key(claim), before).support.origins) == 2


def test_a_report_whose_basis_nobody_told_adds_nothing_and_shows(room):
    claim = room.claim(rests_on=(room.item(),))
    room.link(room.item("a post", basis="unknown"), claim)
    room.link(room.claim("the same, said by another"), claim)
    support = standing_of(room.ledger, key(claim)).support
    assert (support.reports, len(support.origins), support.unknown) == (3, 1, 2)


def test_a_denial_stands_beside_and_takes_nothing_away(room):
    claim = room.claim(rests_on=(room.item(),))
    before = standing_of(room.ledger, key(claim))
    denial = room.claim("no arms were delivered", speaker="Russia", reported_by="a wire")
    room.link(denial, claim, "denies", by="USA")
    after = standing_of(room.ledger, key(claim))
    assert after.support == before.support
    [seen] = after.denials
    assert seen.is_reported
    assert seen.claim.body.speaker == "Russia"


def test_figures_stand_side_by_side_and_only_like_is_compared_with_like(room):
    until = datetime(2023, 10, 13, tzinfo=UTC)
    claim = room.claim(quantities=(Quantity(unit="containers", least=1000, until=until),))
    for quantity in (
        Quantity(unit="containers", least=900, most=900, until=until),
        Quantity(unit="containers", least=950, most=950, is_about=True, until=until),
        Quantity(unit="containers", least=20_000, until=datetime(2025, 5, 29, tzinfo=UTC)),
    ):
        room.link(room.claim("so many", quantities=(quantity,)), claim, "contradicts")
    found = [figure.beside[0][1] for figure in standing_of(room.ledger, key(claim)).figures]
    assert found == ["differ", "agree", "not_comparable"]


def test_a_revised_claim_keeps_what_was_said_of_it_and_the_past_stays_as_it_was(room):
    claim = room.claim("300 containers", credibility=3)
    room.link(room.item(), claim)
    then = room.now()
    revised = room.take(
        Claim(proposition="at least 300", speaker="White House", credibility=2), supersedes=claim.record
    )
    for ref in (claim, revised):
        standing = standing_of(room.ledger, key(ref))
        assert standing.claim.body.proposition == "at least 300"
        assert len(standing.support.origins) == 1
    assert standing_of(room.ledger, key(revised), then).claim.body.proposition == "300 containers"
    assert [change.what for change in changes_of(room.ledger, key(claim))] == ["stated", "linked", "revised"]


def test_what_is_taken_back_counts_no_more_but_did(room):
    claim = room.claim()
    item = room.item()
    link = room.link(item, claim)
    then = room.now()
    room.cancel(link, ClaimLink(of=item, relation="supports", to=claim))
    assert standing_of(room.ledger, key(claim)).support.reports == 0
    assert standing_of(room.ledger, key(claim), then).support.reports == 1
    assert [change.what for change in changes_of(room.ledger, key(claim))] == ["stated", "linked", "taken back"]
    room.cancel(claim, Claim(proposition="cargo moved", speaker="White House"))
    with pytest.raises(DomainError, match="no claim"):
        standing_of(room.ledger, key(claim))


def test_each_member_judges_for_itself_and_its_newest_counts(room):
    claim = room.claim()
    for member, word in (("KOR", "likely"), ("USA", "very likely"), ("KOR", "almost certain")):
        room.take(Judgement(claim=claim, scale="icd203", word=word), by=member)
    found = [(seen.originator, seen.body.word) for seen in standing_of(room.ledger, key(claim)).judgements]
    assert found == [("KOR", "almost certain"), ("USA", "very likely")]


def test_nobody_takes_anothers_record_back_or_replaces_it(room):
    claim = room.claim(by="KOR")
    room.take(Claim(proposition="nothing moved", speaker="x"), by="USA", supersedes=claim.record)
    room.take(Claim(proposition="cargo moved", speaker="x"), by="USA", cancels=claim.record)
    assert standing_of(room.ledger, key(claim)).claim.body.proposition == "cargo moved"


def test_what_a_claim_rests_on_and_is_not_held_here_is_named(room):
    other = room.record(ClaimItem(title="theirs", media="image/png", basis="own"), by="USA", name="USA-secret")
    claim = room.claim(rests_on=(room.item(), type(room.item())(originator="USA", record=other.id)))
    standing = standing_of(room.ledger, key(claim))
    assert standing.missing == (("USA", "USA-secret"),)
    assert standing.support.unknown == 1


def test_an_exercise_never_enters_the_ledger_of_what_is_real(room):
    drill = Ledger("exercise:spring")
    [entry] = room.admit(room.record(Claim(proposition="p", speaker="s")))
    with pytest.raises(StatusMixError):
        drill.take(entry)
