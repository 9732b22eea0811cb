"""A member's alert desk with real admitted records around it: launches, people who approve, channels that carry."""

from __future__ import annotations

import itertools
from datetime import timedelta

import msgspec
from tests.sealed import START, Federation

from tocsin.alerts import AlertDesk, AlertSettings, NotDrafted, NotSent, Office, cap_status, digest_of
from tocsin.cap import render_cap
from tocsin.markings import PublicWarning, marking_for
from tocsin.node.home import home_of
from tocsin.records import (
    AlertDelivery,
    Approval,
    Impact,
    Launch,
    LaunchPoint,
    Person,
    Precedence,
    Source,
    TrackPoint,
    with_body,
)

OFFICER = Person(role="alert_officer", pseudonym="AO-1")
WATCH = Person(role="watch_officer", pseudonym="WO-1")
SAPPORO = (43.06, 141.35)


def impact(*, at=SAPPORO, minutes=8.0, width_s=40.0):
    moment = START + timedelta(minutes=minutes)
    return Impact(
        lat_deg=at[0], lon_deg=at[1], ellipse_95_km=(20.0, 5.0), ellipse_bearing_deg=80.0, at=moment, at_sigma_s=4.0,
        earliest_at=moment - timedelta(seconds=width_s), latest_at=moment + timedelta(seconds=width_s),
    )  # fmt: skip


def track(*, minutes=3.0, at=(40.0, 133.0), speed_mps=3000.0):
    return TrackPoint(
        at=START + timedelta(minutes=minutes), lat_deg=at[0], lon_deg=at[1], altitude_m=2e5, speed_mps=speed_mps,
        heading_deg=70.0, climb_deg=0.0, sigma_m=500.0,
    )  # fmt: skip


def launch(**changed):
    given = {
        "event_id": "E-1", "stage": "predicted", "revision": 2, "launched_at": START,
        "launch_point": LaunchPoint(lat_deg=39.0, lon_deg=125.0, radius_km=5.0), "label": "ballistic",
        "grade": "public", "grade_basis": "sensors of JPN and KOR agree", "impact": impact(),
        "areas": ("JP-01", "JP-02"), "detections": 40, "last_detection_at": START + timedelta(minutes=3),
    }  # fmt: skip
    if changed.get("stage", "predicted") != "predicted":
        given["impact"] = None
    return Launch(**given | changed)


class Room:
    """What comes in at one member about launches and alerts, and what its channels carried."""

    def __init__(self, member="JPN", *, status="actual", channels=("feed", "file"), **settings):
        self.member = member
        self.status = status
        self.federation = Federation(here=member)
        self.is_open = True
        self.verified = True
        self.carried = []
        """Each CAP message with the channel that carried it, in order."""
        self._ids = itertools.count(1)
        office = Office(
            territory=home_of(member), new_id=self.new_id,
            settings=AlertSettings(
                sender=f"alerts@{member.lower()}.example", sender_names={"": "Civil Protection", "ja-JP": "国民保護"},
                channels=channels, **{"exercise_channels": channels, **settings},
            ),
        )  # fmt: skip
        self.desk = AlertDesk(office, is_open=lambda: self.is_open, standing=lambda _: self.verified)

    @property
    def now(self):
        return self.federation.clock.now()

    def wait(self, seconds):
        self.federation.clock.advance(seconds)

    def new_id(self):
        return f"{self.member}-{next(self._ids)}"

    def put(self, record):
        """Let a record in through the door, and everything that the desk makes of it; return what was made."""
        frame = self.federation.admitted(record)
        made = self.desk.take(frame.records, self.now)
        return [*made, *itertools.chain.from_iterable(self.put(each) for each in made)]

    def record(self, kind, body, **fields):
        given = {
            "id": self.new_id(), "originator": self.member, "status": self.status, "precedence": Precedence.FLASH,
            "issued_at": self.now, "marking": marking_for("JPN", "KOR", "USA", public_warning=PublicWarning.YES),
        }  # fmt: skip
        return with_body(kind, body, **given | fields)

    def see(self, body=None, *, record=None, **changed):
        """A stage of a launch; returns the messages that were drafted, the correction among them."""
        return self.put(self.record("warning.launch", body or launch(**changed), **(record or {})))

    def approve(self, message, *people, act="approve", digest=None, originator=None):
        """People say yes to a message, or no."""
        admitted = self.find(message)
        for person in people:
            body = Approval(
                act=act, originator=self.member, record=message, digest=digest or digest_of(admitted), person=person
            )
            fields = {"sources": (Source(record=message, originator=self.member),), "status": admitted.record.status}
            self.put(self.record("watch.approval", body, originator=originator or self.member, **fields))

    def find(self, message):
        return self.desk.threads.of_message(message).find(message)

    def thread(self, event_id="E-1"):
        return self.desk.threads.of_event(event_id)

    def waiting(self, *messages, event_id="E-1"):
        """The newest draft of a kind of message."""
        return self.thread(event_id).newest(*messages).record.id

    def held(self, message, by=OFFICER):
        """By which guards a message is held."""
        return [refusal.guard for refusal in self.desk.why_held(message, by, self.now)]

    def send(self, message, by=OFFICER, *, channels=None):
        """Send a message; channels carry it, all or those named. Returns what was refused."""
        sent = self.desk.send(message, by, self.now)
        if isinstance(sent, NotSent):
            return [refusal.guard for refusal in sent.refusals]
        self.put(sent)
        self.carry(channels)
        return []

    def carry(self, channels=None):
        """Let channels carry what they have not carried yet."""
        for thread in self.desk.threads:
            for message, channel in list(thread.untold()):
                failed = channels is not None and channel not in channels
                if not failed:
                    sent = thread.sent[message.record.id].body
                    earlier = [thread.sent[each].body for each in message.body.changes]
                    self.carried.append((channel, render_cap(message, sent, earlier)))
                body = AlertDelivery(
                    alert=message.record.id, channel=channel, state="failed" if failed else "delivered", attempts=1,
                    at=self.now,
                )  # fmt: skip
                self.put(self.desk.delivery(message, body, self.now))

    def alert(self, **changed):
        """See a launch, approve what was drafted and send it; returns its id."""
        self.see(**changed)
        message = self.waiting("alert")
        self.approve(message, OFFICER, WATCH)
        assert self.send(message) == []
        return message

    def end(self, message, **options):
        """Draft an end, have it approved by one and send it."""
        made = self.desk.end(self.thread().alert_id, message, self.now, **options)
        assert not isinstance(made, NotDrafted), made
        self.put(made)
        self.approve(made.id, OFFICER)
        return self.send(made.id)

    def told(self, channel=None):
        """What the public got: kind of message, status and areas, by channel or by all of them."""
        return [
            (alert.msg_type, alert.status, codes_of(alert)) for name, alert in self.carried if channel in (None, name)
        ]

    def statuses(self):
        return {cap_status(each) for thread in self.desk.threads for each in thread.drafts}


def codes_of(alert):
    return tuple(
        sorted({
            code.value for info in alert.infos for area in info.areas for code in area.geocodes
            if code.value_name == "tocsin:area"
        })
    )  # fmt: skip


def changed(body, **fields):
    return msgspec.structs.replace(body, **fields)
