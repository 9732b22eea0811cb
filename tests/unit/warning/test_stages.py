from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest

from tocsin.geo.earth import ecef_from_geodetic, enu_basis
from tocsin.records import Impact, Launch
from tocsin.warning import SharingGain, WarningSettings, agree, is_within_ellipse, sharing_gain
from tocsin.warning.orbit import osculating
from tocsin.warning.stages import may_use_air, needs_revision

SETTINGS = WarningSettings()
AT = datetime(2026, 3, 1, 6, 10, tzinfo=UTC)


def impact(**changes):
    figures = {
        "lat_deg": 40.0, "lon_deg": 135.0, "ellipse_95_km": (8.0, 3.0), "ellipse_bearing_deg": 80.0, "at": AT,
        "at_sigma_s": 3.0,
    }  # fmt: skip
    return Impact(**figures | changes)


def launch(point=None, **changes):
    figures = {"event_id": "e", "stage": "predicted", "revision": 3, "impact": point or impact()}
    return Launch(**figures | changes)


def revised(point, *, areas=(), age_s=1.0):
    return needs_revision(launch(), point, areas, age_s=age_s, settings=SETTINGS)


def test_a_prediction_is_issued_again_only_for_what_an_officer_needs():
    assert not revised(impact())
    assert not revised(impact(ellipse_95_km=(6.5, 3.0)))
    assert revised(impact(ellipse_95_km=(6.4, 3.0)))
    assert not revised(impact(lon_deg=135.01))
    assert revised(impact(lon_deg=135.02))
    assert revised(impact(), areas=("JP-05",))
    assert revised(impact(region=((134.0, 39.0), (136.0, 39.0), (135.0, 41.0), (134.0, 39.0))))


def test_a_small_move_that_leaves_the_old_ellipse_is_issued():
    old = launch(impact(ellipse_95_km=(0.4, 0.3)))
    moved = impact(ellipse_95_km=(0.4, 0.3), lon_deg=135.006)
    assert needs_revision(old, moved, (), age_s=1.0, settings=SETTINGS)


def test_time_alone_brings_a_revision_after_ten_or_thirty_seconds():
    moved = impact(lon_deg=135.005)
    assert not revised(moved, age_s=9.0)
    assert revised(moved, age_s=10.0)
    assert not revised(impact(), age_s=29.0)
    assert revised(impact(), age_s=30.0)


def test_low_flights_may_use_the_air_and_high_ones_may_not():
    assert may_use_air(60_000.0, SETTINGS)
    assert not may_use_air(121_000.0, SETTINGS)


def test_ellipse_holds_what_lies_along_its_axis():
    point = impact()
    assert is_within_ellipse(point, 40.0, 135.0)
    assert is_within_ellipse(point, 40.011, 135.08)
    assert not is_within_ellipse(point, 40.05, 135.0)


@pytest.mark.parametrize(("speed_mps", "is_orbit"), [(7700.0, True), (7000.0, False), (11_500.0, True)])
def test_osculating_orbit_tells_orbit_from_fall(speed_mps, is_orbit):
    position = ecef_from_geodetic(0.0, 130.0, 400_000.0)
    velocity = (speed_mps - 7.292115e-5 * float(np.linalg.norm(position))) * enu_basis(0.0, 130.0)[0]
    orbit = osculating(position, velocity)
    assert (orbit.perigee_m > 100_000.0) is is_orbit
    assert orbit.apogee_m >= 390_000.0


def test_members_agree_within_a_kilometre_and_two_seconds_of_one_event():
    first = launch()
    assert agree(first, launch(impact(lon_deg=135.01, at=AT + timedelta(seconds=2))))
    assert not agree(first, launch(impact(lon_deg=135.013)))
    assert not agree(first, launch(impact(at=AT + timedelta(seconds=2.1))))
    assert not agree(first, launch(event_id="other"))
    assert not agree(first, msgspec.structs.replace(first, stage="assessed", impact=None))


def test_gain_of_sharing_is_seconds_and_area():
    far, near = launch(impact(ellipse_95_km=(40.0, 20.0))), launch(impact(ellipse_95_km=(9.0, 4.0)))
    alone = [(100.0, far), (160.0, near)]
    shared = [(90.0, far), (120.0, near)]
    gain = sharing_gain(alone, shared)
    assert (gain.alone_s, gain.shared_s, gain.seconds) == (160.0, 120.0, 40.0)
    assert gain.km2 == pytest.approx(np.pi * (40.0 * 20.0 - 9.0 * 4.0))


def test_gain_is_none_where_there_is_nothing_to_compare():
    far, near = launch(impact(ellipse_95_km=(40.0, 20.0))), launch(impact(ellipse_95_km=(9.0, 4.0)))
    nothing = SharingGain(alone_s=None, shared_s=None, seconds=None, km2=None)
    assert sharing_gain([], []) == nothing
    never_useful = sharing_gain([(100.0, far)], [(120.0, near)])
    assert never_useful.seconds is None
    assert never_useful.shared_s == 120.0
    assert never_useful.km2 == pytest.approx(np.pi * (800.0 - 36.0))
    withdrawn = msgspec.structs.replace(far, stage="assessed", impact=None)
    assert sharing_gain([(100.0, far), (110.0, withdrawn)], [(120.0, near)]).km2 is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gate_chi2": 0.0}, "gate_chi2"),
        ({"ballistic_probability": 1.5}, "probability"),
        ({"confirm_scans": 2}, "confirm_scans"),
    ],
)
def test_settings_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        WarningSettings(**changes)
