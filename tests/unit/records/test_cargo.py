"""Which numbers of ships and ports are refused, and which are evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.records import (
    CargoCount,
    CargoPlace,
    Fix,
    MovementLeg,
    PortReach,
    Quantity,
    Reach,
    Vessel,
    VesselIdentity,
    is_imo_number,
)

AT = datetime(2023, 9, 1, tzinfo=UTC)
PORT = CargoPlace(name="Rajin")


@pytest.mark.parametrize("number", ["9179842", "8660313", "9074729"])
def test_numbers_of_ships(number):
    assert is_imo_number(number)
    wrong = number[:6] + str((int(number[6]) + 1) % 10)
    assert not is_imo_number(wrong)


@pytest.mark.parametrize("text", ["0000000", "917984", "91798422", "917984a", "", "９１７９８４２"])
def test_what_is_no_number_of_a_ship(text):
    assert not is_imo_number(text)


def identity(what, value, basis="registered", **more):
    return VesselIdentity(what=what, value=value, basis=basis, **{"source": "s", **more})


@pytest.mark.parametrize(
    ("what", "value", "says"),
    [
        ("imo", "9179843", "check digit"),
        ("imo", "917984", "check digit"),
        ("mmsi", "123456789", "ITU-R M.585"),
        ("mmsi", "27312345", "ITU-R M.585"),
    ],
)
def test_a_wrong_number_is_evidence_if_it_was_sent_or_told_but_stands_in_no_register(what, value, says):
    with pytest.raises(ValueError, match=says):
        identity(what, value)
    for basis in ("broadcast", "reported"):
        assert identity(what, value, basis).value == value


@pytest.mark.parametrize("basis", ["registered", "broadcast", "reported"])
@pytest.mark.parametrize(
    ("what", "value", "says"),
    [
        ("imo", "0000000", "nobody's"),
        ("imo", "0", "nobody's"),
        ("mmsi", "000000000", "nobody's"),
        ("imo", "IMO 9179842", "digits"),
        ("flag", "Russia", "country code"),
        ("name", "  ", "blank"),
    ],
)
def test_what_is_refused_whoever_says_so(basis, what, value, says):
    with pytest.raises(ValueError, match=says):
        identity(what, value, basis)


def test_an_identity_has_a_source_and_its_end_not_before_its_beginning():
    with pytest.raises(ValueError, match="names no source"):
        identity("name", "Angara", source="")
    with pytest.raises(ValueError, match="not before"):
        identity("name", "Angara", since=AT, until=AT - timedelta(days=1))
    with pytest.raises(ValueError, match="one identity"):
        Vessel(identities=())


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"unlocode": "kpxxx"}, "unlocode"),
        ({"unlocode": "KP 001"}, "unlocode"),
        ({"wpi": 0}, "wpi"),
        ({"country": "KOR"}, "country"),
        ({"lat_deg": 42.0}, "together"),
        ({"within_km": -1.0}, "within_km"),
    ],
)
def test_codes_of_ports(fields, says):
    with pytest.raises(ValueError, match=says):
        CargoPlace(name="Rajin", **fields)


def test_an_inferred_leg_says_from_what_and_a_count_how_many_there_usually_are():
    with pytest.raises(ValueError, match="inferred from"):
        MovementLeg(mode="sea", basis="inferred", origin=PORT)
    cars = Quantity(unit="railcars", least=73.0, most=73.0)
    with pytest.raises(ValueError, match="baseline"):
        CargoCount(place=PORT, quantity=cars, since=AT)
    with pytest.raises(ValueError, match="counts 'trains'"):
        CargoCount(place=PORT, quantity=cars, since=AT, baseline=Quantity(unit="trains", most=1.0))


def reach(answer, *, least, route=None, hours_left=None, shown=None):
    port = PortReach(port=PORT, answer=answer, least_nmi=least, route_nmi=route, hours_left=hours_left)
    begin, end = (Fix(at=AT + timedelta(hours=hours), lat_deg=42.8, lon_deg=132.4) for hours in (0, 24))
    return Reach(
        silent_from=begin, silent_to=end, hours_alongside=8.0, most_kn=20.0, most_reason="r", shown_kn=shown,
        shown_reason="r" if shown else "", ports=(port,), port_list="p", method="m", assumptions=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("follows", "figures"),
    [
        ("impossible", {"least": 320.1}),
        ("unclear", {"least": 319.9}),
        ("unclear", {"least": 200.0, "route": 230.0, "shown": 12.0, "hours_left": 4.8}),
        ("possible", {"least": 100.0, "route": 120.0, "shown": 12.0, "hours_left": 14.0}),
    ],
)
def test_an_answer_follows_from_its_figures(follows, figures):
    assert reach(follows, **figures).ports[0].answer == follows
    for other in {"impossible", "possible", "unclear"} - {follows}:
        with pytest.raises(ValueError, match=f"Rajin: {follows} follows"):
            reach(other, **figures)


def test_no_way_over_water_is_shorter_than_the_geodesic():
    with pytest.raises(ValueError, match="no way over water is shorter"):
        reach("unclear", least=100.0, route=99.0)
