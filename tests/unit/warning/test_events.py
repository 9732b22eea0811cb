from __future__ import annotations

import math
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launch_feed import START, admit, detection, detections, flight_of, launches, make_desk, run
from tocsin.geo.earth import ecef_from_geodetic, geodetic_from_ecef
from tocsin.markings import marking_for
from tocsin.records import Detection, Launch, LaunchPoint, Position, Precedence, TrackPoint, body_of, with_body
from tocsin.warning import WarningSettings
from tocsin.warning.association import assign
from tocsin.warning.bank import Bank
from tocsin.warning.events import Candidate, Ledger, misfit
from tocsin.warning.launchpoint import Origin, better_origin, origin_of_coast, origin_under_thrust
from tocsin.warning.plots import plot_of, seconds_of
from tocsin.warning.stages import MANOEUVRING
from tocsin.warning.track import Waypoint, begin

SETTINGS = WarningSettings()
NOW = START + timedelta(seconds=100)
FLIGHT = "NK-20170305-01"


def plots_of(launch_id=FLIGHT, **options):
    return [plot_of(admit(record, START)) for record in detections(flight_of(launch_id), **options)]


def candidate(key, *, north_km=0.0, sigma_m=300.0, origin=None, trail=True):
    track = begin(plots_of()[0], SETTINGS)
    lat_deg = 40.0 + north_km / 111.0
    if trail:
        place = ecef_from_geodetic(lat_deg, 130.0, 100_000.0)
        track.trail.append(Waypoint(seconds_of(NOW), place, np.zeros(3), sigma_m))
    return Candidate(key, track, origin)


def peer(event_id, *, north_km=0.0, sigma_m=300.0, speed_mps=0.0, point=None, launched_at=None, track=True):
    at = TrackPoint(
        at=NOW, lat_deg=40.0 + north_km / 111.0, lon_deg=130.0, altitude_m=100_000.0, speed_mps=speed_mps,
        heading_deg=90.0, climb_deg=0.0, sigma_m=sigma_m,
    )  # fmt: skip
    return Launch(
        event_id=event_id, stage="detected", revision=1, track=at if track else None, launch_point=point,
        launched_at=launched_at,
    )  # fmt: skip


def note(ledger, body, id_, *, supersedes=None, member="KOR"):
    record = with_body(
        "warning.launch", body, id=id_, originator=member, marking=marking_for("JPN", "KOR", "USA"), status="test",
        precedence=Precedence.FLASH, issued_at=NOW, supersedes=supersedes,
    )  # fmt: skip
    ledger.note(f"peer {member} JPN-KOR-USA", record, body, NOW)


def ledger_of(*bodies):
    ledger = Ledger()
    for number, body in enumerate(bodies):
        note(ledger, body, f"r{number}")
    return ledger


def links(ledger):
    return {entry.launch.event_id: entry.link for entry in ledger.entries.values()}


def test_members_of_a_salvo_are_matched_one_to_one():
    ledger = ledger_of(peer("a", north_km=12.0), peer("b"))
    ledger.link([candidate(1), candidate(2, north_km=11.5)], SETTINGS)
    assert links(ledger) == {"a": 2, "b": 1}


def test_a_pair_with_a_rival_waits():
    ledger = ledger_of(peer("a", sigma_m=5000.0))
    assert ledger.link([candidate(1), candidate(2, north_km=2.0)], SETTINGS) == []
    assert links(ledger) == {"a": None}
    note(ledger, peer("a", sigma_m=50.0), "next", supersedes="r0")
    ledger.link([candidate(1), candidate(2, north_km=6.0)], SETTINGS)
    assert links(ledger) == {"a": 1}


def test_what_moves_otherwise_is_another():
    assert misfit(candidate(1), peer("a"), SETTINGS) < 1.0
    assert misfit(candidate(1), peer("a", speed_mps=3000.0), SETTINGS) > 1.0


