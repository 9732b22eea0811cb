from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from launch_feed import ALL, START, admit, detection, detections, federate, flight_of, launches, make_desk, run
from tocsin.calibration.cases import CASES
from tocsin.calibration.reference import reference_sensors
from tocsin.calibration.results import Trial
from tocsin.errors import ConfigError
from tocsin.geo.earth import ecef_from_geodetic, enu_basis
from tocsin.markings import PublicWarning, marking_for
from tocsin.records import Detection, Impact, Position, Precedence, body_of, with_body
from tocsin.synthesis.sensors import observe
from tocsin.warning import WarningSettings, agree, imm
from tocsin.warning.classification import classify
from tocsin.warning.models import VELOCITY
from tocsin.warning.plots import plot_of
from tocsin.warning.risk import areas_left
from tocsin.warning.stages import ACCELERATING, BALLISTIC_LOW, ORBITAL, SPACE_LAUNCH, label_of, outcome_at
from tocsin.warning.track import begin

LONG = "NK-20170828-01"
LOW = "NK-20191031-01"
SHORT = "NK-20170528-01"


def own(said, member="JPN"):
    return [(second, record) for second, record in said if record.marking.releasable_to == (member,)]


def shared(said):
    return [(second, record) for second, record in said if record.marking.releasable_to == ALL]


@pytest.fixture(scope="module")
def said_of_long():
    flight = flight_of(LONG)
    return run(make_desk("JPN"), detections(flight), until_s=flight.duration_s + 60.0)


def test_an_event_passes_through_its_stages_in_order(said_of_long):
    bodies = [body for _, body in launches(said_of_long, ALL)]
    stages = [body.stage for body in bodies]
    assert stages[0] == "detected"
    assert stages[-1] == "closed"
    assert stages.index("assessed") < stages.index("predicted")
    assert bodies[-1].outcome == "impact"
    assert [body.revision for body in bodies] == list(range(1, len(bodies) + 1))
    assert len({body.event_id for body in bodies}) == 1
    assert len(bodies) < 80
    assert bodies[0].launch_point is not None
    assert all(body.launch_point.radius_km >= 2.0 for body in bodies)


def test_no_impact_while_it_burns_or_below_the_gate(said_of_long):
    burnout_s = flight_of(LONG).burnout_s
    for second, body in launches(said_of_long):
        if body.impact is not None:
            assert second > burnout_s
        if body.stage == "predicted":
            assert body.ballistic_probability >= 0.9
        if second < burnout_s and body.stage == "assessed":
            assert body.label == ACCELERATING


def test_records_carry_what_the_exchange_needs(said_of_long):
    records = [record for _, record in shared(said_of_long)]
    flash = [body_of(record).stage for record in records if record.precedence is Precedence.FLASH]
    assert flash == ["detected", "predicted"]
    assert {record.precedence for record in records} == {Precedence.FLASH, Precedence.IMMEDIATE}
    for before, after in pairwise(records):
        assert after.supersedes == before.id
    for record in records:
        body = body_of(record)
        assert record.synthetic
        assert record.status == "test"
        assert record.originator == "JPN"
        assert record.observed_at == body.last_detection_at
        assert len(record.parents) == len(body.sensors)
        assert [source.cites for source in record.sources if source.cites] == ["a reconstructed flight"]


def test_the_truth_is_overflown_and_struck_where_it_was_said(said_of_long):
    last = launches(said_of_long, ALL)[-1][1]
    assert [passage.area for passage in last.overflown] == ["JP-01"]
    assert 400.0 < (last.overflown[0].passes_at - START).total_seconds() < 500.0
    assert last.areas == ()


def test_the_members_own_picture_uses_the_published_id(said_of_long):
    published = {body.event_id for _, body in launches(said_of_long, ALL)}
    assert {body.event_id for _, body in launches(said_of_long, ("JPN",))} == published


def test_own_picture_takes_over_the_published_id_when_it_was_first():
    def marking_of(member, number):
        return marking_for("JPN", "KOR") if member == "KOR" and number < 40 else marking_for(*ALL)

    flight = flight_of(LONG)
    said = run(make_desk("JPN"), detections(flight, marking_of=marking_of, members=("JPN", "KOR")), until_s=200.0)
    mine, published = launches(said, ("JPN",)), launches(said, ALL)
    assert mine[0][0] < published[0][0]
    assert mine[0][1].event_id != published[0][1].event_id
    assert mine[-1][1].event_id == published[-1][1].event_id
    assert [record.kind for _, record in own(said)].count("warning.same_event") == 0


