"""The ledger of claims as a browser meets it: what stands, as of when, and what an analyst says of it."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from litestar.testing import TestClient
from tests.sealed import START, make_record
from tests.unit.web.conftest import Desk, agreed, endex, visitor

from tocsin.markings import Marking, marking_for
from tocsin.records import (
    CargoPlace,
    Claim,
    ClaimItem,
    ClaimLink,
    ClaimSource,
    Hypothesis,
    Judgement,
    Movement,
    MovementLeg,
    Quantity,
    Question,
    Recall,
    RecordRef,
    Vessel,
    VesselIdentity,
    WatchFloor,
    Weighing,
)
from tocsin.web import Gateway, Sessions

KINDS = {
    Claim: "claims.claim", ClaimSource: "claims.source", ClaimItem: "claims.item", Judgement: "claims.judgement",
    ClaimLink: "claims.link", Question: "claims.question", Weighing: "claims.weighing", Vessel: "cargo.vessel",
    Movement: "cargo.movement",
}  # fmt: skip
EVERYBODY = marking_for("JPN", "KOR", "USA")


class Ledger:
    """Says things to KOR's ledger, a second apart."""

    def __init__(self, desk: Desk, gateway: Gateway) -> None:
        self._desk, self._gateway = desk, gateway
        self._ids = itertools.count(1)

    def say(self, body, *, by: str = "USA", marking: Marking = EVERYBODY, status: str = "actual", **given) -> RecordRef:
        record = make_record(
            f"{by}-{next(self._ids)}", originator=by, kind=KINDS[type(body)], body=msgspec.to_builtins(body),
            marking=marking, status=status, **given,
        )  # fmt: skip
        self._gateway.take(self._desk.admit(record))
        return RecordRef(originator=by, record=record.id)

    def movement(self, **given) -> RecordRef:
        """Three reports that come from one image, and a denial."""
        source = self.say(ClaimSource(name="RUSI", kind="organisation", reliability="B"))
        image = self.say(ClaimItem(title="image", media="image/png", basis="own", source=source, quote="two ships"))
        claim = self.say(
            Claim(
                proposition="Angara took containers to Dunai", speaker="RUSI", rests_on=(image,), topic="movements",
                quantities=(Quantity(unit="containers", least=300, most=300),), **given,
            )
        )  # fmt: skip
        for outlet in ("wire", "paper"):
            report = self.say(ClaimItem(title=outlet, media="text/html", basis="derived", derived_from=(image,)))
            self.say(ClaimLink(of=report, relation="supports", to=claim))
        denial = self.say(Claim(proposition="No such ship sailed", speaker="Russia", said_at=START), by="JPN")
        self.say(ClaimLink(of=denial, relation="denies", to=claim), by="JPN")
        return claim


@pytest.fixture
def ledger(desk: Desk, gateway: Gateway) -> Ledger:
    return Ledger(desk, gateway)


@pytest.fixture
def analyst(client: TestClient, sessions: Sessions) -> TestClient:
    client.get(f"/enter?once={sessions.invite(visitor('analyst'))}", follow_redirects=False)
    client.headers["X-Tocsin-CSRF"] = client.get("/api/v1/session").json()["csrf"]
    return client


def test_nobody_reads_it_without_signing_in(client: TestClient) -> None:
    for path in ("claims", "claims/USA/x", "questions"):
        assert client.get(f"/api/v1/{path}").status_code == 401
    for path in ("judgements", "weighings"):
        assert client.post(f"/api/v1/{path}", json={}).status_code == 401


def test_a_claim_stands_with_what_is_counted_and_with_its_denial_beside_it(officer: TestClient, ledger: Ledger) -> None:
    claim = ledger.movement()
    page = officer.get("/api/v1/claims").json()
    (line,) = page["claims"]  # the denial is no line of its own
    assert line["support"] == {"reports": 3, "origins": 1, "unknown": 0}
    assert [denial["claim"]["speaker"] for denial in line["denials"]] == ["Russia"]
    assert (line["world"], line["audience"], line["originator"]) == ("actual", ["JPN", "KOR", "USA"], "USA")
    assert page["topics"] == [{"topic": "movements", "claims": 1}]
    whole = officer.get(f"/api/v1/claims/USA/{claim.record}").json()
    assert [each["relation"] for each in whole["evidence"]] == ["rests_on", "supports", "supports"]
    first = whole["evidence"][0]["evidence"]
    assert (first["source"]["source"]["reliability"], first["item"]["quote"]) == ("B", "two ships")
    assert [change["what"] for change in whole["changes"]] == ["stated", "linked", "linked", "linked"]


