"""What is told of matches, and which indicators are held back as they would match everybody."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tocsin.cyber.detector import Match
from tocsin.cyber.parsing import parse_pattern
from tocsin.cyber.sightings import Tally
from tocsin.cyber.times import microseconds
from tocsin.cyber.warning_lists import caution

NOON = datetime(2026, 11, 28, 12, 0, 0, 250_000, UTC)
NOON_US = microseconds(NOON)
BY = "identity--5f1c7c1b-6a3e-4d8e-9b8e-000000000001"


def test_a_sighting_tells_count_and_day():
    tally = Tally()
    tally.add([Match("indicator--1", NOON_US, NOON_US, 2), Match("indicator--1", NOON_US, NOON_US + 5, 1)])
    [sighting] = tally.sightings(by=BY, now=NOON)
    assert (sighting["count"], sighting["sighting_of_ref"]) == (3, "indicator--1")
    assert (sighting["first_seen"], sighting["last_seen"]) == ("2026-11-28T00:00:00.000Z", "2026-11-28T23:59:59.999Z")
    assert "12:00" not in json.dumps({key: value for key, value in sighting.items() if key != "modified"})


def test_a_later_count_of_the_day_takes_the_place_of_the_one_before():
    tally = Tally()
    tally.add([Match("indicator--1", NOON_US, NOON_US, 1)])
    [first] = tally.sightings(by=BY, now=NOON)
    assert tally.sightings(by=BY, now=NOON) == []
    tally.add([Match("indicator--1", NOON_US, NOON_US, 1), Match("indicator--1", NOON_US + 86_400_000_000, 0, 1)])
    tally.add([Match("indicator--1", NOON_US, NOON_US + 86_400_000_000, 1)])
    later = {one["id"]: one for one in tally.sightings(by=BY, now=NOON.replace(hour=13))}
    assert later[first["id"]]["count"] == 2
    assert later[first["id"]]["modified"] > first["modified"]
    assert len(later) == 3


@pytest.mark.parametrize(
    ("pattern", "is_held"),
    [
        ("[ipv4-addr:value = '192.168.1.1']", True),
        ("[ipv4-addr:value ISSUBSET '10.1.0.0/16']", True),
        ("[ipv4-addr:value ISSUBSET '0.0.0.0/1']", True),
        ("[ipv4-addr:value ISSUBSET '12.0.0.0/6']", True),
        ("[ipv4-addr:value = '8.8.8.8' OR domain-name:value = 'evil.test']", True),
        ("[ipv6-addr:value = 'fe80::1']", True),
        ("[domain-name:value = 'GitHub.com']", True),
        ("[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']", True),
        ("[domain-name:value != 'evil.test']", True),
        ("[domain-name:value LIKE '%']", True),
        ("[ipv4-addr:value = '45.61.1.2']", False),
        ("[domain-name:value = 'evil.github.com']", False),
        ("[network-traffic:dst_ref.value = '8.8.8.8' AND network-traffic:dst_port = 4444]", False),
        ("[domain-name:value = 'github.com'] FOLLOWEDBY [file:name = 'x']", False),
        ("[network-traffic:dst_port > 1]", False),
    ],
)
def test_caution(pattern, is_held):
    assert bool(caution(parse_pattern(pattern))) is is_held
