from __future__ import annotations

import math
from datetime import timedelta

import msgspec
import pytest

from tocsin.codec import encode
from tocsin.errors import NotReleasableError
from tocsin.exchange import Policy, ReleaseRule, Sanitising
from tocsin.markings import Marking, PublicWarning, Tlp
from tocsin.records import Detection, Position, Source
from tocsin.testing import make_federation
from tocsin.testing.federation import START, make_detection

HOW = Sanitising(releasable_to=("JPN", "KOR", "USA"), time_grid_s=10.0, position_grid_m=5000.0)
POLICY = Policy(release=(ReleaseRule(kinds=("warning.detection",), action="release", sanitise=HOW),))


@pytest.fixture
def kor():
    return make_federation().exchange("KOR", policy=POLICY)


def admitted(kor, record):
    data = kor.submit([record]).frames[0]
    return kor.receive(data, via=kor.member, path="self").frame.records[0]


def secret(**changes):
    fields = {"observed_at": START + timedelta(seconds=3.4), "expires_at": START + timedelta(seconds=63.4)} | changes
    return msgspec.structs.replace(make_detection("KOR-17", "KOR", ["JPN"]), **fields)


def with_detection(**fields):
    return secret(body=msgspec.Raw(encode(Detection(independence_group="g", **fields))))


def test_a_copy_tells_nothing_of_what_it_was_made_from(kor):
    original = admitted(kor, secret(supersedes="KOR-16", sources=(Source(cites="a secret sensor"),)))
    copy = kor.sanitised_copy(original, "9c1e")
    raw = encode(copy)
    for trace in (b"KOR-17", b"KOR-16", b"radar", b"138.5", b"301", b"700000", b"secret", b"03.4", b"06:01:03"):
        assert trace not in raw, trace
    assert (copy.id, copy.marking.releasable_to, copy.parents) == ("9c1e", ("JPN", "KOR", "USA"), ())
    assert (copy.synthetic, copy.status, copy.precedence) == (True, "test", original.record.precedence)
    sent = kor.submit([copy]).sends
    assert [released.destination.code for released in sent] == ["JPN", "USA"]
    assert kor.sanitised_copy(admitted(kor, msgspec.structs.replace(copy, id="x")), "y") is None


def test_time_and_place_lie_on_a_grid_the_same_for_all_that_is_near(kor):
    copies = []
    for number, azimuth in enumerate((301.0, 301.001, 301.002)):
        body = msgspec.structs.replace(
            admitted(kor, secret(id=f"a{number}")).body, azimuth_deg=azimuth, range_m=700_000.0 + number
        )
        made = secret(
            id=f"b{number}", body=msgspec.Raw(encode(body)), observed_at=START + timedelta(seconds=1 + number)
        )
        copies.append(kor.sanitised_copy(admitted(kor, made), f"c{number}"))
    assert len({bytes(copy.body) for copy in copies}) == 1
    assert {copy.observed_at for copy in copies} == {START}
    assert {copy.expires_at for copy in copies} == {START + timedelta(seconds=60)}
    assert {copy.issued_at for copy in copies} == {START}


def test_the_coarse_place_is_right_within_what_it_says(kor):
    place = Position(lat_deg=40.123456, lon_deg=141.654321, altitude_m=98_765.0)
    made = with_detection(position=place, position_sigma_m=700.0)
    body = kor.sanitised_copy(admitted(kor, made), "c").body
    coarse = msgspec.json.decode(body, type=Detection)
    metres = 111_320.0
    assert abs(coarse.position.lat_deg - place.lat_deg) * metres <= 2500
    assert abs(coarse.position.lon_deg - place.lon_deg) * metres * math.cos(math.radians(40.1)) <= 2510
    assert abs(coarse.position.altitude_m - place.altitude_m) <= 2500
    assert coarse.position_sigma_m >= math.sqrt(700**2 + 5000**2 / 12)
    assert coarse.position_sigma_m % 100 == 0
    assert coarse.independence_group == "g"


@pytest.mark.parametrize("lat", [90.0, -90.0, 89.99])
@pytest.mark.parametrize("lon", [180.0, -180.0])
def test_even_at_the_edges_of_the_map(kor, lat, lon):
    made = with_detection(position=Position(lat_deg=lat, lon_deg=lon), position_sigma_m=1.0)
    assert kor.sanitised_copy(admitted(kor, made), "c").kind == "warning.detection"


