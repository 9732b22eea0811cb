"""Whatever people, peers and tracks do in whatever order: no message goes to the public that must not.

The machine keeps a book of its own about what is true of each record, and holds every message that a channel carried
against it.
"""

from __future__ import annotations

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.alert_room import OFFICER, WATCH, Room, changed, impact, launch, track
from tests.sealed import START

from tocsin.alerts import NotDrafted, NotSent, digest_of
from tocsin.cap import render_cap
from tocsin.markings import PublicWarning, marking_for
from tocsin.node.home import home_of
from tocsin.records import AlertDelivery, Person, SameEvent, body_of, with_body

PEOPLE = [
    OFFICER, WATCH, Person(role="alert_officer", pseudonym="AO-2"), Person(role="watch_officer", pseudonym="AO-1"),
    Person(role="analyst", pseudonym="AN-1"), Person(role="exercise_controller", pseudonym="EX-1"),
]  # fmt: skip
MAY_CONFIRM = {"alert_officer", "watch_officer"}
NEEDED = {"alert": 2, "update": 1, "cancel": 1, "all_clear": 1}
EVENTS = ["E-1", "E-2"]
UNREAL = ("status", "synthetic", "real channel")
"""What goes wrong with messages that are not real."""
STATUSES = ["actual", "actual", "actual", "exercise:bell-1", "test"]
AREAS = ["JP-01", "JP-02", "JP-13/island-4", "KR-11", "US-HI"]

events = st.sampled_from(EVENTS)
people = st.sampled_from(PEOPLE)
areas = st.lists(st.sampled_from(AREAS), unique=True, max_size=4).map(lambda each: tuple(sorted(each)))
pick = st.integers(0, 6)
"""Of messages, from the newest back."""


