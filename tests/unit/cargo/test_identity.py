"""Ships out of records of several members, ports by their codes, and what does not fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.cargo import find_port, in_two_places, known_sites, located, marks_of, ships_of
from tocsin.cargo.ports import flags_by_mid
from tocsin.errors import DomainError
from tocsin.records import CargoPlace, Fix, RecordRef, Vessel, VesselIdentity

AT = datetime(2023, 9, 1, tzinfo=UTC)


def ship(*told, basis="reported"):
    return Vessel(
        identities=tuple(
            VesselIdentity(what=what, value=value, basis=basis, source="s", since=since, until=until)
            for what, value, since, until in ((*each, None, None)[:4] for each in told)
        )
    )


def ref(number, member="KOR"):
    return RecordRef(originator=member, record=f"v{number}")


def signs(found):
    return {mark.sign for mark in found.marks}


def test_records_of_several_members_are_one_ship_by_imo_number_and_keep_every_identity():
    earlier = ship(("name", "Ocean Energy", None, AT), ("imo", "9179842"))
    later = ship(("name", "Angara", AT), ("imo", "9179842"), ("flag", "RU"))
    other = ship(("name", "Angara", AT), ("imo", "9161003"))
    first, second = ships_of([(ref(1), earlier), (ref(2, "JPN"), later), (ref(3), other)])
    assert (first.imo, first.records) == ("9179842", (ref(1), ref(2, "JPN")))
    assert first.names == ("Ocean Energy", "Angara")
    assert len(first.timeline) == 5
    assert (second.imo, second.records) == ("9161003", (ref(3),))
    assert signs(first) == signs(second) == {"shared_name"}  # two ships of one name stay two


def test_records_without_one_valid_imo_number_stay_alone():
    wrong, none, two = (
        ship(("name", "A"), ("imo", "1234568")),
        ship(("name", "B"), ("imo", "1234568")),
        ship(("name", "C"), ("imo", "9179842"), ("imo", "9161003")),
    )
    found = ships_of([(ref(1), wrong), (ref(2), none), (ref(3), two)])
    assert [each.imo for each in found] == ["", "", ""]
    assert [len(each.records) for each in found] == [1, 1, 1]
    assert signs(found[0]) == {"imo_check_digit"}
    assert signs(found[2]) == {"two_imo"}


def test_digits_of_a_flag_that_is_not_told_and_a_change_of_flag_that_is_none():
    mixed = ship(("imo", "9179842"), ("mmsi", "445123000"), ("flag", "RU"))
    (found,) = ships_of([(ref(1), mixed)])
    assert [mark.text for mark in found.marks] == ["MMSI 445123000 is one of KP, while the flag is told as RU"]
    changed = ship(
        ("imo", "9179842"), ("mmsi", "445123000", None, AT), ("flag", "KP", None, AT), ("mmsi", "273123000", AT),
        ("flag", "RU", AT),
    )  # fmt: skip
    (found,) = ships_of([(ref(1), changed)])
    assert found.marks == ()
    (found,) = ships_of([(ref(1), ship(("mmsi", "999123000"), ("mmsi", "12")))])
    assert {"mid_unknown", "two_mmsi"} == signs(found)


def test_one_mmsi_of_two_ships_shows_at_both():
    one, other = (ship(("imo", imo), ("mmsi", "273123000")) for imo in ("9179842", "9161003"))
    found = ships_of([(ref(1), one), (ref(2), other)])
    assert [signs(each) for each in found] == [{"shared_mmsi"}] * 2


def test_one_mmsi_in_two_places():
    def fix(hours, lat):
        return Fix(at=AT + timedelta(hours=hours), lat_deg=lat, lon_deg=130.0)

    assert in_two_places("273123000", [fix(1, 40.2), fix(0, 40.0)], 15.0) == []  # 12 nmi
    (mark,) = in_two_places("273123000", [fix(1, 41.0), fix(0, 40.0)], 15.0)
    assert mark.text == "MMSI 273123000 was 60 nmi away 1.0 h later, from 2023-09-01 00:00Z"
    assert len(in_two_places("273123000", [fix(0, 40.0), fix(0, 41.0)], 15.0)) == 1  # at one moment
    assert in_two_places("273123000", [fix(0, 40.0), fix(0, 40.001)], 15.0) == []  # two receivers of one message


def test_flags_by_the_digits_of_mmsis():
    flags = flags_by_mid()
    assert (flags["445"], flags["273"], flags["441"], flags["432"], flags["303"]) == (
        ("KP",), ("RU",), ("KR",), ("JP",), ("US",),
    )  # fmt: skip
    assert flags["310"] == ("BM", "GB")
    assert len(flags) == 292
    assert all(len(code) == 2 for codes in flags.values() for code in codes)


@pytest.mark.parametrize("text", ["60510", "kprjn", "NK-RAJIN", "Najin", "Rajin", "rashin"])
def test_a_port_by_any_of_its_codes_and_names(text):
    assert find_port(text).wpi == 60510


def test_ports_that_are_none_or_several():
    with pytest.raises(DomainError, match="names no port"):
        find_port("Atlantis")
    with pytest.raises(DomainError, match=r"names \d+ ports"):
        find_port("Hang")
    with pytest.raises(DomainError, match="names no port"):
        find_port("")
    assert find_port("RU-DUNAI").wpi is None


def test_a_place_without_a_position_is_found_by_its_codes():
    assert located(CargoPlace(name="x", site="RU-TIKHORETSK")).lat_deg == 45.85
    assert located(CargoPlace(name="x", unlocode="KRPUS")).wpi is not None
    assert located(CargoPlace(name="Rajin")) is None  # a name alone is nobody's
    own = CargoPlace(name="x", lat_deg=1.0, lon_deg=2.0, wpi=60510)
    assert located(own) == own
    assert len(known_sites()) == 12


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"wpi": 60510, "unlocode": "KPCHO"}, "the code KPRJN"),
        ({"wpi": 60510, "country": "RU"}, "in KP, not RU"),
        ({"wpi": 12345}, "no port of the World Port Index"),
        ({"unlocode": "KRPUS", "country": "JP"}, "a code of KR, not of JP"),
    ],
)
def test_codes_that_do_not_fit_are_marked_and_taken(fields, says):
    assert says in " ".join(marks_of(CargoPlace(name="x", **fields)))


def test_codes_that_fit_or_are_not_known_here_are_not_marked():
    assert marks_of(CargoPlace(name="Rajin", wpi=60510, unlocode="KPRJN", country="KP")) == []
    assert marks_of(CargoPlace(name="Rotterdam", unlocode="NLRTM", country="NL")) == []