def test_bilateral_detections_stay_out_of_the_trilateral_picture():
    flight = flight_of(LONG)
    records = detections(flight, members=("KOR",), marking_of=lambda *_: marking_for("JPN", "KOR"))
    said = run(make_desk("JPN", audiences=(ALL, ("JPN", "KOR"))), records, until_s=160.0)
    assert shared(said) == []
    assert {record.marking.releasable_to for _, record in said} == {("JPN", "KOR"), ("JPN",)}


def test_a_caveat_keeps_what_derives_with_the_member():
    def marking_of(*_):
        return msgspec.structs.replace(marking_for(*ALL), caveats=("ORCON",))

    said = run(make_desk("JPN"), detections(flight_of(LONG), marking_of=marking_of), until_s=100.0)
    assert said
    assert {record.marking.releasable_to for _, record in said} == {("JPN",)}


def test_public_warning_is_the_narrowest_of_the_sources():
    def marking_of(member, _):
        yes = member != "KOR"
        return marking_for(*ALL, public_warning=PublicWarning.YES if yes else PublicWarning.ASK)

    said = run(make_desk("JPN"), detections(flight_of(LONG), marking_of=marking_of), until_s=100.0)
    assert {record.marking.public_warning for _, record in shared(said)[1:]} == {PublicWarning.ASK}


def test_statuses_never_meet():
    flight = flight_of(LONG)
    half = detections(flight, members=("KOR",))
    other = detections(flight, members=("USA",), status="exercise:north-wind")
    alone = run(make_desk("JPN", audiences=()), half, until_s=100.0)
    both = run(make_desk("JPN", audiences=()), half + other, until_s=100.0)
    in_test = [body_of(record) for _, record in both if record.status == "test"]
    assert [msgspec.structs.replace(b, event_id="") for b in in_test] == [
        msgspec.structs.replace(body_of(record), event_id="") for _, record in alone
    ]
    assert {record.status for _, record in both} == {"test", "exercise:north-wind"}


def test_two_copies_of_one_measurement_are_fused_once():
    flight = flight_of(LONG)
    records = []
    for record in detections(flight, members=("KOR",))[:60]:
        body = msgspec.structs.replace(body_of(record), independence_group=record.id)
        position = Position(lat_deg=39.0, lon_deg=127.0, altitude_m=60_000.0)
        copy = Detection(position=position, position_sigma_m=5000.0, independence_group=record.id)
        records.append(detection(copy, id_=f"a-{record.id}", at=record.observed_at, member="KOR"))
        records.append(detection(body, id_=f"b-{record.id}", at=record.observed_at, member="KOR"))
    desk = make_desk("JPN", audiences=())
    run(desk, records, until_s=80.0)
    counts = desk.pictures[0].counts
    assert counts.repeated == counts.fused
    assert counts.fused > 20


def test_plots_of_a_wrong_clock_or_time_are_not_fused():
    records = detections(flight_of(LONG), members=("KOR",))[:5]
    desk = make_desk("JPN", audiences=())
    now = records[0].observed_at
    desk.take([replace(admit(records[0], now), clock_suspect=True)], now)
    desk.take([admit(records[1], now)], now - timedelta(seconds=60))
    desk.take([admit(records[2], now)], now + timedelta(hours=3))
    timeless = with_body(
        "warning.detection", body_of(records[3]), id="timeless", originator="KOR", marking=marking_for(*ALL),
        status="test", precedence=Precedence.FLASH, issued_at=now,
    )  # fmt: skip
    assert desk.take([admit(timeless, now)], now) == []
    picture = desk.pictures[0]
    assert picture.clock_suspect == 1
    assert picture.counts.ahead == 2
    assert picture.counts.fused == 0


def test_infrared_alone_never_predicts_and_is_lost_in_the_end():
    flight = flight_of(LONG)
    records = [record for record in detections(flight, members=("USA",)) if body_of(record).range_m is None]
    bodies = [body for _, body in launches(run(make_desk("USA", audiences=()), records, until_s=300.0))]
    assert [body.stage for body in bodies] == ["detected", "closed"]
    assert bodies[-1].outcome == "lost"
    assert all(body.impact is None for body in bodies)
    assert bodies[0].launch_point.radius_km >= 2.0


