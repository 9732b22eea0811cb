"""Five alerts that went wrong, played through this procedure: each is stopped, or shown, by a guard.

Facts: docs/explanation/alerts-that-are-right.md. Times are those of the cases, as seconds from the launch.
"""

from __future__ import annotations

from datetime import timedelta

from tests.alert_room import OFFICER, WATCH, Room, codes_of, impact, launch, track
from tests.sealed import START
from tests.unit.alerts.test_guards import forged

from tocsin.records import Person


def test_hawaii_13_january_2018_a_drill_is_never_real_and_a_correction_takes_one_step():
    """07 minutes past eight: a drill goes out as real, by one person; the correction took 38 minutes."""
    drill = Room("USA", status="exercise:drill-1")
    drill.see(areas=("US-HI",))
    message = drill.waiting("alert")

    # the drill's text is marked in every part, and nothing in it claims to be real
    body = drill.find(message).body
    assert all(part.startswith("EXERCISE") for part in (body.texts[0].headline, body.texts[0].instruction))

    # the person who pushed the button alone would have pushed nothing
    drill.approve(message, OFFICER)
    assert drill.send(message) == ["approvals"]

    # somebody who turns it into a real one is stopped: it rests on an exercise
    assert drill.held(forged(drill, message, record={"status": "actual"})) == ["world"]

    del drill.thread().drafts[-2:]  # what was forged, and the correction of it

    # confirmed by two it goes out as what it is
    drill.approve(message, WATCH)
    assert drill.send(message) == []
    assert {status for _, status, _ in drill.told()} == {"Exercise"}

    # had a wrong one gone out as real, its correction is there before it goes, and any officer on watch may send it
    real = Room("USA")
    message = real.alert(areas=("US-HI",))
    correction = real.waiting("cancel")
    assert real.find(correction).body.changes == (message,)
    real.approve(correction, WATCH)
    assert real.send(correction, WATCH) == []
    assert real.told("feed") == real.told("file") == [
        ("Alert", "Actual", ("US-HI",)), ("Cancel", "Actual", ("US-HI",)),
    ]  # fmt: skip
    assert "FALSE ALARM" in real.carried[-1][1].infos[0].headline


def test_j_alert_4_october_2022_areas_come_from_this_events_track():
    """Nine towns of Tokyo's islands were alerted: areas of a drill of old had stayed in the system."""
    drill = Room(status="exercise:islands-1")
    drill.see(areas=("JP-13/island-1", "JP-13/island-2"))
    assert drill.waiting("alert")

    room = Room()  # the same desk sees the drill's records as well, and nothing of them comes over
    room.put(
        room.record("warning.launch", launch(event_id="D-1", areas=("JP-13/island-1",)), status="exercise:islands-1")
    )
    room.see(areas=("JP-01", "JP-02"))
    message = room.waiting("alert")
    assert [area.area for area in room.find(message).body.areas] == ["JP-01", "JP-02"]

    islands = room.desk._office.territory.described(["JP-01", "JP-02", "JP-13/island-1"])
    assert room.held(forged(room, message, areas=islands)) == ["areas_of_event"]

    # 07:27 for Hokkaido, Aomori only at 07:29: here both are in the first, coarse one, narrowed afterwards
    del room.thread().drafts[-2:]  # what was forged, and the correction of it
    assert room.waiting("alert") == message
    room.approve(message, OFFICER, WATCH)
    assert room.send(message) == []
    assert room.told("feed") == [("Alert", "Actual", ("JP-01", "JP-02"))]


def test_j_alert_3_november_2022_a_lost_track_is_told_as_lost():
    """ "Passed over Japan about 07:48": the missile had gone off radar over the Sea of Japan."""
    room = Room()
    room.alert(areas=("JP-04", "JP-06", "JP-15"))
    room.wait(480)
    last = track(minutes=6.0, at=(39.5, 135.5), speed_mps=2500.0)
    room.see(stage="closed", outcome="lost", lost_at=last, lost_age_s=120.0, areas=("JP-04", "JP-06", "JP-15"))

    update = room.find(room.waiting("update"))
    english = update.body.texts[1]
    assert "position unknown" in english.headline
    assert "120 seconds before this message. Where it is now is not known." in english.description
    assert "passed" not in english.description.lower()
    assert {area.area for area in update.body.areas} > {"JP-04", "JP-06", "JP-15"}  # grown, not moved on
    assert update.body.certainty == "Possible"

    # it is the only thing that can be said: the prediction from before is of no use any more
    assert room.thread().newest("alert") is None
    room.approve(update.record.id, OFFICER)
    room.wait(60)
    assert room.send(update.record.id) == []