def test_without_states_the_launch_decides():
    origin = Origin(39.0, 126.0, 5.0, seconds_of(START))
    point = LaunchPoint(lat_deg=39.05, lon_deg=126.0, radius_km=5.0)
    near = peer("a", track=False, point=point, launched_at=START + timedelta(seconds=10))
    later = peer("a", track=False, point=point, launched_at=START + timedelta(seconds=20))
    assert misfit(candidate(1, origin=origin), near, SETTINGS) < 1.0
    assert misfit(candidate(1, origin=origin), later, SETTINGS) > 1.0
    assert misfit(candidate(1), near, SETTINGS) == math.inf
    for blurred in (candidate(1, origin=origin, sigma_m=40_000.0), candidate(1, origin=origin, trail=False)):
        both = peer("a", point=point, launched_at=START + timedelta(seconds=20))
        assert misfit(blurred, both, SETTINGS) > 1.0


def test_a_link_holds_through_revisions_and_ends_with_either_side():
    ledger = ledger_of(peer("a"))
    ledger.link([candidate(1)], SETTINGS)
    note(ledger, peer("renamed", north_km=500.0), "r1", supersedes="r0")
    assert links(ledger) == {"renamed": 1}
    ledger.forget(seconds_of(NOW), closed=1)
    assert links(ledger) == {"renamed": None}
    closed = msgspec.structs.replace(peer("renamed"), stage="closed", outcome="impact")
    note(ledger, closed, "r2", supersedes="r1")
    assert ledger.entries == {}
    note(ledger, peer("old"), "r3")
    ledger.forget(seconds_of(NOW) + 4 * 3600.0)
    assert ledger.entries == {}


@given(st.permutations(range(4)), st.booleans())
def test_of_one_event_the_last_record_alone_is_open_in_whatever_order_they_come(order, is_closed):
    ledger = ledger_of(peer("a"))
    ledger.link([candidate(1)], SETTINGS)
    bodies = [peer("a", north_km=float(number)) for number in range(4)]
    if is_closed:
        bodies[3] = msgspec.structs.replace(bodies[3], stage="closed", outcome="impact")
    for number in order:
        note(ledger, bodies[number], f"r{number + 1}", supersedes=f"r{number}")
    assert [(entry.launch, entry.link) for entry in ledger.entries.values()] == ([] if is_closed else [(bodies[3], 1)])
    assert ledger.outdated == {}


def test_nobody_takes_the_place_of_anothers_event():
    ledger = ledger_of(peer("a"))
    ledger.link([candidate(1)], SETTINGS)
    note(ledger, peer("c", north_km=600.0), "r0", member="USA")
    note(ledger, peer("b", north_km=500.0), "r9", supersedes="r1", member="USA")
    assert links(ledger) == {"a": 1, "b": None, "c": None}
    closed = msgspec.structs.replace(peer("a"), stage="closed", outcome="impact")
    note(ledger, closed, "r10", supersedes="r0", member="USA")
    assert links(ledger) == {"a": 1, "b": None}
    note(ledger, closed, "r1", supersedes="r0")
    assert links(ledger) == {"b": None}


def test_an_event_that_another_track_holds_is_not_linked_twice():
    ledger = ledger_of(peer("a"))
    ledger.link([candidate(1)], SETTINGS)
    note(ledger, peer("b"), "twin")
    ledger.link([candidate(1)], SETTINGS)
    assert links(ledger) == {"a": 1, "b": None}


def placed(flight, at_s, id_, random, member="KOR"):
    lat_deg, lon_deg, altitude_m = geodetic_from_ecef(flight.state_at(at_s)[:3] + random.normal(0.0, 1000.0, 3))
    body = Detection(
        position=Position(lat_deg=lat_deg, lon_deg=lon_deg, altitude_m=altitude_m), position_sigma_m=1000.0
    )
    return detection(body, id_=id_, at=START + timedelta(seconds=at_s), member=member)