def test_words_and_topics_narrow_what_is_listed(officer: TestClient, ledger: Ledger) -> None:
    ledger.movement()
    ledger.say(Claim(proposition="Five rail cars crossed", speaker="38 North"))
    asked = {"words": "ANGARA dunai"}, {"words": "angara rail"}, {"topic": ""}, {"topic": "movements"}, {"limit": 1}
    found = [officer.get("/api/v1/claims", params=each).json() for each in asked]
    assert [page["found"] for page in found] == [1, 0, 1, 1, 2]
    assert [claim["claim"]["speaker"] for claim in found[4]["claims"]] == ["38 North"]


def test_it_is_told_as_it_was_known_here_then(officer: TestClient, ledger: Ledger, desk: Desk) -> None:
    claim = ledger.movement()
    then = desk.federation.clock.now().isoformat()
    ledger.say(Judgement(claim=claim, scale="icd203", word="likely", confidence="low"))
    path = f"/api/v1/claims/USA/{claim.record}"
    (judged,) = officer.get(path).json()["judgements"]
    assert judged["band_percent"] == [55.0, 80.0]
    assert officer.get(path, params={"as_of": then}).json()["judgements"] == []
    before = {"as_of": START.isoformat()}
    assert officer.get("/api/v1/claims", params=before).json()["claims"] == []
    assert officer.get(path, params=before).json() is None
    for no_time in ("2026-03-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert officer.get("/api/v1/claims", params={"as_of": no_time}).status_code == 400


def test_statuses_are_apart_and_an_exercise_is_there_while_it_runs(
    officer: TestClient, ledger: Ledger, desk: Desk, gateway: Gateway
) -> None:
    ledger.movement()
    status = "exercise:keen-edge"
    told = Claim(proposition="a ship is loaded", speaker="exercise control")
    ledger.say(told, status=status, synthetic=True)
    listed = officer.get("/api/v1/claims", params={"status": status}).json()
    assert (listed["statuses"], listed["claims"]) == (["actual"], [])  # KOR takes no part yet
    gateway.take(desk.admit(*agreed(status)))
    listed = officer.get("/api/v1/claims", params={"status": status}).json()
    assert listed["statuses"] == ["actual", status]
    assert [(each["world"], each["synthetic"]) for each in listed["claims"]] == [("exercise", True)]
    assert [each["world"] for each in officer.get("/api/v1/claims").json()["claims"]] == ["actual"]
    gateway.take(desk.admit(endex(status)))
    assert officer.get("/api/v1/claims", params={"status": status}).json()["claims"] == []


def test_what_this_member_may_not_have_is_nowhere(officer: TestClient, ledger: Ledger, gateway: Gateway) -> None:
    claim = ledger.movement()
    secret = ledger.say(ClaimItem(title="SECRET", media="image/png", basis="own"), marking=marking_for("KOR", "USA"))
    ledger.say(ClaimLink(of=secret, relation="supports", to=claim), marking=marking_for("KOR", "USA"))
    line = officer.get("/api/v1/claims").json()["claims"][0]
    assert (line["support"]["origins"], line["counts_audience"]) == (2, ["KOR", "USA"])
    gateway.floor = WatchFloor("JPN")  # the page of another member over the same store
    gateway.claims.forget()
    line = officer.get("/api/v1/claims").json()["claims"][0]
    assert (line["support"]["origins"], line["counts_audience"]) == (1, ["JPN", "KOR", "USA"])
    assert "SECRET" not in officer.get(f"/api/v1/claims/USA/{claim.record}").text


def test_what_is_recalled_is_gone(officer: TestClient, ledger: Ledger, desk: Desk, gateway: Gateway) -> None:
    claim = ledger.movement()
    assert officer.get("/api/v1/claims").json()["found"] == 1
    desk.store.recall(claim.record, originator="USA", recalled_at=desk.federation.clock.now())
    body = msgspec.to_builtins(Recall(record_id=claim.record, reason="spilled"))
    gateway.take(desk.admit(make_record("R-1", originator="USA", kind="exchange.recall", body=body, marking=EVERYBODY)))
    assert "Angara" not in officer.get("/api/v1/claims").text


def test_a_movement_is_told_leg_by_leg_with_who_denies_its_claims_and_where_its_codes_are(
    officer: TestClient, ledger: Ledger
) -> None:
    claim = ledger.movement()
    name = VesselIdentity(what="name", value="Angara", basis="reported", source="RUSI")
    ship = ledger.say(Vessel(identities=(name,)))
    rajin = CargoPlace(name="Rajin", wpi=60510)
    ledger.say(
        Movement(
            title="Containers from Rajin", vessels=(ship,), rests_on=(claim,), topic="movements",
            legs=(MovementLeg(mode="sea", basis="seen", origin=rajin, transponder="silent"),),
        )
    )  # fmt: skip
    page = officer.get("/api/v1/claims", params={"words": "angara"}).json()
    assert page["movements"] == []  # it is found by its own words
    (told,) = officer.get("/api/v1/claims", params={"words": "rajin"}).json()["movements"]
    assert (told["vessels"], told["claims"]) == (["Angara"], [{"originator": "USA", "record": claim.record}])
    assert [denial["claim"]["speaker"] for denial in told["denials"]] == ["Russia"]
    assert told["movement"]["legs"][0]["origin"]["lat_deg"] == pytest.approx(42.2, abs=0.1)
    before = {"as_of": START.isoformat()}
    assert officer.get("/api/v1/claims", params=before).json()["movements"] == []


def question(ledger: Ledger) -> RecordRef:
    answers = (Hypothesis(key="arms", text="arms"), Hypothesis(key="civil", text="civil goods"))
    return ledger.say(Question(text="What did they hold?", hypotheses=answers, gaps=("an image of the content",)))


def test_a_board_has_every_members_reading_and_says_what_decides(officer: TestClient, ledger: Ledger) -> None:
    claim, asked = ledger.movement(), question(ledger)
    for by, key, reading in (
        ("USA", "civil", "inconsistent"),
        ("USA", "arms", "consistent"),
        ("JPN", "arms", "neutral"),
    ):
        ledger.say(
            Weighing(question=asked, hypothesis=key, evidence=claim, reading=reading, reason=f"{by} on {key}"), by=by
        )
    (board,) = officer.get("/api/v1/questions").json()
    (row,) = board["rows"]
    assert {(cell["originator"], cell["hypothesis"], cell["reading"]) for cell in row["cells"]} == {
        ("USA", "civil", "inconsistent"), ("USA", "arms", "consistent"), ("JPN", "arms", "neutral"),
    }  # fmt: skip
    assert (row["tells_apart"], row["would_change"]) == (["USA"], ["USA"])
    assert [score["key"] for score in board["ranking"]["USA"]] == ["arms", "civil"]
    assert row["evidence"]["support"]["origins"] == 1
    assert [denial["claim"]["speaker"] for denial in row["evidence"]["denials"]] == ["Russia"]


def test_an_analyst_judges_for_the_member_and_a_later_judgement_takes_the_place(
    analyst: TestClient, ledger: Ledger, desk: Desk, gateway: Gateway
) -> None:
    claim = ledger.movement()
    said = {"originator": "USA", "record_id": claim.record, "scale": "icd203", "word": "likely", "confidence": "low"}
    assert analyst.post("/api/v1/judgements", json=said).status_code == 202
    (first,) = desk.issued
    assert (first.kind, first.marking, first.status) == ("claims.judgement", EVERYBODY, "actual")
    assert [(source.originator, source.record) for source in first.sources] == [("USA", claim.record)]
    gateway.take(desk.admit(first))
    assert analyst.post("/api/v1/judgements", json=said | {"word": "very likely"}).status_code == 202
    assert desk.issued[1].supersedes == first.id
    wrong = analyst.post("/api/v1/judgements", json=said | {"word": "sure"})
    assert (wrong.status_code, "no word of icd203" in wrong.json()["error"]) == (422, True)
    assert analyst.post("/api/v1/judgements", json=said | {"record_id": "nothing"}).status_code == 404


def test_an_analyst_weighs_evidence_for_a_question(
    analyst: TestClient, ledger: Ledger, desk: Desk, gateway: Gateway
) -> None:
    claim = ledger.movement()
    asked = question(ledger)
    said = {
        "question": msgspec.to_builtins(asked), "evidence": msgspec.to_builtins(claim), "hypothesis": "civil",
        "reading": "inconsistent", "reason": "a depot of munitions",
    }  # fmt: skip
    assert analyst.post("/api/v1/weighings", json=said).status_code == 202
    gateway.take(desk.admit(*desk.issued))
    assert analyst.post("/api/v1/weighings", json=said | {"reading": "neutral"}).status_code == 202
    assert desk.issued[1].supersedes == desk.issued[0].id
    assert analyst.post("/api/v1/weighings", json=said | {"hypothesis": "x"}).status_code == 422
    (board,) = analyst.get("/api/v1/questions").json()
    assert [(cell["originator"], cell["reading"]) for cell in board["rows"][0]["cells"]] == [("KOR", "inconsistent")]


def test_who_is_no_analyst_judges_nothing(officer: TestClient, ledger: Ledger, desk: Desk) -> None:
    claim = ledger.movement()
    said = {"originator": "USA", "record_id": claim.record, "scale": "icd203", "word": "likely"}
    assert officer.post("/api/v1/judgements", json=said).status_code == 403
    assert desk.issued == []


def test_a_version_that_was_replaced_is_not_judged(analyst: TestClient, ledger: Ledger, desk: Desk) -> None:
    claim = ledger.movement()
    ledger.say(Claim(proposition="Angara and Maria", speaker="RUSI"), supersedes=claim.record)
    said = {"originator": "USA", "record_id": claim.record, "scale": "icd203", "word": "likely"}
    assert analyst.post("/api/v1/judgements", json=said).status_code == 412
    assert desk.issued == []
