"""What waits is shown and decided; a decision signed by passkey is one that other members can check."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from litestar.testing import TestClient
from tests.authenticators import Authenticator
from tests.sealed import START, make_record
from tests.unit.web.conftest import EVERYBODY, PASSWORD, Desk, launch
from tests.unit.web.test_passkeys import add

from tocsin.exchange import digest_of, standing_of
from tocsin.markings import Marking, marking_for
from tocsin.records import Alert, Held, Peer, Record
from tocsin.store import Batch, HeldItem, standing_in
from tocsin.web import Gateway, People, Vouching
from tocsin.web.acting_shapes import ACTING_ROLES, ALERT, DECIDING_ROLES
from tocsin.web.app import make_app
from tocsin.web.floor import Floor
from tocsin.web.shapes import Role

DRAFT = Alert(
    alert_id="a", event_id="e", message="alert", number=1, areas=(), texts=(), channels=("feed",), confirmations=1,
    urgency="Immediate", severity="Extreme", certainty="Likely", expires_at=START,
)  # fmt: skip
HELD, DECISIONS = "/api/v1/held", "/api/v1/decisions"


@pytest.fixture
def releaser(client: TestClient, people: People) -> TestClient:
    # a name that the text of a key cannot hold by chance: it has a space
    people.add("Jin Park", PASSWORD, pseudonym="R-1", roles=("releaser", "alert_officer"))
    client.headers["X-Tocsin-CSRF"] = client.post(
        "/api/v1/sign-in", json={"name": "Jin Park", "password": PASSWORD}
    ).json()["csrf"]
    return client


def hold(desk: Desk, id_: str = "W-1", *, reason: str = "needs_person", to=("JPN", "USA"), **fields) -> Record:
    record = make_record(id_, originator="KOR", marking=EVERYBODY, **fields)
    desk.admit(record, own=True)
    items = [HeldItem(held=Held(id_, record.kind, Peer(code), reason), held_at=record.issued_at) for code in to]
    desk.store.commit(Batch(held=tuple(items)))
    return record


def ask(browser: TestClient, act: str, record_id: str = "W-1", **changes) -> dict:
    """Return a decision about a record as the page shows it."""
    shown = browser.get(f"/api/v1/records/KOR/{record_id}").json()
    return {"originator": "KOR", "record_id": record_id, "digest": shown.get("digest", ""), "act": act} | changes


def decide(browser: TestClient, act: str, key: Authenticator | None = None, *, record_id: str = "W-1", **changes):
    asked = ask(browser, act, record_id, text="to allies") | changes
    if key is None:
        return browser.post(DECISIONS, json=asked)
    options = browser.post(f"{DECISIONS}/options", json=asked)
    if options.status_code != 200:
        return options
    return browser.post(f"{DECISIONS}/signed", json={"passkey": key.use(options.json()["options"])})


def test_what_is_held_is_shown_with_reason_marking_and_to_whom(releaser: TestClient, desk: Desk) -> None:
    hold(desk, body={"secret": "<b>bold</b>"})
    hold(desk, "P-1", reason="policy", to=("USA",))
    waiting, staying = releaser.get(HELD).json()
    assert (waiting["reason"], waiting["to"], waiting["record"]["id"]) == ("needs_person", ["JPN", "USA"], "W-1")
    assert waiting["record"]["audience"] == ["JPN", "KOR", "USA"]
    assert waiting["record"]["body"] == {"secret": "<b>bold</b>"}
    assert (staying["reason"], staying["to"], staying["record"]["id"]) == ("policy", ["USA"], "P-1")


def test_a_release_is_a_record_of_the_person_for_all_who_get_what_goes(releaser: TestClient, desk: Desk) -> None:
    hold(desk)
    answer = decide(releaser, "release")
    assert answer.status_code == 202, answer.text
    (made,) = desk.issued
    assert (made.kind, made.id, made.marking) == ("watch.approval", answer.json()["record_id"], EVERYBODY)
    assert made.parents == ("W-1",)
    body = msgspec.json.decode(made.body)
    assert body["person"] == {"role": "releaser", "pseudonym": "R-1"}
    assert body["digest"] == digest_of(desk.store.find("W-1").admitted.raw)
    assert "assertion" not in body
    assert "Jin Park" not in made.body.__reduce__()[1][0].decode()


def test_a_refusal_stays_at_home(releaser: TestClient, desk: Desk) -> None:
    hold(desk)
    assert decide(releaser, "refuse").status_code == 202
    assert desk.issued[0].marking == Marking(releasable_to=("KOR",))


def test_what_is_signed_can_be_checked_by_whoever_gets_it(
    releaser: TestClient, desk: Desk, gateway: Gateway, people: People
) -> None:
    record = hold(desk)
    key = Authenticator()
    add(releaser, key)
    answer = decide(releaser, "release", key)
    assert answer.status_code == 202, answer.text
    told, made = desk.issued
    assert (told.kind, told.marking, told.status) == ("watch.credential", EVERYBODY, record.status)
    assert "Jin Park" not in str(bytes(told.body))
    frame = desk.federation.admitted(told, made)  # as another member lets it in
    credential, approval = frame.records
    about = desk.store.find("W-1").admitted
    assert standing_of(approval, about, [credential]).is_verified
    desk.admit(told, made)
    desk.issued.clear()
    assert decide(releaser, "refuse", key).status_code == 202
    assert [each.kind for each in desk.issued] == ["watch.approval"]  # the passkey is known to all of KOR
    vouching = Vouching(gateway, people)
    assert vouching.look() == []
    assert releaser.post(f"/api/v1/passkeys/{credential.body.credential}/remove").status_code == 204
    (gone,) = vouching.look()
    assert (gone.kind, gone.supersedes, gone.marking) == ("watch.credential", told.id, EVERYBODY)
    later = msgspec.structs.replace(made, id="later", issued_at=gone.issued_at)
    _, ended, after = desk.federation.admitted(told, gone, later).records
    assert standing_of(after, about, [credential, ended]).code == "not_valid_then"
    assert standing_of(approval, about, [credential, ended]).is_verified
    desk.admit(gone)
    assert vouching.look() == Vouching(gateway, people).look() == []  # after a restart, too, nothing is said twice


def test_a_signature_is_for_what_was_asked_once_and_by_whom(
    releaser: TestClient, desk: Desk, people: People, client: TestClient
) -> None:
    hold(desk)
    key = Authenticator()
    assert decide(releaser, "release", key).json()["error"] == "you have no passkey here"
    add(releaser, key)
    asked = ask(releaser, "release")
    options = releaser.post(f"{DECISIONS}/options", json=asked).json()["options"]
    used = {"passkey": key.use(options)}
    assert releaser.post(f"{DECISIONS}/signed", json=used).status_code == 202
    assert releaser.post(f"{DECISIONS}/signed", json=used).status_code == 403
    options = releaser.post(f"{DECISIONS}/options", json=asked).json()["options"]
    releaser.post(f"{DECISIONS}/options", json=asked | {"act": "refuse"})
    answer = releaser.post(f"{DECISIONS}/signed", json={"passkey": key.use(options)})
    assert (answer.status_code, "another challenge" in answer.json()["error"]) == (403, True)
    options = releaser.post(f"{DECISIONS}/options", json=asked).json()["options"]
    people.add("Jin Park", PASSWORD, pseudonym="R-1", roles=("analyst",))
    assert releaser.post(f"{DECISIONS}/signed", json={"passkey": key.use(options)}).status_code == 403
    assert len(desk.issued) == 2


def test_who_may_not_decide_is_told_who_may(officer: TestClient, desk: Desk) -> None:
    hold(desk)
    for act in ("release", "refuse"):
        answer = decide(officer, act)
        assert (answer.status_code, "releaser" in answer.json()["error"]) == (403, True)
        assert decide(officer, act, Authenticator()).status_code == 403
    assert decide(officer, "approve").status_code == 202
    del officer.headers["X-Tocsin-CSRF"]
    for path in (DECISIONS, f"{DECISIONS}/options", f"{DECISIONS}/signed", "/api/v1/seen"):
        assert officer.post(path, json={}).status_code == 403
    officer.cookies.clear()
    assert officer.get(HELD).status_code == 401


def test_whoever_may_approve_a_message_to_the_public_may_refuse_it(
    officer: TestClient, people: People, desk: Desk
) -> None:
    own, body = marking_for("KOR"), msgspec.to_builtins(DRAFT)
    desk.admit(make_record("M-1", kind=ALERT, originator="KOR", marking=own, body=body), own=True)
    for act in ("approve", "refuse"):
        assert decide(officer, act, record_id="M-1").status_code == 202
    assert [msgspec.json.decode(made.body)["act"] for made in desk.issued] == ["approve", "refuse"]
    people.add("Hana", PASSWORD, pseudonym="WO-1", roles=("releaser",))
    assert decide(officer, "refuse", record_id="M-1").status_code == 403
    assert decide(officer, "release", record_id="M-1").status_code == 403  # it does not wait


def test_what_was_shown_is_approved_and_nothing_newer(releaser: TestClient, desk: Desk, gateway: Gateway) -> None:
    seen, newer = launch(originator="KOR"), launch(originator="KOR", revision=2)
    gateway.take(desk.admit(seen))
    (event,) = releaser.get("/api/v1/picture").json()["events"]
    digest = event["members"]["KOR"]["digest"]
    assert digest == ask(releaser, "approve", seen.id)["digest"] == digest_of(desk.store.find(seen.id).admitted.raw)
    key = Authenticator()
    add(releaser, key)
    signing = releaser.post(f"{DECISIONS}/options", json=ask(releaser, "approve", seen.id)).json()["options"]
    gateway.take(desk.admit(msgspec.structs.replace(newer, supersedes=seen.id)))
    for answer in (
        decide(releaser, "approve", record_id=seen.id),
        decide(releaser, "approve", key, record_id=seen.id),
        releaser.post(f"{DECISIONS}/signed", json={"passkey": key.use(signing)}),  # it came meanwhile
    ):
        assert (answer.status_code, "a newer one has come" in answer.json()["error"]) == (412, True), answer.text
    answer = decide(releaser, "approve", record_id=newer.id, digest=digest)
    assert (answer.status_code, "not what was shown" in answer.json()["error"]) == (409, True)
    assert desk.issued == []
    assert decide(releaser, "approve", record_id=seen.id, knows_of_newer=True).status_code == 202
    signing = releaser.post(f"{DECISIONS}/options", json=ask(releaser, "approve", newer.id)).json()["options"]
    assert releaser.post(f"{DECISIONS}/signed", json={"passkey": key.use(signing)}).status_code == 202
    bodies = [msgspec.json.decode(made.body) for made in desk.issued if made.kind == "watch.approval"]
    assert [(body["record"], body["digest"] == digest) for body in bodies] == [(seen.id, True), (newer.id, False)]


def test_only_what_waits_is_released(releaser: TestClient, desk: Desk) -> None:
    hold(desk, "P-1", reason="policy")
    desk.admit(launch())
    assert decide(releaser, "release", record_id="P-1").status_code == 403
    theirs = desk.store.find("L-1") or next(desk.store.records())
    answer = decide(releaser, "release", record_id=theirs.admitted.record.id, originator="JPN")
    assert answer.status_code in (403, 404)
    assert decide(releaser, "release", record_id="nowhere").status_code == 404
    assert decide(releaser, "release", text="x" * 2001).status_code in (404, 422)
    assert desk.issued == []


def test_where_policy_wants_passkeys_nothing_goes_without(
    gateway: Gateway, sessions, passkeys, people: People, desk: Desk, tmp_path
) -> None:
    hold(desk)
    people.add("Jin Park", PASSWORD, pseudonym="R-1", roles=("releaser",))
    floor = Floor(gateway, sessions, "0", is_secure=False, passkeys=passkeys, release_by="passkey")
    with TestClient(make_app(floor, page=tmp_path / "none"), base_url="http://127.0.0.1:8823") as browser:
        told = browser.post("/api/v1/sign-in", json={"name": "Jin Park", "password": PASSWORD}).json()
        assert told["release_by"] == "passkey"
        browser.headers["X-Tocsin-CSRF"] = told["csrf"]
        assert decide(browser, "release").json()["error"] == "this member releases by passkey alone"
        key = Authenticator()
        add(browser, key)
        assert decide(browser, "release", key).status_code == 202
        assert decide(browser, "refuse").status_code == 202


def test_without_an_address_there_are_no_passkeys(gateway: Gateway, sessions, desk: Desk, tmp_path) -> None:
    floor = Floor(gateway, sessions, "0", is_secure=False)
    with TestClient(make_app(floor, page=tmp_path / "none")) as browser:
        answer = browser.post("/api/v1/sign-in/passkey/options")
        assert (answer.status_code, "web.origin" in answer.json()["advice"]) == (409, True)
        assert "web.origin" in browser.get("/api/v1/session").json()["passkeys"]["advice"]


def test_decisions_stand_beside_the_event_with_what_they_are_worth(releaser: TestClient, desk: Desk, gateway) -> None:
    record = launch(originator="KOR")
    gateway.take(desk.admit(record, own=False))
    key = Authenticator()
    add(releaser, key)
    assert decide(releaser, "approve", key, record_id=record.id).status_code == 202
    assert decide(releaser, "approve", record_id=record.id, text="").status_code == 202
    gateway.take(desk.admit(*desk.issued))
    (event,) = releaser.get("/api/v1/picture").json()["events"]
    assert [(each["standing"], each["act"], each["text"]) for each in event["approvals"]] == [
        ("verified", "approve", "to allies"), ("unsigned", "approve", ""),
    ]  # fmt: skip
    known_at = desk.federation.clock.now().isoformat().replace("+00:00", "Z")
    (then,) = releaser.get("/api/v1/picture", params={"known_at": known_at}).json()["events"]
    assert then["approvals"] == event["approvals"]
    # what was not known here yet counts for nothing in a picture of that time
    approval = next(each for each in desk.store.records() if each.admitted.record.kind == "watch.approval").admitted
    before = approval.admitted_at - timedelta(seconds=10)
    assert standing_in(desk.store, approval).code == "verified"
    assert standing_in(desk.store, approval, known_at=before).code == "credential_unknown"


def test_a_decision_that_comes_before_its_record_is_kept_for_it(releaser, desk: Desk, gateway: Gateway) -> None:
    record = launch(originator="KOR")
    hold(desk, "other")
    desk.admit(record, own=True)
    assert decide(releaser, "approve", record_id=record.id).status_code == 202
    gateway.take([each for each in desk.admit(desk.issued[0]) if each.admitted.record.kind == "watch.approval"])
    assert gateway.book.events() == ()
    gateway.take([each for each in desk.store.records() if each.admitted.record.id == record.id])
    (event,) = gateway.book.events()
    assert [each.standing for each in event.approvals] == ["unsigned"]


def test_an_event_is_seen_once_for_a_member(officer: TestClient, desk: Desk, gateway: Gateway) -> None:
    own = launch(originator="KOR", marking=marking_for("KOR"), detections=50)
    gateway.take(desk.admit(launch(), launch(originator="KOR")) + desk.admit(own, own=True))
    (event,) = officer.get("/api/v1/picture").json()["events"]
    for _ in range(2):
        assert officer.post("/api/v1/seen", json={"key": event["key"]}).status_code == 204
    (made,) = desk.issued
    body = msgspec.json.decode(made.body)
    assert (made.kind, body["act"], body["event_id"], made.precedence.value) == (
        "watch.remark",
        "seen",
        "E-1",
        "routine",
    )
    before = gateway.book.events()[0]
    gateway.take(desk.admit(made))
    after = gateway.book.events()[0]
    assert [each.act for each in after.remarks] == ["seen"]
    assert after.changed_at == before.changed_at  # being looked at does not keep it
    gateway.load()
    assert officer.post("/api/v1/seen", json={"key": event["key"]}).status_code == 204
    assert officer.post("/api/v1/seen", json={"key": "none"}).status_code == 204
    assert len(desk.issued) == 1


def test_what_nobody_else_may_have_is_seen_by_nobody_else(officer: TestClient, desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(launch(originator="KOR", marking=marking_for("KOR")), own=True))
    (event,) = gateway.book.events()
    officer.post("/api/v1/seen", json={"key": event.key})
    assert desk.issued[0].marking.releasable_to == ("KOR",)


def test_the_page_on_roles_says_who_may_do_what() -> None:
    text = (Path(__file__).parents[3] / "docs/reference/roles.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    roles = [name.replace(" ", "_") for name in rows[0][1:]]
    assert set(roles) == set(get_args(Role))
    told = {row[0]: {role for role, cell in zip(roles, row[1:], strict=True) if cell} for row in rows if len(row) == 7}
    assert told["approve a record; approve or refuse a message to the public"] == set(DECIDING_ROLES["approve"])
    assert told["release or refuse what waits"] == set(DECIDING_ROLES["release"]) == set(DECIDING_ROLES["refuse"])
    for what in (
        "acknowledge, concur, query, dispute, mark as false alarm",
        "write into the log of the shift, hand over",
    ):
        assert told[what] == set(ACTING_ROLES)