def test_coarse_copies_of_two_sensors_on_one_grid_time_are_one_object():
    flight, random = flight_of(FLIGHT), np.random.default_rng(7)
    records = [
        placed(flight, 100.0 + 5.0 * number, f"c{number}-{copy}", random) for number in range(40) for copy in (0, 1)
    ]
    said = launches(run(make_desk("JPN", audiences=()), records, until_s=330.0))
    assert len({body.event_id for _, body in said}) == 1
    assert said[-1][1].detections > 70


def test_plots_older_than_the_memory_are_counted_and_start_nothing():
    records = detections(flight_of(FLIGHT), members=("KOR",))
    late = records[20:26]
    kept = [record for record in records if record not in late][:80]
    desk = make_desk("JPN", audiences=())
    run(desk, kept, until_s=110.0)
    now = START + timedelta(seconds=110)
    before = desk.pictures[0].counts.fused
    assert desk.take([admit(record, now) for record in late], now) == []
    counts = desk.pictures[0].counts
    assert counts.too_late == len(late)
    assert counts.fused == before


def test_a_scan_gives_each_track_one_plot():
    tracks = [begin(plots_of()[0], SETTINGS)]
    plot = next(plot for plot in plots_of() if plot.time_s > tracks[0].time_s)
    twin = plot_of(admit(detection(body_of(plot.record), id_="twin", at=plot.record.observed_at), START))
    bank = Bank(SETTINGS).follow(tracks)
    assignment = assign(bank.misfits([plot, twin]), bank)
    assert len(assignment.pairs) == 1
    assert len(assignment.free) == 1


def test_an_impact_is_withdrawn_when_the_flight_is_pushed():
    flight = flight_of(FLIGHT)
    records = []
    for record in detections(flight, members=("KOR",)):
        after_s = (record.observed_at - START).total_seconds() - flight.burnout_s - 60.0
        body = body_of(record)
        if after_s > 0:
            body = msgspec.structs.replace(body, range_m=body.range_m + 20.0 * min(after_s, 25.0) ** 2)
        records.append(detection(body, id_=record.id, at=record.observed_at, member=record.originator))
    said = launches(run(make_desk("JPN", audiences=()), records, until_s=flight.burnout_s + 75.0))
    withdrawn = [body for _, body in said if body.label == MANOEUVRING]
    assert withdrawn
    assert withdrawn[0].stage == "assessed"
    assert withdrawn[0].impact is None


def test_a_flight_first_seen_after_burnout_gets_a_rough_origin():
    flight = flight_of(FLIGHT)
    plots = [plot for plot in plots_of(members=("KOR",)) if plot.time_s > seconds_of(START) + flight.burnout_s + 20.0]
    track = begin(plots[0], SETTINGS)
    for plot in plots[1:60]:
        track.add(plot)
    assert origin_under_thrust(track.moment) is None
    origin = better_origin(None, track)
    assert origin == origin_of_coast(track.moment)
    assert origin is not None
    assert origin.radius_km > 20.0
    assert better_origin(origin, track) is origin
    track.moment.states[1, 3:6] *= 3.0
    assert origin_of_coast(track.moment) is not None


def test_an_origin_under_thrust_is_told_only_if_its_radius_is_of_use():
    flight = flight_of(FLIGHT)
    plots = [plot for plot in plots_of() if plot.time_s < seconds_of(START) + flight.burnout_s - 10.0]
    track = begin(plots[0], SETTINGS)
    for plot in plots[1:]:
        track.add(plot)
    origin = origin_under_thrust(track.moment)
    assert origin is not None
    assert origin.radius_km > 2.0
    assert origin_under_thrust(track.moment, origin.radius_km + 1e-6) == origin
    for useless_km in (origin.radius_km, 2.0, 0.0):
        assert origin_under_thrust(track.moment, useless_km) is None


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_ranged_plots_leave_the_origin_open(count):
    plots = plots_of(members=("KOR",))[:count]
    track = begin(plots[0], SETTINGS)
    for plot in plots[1:]:
        track.add(plot)
    assert better_origin(None, track) is None
