"""Joint statements as a browser meets them: where one stands, what differs, and who may say what."""

from __future__ import annotations

import itertools
from datetime import timedelta

import msgspec
import pytest
from litestar.testing import TestClient
from tests.unit.web.conftest import Desk as Member
from tests.unit.web.conftest import visitor

from tocsin.consult import ConsultOrder, Desk, DraftOrder, Index, Paragraph, record_of
from tocsin.markings import marking_for
from tocsin.records import Person, Record, RecordRef, StatementComment, with_body
from tocsin.web import Gateway, Sessions

MEMBERS = ("JPN", "KOR", "USA")


class Drafter:
    """JPN, which holds the pen."""

    def __init__(self, member: Member, gateway: Gateway) -> None:
        self._member, self._gateway = member, gateway
        self._index = Index("actual")
        self._ids = itertools.count(1)

    def hear(self, *records: Record) -> None:
        """Let records into both stores."""
        stored = self._member.admit(*records)
        self._index.take(each.admitted for each in stored)
        self._gateway.take(stored)

    def order(self, order: DraftOrder | ConsultOrder) -> Record:
        desk = Desk(
            index=self._index, member="JPN", now=self._member.federation.clock.now(),
            new_id=lambda: f"jpn-{next(self._ids)}", sign=lambda *_: ("", ""),
        )  # fmt: skip
        made = record_of(order, desk)
        self.hear(made)
        return made

    def draft(self, second: str = "We express concern.") -> Record:
        texts = ("The three met.", second)
        return self.order(
            DraftOrder(
                id="joint", members=MEMBERS, titles={"en": "Joint statement"}, pseudonym="D-1",
                paragraphs=tuple(Paragraph(id=f"p{i}", texts={"en": text}) for i, text in enumerate(texts, 1)),
            )
        )  # fmt: skip


@pytest.fixture
def drafter(desk: Member, gateway: Gateway) -> Drafter:
    return Drafter(desk, gateway)


def as_role(client: TestClient, sessions: Sessions, role: str) -> TestClient:
    client.get(f"/enter?once={sessions.invite(visitor(role))}", follow_redirects=False)
    client.headers["X-Tocsin-CSRF"] = client.get("/api/v1/session").json()["csrf"]
    return client


def said(act: str, **more) -> dict:
    return {"act": act, "consultation": "JPN/joint", "status": "actual", **more}


def test_a_text_is_told_with_its_marking_and_what_became_of_the_one_before(
    officer: TestClient, drafter: Drafter
) -> None:
    drafter.draft()
    drafter.draft("We express grave concern.")
    (told,) = officer.get("/api/v1/consultations").json()
    assert (told["audience"], told["world"], told["standing"]["phase"]) == (list(MEMBERS), "actual", "round")
    assert [each["number"] for each in told["standing"]["rounds"]] == [1, 2]
    asked = {"language": "en", "number": 2, "before": 1}
    found = officer.get("/api/v1/consultations/JPN/joint/differences", params=asked).json()
    assert [(each["id"], each["change"]) for each in found] == [("", "same"), ("p1", "same"), ("p2", "changed")]
    assert "grave" in next(span["text"] for span in found[2]["spans"] if span["op"] == "added")
    assert officer.get("/api/v1/consultations/JPN/joint/differences", params=asked | {"before": 9}).status_code == 404


def test_an_analyst_proposes_words_and_a_releaser_breaks_silence(
    client: TestClient, sessions: Sessions, drafter: Drafter, desk: Member
) -> None:
    drafter.draft()
    analyst = as_role(client, sessions, "analyst")
    words = said("replace", paragraph="p2", texts={"en": "We express alarm."}, text="too mild")
    assert analyst.post("/api/v1/consultations/orders", json=words).status_code == 202
    (made,) = desk.issued
    assert (made.kind, made.marking) == ("consult.comment", marking_for(*MEMBERS))
    drafter.hear(made)
    (told,) = analyst.get("/api/v1/consultations").json()
    assert [(each["member"], each["texts"]) for each in told["standing"]["brackets"]] == [
        ("KOR", {"en": "We express alarm."})
    ]
    drafter.order(ConsultOrder(act="accept", consultation="JPN/joint", pseudonym="D-1", role="drafter"))
    deadline = desk.federation.clock.now() + timedelta(hours=2)
    drafter.order(
        ConsultOrder(act="silence", consultation="JPN/joint", pseudonym="D-1", role="drafter", deadline_at=deadline)
    )
    broken = said("break", text="the text is too mild")
    assert analyst.post("/api/v1/consultations/orders", json=broken).status_code == 403
    releaser = as_role(client, sessions, "releaser")
    assert releaser.post("/api/v1/consultations/orders", json=broken).status_code == 202
    drafter.hear(desk.issued[-1])
    assert releaser.get("/api/v1/consultations").json()[0]["standing"]["phase"] == "broken"


def test_what_is_said_of_a_text_for_fewer_narrows_the_marking_of_the_whole(
    officer: TestClient, drafter: Drafter
) -> None:
    text = drafter.draft()
    of = RecordRef(originator="JPN", record=text.id)
    person = Person(role="drafter", pseudonym="D-1")
    said_aside = StatementComment(of=of, act="comment", paragraph="p2", text="not for USA", by=person)
    drafter.hear(
        with_body(
            "consult.comment", said_aside, id="aside", originator="JPN", issued_at=text.issued_at, status="actual",
            marking=msgspec.structs.replace(marking_for("JPN", "KOR"), caveats=("EYES",)), precedence=text.precedence,
        )
    )  # fmt: skip
    (told,) = officer.get("/api/v1/consultations").json()
    assert [each["why"] for each in told["standing"]["comments"]] == ["not for USA"]
    assert (told["audience"], told["caveats"]) == (["JPN", "KOR"], ["EYES"])


def test_what_may_not_be_done_is_said_in_words(client: TestClient, sessions: Sessions, drafter: Drafter) -> None:
    drafter.draft()
    releaser = as_role(client, sessions, "releaser")
    for wrong, words in (
        (said("accept"), "holds the pen"), (said("break", text="no"), "not under silence"),
        (said("comment", text="x") | {"consultation": "JPN/other"}, "is no consultation"),
        (said("strike", paragraph="p9"), "no paragraph"),
    ):  # fmt: skip
        answer = releaser.post("/api/v1/consultations/orders", json=wrong)
        assert (answer.status_code, words in answer.json()["error"]) == (409, True), answer.text


def test_nobody_reads_them_without_signing_in(client: TestClient) -> None:
    assert client.get("/api/v1/consultations").status_code == 401
    assert client.post("/api/v1/consultations/orders", json=msgspec.to_builtins(said("break"))).status_code == 401
