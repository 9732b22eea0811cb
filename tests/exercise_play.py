"""An exercise as three members have it in their stores: real frames through the door, at times that a test chooses."""

from __future__ import annotations

import hashlib
import itertools
from datetime import timedelta

from sealed import CODES, START, Federation
from tocsin.exercise.holding import Holding, Withheld
from tocsin.markings import marking_for
from tocsin.records import (
    Exercise,
    ExerciseClock,
    ExerciseComment,
    ExerciseDecision,
    ExerciseEnd,
    ExerciseMessage,
    Flown,
    Held,
    Impact,
    Inject,
    Launch,
    LaunchPoint,
    Peer,
    Person,
    Position,
    Precedence,
    Reaction,
    Remark,
    with_body,
)

STATUS = "exercise:small"
CONTROLLER = Person(role="exercise_controller", pseudonym="EC-1")
OFFICER = Person(role="watch_officer", pseudonym="WO-7")
SITE, SEA = Position(lat_deg=39.0, lon_deg=125.0), Position(lat_deg=38.5, lon_deg=135.0)
SCENARIO = """format = "tocsin.exercise/1"
id = "small"
name = "Small <b>exercise</b>"
members = ["JPN", "KOR", "USA"]
clock = { ends = 1200, starts_at = 2026-03-01T06:00:00Z }

[[objective]]
id = "warn"
name = "Warn in time"

[[objective]]
id = "decide"
name = "Decide <together>"

[[inject]]
id = "launch-1"
at = 60
kind = "flight"
title = "One flight"
objectives = ["warn"]
flight = { site_lat_deg = 39.0, site_lon_deg = 125.0, bearing_deg = 90.0, apogee_km = 200.0, distance_km = 860.0 }

[[inject.expect]]
id = "detected"
what = "detected"
within = 60

[[inject.expect]]
id = "predicted"
what = "predicted"
within = 180
by = ["JPN"]
within_km = 20.0

[[inject.expect]]
id = "concur"
what = "remark"
act = "concur"
within = 300
by = ["KOR"]
role = "watch_officer"

[[inject.expect]]
id = "judged"
what = "judged"
within = 300
by = ["USA"]

[[inject]]
id = "ask"
at = 240
kind = "decision"
question = "Alert?"
options = ["yes", "no"]
objectives = ["decide"]

[[inject.expect]]
id = "yes"
what = "decision"
choice = "yes"
within = 60
by = ["JPN", "KOR"]

[[inject]]
id = "quiet"
at = 600
kind = "false_detections"
sensors = ["J-1"]
per_scan = 1.0
lasting = 60
objectives = ["warn"]

[[inject.expect]]
id = "nothing"
what = "no_launch"
within = 120

[[inject]]
id = "never"
at = 900
kind = "message"
sender = "press"
text = "Well?"

[[inject.expect]]
id = "answer"
what = "remark"
within = 60
objectives = ["decide"]
"""


