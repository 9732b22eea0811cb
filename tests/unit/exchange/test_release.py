from __future__ import annotations

import msgspec
import pytest

from tocsin.codec import encode
from tocsin.exchange import release_frame, release_record, without_records
from tocsin.exchange.frames import Place, seal_frame
from tocsin.markings import Marking
from tocsin.records import BundleFile, ChainId, Held, Operator, Precedence
from tocsin.signing import KeyRole
from tocsin.testing import make_federation
from tocsin.testing.federation import START, key_of, make_detection


def received(audience):
    federation = make_federation()
    data = federation.exchange("KOR").submit([make_detection("a", "KOR", audience)]).frames[0]
    return federation.exchange("JPN").receive(data, via="KOR", path="live").frame


@pytest.mark.parametrize(
    ("audience", "outlet", "goes"),
    [
        (["JPN"], Operator("JPN"), True),
        (["JPN"], Operator("USA"), False),
        (["JPN"], BundleFile(("JPN",)), True),
        (["JPN"], BundleFile(("JPN", "KOR")), True),
        (["JPN"], BundleFile(("JPN", "USA")), False),
        (["JPN"], BundleFile(("PUBLIC",)), False),
        (["JPN"], BundleFile(()), False),
        (["PUBLIC"], BundleFile(("AUS", "JPN")), True),
        (["PUBLIC"], BundleFile(("PUBLIC",)), True),
        (["PUBLIC"], Operator("AUS"), True),
        (["PUBLIC"], BundleFile(()), False),
    ],
)
def test_a_record_and_a_frame_go_where_all_may_have_them(audience, outlet, goes):
    frame = received(audience)
    releases = [release_record(frame.records[0], outlet)]
    if isinstance(outlet, BundleFile):
        releases.append(release_frame(frame, outlet))
    for released, data in zip(releases, (frame.records[0].raw, frame.data), strict=False):
        if goes:
            assert (released.destination, released.data, released.ref) == (outlet, data, frame.ref)
            assert (released.kind, released.is_control) == ("warning.detection", False)
        else:
            assert isinstance(released, Held)
            assert (released.reason, released.destination) == ("marking", outlet)


def test_a_caveat_that_is_not_known_keeps_from_files_and_shows_at_home():
    marking = Marking(releasable_to=("JPN", "KOR"), caveats=("X9",))
    record = msgspec.structs.replace(make_detection("a", "KOR", ["JPN"]), marking=marking)
    place = Place(ChainId("KOR", "JPN-KOR", "test", Precedence.FLASH), "E", 1, "", None, START)
    data = seal_frame(place, [encode(record)], key_of("KOR", KeyRole.TEST), bytes).data
    frame = make_federation().exchange("JPN").receive(data, via="KOR", path="live").frame
    assert release_record(frame.records[0], Operator("JPN")).data == frame.records[0].raw
    for held in (release_record(frame.records[0], BundleFile(("JPN",))), release_frame(frame, BundleFile(("JPN",)))):
        assert (held.reason, held.detail) == ("marking", "caveat X9 is not known here")


def test_a_frame_of_which_all_was_recalled_goes_like_any():
    federation = make_federation()
    data = federation.exchange("KOR").submit([make_detection("a", "KOR", ["JPN"])]).frames[0]
    frame = federation.exchange("JPN").receive(without_records(data, {0}), via="KOR", path="durable").frame
    assert release_frame(frame, BundleFile(("KOR",))).data == frame.data
    assert release_frame(frame, BundleFile(("USA",))).kind == ""
