from __future__ import annotations

import math
from datetime import timedelta

import msgspec
import numpy as np
import pytest

from launch_feed import START, admit, detection, detections, flight_of
from tocsin.records import body_of
from tocsin.warning import WarningSettings
from tocsin.warning.chain_filter import (
    begun,
    expected_place,
    extended,
    gain_in_likelihood,
    moved,
    squared_distance,
)
from tocsin.warning.chains import Chains
from tocsin.warning.crowding import Crowding, Glimpses
from tocsin.warning.fusion import Fusion
from tocsin.warning.groups import NO_GROUP, count_range, plots_in_a_look
from tocsin.warning.initiation import is_enough
from tocsin.warning.plots import plot_of, seconds_of
from tocsin.warning.track import begin

SETTINGS = WarningSettings()
FLIGHT = "NK-20170305-01"


def plots_of(sensor_id=None, **options):
    plots = [plot_of(admit(record, START)) for record in detections(flight_of(FLIGHT), **options)]
    return [plot for plot in plots if sensor_id is None or plot.sensor.endswith(sensor_id)]


def shifted(plot, *, by_s=0.0, id_=None, **changes):
    """The same plot at another time, with other figures."""
    body = msgspec.structs.replace(body_of(plot.record), **changes)
    at = plot.record.observed_at + timedelta(seconds=by_s)
    made = detection(body, id_=id_ or f"{plot.record.id}-s", at=at, member=plot.record.originator)
    return plot_of(admit(made, START))


def found_by(plots):
    chains, found = Chains(), []
    for plot in plots:
        chain = chains.take(plot, SETTINGS)
        if chain is not None:
            found.append(chain)
    return found


def test_three_plots_of_one_sensor_become_a_track_and_are_forgotten():
    plots = plots_of("KOR-radar-a")[20:23]
    chains = Chains()
    assert [chains.take(plot, SETTINGS) for plot in plots[:2]] == [None, None]
    assert not chains.is_empty
    assert chains.take(plots[2], SETTINGS).plots == tuple(plots)
    assert chains.is_empty


def test_two_plots_of_each_of_two_sensors_suffice():
    one, other = plots_of("KOR-radar-c")[10:12], plots_of("KOR-radar-a")
    other = [plot for plot in other if plot.time_s >= one[0].time_s][:2]
    (chain,) = found_by(sorted([*one, *other], key=lambda plot: plot.key))
    assert {plot.sensor for plot in chain.plots} == {one[0].sensor, other[0].sensor}


def test_what_stands_still_is_no_launch():
    first = plots_of("KOR-radar-c")[0]
    assert found_by([shifted(first, by_s=2.0 * number, id_=f"n{number}") for number in range(12)]) == []


def test_plots_without_a_common_way_are_no_chain():
    first = plots_of("KOR-radar-c")[0]
    random = np.random.default_rng(3)
    plots = [
        shifted(first, by_s=2.0 * number, id_=f"n{number}", azimuth_deg=random.uniform(0, 90),
                range_m=random.uniform(1e5, 9e5))
        for number in range(30)
    ]  # fmt: skip
    assert found_by(plots) == []


def test_a_rival_asks_for_more_plots():
    """Two of them 1 km apart: either's second plot fits the other's first."""
    plots = plots_of("KOR-radar-c")[:12]
    twins = [shifted(plot, by_s=0.3, range_m=float(plot.figures[0]) + 1000.0) for plot in plots]
    merged = sorted([*plots, *twins], key=lambda plot: plot.key)
    found = found_by(merged)
    assert len(found[0].plots) > SETTINGS.confirm_plots
    assert len({plot.record.id.endswith("-s") for plot in found[0].plots}) == 1


def test_chains_are_given_up_and_a_copy_goes_its_own_way():
    plots = plots_of("KOR-radar-a")[20:23]
    chains = Chains()
    chains.take(plots[0], SETTINGS)
    chains.take(plots[1], SETTINGS)
    copy = chains.copy()
    assert copy.take(plots[2], SETTINGS) is not None
    assert not chains.is_empty
    chains.forget_before(plots[1].time_s + SETTINGS.tentative_s + 1.0)
    assert chains.is_empty


