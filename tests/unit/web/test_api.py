"""The API as a browser meets it: who may, what is shown, what is refused and in which words."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from litestar.testing import TestClient
from tests.sealed import START, make_record
from tests.unit.web.conftest import PASSWORD, Desk, agreed, endex, launch, visitor

from tocsin.markings import Marking, marking_for
from tocsin.records import WatchFloor, body_of
from tocsin.web import Gateway, Sessions

READS = (
    "picture", "events", "events/E-1", "records", "records/JPN/x", "sensors", "links", "areas", "export/events.kml",
)  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_nothing_is_told_to_who_has_not_signed_in(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 401
    assert answer.json() == {"error": "sign in first", "advice": ""}


def test_browsers_are_told_to_trust_nothing_else(client: TestClient) -> None:
    for path in ("/", "/api/v1/session", "/schema/", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_signing_in_and_out(client: TestClient) -> None:
    assert client.get("/api/v1/session").json()["user"] is None
    wrong = client.post("/api/v1/sign-in", json={"name": "Hana", "password": "x"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "name and password do not fit")
    answer = client.post("/api/v1/sign-in", json={"name": "Hana", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert answer.json()["user"] == {"pseudonym": "WO-1", "roles": ["watch_officer"]}
    assert "Hana" not in answer.text
    assert client.post("/api/v1/sign-out").status_code == 403
    assert client.post("/api/v1/sign-out", headers={"X-Tocsin-CSRF": answer.json()["csrf"]}).status_code == 204
    assert client.get("/api/v1/session").json()["user"] is None


def test_guessing_is_answered_with_how_long_to_wait(client: TestClient) -> None:
    for _ in range(5):
        client.post("/api/v1/sign-in", json={"name": "Hana", "password": "x"})
    answer = client.post("/api/v1/sign-in", json={"name": "Hana", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_a_one_time_link_leads_to_the_page(client: TestClient, sessions: Sessions) -> None:
    token = sessions.invite(visitor("analyst"))
    answer = client.get(f"/enter?once={token}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    assert client.get("/api/v1/session").json()["user"]["pseudonym"] == "V-1"
    assert client.get(f"/enter?once={token}", follow_redirects=False).status_code == 401


def test_what_this_member_may_not_have_is_nowhere(officer: TestClient, desk: Desk, gateway: Gateway) -> None:
    """Even if it lay in the store: the door outward of the page looks at every record."""
    secret = Marking(releasable_to=("JPN", "KOR"))
    gateway.take(desk.admit(launch("E-9", marking=secret)))
    shown = officer.get("/api/v1/records").json()["records"]
    assert [item["kind"] for item in shown] == ["warning.launch"]
    gateway.floor = WatchFloor("USA")  # the page of another member over the same store
    assert officer.get("/api/v1/records").json()["records"] == []
    assert officer.get(f"/api/v1/records/JPN/{shown[0]['id']}").status_code == 404
    assert "E-9" not in json.dumps(officer.get("/api/v1/picture", params={"known_at": "2026-03-02T00:00:00Z"}).json())


def test_the_picture_of_now_and_of_then(officer: TestClient, desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(launch("E-1"), after_s=10.0))
    gateway.take(desk.admit(launch("E-2"), after_s=10.0))
    now = officer.get("/api/v1/picture").json()
    assert [event["event_id"] for event in now["events"]] == ["E-2", "E-1"]
    assert now["is_now"] is True
    then = officer.get("/api/v1/picture", params={"known_at": (START + timedelta(seconds=15)).isoformat()}).json()
    assert [event["event_id"] for event in then["events"]] == ["E-1"]
    assert then["is_now"] is False
    unclear = officer.get("/api/v1/picture", params={"known_at": "2026-03-01T06:00:00"})
    assert unclear.status_code == 400
    assert "zone" in unclear.json()["error"]


def test_records_come_page_by_page_and_by_what_is_asked(officer: TestClient, desk: Desk, gateway: Gateway) -> None:
    two = marking_for("JPN", "KOR")
    gateway.take(
        desk.admit(
            *(make_record(f"r-{n}", marking=two if n % 2 else marking_for("JPN", "KOR", "USA")) for n in range(7))
        )
    )
    first = officer.get("/api/v1/records", params={"limit": 3}).json()
    assert [item["id"] for item in first["records"]] == ["r-6", "r-5", "r-4"]
    rest = officer.get("/api/v1/records", params={"limit": 50, "before": first["next"]}).json()
    assert [item["id"] for item in rest["records"]] == ["r-3", "r-2", "r-1", "r-0"]
    assert rest["next"] is None
    bilateral = officer.get("/api/v1/records", params={"audience": "JPN-KOR"}).json()["records"]
    assert {item["id"] for item in bilateral} == {"r-1", "r-3", "r-5"}
    assert all(item["body"] is None for item in bilateral)
    whole = officer.get("/api/v1/records/JPN/r-1").json()
    assert whole["body"] == {"note": "r-1"}
    assert officer.get("/api/v1/records", params={"limit": 0}).status_code == 400
    assert "limit" in officer.get("/api/v1/records", params={"limit": "x"}).json()["error"]


def test_what_is_to_come_in_an_exercise_is_for_its_controllers_until_it_is_over(
    officer: TestClient, desk: Desk, gateway: Gateway
) -> None:
    proposal, consent = agreed("exercise:bell-1")
    gateway.take(desk.admit(proposal, consent))
    answer = officer.get(f"/api/v1/records/JPN/{proposal.id}")
    assert (answer.status_code, "exercise_controller" in answer.text) == (403, True)
    assert officer.get(f"/api/v1/records/KOR/{consent.id}").status_code == 200
    gateway.take(desk.admit(endex("exercise:bell-1")))
    assert officer.get(f"/api/v1/records/JPN/{proposal.id}").json()["body"]["name"] == "x"


def test_a_remark_becomes_a_record_for_all_who_have_what_it_is_about(
    officer: TestClient, desk: Desk, gateway: Gateway
) -> None:
    about = launch(marking=marking_for("JPN", "KOR"), status="exercise:bell-1", synthetic=True)
    gateway.take(desk.admit(*agreed("exercise:bell-1"), about))
    said = {"originator": "JPN", "record_id": about.id, "act": "concur"}
    answer = officer.post("/api/v1/remarks", json=said)
    assert answer.status_code == 202, answer.text
    (made,) = desk.issued
    assert (made.id, made.kind, made.marking, made.status) == (
        answer.json()["record_id"], "watch.remark", about.marking, "exercise:bell-1",
    )  # fmt: skip
    assert made.synthetic
    assert made.parents == (about.id,)
    body = body_of(made)
    assert (body.act, body.event_id, body.person.pseudonym, body.person.role) == (
        "concur",
        "E-1",
        "WO-1",
        "watch_officer",
    )


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"act": "dispute"}, 422, "says in its text"),
        ({"act": "query", "text": "x" * 2001}, 422, "2000 characters"),
        ({"act": "shout"}, 400, "act"),
        ({"act": "concur", "record_id": "none"}, 404, "no such record"),
        ({"act": "concur", "more": 1}, 400, "more"),
    ],
)
def test_what_cannot_be_said(officer: TestClient, desk: Desk, gateway: Gateway, said, code: int, words: str) -> None:
    about = launch()
    gateway.take(desk.admit(about))
    answer = officer.post("/api/v1/remarks", json={"originator": "JPN", "record_id": about.id} | said)
    assert answer.status_code == code
    assert words in answer.json()["error"]
    assert desk.issued == []


def test_who_has_no_role_for_it_may_not_act(client: TestClient, desk: Desk, gateway: Gateway) -> None:
    about = launch()
    gateway.take(desk.admit(about))
    csrf = client.post("/api/v1/sign-in", json={"name": "Min", "password": PASSWORD}).json()["csrf"]
    said = {"originator": "JPN", "record_id": about.id, "act": "concur"}
    answer = client.post("/api/v1/remarks", json=said, headers={"X-Tocsin-CSRF": csrf})
    assert answer.status_code == 403
    assert "you are administrator" in answer.json()["error"]
    assert client.post("/api/v1/remarks", json=said).status_code == 403
    assert desk.issued == []


def test_the_log_of_the_shift_stays_at_home(officer: TestClient, desk: Desk) -> None:
    assert officer.post("/api/v1/log", json={"text": "quiet", "hands_over": True}).status_code == 202
    (made,) = desk.issued
    assert made.marking.releasable_to == ("KOR",)
    assert officer.post("/api/v1/log", json={"text": " "}).status_code == 422


def test_an_error_inside_tells_nothing_of_what_is_inside(officer: TestClient, gateway: Gateway) -> None:
    gateway.book = None  # type: ignore[assignment]  # what no program should do
    answer = officer.get("/api/v1/events")
    assert answer.status_code == 500
    assert answer.json()["error"] == "the watch floor could not answer"


def test_the_documentation_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/schema/").text
    assert "/api/v1/picture" in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert "https://" not in page
    assert "/api/v1/remarks" in client.get("/schema/openapi.json").json()["paths"]


def test_what_a_person_takes_away_is_marked(officer: TestClient, desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(*agreed("exercise:bell-1"), launch(status="exercise:bell-1")))
    for name in ("events.geojson", "events.kml"):
        answer = officer.get(f"/api/v1/export/{name}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "EXERCISE EXERCISE EXERCISE" in answer.text
        assert "REL TO JPN KOR USA" in answer.text


def test_areas_are_those_of_the_warnings(officer: TestClient) -> None:
    answer = officer.get("/api/v1/areas")
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert len(answer.json()["features"]) > 100


def test_the_feed_tells_what_comes_in_and_goes_on_after_a_number(
    officer: TestClient, desk: Desk, gateway: Gateway
) -> None:
    with officer.websocket_connect("/api/v1/feed") as socket:
        hello = socket.receive_json()
        assert (hello["say"], hello["number"]) == ("hello", 0)
        assert socket.receive_json()["say"] == "gone"  # it knew no epoch yet
    gateway.take(desk.admit(launch("E-1"), launch("E-1", revision=2, stage="assessed")))
    with officer.websocket_connect(f"/api/v1/feed?since=1&epoch={hello['epoch']}") as socket:
        assert socket.receive_json()["say"] == "hello"
        stage, records = socket.receive_json(), socket.receive_json()
        assert (stage["number"], stage["news"], stage["event"]["members"]["JPN"]["stage"]) == (2, "stage", "assessed")
        assert [item["kind"] for item in records["records"]] == ["warning.launch"] * 2


@pytest.mark.parametrize(("headers", "code"), [({"origin": "http://elsewhere"}, 4403), ({}, 4401)])
def test_the_feed_is_for_our_own_page_after_signing_in(client: TestClient, headers, code: int) -> None:
    from litestar.exceptions import WebSocketDisconnect  # noqa: PLC0415

    with (
        client.websocket_connect("/api/v1/feed", headers=headers) as socket,
        pytest.raises(WebSocketDisconnect) as caught,
    ):
        socket.receive_json()
    assert caught.value.code == code
