"""Alerts on the page: told as they change, held as time passes, ended by those who may."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.alert_room import OFFICER, WATCH, Room
from tests.unit.web.conftest import Desk, agreed, endex

from tocsin.alerts import Office
from tocsin.store import Batch
from tocsin.web import Floor, Gateway
from tocsin.web.app import make_app


class Alerting(Room):
    """KOR alerts its public; what comes in goes to the store of its watch floor."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("KOR", passkeys=False)
        self.floor = desk
        desk.federation = self.federation

    def put(self, record):
        frame = self.federation.admitted(record)
        self.floor.store.commit(Batch(frames=(frame,)))
        made = self.desk.take(frame.records, self.now)
        return [*made, *(each for one in made for each in self.put(one))]

    @property
    def office(self) -> Office:
        return self.desk._office


@pytest.fixture
def room(desk: Desk) -> Alerting:
    return Alerting(desk)


@pytest.fixture
def gateway(desk: Desk, room: Alerting) -> Gateway:
    return Gateway(
        desk, clock=room.federation.clock, new_id=room.new_id, office=room.office, is_open=lambda: room.is_open
    )  # fmt: skip


def look(gateway: Gateway, desk: Desk) -> dict:
    """Take in what came, let a second pass, and return what the feed then tells a page that comes, by sort."""
    gateway.take(desk.admit(after_s=0.0))
    asyncio.run(gateway._ask())

    async def all_now() -> list[dict]:
        listening, said = gateway.feed.listen(gateway.feed.number, gateway.feed.epoch), []
        try:
            async with asyncio.timeout(0.2):
                while True:
                    said.append(json.loads(await anext(listening)))
        except TimeoutError:
            return said

    found: dict = {}
    for said in asyncio.run(all_now()):
        found.setdefault(said["say"], []).append(said)
    return found


def test_a_page_is_told_each_alert_as_it_is_now_and_an_end_is_drafted_by_those_who_may(
    desk, room, gateway, officer
) -> None:  # fmt: skip
    room.see(areas=("KR-11",))
    told = look(gateway, desk)
    untested = {"tested_at": None, "good_at": None, "problem": ""}
    assert told["office"] == [
        {
            "say": "office", "alerts_public": True, "is_open": True, "needs_passkey": False,
            "channels": [{"channel": "feed", **untested}, {"channel": "file", **untested}],
            "alerts": [told["alert"][0]["alert"]["key"]],
        }
    ]  # fmt: skip
    (alert,) = (each["alert"] for each in told["alert"])
    due = next(each for each in alert["messages"] if each["place"] == "next")
    assert due["wanted"] == [["alert_officer"], ["watch_officer"]]
    assert due["texts"][0]["headline"]

    # the channels are shut, which no record tells; an end of what nobody was told there is none
    room.is_open = False
    (alert,) = (each["alert"] for each in look(gateway, desk)["alert"])
    assert "open" in [each["guard"] for each in alert["messages"][0]["held"]]
    wanted = {"alert_id": alert["alert_id"], "message": "all_clear"}
    assert officer.post("/api/v1/alerts/end", json=wanted).status_code == 403

    room.is_open = True
    room.approve(due["id"], OFFICER, WATCH)
    assert room.send(due["id"]) == []
    (alert,) = (each["alert"] for each in look(gateway, desk)["alert"])
    assert alert["is_sent"]
    answer = officer.post("/api/v1/alerts/end", json=wanted)
    assert answer.status_code == 202, answer.text
    (made,) = desk.issued
    assert (made.kind, made.id) == ("alerts.alert", answer.json()["record_id"])
    room.put(made)
    (alert,) = (each["alert"] for each in look(gateway, desk)["alert"])
    assert ("all_clear", "end") in [(each["message"], each["place"]) for each in alert["messages"]]
    assert officer.get("/api/v1/alerts").json() == [alert]
    officer.headers["X-Tocsin-CSRF"] = "guessed"
    assert officer.post("/api/v1/alerts/end", json=wanted).status_code == 403

    # the same after a start, and forgotten long after
    again = Gateway(desk, clock=room.federation.clock, new_id=room.new_id, office=room.office, is_open=lambda: True)
    again.load()
    assert [each.alert_id for each in again.alerts.all()] == [alert["alert_id"]]
    room.approve(made.id, OFFICER)
    assert room.send(made.id) == []
    room.wait(25 * 3600)
    told = look(gateway, desk)
    assert told["office"][0]["alerts"] == []
    assert "alert" not in told


def test_whoever_may_not_draft_is_told_so_and_a_member_that_alerts_nobody_shows_what_others_tell(
    desk, room, sessions, people, tmp_path
) -> None:  # fmt: skip
    from litestar.testing import TestClient  # noqa: PLC0415

    gateway = Gateway(desk, clock=room.federation.clock, new_id=room.new_id)
    room.see(areas=("KR-11",))
    told = look(gateway, desk)
    assert not told["office"][0]["alerts_public"]
    assert [each["held"] for each in told["alert"][0]["alert"]["messages"]] == [[], []]
    app = make_app(Floor(gateway, sessions, "0", is_secure=False), page=tmp_path / "none")
    with TestClient(app, base_url="http://127.0.0.1:8823", raise_server_exceptions=False) as client:
        for name, wrong in (("Min", "this is for"), ("Hana", "alerts nobody")):
            said = client.post("/api/v1/sign-in", json={"name": name, "password": "a long enough sentence"}).json()
            answer = client.post(
                "/api/v1/alerts/end", json={"alert_id": "x", "message": "cancel"},
                headers={"X-Tocsin-CSRF": said["csrf"]},
            )  # fmt: skip
            assert answer.status_code == 403
            assert wrong in answer.json()["error"]


def test_alerts_of_an_exercise_leave_the_page_with_it(desk, room, gateway) -> None:
    drill = "exercise:bell-1"
    gateway.take(desk.admit(*agreed(drill)))
    for room.status, event in ((drill, "D-1"), ("exercise:bell-2", "D-2"), ("actual", "E-1")):
        room.see(event_id=event, areas=("KR-11",))
    look(gateway, desk)
    assert [each.event_id for each in gateway.alerts.all()] == ["D-1", "E-1"]
    gateway.take(desk.admit(endex(drill)))
    assert [each.event_id for each in gateway.alerts.all()] == ["E-1"]