class Alerting(RuleBasedStateMachine):
    """Events, drafts, approvals, sending, channels that fail, time, and somebody who forges drafts."""

    def __init__(self):
        super().__init__()
        self.room = Room(channels=("feed", "file"), exercise_channels=("file",))
        self.records = {}
        """Every record that came in, by id."""
        self.went = []
        """Each message with its CAP, channel, time, and whether the channels were open."""
        self.refused = set()
        door = self.room.federation.admitted

        def admitted(record, **options):
            self.records[record.id] = record
            return door(record, **options)

        self.room.federation.admitted = admitted

    @initialize(
        status=st.sampled_from(["actual", "actual", "exercise:bell-1", "test"]),
        synthetic=st.booleans(),
        sent=st.booleans(),
    )
    def something_is_on(self, status, synthetic, sent):
        """One event is drafted of, and perhaps told, so that there is much that can go wrong afterwards."""
        fields = {"status": status, "synthetic": synthetic and status != "actual"}
        self.room.put(self.room.record("warning.launch", launch(), **fields))
        if sent:
            self.the_next_step_is_taken("E-1", "alert")

    # what comes in

    @rule(
        event=events, status=st.sampled_from(STATUSES), synthetic=st.integers(0, 4), areas=areas,
        public=st.sampled_from([*PublicWarning, PublicWarning.YES]),
        grade=st.sampled_from(["public", "public", "member"]),
        minutes=st.sampled_from([6.0, 8.0, 30.0]), wide=st.booleans(),
    )  # fmt: skip
    def a_launch_is_predicted(self, event, status, synthetic, areas, public, grade, minutes, wide):
        members = ("JPN", "KOR", "USA") if wide else ("JPN",)
        body = launch(event_id=event, areas=areas, grade=grade, impact=impact(minutes=minutes))
        fields = {
            "status": status,
            "synthetic": synthetic == 0,
            "marking": marking_for(*members, public_warning=public),
        }
        self.room.put(self.room.record("warning.launch", body, **fields))

    @rule(
        event=events,
        areas=st.sampled_from([("JP-01", "JP-02"), ("JP-01",), ("JP-02", "JP-03", "KR-11")]),
        late=st.booleans(),
    )
    def a_good_launch_is_predicted(self, event, areas, late):
        minutes = (self.room.now - START).total_seconds() / 60.0 + (20.0 if late else 6.0)
        self.room.see(event_id=event, areas=areas, impact=impact(minutes=minutes))

    @rule(event=events, outcome=st.sampled_from(["impact", "lost", "no_threat"]), status=st.sampled_from(STATUSES))
    def an_event_closes(self, event, outcome, status):
        lost = {"lost_at": track(), "lost_age_s": 30.0} if outcome == "lost" else {}
        body = launch(event_id=event, stage="closed", outcome=outcome, areas=(), **lost)
        self.room.put(self.room.record("warning.launch", body, status=status))

    @rule(status=st.sampled_from(STATUSES), ours=st.integers(0, 3))
    def two_events_are_one(self, status, ours):
        body = SameEvent(event_id="E-1", alias="E-2", gate="near")
        originator = "JPN" if ours else "KOR"
        self.room.put(self.room.record("warning.same_event", body, status=status, originator=originator))

    # what people do

    def messages(self):
        return [each for thread in self.room.desk.threads for each in thread.drafts]

    def number(self):
        return max((each.body.number for each in self.messages()), default=0)

    def choose(self, number):
        found = self.messages()
        return found[-1 - number % len(found)]

    @precondition(lambda self: self.messages())
    @rule(number=pick, who=people, verified=st.integers(0, 5), byte=st.integers(0, 5))
    def a_person_approves(self, number, who, verified, byte):
        message = self.choose(number)
        self.room.verified = True
        self.room.approve(message.record.id, who, digest="0" * 64 if byte == 0 else None)

    @precondition(lambda self: self.messages())
    @rule(number=pick, one=people, two=people)
    def two_approve_and_one_sends(self, number, one, two):
        message = self.choose(number)
        self.room.approve(message.record.id, one, two)
        self.try_to_send(message, OFFICER)

    @precondition(lambda self: self.messages())
    @rule(number=pick)
    def it_is_done_as_it_should_be(self, number):
        message = self.choose(number)
        self.room.approve(message.record.id, OFFICER, WATCH)
        self.try_to_send(message, OFFICER)

    @rule(event=events, what=st.sampled_from(["alert", "update", "all_clear", "cancel"]))
    def the_next_step_is_taken(self, event, what):
        thread = self.room.desk.threads.of_event(event)
        message = thread.newest(what) if thread is not None else None
        if message is not None:
            self.room.approve(message.record.id, OFFICER, WATCH)
            self.try_to_send(message, OFFICER)

    @precondition(lambda self: self.messages())
    @rule(number=pick, who=people)
    def a_person_refuses(self, number, who):
        message = self.choose(number)
        self.refused.add(message.record.id)
        self.room.approve(message.record.id, who, act="refuse")

    @precondition(lambda self: self.messages())
    @rule(number=pick, who=people)
    def a_person_sends(self, number, who):
        self.try_to_send(self.choose(number), who)

    @precondition(lambda self: self.messages())
    @rule(number=pick, message=st.sampled_from(["cancel", "all_clear"]))
    def a_person_drafts_the_end(self, number, message):
        made = self.room.desk.end(self.choose(number).body.alert_id, message, self.room.now)
        if not isinstance(made, NotDrafted):
            self.room.put(made)

    def good_draft(self, event, kinds):
        """A message of an event that waits, is the newest of its kind and follows on all that was told; or none."""
        thread = self.room.desk.threads.of_event(event)
        if thread is None or thread.is_over:
            return None
        told = tuple(each.record.id for each in thread.told().messages)
        found = [each for each in thread.drafts if each.record.id not in thread.sent and each.body.changes == told]
        return next((each for each in reversed(found) if each.body.message in kinds), None)

    @rule(
        event=st.sampled_from(["E-1", "E-1", "E-2", "E-3"]), other=pick,
        what=st.sampled_from([
            "status", "synthetic", "foreign", "far", "real channel", "lost channel", "lost area", "one of two",
            "grade", "marking", "language", "words", "outline", "before", "alone", "no cause", "too late", "shut",
            "sender",
        ]),
    )  # fmt: skip
    def something_goes_wrong(self, event, what, other):
        """A draft that a program gone wrong or somebody inside has made, or a good one at the wrong time.

        The derivation of the exchange would stop most of it, and is left out here.
        """
        kinds = ("cancel", "all_clear") if other == 0 else ("alert", "update")
        if self.good_draft(event, kinds) is None:
            self.a_launch_like_before(event, is_real=what not in UNREAL)
        bad = self.a_bad_launch(event, what)
        good = self.good_draft(event, kinds)
        if good is None:
            return
        if what in ("no cause", "too late", "shut", "sender"):
            self.room.approve(good.record.id, OFFICER, WATCH)
            if what == "no cause":
                self.a_launch_like_before(event, grade="member")
            elif what == "too late" and good.body.latest_at is not None:
                self.room.wait(max((good.body.latest_at - self.room.now).total_seconds(), 0.0) + 1.0)
            is_open, self.room.is_open = self.room.is_open, what != "shut"
            self.try_to_send(good, WATCH if what == "sender" else OFFICER)
            self.room.is_open = is_open
            return
        body, record = self.spoilt(good, what, other, bad)
        fields = {
            name: getattr(good.record, name) for name in good.record.__struct_fields__ if name not in ("kind", "body")
        }
        forged = with_body(
            "alerts.alert", changed(good.body, number=self.number() + 1, **body),
            **fields | {"id": self.room.new_id()} | record,
        )  # fmt: skip
        if what == "alone":  # and the correction of it is lost
            frame = self.room.federation.admitted(forged)
            self.room.desk.take(frame.records, self.room.now)
        else:
            self.room.put(forged)
        self.room.approve(forged.id, OFFICER, WATCH)
        self.try_to_send(self.room.find(forged.id), OFFICER)

    def a_launch_like_before(self, event, *, is_real=True, public=PublicWarning.YES, grade="public", areas=()):
        """A launch record of an event, of the world of those before; its id."""
        thread = self.room.desk.threads.of_event(event)
        before = thread.drafts[-1].record if thread is not None else None
        minutes = (self.room.now - START).total_seconds() / 60.0 + 6.0
        body = launch(event_id=event, areas=("JP-01", "JP-02", *areas), impact=impact(minutes=minutes), grade=grade)
        made = self.room.record(
            "warning.launch", body, marking=marking_for("JPN", "KOR", "USA", public_warning=public),
            status=before.status if before is not None else "actual" if is_real else "test",
            synthetic=before.synthetic if before is not None else not is_real,
        )  # fmt: skip
        self.room.put(made)
        return made.id

    def a_bad_launch(self, event, what):
        """A record of the event that gives no cause for an alert, with a good one after it; its id."""
        if what == "foreign":
            return self.a_launch_like_before(event, areas=("KR-11",))
        if what not in ("grade", "marking"):
            return None
        bad = self.a_launch_like_before(
            event, grade="member" if what == "grade" else "public",
            public=PublicWarning.NO if what == "marking" else PublicWarning.YES,
        )  # fmt: skip
        self.a_launch_like_before(event)
        return bad

    def spoilt(self, good, what, other, bad):
        """What a forger changes of a good message: of its body, and of its record."""
        body, areas, home = good.body, good.body.areas, home_of("JPN")
        told = self.room.desk.threads.of_message(good.record.id).told()
        match what:
            case "status":
                return {}, {"status": "actual", "synthetic": False}
            case "synthetic":
                return {}, {"synthetic": False}
            case "foreign":
                return {"areas": (*areas, changed(areas[0], area="KR-11", code="KR-11"))}, {}
            case "far":
                return {"areas": (*areas, *home.described(["JP-13/island-4"]))}, {}
            case "real channel":
                return {"channels": ("feed", "file")}, {}
            case "lost channel":
                return {"channels": ("file",)}, {}
            case "lost area":
                return {"areas": areas[-1:], "freed": (), "freed_texts": ()} if told.messages else {}, {}
            case "one of two":
                return {"confirmations": 1}, {}
            case "grade" | "marking":
                grounds = changed(body.grounds, launch=bad)
                yes = {"marking": marking_for("JPN", "KOR", "USA", public_warning=PublicWarning.YES)}
                return {"grounds": grounds}, yes
            case "language":
                return {"texts": body.texts[:1]}, {}
            case "words":
                return {"texts": (changed(body.texts[0], instruction=""), *body.texts[1:])}, {}
            case "outline":
                return {"areas": (changed(areas[0], rings=(areas[0].rings[0][:-1],)), *areas[1:])}, {}
            case "before":
                return {"changes": body.changes[:-1] if other % 2 else (*body.changes, good.record.id)}, {}
        return {}, {}

    def try_to_send(self, message, who):
        sent = self.room.desk.send(message.record.id, who, self.room.now)
        if isinstance(sent, NotSent):
            return
        self.check_sending(message, who)
        self.room.put(sent)

    # what happens

    @rule(seconds=st.sampled_from([1, 30, 60, 200, 900]))
    def time_passes(self, seconds):
        self.room.wait(seconds)
        self.room.desk.tick(self.room.now)

    @rule(is_open=st.sampled_from([True, True, False]))
    def channels_are_opened_or_shut(self, is_open):
        self.room.is_open = is_open

    @rule(works=st.sets(st.sampled_from(["feed", "file"])))
    def channels_carry(self, works):
        for thread in self.room.desk.threads:
            for message, channel in list(thread.untold()):
                state = "delivered" if channel in works else "failed"
                if state == "delivered":
                    earlier = [thread.sent[each].body for each in message.body.changes]
                    cap = render_cap(message, thread.sent[message.record.id].body, earlier)
                    self.went.append((message, cap, channel))
                body = AlertDelivery(
                    alert=message.record.id, channel=channel, state=state, attempts=1, at=self.room.now
                )
                self.room.put(self.room.desk.delivery(message, body, self.room.now))

    # what must hold

    def ancestors(self, record):
        for source in record.sources:
            if source.record in self.records:
                yield self.records[source.record]
                yield from self.ancestors(self.records[source.record])

    def check_sending(self, message, who):
        """What must hold as a message goes."""
        body = message.body
        assert self.room.is_open
        assert body.latest_at is None or self.room.now <= body.latest_at
        assert who.role == "alert_officer" or (who.role == "watch_officer" and body.message == "cancel")
        assert message.record.id not in self.refused
        thread = self.room.desk.threads.of_message(message.record.id)
        self.check_family(message)
        self.check_form(message, thread)
        self.check_place(message, thread)
        yes = [
            each.person
            for each in thread.consents[message.record.id]
            if each.is_yes and each.digest == digest_of(message)
        ]
        yes = [person for person in yes if person.role in MAY_CONFIRM]
        pairs = itertools.combinations(yes, 2)
        assert (
            any(a.role != b.role and a.pseudonym != b.pseudonym for a, b in pairs) if NEEDED[body.message] == 2 else yes
        )
        if body.message in ("alert", "update"):
            assert thread.correction_of(message) is not None

    def check_family(self, message):
        """It is what all that it rests on is, may be told, and is for our own people."""
        grounds = self.records[message.body.grounds.launch]
        family = [message.record, grounds, *self.ancestors(message.record), *self.ancestors(grounds)]
        if message.record.status == "actual" and not message.record.synthetic:
            assert all(each.status == "actual" and not each.synthetic for each in family)
        assert all(each.marking.public_warning is not PublicWarning.NO for each in family)
        assert {area.area for area in (*message.body.areas, *message.body.freed)} <= set(home_of("JPN").areas)

    def check_form(self, message, thread):
        """It tells somebody something whole, in every language, by channels that are for it."""
        body = message.body
        is_real = message.record.status == "actual" and not message.record.synthetic
        told = {channel for each in thread.told().messages for channel in each.body.channels}
        assert set(body.channels) <= ({"feed", "file"} if is_real else {"file"}) | told
        assert body.areas
        assert body.channels
        assert all(ring[0] == ring[-1] for area in (*body.areas, *body.freed) for ring in area.rings)
        assert bool(body.freed) == bool(body.freed_texts)
        for texts in (body.texts, *([body.freed_texts] if body.freed else [])):
            assert {text.language for text in texts} == {"ja-JP", "en-US"}
            assert all(text.headline and text.description and text.instruction for text in texts)

    def check_place(self, message, thread):
        """It is what the event calls for now, and follows on all that was told."""
        body = message.body
        told = thread.told().messages
        assert set(body.channels) >= {channel for each in told for channel in each.body.channels}
        covered = {area.area for area in (*body.areas, *body.freed)}
        warned = told if body.message in ("cancel", "all_clear") else told[-1:]
        assert covered >= {area.area for each in warned for area in each.body.areas}
        assert body.changes == tuple(each.record.id for each in told)
        assert not told or told[-1].body.message not in ("cancel", "all_clear")
        grounds = body_of(self.records[body.grounds.launch])
        assert self.room.desk.threads.name_of(grounds.event_id) == self.room.desk.threads.name_of(body.event_id)
        areas = {area.area for area in body.areas}
        assert grounds.outcome == "lost" or areas <= set(grounds.areas) | set(thread.told().areas)
        if body.message in ("alert", "update"):
            assert grounds.grade == "public"
            newer = [each for each in thread.drafts if each.body.message in ("alert", "update")][-1]
            assert newer.record.id in thread.sent or {area.area for area in newer.body.areas} <= areas
        if body.message == "alert":
            now = thread.launch.body
            assert (now.stage, now.grade) == ("predicted", "public")
            assert set(now.areas) & set(home_of("JPN").areas)

    @invariant()
    def what_is_not_real_says_so(self):
        for message, cap, _ in self.went:
            is_real = message.record.status == "actual" and not message.record.synthetic
            assert (cap.status == "Actual") == is_real
            if not is_real:
                assert all(info.headline.startswith(("EXERCISE", "TEST", "訓練", "試験")) for info in cap.infos)

    @invariant()
    def the_end_reaches_every_channel_and_area_that_had_the_alert(self):
        for thread in self.room.desk.threads:
            told = thread.told().messages
            if not thread.is_over:
                continue
            end = told[-1].body
            waiting = {(message.record.id, channel) for message, channel in thread.untold()}
            for earlier in told[:-1]:
                assert set(earlier.body.channels) <= set(end.channels)
                assert {area.area for area in earlier.body.areas} <= {area.area for area in end.areas}
            for channel in end.channels:  # told, or shown as not told yet
                carried = {message.record.id for message, _, name in self.went if name == channel}
                assert told[-1].record.id in carried or (told[-1].record.id, channel) in waiting

    @invariant()
    def each_message_goes_once(self):
        pairs = [(message.record.id, channel) for message, _, channel in self.went]
        assert len(pairs) == len(set(pairs))


TestAlerting = Alerting.TestCase
TestAlerting.settings = settings(
    TestAlerting.settings, stateful_step_count=25, deadline=None, max_examples=settings.default.max_examples // 2
)