class Play:
    """What members say in an exercise, and what each of them holds of it."""

    def __init__(self):
        self._doors = {code: Federation(here=code) for code in CODES}
        self._admitted = {code: [] for code in CODES}
        self.frames = {code: [] for code in CODES}
        self._withheld = {code: [] for code in CODES}
        self._ids = itertools.count(1)

    def put(self, kind, body, *, at_s, by="JPN", to=CODES, late=None, lost_at=(), status=STATUS, **fields):
        """Let a record reach everybody who may have it: at once, or ``late`` by so many seconds at a member."""
        record = with_body(
            kind, body, id=f"{by}-{next(self._ids)}", originator=by, marking=marking_for(by, *to), status=status,
            precedence=Precedence.IMMEDIATE, issued_at=START + timedelta(seconds=at_s), **fields,
        )  # fmt: skip
        for code in sorted({by, *to} - set(lost_at)):
            door = self._doors[code]
            door.clock.step_to(record.issued_at)
            sealed = door.seal(record)
            door.clock.step_to(record.issued_at + timedelta(seconds=(late or {}).get(code, 0.0)))
            frame = door.receive(sealed, via=by).frame
            self.frames[code].append(frame)
            self._admitted[code] += frame.records
        return record

    def hold(self, record, peer, reason="policy", at_s=0.0):
        held = Held(record.id, record.kind, Peer(peer), reason, "it is ours")
        self._withheld[record.originator].append(Withheld(held, START + timedelta(seconds=at_s)))

    def holdings(self, *codes):
        return tuple(Holding(code, tuple(self._admitted[code]), tuple(self._withheld[code])) for code in codes or CODES)

    def propose(self, *, scenario=SCENARIO, **changed):
        body = Exercise(
            name="Small <b>exercise</b>", digest=hashlib.sha256(scenario.encode()).hexdigest(), members=CODES,
            starts_at=START, scenario=scenario, **changed,
        )  # fmt: skip
        self.put("exercise.exercise", body, at_s=0)
        self.put("exercise.clock", ExerciseClock(act="start", at_s=0.0, by=CONTROLLER), at_s=0)

    def inject(self, name, *, at_s, kind="flight", act="made", flown=(), **changed):
        body = Inject(inject=name, kind=kind, act=act, due_s=at_s, at_s=at_s, flown=flown, **changed)
        return self.put("exercise.inject", body, at_s=at_s)

    def launch(self, event, stage, *, at_s, by="JPN", to=CODES, revision=1, off_deg=0.0, **given):
        impact = Impact(
            lat_deg=SEA.lat_deg + off_deg, lon_deg=SEA.lon_deg, ellipse_95_km=(8.0, 3.0), ellipse_bearing_deg=80.0,
            at=START + timedelta(seconds=600), at_sigma_s=3.0,
        )  # fmt: skip
        body = Launch(
            event_id=event, stage=stage, revision=revision, label="ballistic",
            launch_point=LaunchPoint(lat_deg=39.05, lon_deg=125.02, radius_km=5.0),
            launched_at=START + timedelta(seconds=62), impact=impact if stage == "predicted" else None,
            outcome="impact" if stage == "closed" else None, **given,
        )  # fmt: skip
        return self.put("warning.launch", body, at_s=at_s, by=by, to=to)

    def remark(self, record, act, *, at_s, by, person=OFFICER, event="", text="", **options):
        body = Remark(originator=record.originator, record=record.id, act=act, person=person, event_id=event, text=text)
        return self.put("watch.remark", body, at_s=at_s, by=by, **options)

    def decide(self, name, choice, *, at_s, by, person=OFFICER):
        body = ExerciseDecision(act="taken", inject=name, choice=choice, by=person)
        return self.put("exercise.decision", body, at_s=at_s, by=by)

    def judge(self, name, reaction, member, *, at_s, is_met=True):
        body = Reaction(
            inject=name, reaction=reaction, member=member, is_met=is_met, by=CONTROLLER,
            seen_at=START + timedelta(seconds=at_s),
        )  # fmt: skip
        return self.put("exercise.reaction", body, at_s=at_s)

    def comment(self, text, *, at_s=1300, form="lesson", about="inject", what="launch-1", by="KOR", person=OFFICER):
        body = ExerciseComment(form=form, about=about, what=what, text=text, by=person)
        return self.put("exercise.comment", body, at_s=at_s, by=by)


def small_play() -> Play:
    """A small exercise: one flight, a decision, false plots; much goes well, and some of it late or not at all."""
    play = Play()
    play.propose()
    flown = Flown(name="flight-1", launched_at=START + timedelta(seconds=60), site=SITE, impact=SEA,
                  impact_at=START + timedelta(seconds=600))  # fmt: skip
    play.inject("launch-1", at_s=60, flown=(flown,), title="One flight", objectives=("warn",))
    first = play.launch("E-1", "detected", at_s=90)
    play.launch("E-1", "detected", at_s=95, by="KOR")
    play.launch("E-1", "detected", at_s=150, by="USA")
    own = play.launch("E-1", "assessed", at_s=100, to=(), revision=2)
    play.hold(own, "KOR", at_s=101)
    play.launch("E-1", "predicted", at_s=180, revision=3, off_deg=0.01)
    play.remark(first, "seen", at_s=110, by="KOR", event="E-1")
    play.remark(first, "concur", at_s=400, by="KOR", event="E-1", text="We, and Mr. <Kim>, see it so")
    play.put("exercise.message", ExerciseMessage(sender="press", text="Is it <true>?"), at_s=200)
    play.inject("ask", kind="decision", at_s=240)
    play.decide("ask", "yes", at_s=260, by="JPN")
    play.decide("ask", "no", at_s=270, by="KOR")
    play.inject("quiet", kind="false_detections", at_s=600)
    play.launch("E-1", "closed", at_s=620, revision=4)
    play.put("exercise.end", ExerciseEnd(at_s=800.0, is_complete=False, by=CONTROLLER, text="enough"), at_s=800)
    play.comment("Ask <script>alert(1)</script> sooner, says Mr. Kim (WO-7)")
    return play