def test_labels_stay_and_caveats_bind(kor):
    marking = Marking(releasable_to=("JPN", "KOR"), public_warning=PublicWarning.ASK, tlp=Tlp.RED, caveats=("ORCON",))
    copy = kor.sanitised_copy(admitted(kor, secret(marking=marking)), "c")
    assert copy.marking == msgspec.structs.replace(marking, releasable_to=HOW.releasable_to)
    unknown = secret(marking=msgspec.structs.replace(marking, caveats=("X9",)))
    with pytest.raises(NotReleasableError, match="caveat that is not known here"):
        kor.sanitised_copy(admitted(kor, unknown), "c")


def test_what_has_no_coarse_form(kor):
    line = {"sensor": Position(lat_deg=0, lon_deg=0), "azimuth_deg": 1.0, "elevation_deg": 1.0, "angle_sigma_deg": 0.1}
    with pytest.raises(NotReleasableError, match="line of sight without range"):
        kor.sanitised_copy(admitted(kor, with_detection(**line)), "c")
    alone = secret(body=msgspec.Raw(encode(Detection(**line))))
    with pytest.raises(NotReleasableError, match="would be counted twice"):
        kor.sanitised_copy(admitted(kor, alone), "c")
    any_kind = Policy(release=(ReleaseRule(kinds=("*",), action="release", sanitise=HOW),))
    other = make_federation().exchange("KOR", policy=any_kind)
    with pytest.raises(NotReleasableError, match=r"no coarse form of cargo\.x"):
        other.sanitised_copy(admitted(other, secret(kind="cargo.x")), "c")


def test_no_copy_where_none_is_wanted(kor):
    everyone = admitted(kor, msgspec.structs.replace(make_detection("w", "KOR", ["JPN", "USA"])))
    assert kor.sanitised_copy(everyone, "c") is None
    plain = make_federation().exchange("KOR")
    assert plain.sanitised_copy(admitted(plain, secret()), "c") is None
    none = make_federation().exchange("KOR", policy=Policy(release=()))
    assert none.sanitised_copy(admitted(none, secret()), "c") is None
    data = make_federation().exchange("JPN").submit([make_detection("j", "JPN", ["KOR"])]).frames[0]
    assert kor.sanitised_copy(kor.receive(data, via="JPN", path="live").frame.records[0], "c") is None


@pytest.mark.parametrize(
    ("action", "original_goes_to", "copy_goes_to"),
    [("release", ["JPN"], ["JPN", "USA"]), ("hold", [], ["JPN", "USA"]), ("ask", [], [])],
)
def test_a_copy_leaves_although_its_original_stays_but_never_past_a_person(action, original_goes_to, copy_goes_to):
    rule = ReleaseRule(kinds=("warning.detection",), action=action, sanitise=HOW)
    kor = make_federation().exchange("KOR", policy=Policy(release=(rule,)))
    sent = kor.submit([secret()])
    assert [released.destination.code for released in sent.sends] == original_goes_to
    original = kor.receive(sent.frames[0], via="KOR", path="self").frame.records[0]
    made = kor.submit([kor.sanitised_copy(original, "c")], are_copies=True)
    assert [released.destination.code for released in made.sends] == copy_goes_to
    assert ("c" in kor.held) is (action == "ask")


def test_a_policy_that_leaves_its_member_out_is_refused():
    for wrong, says in [
        ({"releasable_to": ("USA", "JPN")}, "sorted"),
        ({"releasable_to": ("JPN",), "time_grid_s": 0.0}, "greater than zero"),
        ({"releasable_to": ("JPN",), "position_grid_m": -1.0}, "greater than zero"),
    ]:
        with pytest.raises(ValueError, match=says):
            Sanitising(**wrong)
    rule = ReleaseRule(kinds=("*",), action="release", sanitise=Sanitising(releasable_to=("AUS", "JPN")))
    kor = make_federation().exchange("KOR", policy=Policy(release=(rule,)))
    with pytest.raises(NotReleasableError, match="leave out KOR itself"):
        kor.sanitised_copy(admitted(kor, secret()), "c")


def test_policy_has_bounds():
    for wrong in ({"max_frame_bytes": 8191}, {"max_frame_bytes": 1_000_001}, {"max_frame_records": 0},
                  {"max_frame_records": 1001}):  # fmt: skip
        with pytest.raises(ValueError, match="max_frame_bytes is 8192 to 1000000"):
            Policy(**wrong)