def test_m_of_n_counts_scans_as_far_apart_as_the_sensor_looks():
    plots = [shifted(plots_of("KOR-radar-a")[0], by_s=by_s, id_=f"n{by_s}") for by_s in (0.0, 4.0, 8.0)]
    assert is_enough(plots, SETTINGS)  # 3 of 5 looks 2 s apart
    assert not is_enough(plots, SETTINGS, more=1)
    late = [*plots[:2], shifted(plots[2], by_s=1.5, id_="late")]
    assert not is_enough(late, SETTINGS)


def test_the_chain_filter_agrees_with_differences_of_what_it_has_seen():
    place, spread = np.array([6.4e6, 1e5, 2e5]), np.diag([100.0, 400.0, 225.0])
    state, covariance = begun(place, spread)
    velocity = np.array([300.0, -200.0, 900.0])
    seen = place + 2.0 * velocity
    there, around = expected_place(state, covariance, 2.0)
    distance2, log_determinant = squared_distance(around + spread, seen - there)
    assert distance2 == pytest.approx((seen - there) @ np.linalg.solve(around + spread, seen - there))
    assert log_determinant == pytest.approx(np.linalg.slogdet(around + spread)[1])
    assert gain_in_likelihood(distance2, log_determinant) > 0.0
    on, wider = moved(state, covariance, 2.0)
    np.testing.assert_allclose(on[:3], there)
    np.testing.assert_allclose(wider[:3, :3], around)
    state, covariance = extended(state, covariance, 2.0, seen, spread)
    gain = wider[:, :3] @ np.linalg.inv(wider[:3, :3] + spread)
    np.testing.assert_allclose(state, on + gain @ (seen - there), rtol=1e-9)
    np.testing.assert_allclose(covariance, wider - gain @ wider[:3, :], rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(state[3:6], velocity, atol=30.0)
    assert np.linalg.eigvalsh(covariance).min() > 0.0


def test_a_chain_moves_by_its_transition_with_noise_on_and_without_it_back():
    state, covariance = begun(np.array([6.4e6, 1e5, 2e5]), np.eye(3) * 100.0)
    state[3:] = 300.0, -200.0, 900.0, 1.0, 2.0, -3.0
    for dt_s, noise in ((3.0, 1.0), (-3.0, 0.0)):
        transition = np.kron([[1.0, dt_s, 0.5 * dt_s**2], [0.0, 1.0, dt_s], [0.0, 0.0, 1.0]], np.eye(3))
        powers = [[dt_s**5 / 20, dt_s**4 / 8, dt_s**3 / 6], [dt_s**4 / 8, dt_s**3 / 3, dt_s**2 / 2]]
        added = noise * np.kron([*powers, [dt_s**3 / 6, dt_s**2 / 2, dt_s]], np.eye(3))
        there, wider = moved(state, covariance, dt_s)
        np.testing.assert_allclose(there, transition @ state)
        np.testing.assert_allclose(wider, transition @ covariance @ transition.T + added, rtol=1e-12, atol=1e-9)


def test_what_is_no_covariance_is_infinitely_far():
    assert squared_distance(np.array([[1.0, 2.0], [2.0, 1.0]]), np.ones(2)) == (np.inf, 0.0)


def test_a_look_with_two_plots_close_together_is_crowded_and_its_plots_wait_for_each_other():
    plot = plots_of("KOR-radar-a")[0]
    twin = shifted(plot, by_s=0.4, range_m=float(plot.figures[0]) + 2000.0)
    after = shifted(plot, by_s=3.0, id_="after")
    crowding = Crowding()
    assert crowding.crowded([plot, twin]) == [False, True]
    assert crowding.until_s == math.inf
    assert crowding.wait(plot)
    assert crowding.wait(twin)
    assert crowding.until_s == plot.time_s + plot.look_s
    assert crowding.wait(after)
    assert list(crowding.over(twin.time_s)) == []
    assert list(crowding.copy().over(after.time_s)) == [[plot, twin]]
    assert [look for look in crowding.over(after.time_s + 10.0)] == [[plot, twin], [after]]  # noqa: C416
    assert crowding.is_empty


def test_lines_of_sight_wait_for_nobody_and_what_does_not_tell_its_looks_is_never_crowded():
    line = next(plot for plot in plots_of() if not plot.is_ranged)
    assert not Crowding().wait(line)
    silent = shifted(plots_of("KOR-radar-a")[0], revisit_s=0.0)
    crowding = Crowding()
    assert crowding.crowded([silent, shifted(silent, id_="twin")]) == [False, False]
    assert not crowding.wait(silent)


def test_a_track_that_lost_its_object_goes_on_with_the_chain_that_found_it():
    plots = plots_of("KOR-radar-c")
    fusion = Fusion(SETTINGS)
    fusion.take(plots[:5], plots[4].time_s)
    (track,) = fusion.tracks
    lost = track.moment.copy()
    lost.states[:, :3] += 2_500.0
    track.moment = lost
    fusion.take(plots[8:16], plots[15].time_s)
    assert fusion.tracks == [track]
    assert track.count > 5
    truth = flight_of(FLIGHT).state_at(track.time_s - seconds_of(START))
    assert np.linalg.norm(track.moment.states[0, :3] - truth[:3]) < 8_000.0


@pytest.mark.parametrize("revisit_s", [-1.0, float("nan"), float("inf")])
def test_a_sensor_looks_again_after_a_time(revisit_s):
    with pytest.raises(ValueError, match="revisit_s"):
        msgspec.structs.replace(body_of(plots_of()[0].record), revisit_s=revisit_s)


def test_a_track_beside_another_is_a_hidden_member_of_its_group_until_it_stands_clear():
    plots = plots_of("KOR-radar-c")[10:40]
    for by_m, is_group in ((900.0, True), (30_000.0, False)):
        twins = [shifted(plot, by_s=0.3, range_m=float(plot.figures[0]) + by_m) for plot in plots]
        fusion = Fusion(SETTINGS)
        for plot in sorted([*plots, *twins], key=lambda plot: plot.key):
            fusion.take([plot], plot.time_s)
        counts = list(fusion.counts_of_groups().values())
        if is_group:
            assert len(counts) == 1
            assert counts[0][0] <= 2 <= counts[0][1] <= 3 * counts[0][0]
        else:
            assert counts == [(1, 1), (1, 1)]


def test_a_range_of_counts_is_at_most_threefold_and_one_is_one():
    assert count_range(1, 1) == (1, 1)
    assert count_range(2, 1) == (1, 3)
    assert count_range(1, 8) == (8, 17)


def test_groups_beside_each_other_are_together_no_more_than_one_look_shows():
    """Each took the fullest look for itself, one sensor's for the one and another's for the other."""
    plot = plots_of("KOR-radar-c")[10]
    beside = shifted(plot, azimuth_deg=body_of(plot.record).azimuth_deg + 0.5)
    first, second = begin(plot, SETTINGS), begin(beside, SETTINGS)
    here, there = plot.place, beside.place

    def glimpses(*places):
        count = len(places)
        return Glimpses(np.full(count, plot.time_s), np.full(count, 0.8), np.array(places))

    latest = [glimpses(here, here, there), glimpses(here, there, there)]
    assert sum(plots_in_a_look([1, 2], [first, second], latest).values()) == 3
    unseen = plots_in_a_look([1, 2], [first, second], [glimpses(here, here, here)])
    assert unseen == {1: 2, 2: 1}  # one that no plot counts for is one all the same
    assert plots_in_a_look([1, NO_GROUP], [first, second], [glimpses(here, there)])[1] == 1