def test_what_infrared_saw_is_one_launch_with_what_a_radar_sees_a_minute_after_burnout():
    """One member alone, a low flight: infrared ends at burnout, and its radar looks over the horizon 65 s later."""
    truth = CASES["nominal"].fly(Trial(case="nominal", flight_id="kn25", variant=0, seed=7000))
    plots = [plot for plot in observe(truth, reference_sensors(), 7000) if plot.member == "USA"]
    records = [
        detection(plot.body, id_=f"d{number}", at=START + timedelta(seconds=plot.time_s))
        for number, plot in enumerate(plots)
        if plot.time_s < 220.0
    ]
    gaps_s = [(later.observed_at - record.observed_at).total_seconds() for record, later in pairwise(records)]
    assert max(gaps_s) > 60.0
    bodies = [body for _, body in launches(run(make_desk("USA", audiences=()), records, until_s=220.0))]
    assert len({body.event_id for body in bodies}) == 1
    assert len(bodies[-1].sensors) == 3
    assert bodies[-1].launch_point.radius_km < 20.0


def test_a_few_plots_that_end_are_lost_and_then_forgotten():
    records = detections(flight_of(LONG), members=("KOR",))[:12]
    desk = make_desk("JPN", audiences=())
    bodies = [body for _, body in launches(run(desk, records, until_s=200.0))]
    assert bodies[-1].outcome == "lost"
    assert desk.pictures == ()


def test_a_single_plot_says_nothing_and_is_dropped():
    records = detections(flight_of(LONG), members=("KOR",))[:1]
    desk = make_desk("JPN", audiences=())
    assert run(desk, records, until_s=120.0) == []
    assert desk.pictures == ()


def test_a_low_flight_may_manoeuvre_and_its_region_is_drawn_out():
    flight = flight_of(LOW)
    said = run(make_desk("KOR", audiences=()), detections(flight), until_s=flight.duration_s + 60.0)
    predicted = [body for _, body in launches(said) if body.stage == "predicted"]
    assert predicted
    assert {body.label for body in predicted} == {BALLISTIC_LOW}
    for body in predicted:
        assert len(body.impact.region) >= 4  # the bare ellipse is never shown
        assert body.impact.manoeuvre_km > 10.0
        assert body.impact.earliest_at < body.impact.at < body.impact.latest_at
    closed = [body for _, body in launches(said) if body.stage == "closed"]
    assert all(each.outcome == "impact" for each in closed)


def test_a_high_flight_has_the_ellipse_for_its_region_and_areas_with_their_chances():
    said = run(make_desk("KOR", audiences=()), detections(flight_of(LONG)), until_s=400.0)
    predicted = [body for _, body in launches(said) if body.stage == "predicted"]
    assert predicted
    for body in predicted:
        assert body.impact.region == ()
        assert {risk.area for risk in body.at_risk} == set(body.areas)
        assert sum(risk.probability for risk in body.at_risk) <= 1.0


def test_areas_leave_with_a_reason():
    wide = Impact(
        lat_deg=40.0, lon_deg=140.0, ellipse_95_km=(100.0, 60.0), ellipse_bearing_deg=0.0,
        at=datetime(2026, 3, 1, tzinfo=UTC), at_sigma_s=1.0,
    )  # fmt: skip
    narrow = msgspec.structs.replace(wide, ellipse_95_km=(10.0, 5.0))
    elsewhere = msgspec.structs.replace(narrow, lat_deg=45.0)
    assert [each.reason for each in areas_left(("a", "b"), ("a",), wide, narrow)] == ["narrowed"]
    assert [each.reason for each in areas_left(("a",), (), wide, elsewhere)] == ["moved"]
    assert [each.reason for each in areas_left(("a",), (), wide, None)] == ["withdrawn"]
    assert areas_left(("a",), ("a", "b"), wide, narrow) == ()


def test_a_sharp_impact_is_computed_seldom_and_rests_on_the_last_plots_in_the_end():
    desk, ends_s = make_desk("JPN", audiences=()), 260.0
    flight = flight_of(LONG)
    records = [record for record in detections(flight) if (record.observed_at - START).total_seconds() <= ends_s]
    found = []
    run(desk, records, until_s=100.0)
    waiting = [record for record in records if (record.observed_at - START).total_seconds() > 100.0]
    for second in range(101, int(ends_s) + 10):
        now = START + timedelta(seconds=second)
        desk.take([admit(record, now) for record in waiting if record.observed_at <= now], now)
        waiting = [record for record in waiting if record.observed_at > now]
        fall = desk.pictures[0]._events[0].fall
        if fall is not None and (not found or fall is not found[-1]):
            found.append(fall)
    gaps_s = [(later.from_s - fall.from_s, fall.semi_axes_km[0]) for fall, later in pairwise(found)]
    # Five seconds by the clock; the newest plot may be up to a second old.
    assert min(gap_s for gap_s, axis_km in gaps_s[:-1] if axis_km <= 5.0) > 4.0
    assert max(gap_s for gap_s, axis_km in gaps_s if axis_km > 5.0) < 3.0
    assert found[-1].from_s == desk.pictures[0].fusion.tracks[0].time_s


