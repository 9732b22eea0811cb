from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tocsin.codec import encode
from tocsin.exchange import open_frame, verify_frames, without_records
from tocsin.exchange.frames import Place, seal_frame
from tocsin.markings import marking_for
from tocsin.records import ChainId, Precedence
from tocsin.signing import RETIREMENT_GRACE, KeyRevocation, KeyRole, LastHead
from tocsin.testing import make_federation
from tocsin.testing.federation import START, key_of, make_detection

CHAIN = ChainId("KOR", "JPN-KOR", "test", Precedence.FLASH)
KEY = key_of("KOR", KeyRole.TEST)


def frame(id_, number=1, previous="", *, epoch="E", resumes=None, key=KEY, chain=CHAIN, **changes):
    record = msgspec.structs.replace(make_detection(id_, "KOR", ["JPN"]), **changes)
    return seal_frame(Place(chain, epoch, number, previous, resumes, START), [encode(record)], key, bytes).data


def hash_of(data):
    return open_frame(data, max_bytes=100_000).ref.hash


def whats(frames, **more):
    report = verify_frames(frames, [make_federation().roster], **more)
    assert report.is_sound is not bool(report.breaks)
    return [problem.what for problem in report.breaks]


@pytest.fixture
def chain():
    frames = [frame("a1")]
    for number in (2, 3, 4):
        frames.append(frame(f"a{number}", number, hash_of(frames[-1])))
    return frames


def test_a_chain_that_holds(chain):
    report = verify_frames(reversed(chain), [make_federation().roster])
    assert report.is_sound
    assert (report.frames, report.records, report.recalled, report.chains, report.gaps) == (4, 4, 0, 1, [])


def test_a_gap_breaks_nothing(chain):
    report = verify_frames([chain[0], chain[3]], [make_federation().roster])
    assert report.is_sound
    assert [(gap.chain, gap.epoch, gap.after, gap.up_to) for gap in report.gaps] == [(CHAIN, "E", 1, 3)]


def test_a_recalled_record_breaks_nothing(chain):
    report = verify_frames([without_records(chain[0], {0}), *chain[1:]], [make_federation().roster])
    assert report.is_sound
    assert (report.records, report.recalled) == (3, 1)


def test_twice_the_same_frame_breaks_nothing(chain):
    assert whats([*chain, chain[1]]) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data.replace(b"a2", b"b2"), "does not fit its digest"),
        (lambda data: data.replace(b'"epoch":"E"', b'"epoch":"F"'), "does not verify under key"),
        (lambda data: data.replace(KEY.keyid.encode(), b"0" * 64), "no roster gives KOR key 0000000000000000"),
        (lambda data: data.replace(b"tocsin/1", b"tocsin/9"), "speaks 'tocsin/9'"),
        (lambda data: data[:-1], "Expecting"),
    ],
)
def test_where_a_frame_breaks_is_said(chain, change, says):
    (what,) = [what for what in whats([chain[0], change(chain[1])]) if says in what]
    assert what
    place = verify_frames([change(chain[1])], [make_federation().roster]).breaks[0].where
    assert place in {
        "frame 1 in the file",
        "KOR to JPN-KOR, test, flash, epoch E, frame 2",
        "KOR to JPN-KOR, test, flash, epoch F, frame 2",
    }


def test_another_roles_key(chain):
    assert whats([frame("a", key=key_of("KOR", KeyRole.LIVE))]) == ["a live key signed status test"]


def test_keys_of_any_roster_count(chain):
    federation = make_federation()
    new = key_of("KOR", KeyRole.TEST, 1)
    later = federation.with_key(federation.document, federation.roster, "KOR", new)
    data = frame("a5", 5, hash_of(chain[3]), key=new)
    assert whats([*chain, data]) == [f"no roster gives KOR key {new.keyid[:16]}"]
    assert verify_frames([*chain, data], [federation.roster, later]).is_sound


def test_a_retired_key_proves_what_was_sealed_before(chain):
    federation = make_federation()
    without = tuple(
        msgspec.structs.replace(each, keys=tuple(key for key in each.keys if key.keyid != KEY.keyid))
        for each in federation.roster.members
    )
    for later, whole in ((timedelta(seconds=1), True), (timedelta(0), False)):
        following = msgspec.structs.replace(
            federation.roster, version=2, previous="x", issued_at=START + later - RETIREMENT_GRACE, members=without
        )
        report = verify_frames(chain, [federation.roster, following])
        assert report.is_sound is whole
        assert all("is retired since" in each.what for each in report.breaks)


def test_two_frames_with_one_number(chain):
    assert "another frame has the same number: the originator equivocates" in whats([chain[0], frame("b")])


def test_a_frame_that_links_to_another(chain):
    assert whats([frame("b"), chain[1]]) == ["does not link to frame 1"]


def test_an_epoch_that_resumes_another_frame(chain):
    right = frame("b", epoch="F", resumes=("E", 4, hash_of(chain[3])))
    assert whats([*chain, right]) == []
    wrong = frame("b", epoch="F", resumes=("E", 4, "0" * 64))
    assert whats([*chain, wrong]) == ["resumes another frame 4 of epoch E than the one here"]
    assert whats([wrong]) == []


def test_beyond_the_last_head_of_a_key_that_was_taken_back(chain):
    head = LastHead(audience="JPN-KOR", status="test", precedence="flash", epoch="E", number=3)
    revoked = KeyRevocation(member="KOR", keyid=KEY.keyid, revoked_at=START, last_heads=(head,))
    assert whats(chain, revocations=[revoked]) == [f"key {KEY.keyid[:16]} was taken back before this frame"]
    assert whats(chain[:3], revocations=[revoked]) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": "actual"}, "x contradicts its frame"),
        ({"precedence": Precedence.BULK}, "x contradicts its frame"),
        ({"originator": "JPN"}, "x contradicts its frame"),
        ({"marking": marking_for("KOR", "USA")}, "x is for KOR-USA"),
        ({"marking": marking_for("PUBLIC")}, "x is for PUBLIC"),
    ],
)
def test_a_record_that_contradicts_its_frame(changes, says):
    assert whats([frame("x", **changes)]) == [says]


def test_a_record_that_is_none():
    data = seal_frame(Place(CHAIN, "E", 1, "", None, START), [b"{}"], KEY, bytes).data
    assert "missing required field" in whats([data])[0]


def test_the_self_chain_may_hold_what_is_not_released_yet():
    assert whats([frame("a", chain=ChainId("KOR", "KOR", "test", Precedence.FLASH))]) == []