def test_j_alert_13_april_2023_an_impact_time_that_has_passed_is_held_and_the_end_goes_the_same_way():
    """Alerted 33 minutes after the launch for an impact "about 08:00"; lifted by another channel than it came by."""
    late = Room()
    late.see(areas=("JP-01",), impact=impact(minutes=37.0))
    message = late.waiting("alert")
    late.wait(38 * 60)
    late.approve(message, OFFICER, WATCH)
    assert late.send(message) == ["late"]

    room = Room(channels=("feed", "file", "sirens"))
    room.alert(areas=("JP-01",), impact=impact(minutes=37.0))
    room.see(stage="closed", outcome="impact")
    end = room.waiting("all_clear")
    room.approve(end, OFFICER)
    assert room.held(forged(room, end, channels=("feed",))) == ["reach"]  # Em-Net only
    assert room.send(end, channels=("feed", "file")) == []
    assert [channel for _, channel in room.thread().untold()] == ["sirens"]  # shown until it is told, and tried again
    room.carry()
    assert room.told("sirens") == room.told("feed") == [
        ("Alert", "Actual", ("JP-01",)), ("Update", "Actual", ("JP-01",)),
    ]  # fmt: skip
    # over, and not wrong: two kinds of message
    assert room.carried[-1][1].infos[1].response_types == ("AllClear",)
    assert "error" not in room.carried[-1][1].infos[1].description


def test_seoul_31_may_2023_an_order_has_named_areas_one_owner_and_says_why():
    """An alert for two islands told "areas not receiving the alert" to issue their own; Seoul took that as itself."""
    room = Room("KOR")
    room.see(areas=("KR-28/island-1",))
    message = room.find(room.waiting("alert"))
    korean = message.body.texts[0]
    assert [area.area for area in message.body.areas] == ["KR-28/island-1"]
    assert "백령도·대청도" in korean.headline
    assert "미사일 발사가 탐지되었습니다" in korean.description  # why
    assert "지하 대피시설" in korean.instruction  # where to go

    # whoever wants to alert Seoul too is shown that the track says nothing of it
    seoul = room.desk._office.territory.described(["KR-11", "KR-28/island-1"])
    assert room.held(forged(room, message.record.id, areas=seoul)) == ["areas_of_event"]
    # and a city, which has no role here, sends nothing
    del room.thread().drafts[-2:]
    room.approve(message.record.id, OFFICER, WATCH)
    assert room.send(message.record.id, Person(role="city", pseudonym="SEOUL")) == ["sender"]
    assert room.send(message.record.id) == []

    # "sent in error" came after 22 minutes, "lifted" after 44, and neither said the other: here it is one or the other
    assert room.end("cancel", reason="wrong_areas") == []
    (_, end) = room.carried[-1]
    assert end.msg_type == "Cancel"
    assert "오발령" in end.infos[0].description
    assert "대상 지역이 잘못됨" in end.infos[0].description
    assert codes_of(end) == ("KR-28/island-1",)
    assert room.thread().is_over


def test_each_step_of_the_chain_can_be_timed():
    """Launch, draft, approvals, sending and each channel carry their times, so that a slow step is seen."""
    room = Room()
    room.wait(60)
    room.see()
    message = room.waiting("alert")
    room.wait(20)
    room.approve(message, OFFICER, WATCH)
    room.wait(5)
    assert room.send(message) == []
    thread = room.thread()
    chain = [
        thread.launches[room.find(message).body.grounds.launch].body.launched_at,
        room.find(message).record.issued_at,
        thread.consents[message][-1].at,
        thread.sent[message].body.sent_at,
        max(delivery.at for delivery in thread.deliveries.values()),
    ]
    assert [(moment - START) / timedelta(seconds=1) for moment in chain] == [0, 60, 80, 85, 85]
