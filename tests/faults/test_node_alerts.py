"""A member alerts its public: from a launch in its store to signed CAP on every channel, and back to calm."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.alert_member import Alerting
from tests.alert_room import OFFICER, WATCH
from tests.nodes import House
from tests.servers import free_ports, on_loop

from tocsin.cap import check_cap, known_messages, read_cap
from tocsin.cli.app import run
from tocsin.clock import SystemClock
from tocsin.errors import DomainError
from tocsin.node import read_config
from tocsin.node.alerts_end import draft_end
from tocsin.node.alerts_seen import see_alerts
from tocsin.node.home import home_of
from tocsin.node.parts import Parts
from tocsin.node.public_warning import check_public_warning, is_open
from tocsin.records import Consent, Exercise, ExerciseEnd, Person
from tocsin.web import People

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]


@on_loop
async def test_a_launch_becomes_an_alert_that_people_confirm_and_its_end_goes_the_same_way(tmp_path, capsys):
    house = House(tmp_path, codes=("JPN", "USA"))
    alerting = Alerting(house, *free_ports(1))
    people = People(alerting.config.path(alerting.config.web.people))
    people.add("Hana", "a long sentence", pseudonym="AO-1", roles=("alert_officer",))
    await alerting.local.start()
    try:
        async with Parts(alerting.node):
            async with alerting.part():
                alerting.see()
                (alert,) = await alerting.until(lambda: alerting.waiting("alert"))
                (correction,) = await alerting.until(lambda: alerting.waiting("cancel"))

                # confirmed, and yet held: the channels are off, and one officer is too few for them to be opened
                alerting.approve(alert, OFFICER, WATCH)
                found = await asyncio.to_thread(check_public_warning, alerting.config, now=SystemClock().now())
                assert next(each.what for each in found if each.level == "error").startswith("too few people")
                assert not is_open(alerting.config)
                people.add("Ken", "another long sentence", pseudonym="WO-1", roles=("watch_officer",))
                found = await asyncio.to_thread(check_public_warning, alerting.config, now=SystemClock().now())
                assert [each for each in found if each.level == "error"] == []
                assert is_open(alerting.config)
                assert alerting.records("alerts.sent") == []

                # nothing is sent by itself: a confirmation is what lets it go
                alerting.approve(alert, OFFICER)
                both = {(alert.record.id, "feed"), (alert.record.id, "folder")}
                await alerting.until(lambda: both <= alerting.delivered())
                (file,) = (alerting.home / "public").glob("*.xml")
                checked = check_cap(
                    file.read_bytes(), territory=home_of("JPN"), known={}, certificates=[alerting.certificate],
                    at=SystemClock().now(),
                )  # fmt: skip
                assert checked.findings == ()
                assert (checked.alert.status, checked.alert.msg_type) == ("Actual", "Alert")
                assert await asyncio.to_thread(alerting.read, f"alerts/{file.name}") == file.read_bytes()

                # an officer who knows more drafts an end with another reason; it waits like any other
                words = ["alerts", "end", "E-1", "--wrong", "no_launch", "--config", str(alerting.home), "--json"]
                assert await asyncio.to_thread(run, words) == 0
                (other,) = await alerting.until(
                    lambda: [each for each in alerting.waiting("cancel") if each.body.reason == "no_launch"]
                )
                assert other.record.id in capsys.readouterr().out
                assert await asyncio.to_thread(run, ["alerts", "end", "E-9", "--config", str(alerting.home)]) == 1
                assert "there is no alert E-9" in capsys.readouterr().err

                # the correction was ready
                alerting.approve(correction, OFFICER)
                await alerting.until(lambda: (correction.record.id, "feed") in alerting.delivered())
                await alerting.until(lambda: (correction.record.id, "folder") in alerting.delivered())
                end = read_cap((alerting.home / "public" / f"JPN-{correction.record.id}.xml").read_bytes())
                assert end.msg_type == "Cancel"
                assert end.references == (checked.alert.reference,)
                known = known_messages([checked.alert])
                assert (
                    check_cap(
                        (alerting.home / "public" / f"JPN-{correction.record.id}.xml").read_bytes(), known=known
                    ).findings
                    == ()
                )
                before = await asyncio.to_thread(alerting.read, "feed.atom")
                assert before.count(b"<entry>") == 2

            # from now on its channels are tested; started anew it shows what it told, and tells nothing twice
            house.edit("JPN", "passkeys = false", "passkeys = false\ntest_every_h = 24.0")
            alerting.config = read_config(alerting.home / "member.toml")
            assert not is_open(alerting.config)
            await asyncio.to_thread(check_public_warning, alerting.config, now=SystemClock().now())
            async with alerting.part() as again:
                await again.is_served.wait()
                await alerting.until(lambda: alerting.read("feed.atom").count(b"<entry>") >= 2)
                assert len(alerting.records("alerts.sent")) == 2
                again.test_channels()
                (test,) = await alerting.until(lambda: alerting.records("alerts.test"))
                both = {(test.record.id, "feed"), (test.record.id, "folder")}
                await alerting.until(lambda: both <= alerting.delivered())
                tested = read_cap((alerting.home / "public" / f"JPN-test-{test.record.id}.xml").read_bytes())
                assert (tested.status, [info.areas for info in tested.infos]) == ("Test", [(), ()])
                assert b"JPN-test-" in await asyncio.to_thread(alerting.read, "feed.atom")
            assert await asyncio.to_thread(run, ["alerts", "list", "--config", str(alerting.home), "--json"]) == 0
            (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("{"))
            seen = json.loads(line)
            assert seen["is_open"]
            assert [each["good_at"] is not None for each in seen["channels"]] == [True, True]
            (told,) = seen["alerts"]
            assert told["is_over"]
            places = [(each["message"], each["place"]) for each in told["messages"]]
            assert places == [("alert", "sent"), ("cancel", "sent"), ("cancel", "old")]
            channels = told["messages"][0]["channels"]
            assert {each["channel"]: each["state"] for each in channels} == {"feed": "delivered", "folder": "delivered"}
            assert await asyncio.to_thread(run, ["alerts", "list", "--config", str(alerting.home)]) == 0
            assert "cancel" in capsys.readouterr().out
    finally:
        await alerting.local.stop()


@on_loop
async def test_alerts_of_an_exercise_are_there_while_it_runs_and_are_forgotten_with_it(tmp_path):
    house = House(tmp_path, codes=("JPN", "USA"))
    alerting = Alerting(house, *free_ports(1))
    house.edit("JPN", "passkeys = false", 'passkeys = false\nexercise_channels = ["folder"]')
    alerting.config = read_config(alerting.home / "member.toml")
    drill = "exercise:bell-1"
    digest, by = "0" * 64, Person(role="exercise_controller", pseudonym="EC-1")
    proposal = Exercise(name="Bell", digest=digest, members=("JPN", "USA"), starts_at=SystemClock().now())
    await alerting.local.start()
    try:
        async with Parts(alerting.node), alerting.part() as part:
            alerting.put("exercise.exercise", proposal, status=drill)
            alerting.put("exercise.consent", Consent(act="consent", digest=digest, by=by), status=drill)
            alerting.see(event_id="D-1", status=drill)
            alerting.see(event_id="E-1")
            await alerting.until(lambda: len(alerting.waiting("alert")) == 2)
            await alerting.until(lambda: len(see_alerts(alerting.config, now=SystemClock().now()).alerts) == 2)
            await alerting.until(lambda: len(list(part.desk.threads)) == 2)
            alerting.put("exercise.end", ExerciseEnd(at_s=1.0, is_complete=False, by=by), status=drill)
            await alerting.until(lambda: len(list(part.desk.threads)) == 1)
            (left,) = (await asyncio.to_thread(see_alerts, alerting.config, now=SystemClock().now())).alerts
            assert left.event_id == "E-1"
            with pytest.raises(DomainError, match="there is no alert D-1"):
                await draft_end(alerting.config, "D-1", wrong=None, clock=SystemClock())
    finally:
        await alerting.local.stop()