def test_members_that_mint_at_once_come_to_one_event_and_agree():
    flight = flight_of(LONG)
    desks = {member: make_desk(member) for member in ALL}
    said = federate(desks, detections(flight), until_s=240.0)
    first = {member: launches(said[member], ALL)[0][1].event_id for member in ALL}
    last = {member: launches(said[member], ALL)[-1][1] for member in ALL}
    assert len(set(first.values())) == 3
    assert {body.event_id for body in last.values()} == {min(first.values())}
    assert all(agree(last["JPN"], last[member]) for member in ALL)
    pairs = [body_of(record) for _, record in said["JPN"] if record.kind == "warning.same_event"]
    assert pairs
    assert all(pair.event_id == min(pair.event_id, pair.alias) for pair in pairs)
    mine = [body for _, body in launches(said["JPN"], ("JPN",))]
    assert mine[-1].event_id == last["JPN"].event_id


def test_a_member_that_sees_later_joins_the_event_of_the_first():
    flight = flight_of(LONG)
    korea = run(make_desk("KOR"), detections(flight, seed=2, members=("KOR",)), until_s=130.0)
    said = shared(korea)
    mine = sorted(detections(flight, seed=2, members=("JPN",)), key=lambda record: record.observed_at)
    desk, answers = make_desk("JPN"), []
    for second in range(150):
        now = START + timedelta(seconds=second)
        batch = [admit(record, now) for at_s, record in said if at_s == second - 1]
        batch += [
            admit(record, now) for record in mine if second - 1 < (record.observed_at - START).total_seconds() <= second
        ]
        answers += [(float(second), record) for record in desk.take(batch, now) + desk.tick(now)]
    theirs = launches(korea, ALL)[0][1].event_id
    assert launches(answers, ALL)[0][0] > 100.0
    assert {body.event_id for _, body in launches(answers)} == {theirs}
    assert all(record.kind == "warning.launch" for _, record in answers)


def test_an_audience_without_the_member_is_refused():
    with pytest.raises(ConfigError, match="lacks JPN"):
        make_desk("JPN", audiences=(("KOR", "USA"),))


def test_a_bounded_picture_counts_what_it_has_no_room_for():
    records = detections(flight_of(LONG), members=("KOR",), tag="a")[:20]
    records += detections(flight_of(SHORT), members=("KOR",), start=START + timedelta(seconds=8), tag="b")[:20]
    desk = make_desk("KOR", audiences=(), settings=WarningSettings(max_tracks=1))
    run(desk, records, until_s=60.0)
    now = START + timedelta(seconds=60)
    desk.take([admit(record, now) for record in records], now)
    assert desk.pictures[0].counts.no_room >= 1


def fast_track(speed_mps, *, boost):
    """A track whose state is level at 200 km."""
    settings = WarningSettings()
    plots = [plot_of(admit(record, START)) for record in detections(flight_of(LONG), members=("KOR",))[:30]]
    track = begin(plots[0], settings)
    for plot in plots[1:]:
        track.add(plot)
    for model in range(2):
        track.moment.states[model, :3] = ecef_from_geodetic(0.0, 130.0, 200_000.0)
        track.moment.states[model, VELOCITY : VELOCITY + 3] = speed_mps * enu_basis(0.0, 130.0)[0]
    track.moment.weights = np.array([boost, 1.0 - boost])
    track.moment.gate_since_s = None if boost > 0.5 else track.time_s - 30.0
    return track


def test_a_fast_level_flight_under_thrust_may_be_a_space_launch_and_one_in_orbit_is_no_threat():
    settings = WarningSettings()

    def label_at(track):
        return label_of(track, 200e3, classify(track, settings), settings, had_impact=False)

    assert label_at(fast_track(6800.0, boost=0.99)) == SPACE_LAUNCH
    assert label_at(fast_track(3000.0, boost=0.99)) == ACCELERATING
    orbiting = fast_track(7500.0, boost=0.01)
    label = label_at(orbiting)
    assert label == ORBITAL
    assert outcome_at(orbiting.time_s, None, label, orbiting.time_s + 61.0, settings, latest_s=None) == "no_threat"
    assert outcome_at(orbiting.time_s, None, label, orbiting.time_s + 59.0, settings, latest_s=None) is None
    assert imm.BALLISTIC == 1
