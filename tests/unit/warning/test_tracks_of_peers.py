"""Tracks in place of detections: told, heard, joined by covariance intersection, and never fed back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from launch_feed import ALL, START, admit, detections, flight_of, launches, make_desk, run
from tocsin.clock import ManualClock
from tocsin.codec import encode
from tocsin.errors import ConfigError
from tocsin.exchange import Policy
from tocsin.exchange.derivation import Labels
from tocsin.geo.geodesic import distance_m
from tocsin.markings import PublicWarning, marking_for
from tocsin.records import Launch, Precedence, body_of, with_body
from tocsin.testing.federation import make_federation
from tocsin.warning.classification import Classification
from tocsin.warning.grading import grade_of
from tocsin.warning.told import TrackBook, told_of

LONG = "NK-20170828-01"
UNTIL_S = 170.0


def told_in(said, audience=ALL):
    return [record for _, record in said if record.kind == "warning.track" and record.marking.releasable_to == audience]


def plots_of(member, **changes):
    return detections(flight_of(LONG), seed=3, members=(member,), **changes)


@pytest.fixture(scope="module")
def korea():
    """What KOR says of a flight that its own sensors see, tracks told to all."""
    return run(make_desk("KOR", tracks=(ALL,)), plots_of("KOR"), until_s=UNTIL_S)


@pytest.fixture(scope="module")
def japan_alone():
    return run(make_desk("JPN", audiences=()), plots_of("JPN"), until_s=UNTIL_S)


def with_changed(record, **changes):
    body = msgspec.structs.replace(body_of(record), **changes)
    return msgspec.structs.replace(record, body=msgspec.Raw(msgspec.json.encode(body)))


def test_a_track_is_told_once_a_second_and_says_what_it_rests_on(korea):
    tracks = told_in(korea)
    bodies = [body_of(record) for record in tracks]
    assert len(tracks) > 60
    assert len({body.track_id for body in bodies}) == 1
    assert {body.event_id for body in bodies} == {body.event_id for _, body in launches(korea, ALL)}
    for (before, after), (earlier, later) in zip(pairwise(tracks), pairwise(bodies), strict=True):
        assert after.supersedes == before.id
        assert (after.issued_at - before.issued_at).total_seconds() >= 1.0
        assert later.at > earlier.at
    last = bodies[-1]
    assert last.is_free
    assert last.own_sensors == last.sensors >= 1
    assert last.detections >= last.own_detections > 0
    assert all(record.synthetic and record.status == "test" for record in tracks)
    assert all(record.parents for record in tracks)
    assert told_in(korea, ("KOR",)) == []
    assert not any(body.is_free for body in bodies if body.at < START + timedelta(seconds=flight_of(LONG).burnout_s))


def test_nothing_is_told_where_nobody_asked_for_it(japan_alone):
    assert told_in(japan_alone) == []
    with pytest.raises(ConfigError, match="nothing is published"):
        make_desk("KOR", audiences=(ALL,), tracks=(("JPN", "KOR"),))


def test_who_has_nothing_but_a_peers_track_predicts_from_it(korea):
    said = run(make_desk("JPN"), told_in(korea), until_s=UNTIL_S)
    bodies = [body for _, body in launches(said, ALL)]
    theirs = launches(korea, ALL)[-1][1]
    stages = [body.stage for body in bodies]
    assert stages[0] == "detected"
    assert stages.index("assessed") < stages.index("predicted")
    assert {body.event_id for body in bodies} == {theirs.event_id}
    last = bodies[-1]
    assert last.method == "peer_track"
    assert [each.member for each in last.contributors] == ["KOR"]
    assert (last.detections, last.sensors, last.grade) == (0, (), "member")
    assert distance_m(last.impact.lat_deg, last.impact.lon_deg, theirs.impact.lat_deg, theirs.impact.lon_deg) < 3e3
    assert last.impact.ellipse_95_km[0] >= 0.9 * theirs.impact.ellipse_95_km[0]
    ids = {record.id for record in told_in(korea)}
    for _, record in said:
        assert record.synthetic
        assert set(record.parents) <= ids
        assert record.parents
    # what is said may be said: the door would take it
    labels = Labels(lambda *_: None)
    for record in told_in(korea):
        labels.note(record)
    for _, record in said:
        labels.require_derived("JPN", record, {})


def test_what_is_said_of_a_peers_track_is_no_wider_than_it(korea):
    narrow = [
        msgspec.structs.replace(record, marking=marking_for(*ALL, public_warning=PublicWarning.ASK))
        for record in told_in(korea)
    ]
    said = run(make_desk("JPN"), narrow, until_s=100.0)
    assert said
    assert {record.marking.public_warning for _, record in said} == {PublicWarning.ASK}
    bilateral = [msgspec.structs.replace(record, marking=marking_for("JPN", "KOR")) for record in narrow]
    said = run(make_desk("JPN", audiences=(ALL, ("JPN", "KOR"))), bilateral, until_s=100.0)
    assert {record.marking.releasable_to for _, record in said} == {("JPN", "KOR"), ("JPN",)}


def test_own_plots_and_a_peers_track_are_joined_and_the_filter_stays_what_it_is(korea):
    desk, alone = make_desk("USA", audiences=()), make_desk("USA", audiences=())
    said = run(desk, [*told_in(korea), *plots_of("USA")], until_s=UNTIL_S)
    single = launches(run(alone, plots_of("USA"), until_s=UNTIL_S))[-1][1]
    bodies = [body for _, body in launches(said)]
    assert len({body.event_id for body in bodies}) == 1
    assert [body.revision for body in bodies] == list(range(1, len(bodies) + 1))
    joined = [body for body in bodies if body.method == "covariance_intersection"]
    assert joined
    last = joined[-1]
    assert {tuple(sorted(each.member for each in body.contributors)) for body in joined} == {("KOR", "USA")}
    assert [each.record for each in last.contributors if each.member == "USA"] == [""]
    assert sum(each.weight for each in last.contributors) == pytest.approx(1.0, abs=1e-3)
    assert last.impact.ellipse_95_km[0] <= 1.05 * single.impact.ellipse_95_km[0]
    (fed,), (unfed,) = desk.pictures[0].fusion.tracks, alone.pictures[0].fusion.tracks
    assert np.array_equal(fed.moment.states, unfed.moment.states)
    assert np.array_equal(fed.moment.covariances, unfed.moment.covariances)
    assert last.grade == "public"


def test_a_peers_track_counts_for_the_grade_as_it_says(korea):
    event_of_usa = make_desk("USA", audiences=())
    run(event_of_usa, plots_of("USA"), until_s=UNTIL_S)
    track = event_of_usa.pictures[0].fusion.tracks[0]
    settings, told = track.settings, told_of(admit(told_in(korea)[-1], START))
    sure = Classification(probabilities=(0.95, 0.04, 0.01, 0.0), launch_like=True)
    few = msgspec.structs.replace(settings, public_plots=10_000)  # the longer rule aside
    assert grade_of(track, sure, few).grade == "member"
    assert grade_of(track, sure, few, [told]).basis.startswith("sensors of KOR and USA agree")
    seen_by_others = replace(told, body=msgspec.structs.replace(told.body, own_detections=0, own_sensors=0))
    assert grade_of(track, sure, few, [seen_by_others]).grade == "member"


def test_no_track_of_a_peer_takes_a_warning_from_those_who_had_it(korea):
    def marking_of(*_):
        return marking_for(*ALL, public_warning=PublicWarning.YES)

    plots = plots_of("JPN", marking_of=marking_of)  # and the tracks are marked: not for the public
    said = run(make_desk("JPN", audiences=()), [*plots, *told_in(korea)], until_s=UNTIL_S)
    last = [record for _, record in said][-1]
    assert body_of(last).method == ""
    real = [msgspec.structs.replace(record, synthetic=False) for record in plots_of("JPN")]
    said = run(make_desk("JPN", audiences=()), [*real, *told_in(korea)], until_s=UNTIL_S)
    assert body_of(said[-1][1]).method == ""


def test_a_track_of_one_whose_plots_are_there_changes_no_bit(korea):
    plots = [*plots_of("KOR"), *plots_of("JPN")]
    without = run(make_desk("JPN"), plots, until_s=130.0)
    beside = run(make_desk("JPN"), [*plots, *told_in(korea)], until_s=130.0)
    assert [encode(record) for _, record in beside] == [encode(record) for _, record in without]


def test_the_order_of_arrival_changes_no_bit(korea):
    usa = run(make_desk("USA", tracks=(ALL,)), plots_of("USA"), until_s=UNTIL_S)
    now = START + timedelta(seconds=150)
    tracks = [record for record in (*told_in(korea), *told_in(usa)) if record.observed_at <= now]
    assert len({record.originator for record in tracks}) == 2
    joints = []
    for order in (tracks, tracks[::-1]):
        desk = make_desk("JPN", audiences=())
        for record in order:
            desk.take([admit(record, now)], now)
        (event,) = desk.pictures[0]._events
        joints.append(event.peers.joint)
    assert joints[0].contributors == joints[1].contributors
    assert len(joints[0].contributors) == 2
    assert np.array_equal(joints[0].moment.states, joints[1].moment.states)
    assert np.array_equal(joints[0].moment.covariances, joints[1].moment.covariances)


def test_a_track_kept_from_some_changes_no_bit_of_what_they_are_told(korea):
    hidden = [msgspec.structs.replace(record, marking=marking_for("JPN", "KOR")) for record in told_in(korea)]
    with_it = run(make_desk("JPN"), [*plots_of("JPN"), *hidden], until_s=150.0)
    without = run(make_desk("JPN"), plots_of("JPN"), until_s=150.0)

    def to_all(said):
        return [encode(record) for _, record in said if record.marking.releasable_to == ALL]

    assert to_all(with_it) == to_all(without)
    assert any(body.contributors for _, body in launches(with_it, ("JPN",)))


def test_a_restarted_desk_goes_on_with_an_event_of_peers_tracks(korea):
    desk, history, said = make_desk("JPN"), [], []
    tracks = told_in(korea)
    for second in range(60, 120):
        now = START + timedelta(seconds=second)
        batch = [record for record in tracks if now - timedelta(seconds=1) < record.observed_at <= now]
        made = desk.take([admit(record, now) for record in batch], now) + desk.tick(now)
        history += [admit(record, now) for record in (*batch, *made)]
        said += made
    fresh, now = make_desk("JPN", prefix="again"), START + timedelta(seconds=120)
    fresh.resume(history, START, now)
    later = [record for record in tracks if now < record.observed_at <= now + timedelta(seconds=15)]
    more = fresh.take([admit(record, now + timedelta(seconds=15)) for record in later], now + timedelta(seconds=15))
    before = [record for record in said if record.marking.releasable_to == ALL][-1]
    after = next(record for record in more if record.marking.releasable_to == ALL)
    assert after.supersedes == before.id
    assert body_of(after).event_id == body_of(before).event_id


def test_a_restarted_desk_goes_on_telling_the_same_track(korea):
    plots = plots_of("KOR")
    desk, now = make_desk("KOR", prefix="again", tracks=(ALL,)), START + timedelta(seconds=120)
    said = [record for second, record in korea if second <= 120.0]
    history = [admit(record, record.observed_at) for record in plots if record.observed_at <= now]
    history += [admit(record, record.issued_at) for record in said]
    desk.resume(sorted(history, key=lambda entry: entry.admitted_at), START, now)
    later = now + timedelta(seconds=2)
    made = desk.take([admit(record, later) for record in plots if now < record.observed_at <= later], later)
    before = [record for record in said if record.kind == "warning.track"][-1]
    (after,) = told_in([(0.0, record) for record in made])
    assert after.supersedes == before.id
    assert body_of(after).track_id == body_of(before).track_id


def test_what_no_body_near_the_earth_has_is_left_aside(korea):
    good = told_in(korea)[-1]
    body, at = body_of(good), good.observed_at
    size = np.array(body.covariance)
    broken = size.copy()
    broken[1] = 10.0 * np.sqrt(size[0] * size[7])  # correlated by more than one
    changes = (
        {"frame": "EPSG:9999"},
        {"position_m": (0.0, 0.0, 0.0)},
        {"position_m": (1e300, 1e300, 1e300)},
        {"velocity_mps": (1e9, 0.0, 0.0)},
        {"covariance": tuple(broken.tolist())},
        {"covariance": tuple((-size).tolist())},
        {"covariance": tuple((size * 1e30).tolist())},
        {"at": at + timedelta(hours=1)},
        {"at": at - timedelta(hours=3)},
    )
    desk = make_desk("JPN", audiences=())
    for change in changes:
        assert desk.take([admit(with_changed(good, **change), at)], at) == []
    assert desk.pictures[0]._peers.left_aside == len(changes)
    assert told_of(admit(good, at)) is not None
    # sure of itself beyond all reason, and with a drag that is none: used, but bounded
    odd = with_changed(good, covariance=tuple((size * 1e-12).tolist()), log_drag=1e6)
    said = desk.take([admit(odd, at)], at) + desk.tick(at)
    assert all(isinstance(body_of(record), Launch) for record in said)
    assert (
        min(launch.impact.ellipse_95_km[1] for _, launch in launches([(0, each) for each in said]) if launch.impact) > 0
    )


def test_a_peer_tells_of_no_more_tracks_than_a_picture_follows(korea):
    good, book, settings = told_in(korea)[-1], TrackBook(), make_desk("JPN")._settings
    small = msgspec.structs.replace(settings, max_tracks=3)
    now_s = good.observed_at.timestamp()
    book.take([admit(with_changed(good, track_id=f"t{n}"), good.observed_at) for n in range(5)], small, now_s)
    assert book.left_aside == 2
    book.forget(now_s + 7300.0)
    assert book.is_empty


def test_a_peers_track_that_ends_is_lost_or_kept_as_ones_own_would_be(korea):
    young = [record for record in told_in(korea) if not body_of(record).is_free]
    said = run(make_desk("JPN", audiences=()), young, until_s=UNTIL_S + 60.0)
    last = launches(said)[-1][1]
    assert (last.outcome, last.lost_basis) == ("lost", "its peers told no more of it")
    assert last.impact is None


def test_no_two_tracks_of_one_peer_are_of_one_event(korea):
    good = told_in(korea)[-1]
    at = good.observed_at
    twin = with_changed(good, track_id="another", event_id="another")
    twin = msgspec.structs.replace(twin, id="another")
    desk = make_desk("JPN", audiences=())
    said = desk.take([admit(good, at), admit(twin, at)], at)
    assert len({body.event_id for _, body in launches([(0.0, record) for record in said])}) == 2


def test_a_body_of_another_kind_is_no_track():
    body = with_body(
        "warning.detection", body_of(plots_of("KOR")[0]), id="d", originator="KOR", marking=marking_for(*ALL),
        status="test", precedence=Precedence.FLASH, issued_at=START,
    )  # fmt: skip
    assert told_of(admit(body, START)) is None


class House:
    """A member with a door and a desk; ``policy`` says what leaves."""

    def __init__(self, code, federation, policy, **desk):
        self.code, self.exchange, self.desk = code, federation.exchange(code, policy=policy), make_desk(code, **desk)
        self.inbox, self.held, self.said = [], [], []

    def issue(self, records, others):
        """Put records through the own door and those of the peers that policy lets have them."""
        outgoing = self.exchange.submit(records)
        self.held += [held.kind for held in outgoing.held]
        for frame in outgoing.frames:
            self.inbox += self.exchange.receive(frame, via=self.code, path="self").frame.records
        for send in outgoing.sends:
            other = others[send.destination.code]
            other.inbox += other.exchange.receive(send.data, via=self.code, path="live").frame.records

    def work(self, now, others):
        """Let the desk take what came in, and issue what it says."""
        batch, self.inbox = self.inbox, []
        made = self.desk.take(batch, now) + self.desk.tick(now)
        self.said += made
        self.issue(made, others)


def test_a_member_that_keeps_its_detections_is_heard_by_its_tracks():
    """Policy, doors and desks together: no detection leaves KOR, and JPN, which sees nothing itself, predicts."""
    rules = [{"kinds": ["warning.detection"], "action": "hold"}, {"kinds": ["warning.*"], "action": "release"}]
    clock = ManualClock(START)
    federation = make_federation(("JPN", "KOR"), clock=clock)
    policy, pair = msgspec.convert({"release": rules}, Policy), ("JPN", "KOR")
    houses = {code: House(code, federation, policy, audiences=(pair,), tracks=(pair,)) for code in pair}
    waiting = plots_of("KOR", marking_of=lambda *_: marking_for(*pair))
    for second in range(40, 150):
        now = START + timedelta(seconds=second)
        clock.step_to(now)
        due = [record for record in waiting if record.observed_at <= now]
        waiting = waiting[len(due) :]
        houses["KOR"].issue(due, houses)
        for house in houses.values():
            house.work(now, houses)
    assert set(houses["KOR"].held) == {"warning.detection"}
    kinds = {record.kind for record in houses["JPN"].said}
    assert kinds == {"warning.launch"}  # a peer's track is told on by nobody
    last = body_of(houses["JPN"].said[-1])
    assert (last.stage, last.method) == ("predicted", "peer_track")
    assert {record.marking.releasable_to for record in houses["JPN"].said} == {pair, ("JPN",)}
    assert last.event_id == body_of(houses["KOR"].said[-1]).event_id


def test_a_salvo_told_in_tracks_stays_as_many_as_it_is(korea):
    """Four objects 10 km apart, told by two members under ids of their own, come to four events of two tracks each."""
    goods = [record for record in told_in(korea) if body_of(record).is_free][-3:]
    desk = make_desk("JPN", audiences=())
    for good in goods:
        batch = []
        for member in ("KOR", "USA"):
            for number in range(4):
                x, y, z = body_of(good).position_m
                record = with_changed(
                    good, track_id=f"{member}{number}", event_id=f"{member}-{number}",
                    position_m=(x, y, z + 10_000.0 * number), covariance=tuple(body_of(good).covariance),
                )  # fmt: skip
                marked = msgspec.structs.replace(record, id=f"{good.id}-{member}-{number}", originator=member)
                batch.append(admit(marked, good.observed_at))
        desk.take(batch, good.observed_at)
    events = desk.pictures[0]._events
    assert len(events) == 4
    assert [sorted(each.record.originator for each in event.peers.told) for event in events] == [["KOR", "USA"]] * 4
