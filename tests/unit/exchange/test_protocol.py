"""One member's side: what it seals, lets go, holds, passes on, asks for and gives back."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tocsin.clock import ManualClock
from tocsin.codec import decode, encode
from tocsin.errors import ConfigError, MalformedRecordError, NotReleasableError, StatusMixError
from tocsin.exchange import Exchange, Label, Policy, Reason, ReleaseRule, open_frame, verify_frames
from tocsin.exchange.derivation import strictest
from tocsin.exchange.epochs import Epoch
from tocsin.exchange.frames import Place, seal_frame
from tocsin.exchange.sealing import batches
from tocsin.markings import Marking, marking_for
from tocsin.records import ChainId, Head, Heads, Peer, Precedence, Recall, Record, Source, body_of, with_body
from tocsin.signing import KeyRole
from tocsin.testing import MemoryFederation, make_federation
from tocsin.testing.federation import RELEASE_ALL, START, key_of, make_detection

ALL = ("JPN", "KOR", "USA")
HUGE = msgspec.Raw(b'{"a":"%s"}' % (b"x" * 600_000))
FOUR = ("AUS", "JPN", "KOR", "USA")


@pytest.fixture
def federation():
    return make_federation()


def detection(id_="KOR-1", audience=ALL, **changes):
    return msgspec.structs.replace(make_detection(id_, "KOR", audience), **changes)


def hops(outgoing):
    return [released.destination.code for released in outgoing.sends]


def held(outgoing):
    return [(item.record_id, item.destination.code, item.reason) for item in outgoing.held]


def opened(data):
    return open_frame(data, max_bytes=1_000_000)


# -- outward


def test_records_of_one_world_travel_in_one_frame_and_frames_are_chained(federation):
    kor = federation.exchange("KOR")
    first = kor.submit([detection("KOR-1"), detection("KOR-2"), detection("KOR-3", ["JPN"])])
    assert len(first.frames) == 2
    assert hops(first) == ["JPN", "USA", "JPN"]
    second = kor.submit([detection("KOR-4")])
    headers = [opened(data).header for data in (first.frames[0], second.frames[0])]
    assert [header.number for header in headers] == [1, 2]
    assert headers[1].previous == opened(first.frames[0]).ref.hash
    assert (headers[0].previous, headers[0].resumes, headers[0].epoch) == ("", None, kor.epoch)
    assert verify_frames(first.frames + second.frames, [federation.roster]).is_sound
    assert len({released.data for released in first.sends}) == 2  # the same bytes for every peer
    assert not any(released.is_control for released in first.sends)


def test_a_long_list_is_cut_into_frames_each_known_by_its_first_kind():
    federation = make_federation()
    policy = msgspec.structs.replace(RELEASE_ALL, max_frame_records=2)
    kor = federation.exchange("KOR", policy=policy)
    other = detection("KOR-3", kind="cargo.unheard")
    outgoing = kor.submit([detection("KOR-1"), detection("KOR-2"), other])
    assert [len(opened(data).slips) for data in outgoing.frames] == [2, 1]
    assert [(released.ref.number, released.kind) for released in outgoing.sends] == [
        (1, "warning.detection"), (1, "warning.detection"), (2, "cargo.unheard"), (2, "cargo.unheard"),
    ]  # fmt: skip


def test_frames_are_as_large_as_policy_says_at_most():
    federation = make_federation()
    policy = msgspec.structs.replace(RELEASE_ALL, max_frame_bytes=8192)
    kor, jpn = federation.exchange("KOR", policy=policy), federation.exchange("JPN", policy=policy)
    outgoing = kor.submit([detection(f"KOR-{number}") for number in range(40)])
    assert len(outgoing.frames) > 1
    assert max(map(len, outgoing.frames)) <= 8192
    assert all(jpn.receive(data, via="KOR", path="live").frame for data in outgoing.frames)
    whole = [opened(data).slips for data in outgoing.frames]
    assert sum(map(len, whole)) == 40


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (make_detection("JPN-1", "JPN", ALL), NotReleasableError, "is of JPN, not ours"),
        (detection("x", kind="exchange.heads"), NotReleasableError, "for the exchange itself"),
        (detection("x", body=msgspec.Raw(b"[]")), MalformedRecordError, "Expected `object`"),
        (detection("x", kind="a.b", body=msgspec.Raw(b"]")), MalformedRecordError, "."),
        (detection("x", kind="a.b", body=HUGE), NotReleasableError, "a frame holds"),
        (detection("x", sources=(Source(record="gone"),)), NotReleasableError, "rests on gone, which is not held"),
        (detection("x", status="actual", sources=(Source(record="KOR-1"),)), StatusMixError, "sources have test"),
        (detection("x", synthetic=False, sources=(Source(record="KOR-1"),)), StatusMixError, "does not say so"),
        (detection("x", FOUR, sources=(Source(record="KOR-1"),)), NotReleasableError, "Only a releaser's downgrade"),
    ],
)  # fmt: skip
def test_a_submission_is_taken_whole_or_not_at_all(federation, wrong, error, says):
    ask = ReleaseRule(kinds=("cargo.*",), action="ask")
    policy = Policy(release=(ask, *RELEASE_ALL.release))
    kor = federation.exchange("KOR", policy=policy)
    waits = detection("KOR-2", kind="cargo.unheard")
    with pytest.raises(error, match=says):
        kor.submit([detection("KOR-1"), detection("KOR-3", ["JPN"]), waits, wrong])
    assert kor.held == {}
    again = kor.submit([detection("KOR-1"), detection("KOR-3", ["JPN"])])
    assert [opened(data).header.number for data in again.frames] == [1, 1]
    with pytest.raises(NotReleasableError, match="rests on KOR-2, which is not held"):
        kor.submit([detection("KOR-9", sources=(Source(record="KOR-2"),))])


def test_without_the_key_of_a_status_nothing_of_it_is_sealed(federation):
    keys = {KeyRole.TEST: federation.keys["KOR"][KeyRole.TEST]}
    kor = Exchange("KOR", trust=federation.trust(), keys=keys, policy=RELEASE_ALL, clock=federation.clock)
    with pytest.raises(NotReleasableError, match=r"no live key.*Name a live key"):
        kor.submit([detection("KOR-1"), detection("KOR-2", status="actual")])
    assert [opened(data).header.number for data in kor.submit([detection("KOR-1")]).frames] == [1]
    kor.receive(federation.exchange("JPN").submit([make_detection("J", "JPN", ALL, status="actual")]).frames[0],
                via="JPN", path="live")  # fmt: skip
    assert {released.ref.chain.status for released in kor.heads().sends} == {"test"}


def test_policy_decides_and_a_person_approves(federation):
    policy = Policy(
        release=(
            ReleaseRule(kinds=("cargo.secret",), action="hold"),
            ReleaseRule(kinds=("cargo.*",), action="ask", statuses=("test",)),
            ReleaseRule(kinds=("warning.*",), action="release"),
        )
    )
    kor = federation.exchange("KOR", policy=policy)
    out = kor.submit([detection("a"), detection("b", kind="cargo.x"), detection("c", kind="cargo.secret")])
    assert held(out) == [("b", "JPN", "needs_person"), ("b", "USA", "needs_person"), ("c", "JPN", "policy"),
                         ("c", "USA", "policy")]  # fmt: skip
    assert hops(out) == ["JPN", "USA"]
    assert [opened(data).header.audience for data in out.frames] == ["JPN-KOR-USA", "KOR"]
    assert list(kor.held) == ["b"]
    approved = kor.approve("b")
    assert hops(approved) == ["JPN", "USA"]
    assert not approved.held
    with pytest.raises(NotReleasableError, match="no record b waits"):
        kor.approve("b")
    unruled = kor.submit([detection("d", kind="cargo.x", status="actual"), detection("e", kind="orbit.pass")])
    assert {item.reason for item in unruled.held} == {"needs_person"}
    own = kor.submit([with_body("exchange.recall", Recall(record_id="a", reason="spill"), id="r", originator="KOR",
                                marking=marking_for(*ALL), status="test", precedence=Precedence.IMMEDIATE,
                                issued_at=START)])  # fmt: skip
    assert hops(own) == ["JPN", "USA"]


def test_a_record_that_cannot_be_sealed_goes_on_waiting(federation):
    kor = Exchange("KOR", trust=federation.trust(), keys={}, policy=RELEASE_ALL, clock=federation.clock)
    kor.restore_held(detection("a"))
    with pytest.raises(NotReleasableError, match="no test key"):
        kor.approve("a")
    assert list(kor.held) == ["a"]


def test_a_record_for_oneself_stays(federation):
    out = federation.exchange("KOR").submit([detection("a", [])])
    assert (hops(out), held(out)) == ([], [])
    assert opened(out.frames[0]).header.audience == "KOR"


def test_a_caveat_that_is_not_known_keeps_a_record_at_home(federation):
    marking = Marking(releasable_to=ALL, caveats=("ORCON", "X9"))
    out = federation.exchange("KOR").submit([detection("a", marking=marking)])
    assert held(out) == [("a", "JPN", "marking"), ("a", "USA", "marking")]
    assert hops(out) == []
    assert opened(out.frames[0]).header.audience == "KOR"
    known = detection("b", marking=Marking(releasable_to=ALL, caveats=("ORCON",)))
    assert hops(federation.exchange("KOR").submit([known])) == ["JPN", "USA"]


# -- routes


@pytest.mark.parametrize(
    ("links", "audience", "sent", "unreached"),
    [
        ("mesh", FOUR, ["AUS", "JPN", "USA"], []),
        ("hub", FOUR, ["USA"], []),
        ("hub", ("AUS", "KOR"), [], ["AUS"]),
        ("hub", ("AUS", "JPN", "KOR"), [], ["AUS", "JPN"]),
        ("line", FOUR, ["JPN", "USA"], []),
        ("line", ("AUS", "KOR"), [], ["AUS"]),
        ("line", ("AUS", "KOR", "USA"), ["USA"], ["AUS"]),
        ((("JPN", "KOR"),), ("PUBLIC",), ["JPN"], ["AUS", "USA"]),
    ],
)
def test_what_has_no_route_is_held_and_sent_no_other_way(links, audience, sent, unreached):
    out = make_federation(FOUR, links).exchange("KOR").submit([detection("a", audience)])
    assert hops(out) == sent
    assert held(out) == [("a", code, "no_route") for code in unreached]
    assert opened(out.frames[0]).header.audience == (detection("a", audience).marking.audience if sent else "KOR")


def test_a_line_passes_frames_on_byte_for_byte_and_never_back():
    federation = make_federation(FOUR, "line")
    aus, jpn, kor, usa = (federation.exchange(code) for code in FOUR)
    data = aus.submit([make_detection("a", "AUS", FOUR)]).frames[0]
    for here, via, there in ((jpn, "AUS", "KOR"), (kor, "JPN", "USA")):
        (relay,) = here.receive(data, via=via, path="durable").relays
        assert (relay.destination, relay.data) == (Peer(there), data)
    last = usa.receive(data, via="KOR", path="live")
    assert not last.relays
    assert last.frame.data == data


def test_a_hub_does_not_pass_on_what_the_next_may_not_have():
    federation = make_federation(FOUR, "hub")
    usa = federation.exchange("USA")
    data = federation.exchange("KOR").submit([detection("a", ("JPN", "USA"))]).frames[0]
    assert [relay.destination.code for relay in usa.receive(data, via="KOR", path="live").relays] == ["JPN"]


def test_in_a_mesh_nobody_passes_on(federation):
    data = federation.exchange("KOR").submit([detection("a")]).frames[0]
    assert not federation.exchange("USA").receive(data, via="KOR", path="live").relays


def test_our_own_frames_are_passed_to_nobody_when_they_come_back(federation):
    data = federation.exchange("KOR").submit([detection("a")]).frames[0]
    incoming = federation.exchange("KOR").receive(data, via="JPN", path="live")
    assert incoming.frame.via == "JPN"
    assert not incoming.relays


def test_a_frame_goes_to_its_audience_alone(federation):
    kor = federation.exchange("KOR")
    out = kor.submit([detection("a", ["JPN"])])
    again = kor.release_again(out.frames[0], out.sends[0].ref, "warning.detection", hop="JPN")
    assert again == out.sends[0]
    with pytest.raises(ValueError, match="USA is not in the audience JPN-KOR"):
        kor.release_again(out.frames[0], out.sends[0].ref, "warning.detection", hop="USA")


# -- what derives from what


def test_ids_that_cross_never_widen(federation):
    """USA takes the id of KOR's bilateral record for a trilateral one; JPN's product still answers to both."""
    for order in (("KOR", "USA"), ("USA", "KOR")):
        jpn = federation.exchange("JPN")
        frames = {
            "KOR": federation.exchange("KOR").submit([make_detection("same", "KOR", ["JPN"])]).frames[0],
            "USA": federation.exchange("USA").submit([make_detection("same", "USA", ALL)]).frames[0],
        }
        for code in order:
            assert jpn.receive(frames[code], via=code, path="live").frame
        product = make_detection("p", "JPN", ALL)
        with pytest.raises(NotReleasableError, match="its sources allow JPN"):
            jpn.submit([msgspec.structs.replace(product, sources=(Source(record="same"),))])


def test_whoever_names_the_originator_is_out_of_reach_of_another_that_takes_the_id(federation):
    """Neither does JPN's narrow record block the product of KOR's, nor does JPN's exercise; nor is one the other."""
    for theirs in ({"audience": ["USA"]}, {"audience": ALL, "status": "actual"}):
        usa = federation.exchange("USA")
        for code, fields in (("KOR", {"audience": ALL}), ("JPN", theirs)):
            frame = federation.exchange(code).submit([make_detection("same", code, **fields)]).frames[0]
            assert usa.receive(frame, via=code, path="live").frame
        product = make_detection("p", "USA", ALL)
        with pytest.raises((NotReleasableError, StatusMixError)):
            usa.submit([msgspec.structs.replace(product, sources=(Source(record="same"),))])
        with pytest.raises((NotReleasableError, StatusMixError)):
            usa.submit([msgspec.structs.replace(product, sources=(Source(record="same", originator="JPN"),))])
        assert usa.submit([msgspec.structs.replace(product, sources=(Source(record="same", originator="KOR"),))]).frames
        with pytest.raises(NotReleasableError, match="p2 rests on same of USA, which is not held"):
            usa.submit([msgspec.structs.replace(product, id="p2", sources=(Source(record="same", originator="USA"),))])


def test_an_old_reference_also_answers_to_what_the_store_alone_knows(federation):
    """JPN's newest record must not hide KOR's old one of the same id, of which memory has let go."""
    narrow = Label(marking_for("KOR", "USA"), "test", synthetic=True)

    def look_up(id_, originator):
        return narrow if id_ == "same" and originator in ("", "KOR") else None

    usa = federation.exchange("USA", look_up=look_up)
    usa.receive(
        federation.exchange("JPN").submit([make_detection("same", "JPN", ALL)]).frames[0], via="JPN", path="live"
    )
    product = make_detection("p", "USA", ALL)
    with pytest.raises(NotReleasableError, match="its sources allow KOR-USA"):
        usa.submit([msgspec.structs.replace(product, sources=(Source(record="same"),))])
    assert usa.submit([msgspec.structs.replace(product, sources=(Source(record="same", originator="JPN"),))]).frames


def test_ids_that_cross_never_mix_statuses(federation):
    kor = federation.exchange("KOR")
    usa = federation.exchange("USA").submit([make_detection("same", "USA", ALL, status="actual")]).frames[0]
    kor.submit([detection("same")])
    kor.receive(usa, via="USA", path="live")
    with pytest.raises(StatusMixError, match="the id of two records of different status"):
        kor.submit([detection("p", sources=(Source(record="same"),))])


def test_a_record_may_rest_on_one_beside_it_and_on_one_from_the_store(federation):
    old = Label(marking_for("JPN", "KOR"), "test", synthetic=True)
    kor = federation.exchange("KOR", look_up=lambda id_, _originator: {"old": old}.get(id_))
    beside = detection("b", sources=(Source(record="a"), Source(record="old")))
    with pytest.raises(NotReleasableError, match="sources allow JPN-KOR"):
        kor.submit([detection("a"), beside])
    narrow = msgspec.structs.replace(beside, marking=marking_for("JPN", "KOR"))
    assert len(kor.submit([detection("a"), narrow]).frames) == 2


def test_an_exercise_claims_what_rests_on_it(federation):
    kor = federation.exchange("KOR")
    kor.submit([detection("a", status="actual"), detection("b", status="exercise:x")])
    both = (Source(record="a"), Source(record="b"))
    assert kor.submit([detection("c", status="exercise:x", sources=both)]).frames
    with pytest.raises(StatusMixError, match="has status actual"):
        kor.submit([detection("d", status="actual", sources=both)])


# -- heads, requests, what is given back


def carry(exchanges, code, sends):
    for released in sends:
        there = exchanges[released.destination.code]
        incoming = there.receive(released.data, via=code, path="live")
        carry(exchanges, there.member, incoming.relays)


def test_heads_tell_each_what_it_may_read_and_no_more(federation):
    kor = federation.exchange("KOR")
    kor.submit([detection("a"), detection("b", ["JPN"]), detection("c", [])])
    out = kor.heads(tick=4, worlds=[("KOR-USA", "test"), ("JPN-USA", "test"), ("KOR", "test")])
    assert all(released.is_control and released.kind == "exchange.heads" for released in out.sends)
    sent = {(released.destination.code, released.ref.chain.audience) for released in out.sends}
    assert sent == {("JPN", "JPN-KOR-USA"), ("USA", "JPN-KOR-USA"), ("JPN", "JPN-KOR"), ("USA", "KOR-USA")}
    jpn = federation.exchange("JPN")
    for released in out.sends:
        if released.destination.code == "JPN":
            assert not jpn.receive(released.data, via="KOR", path="live").is_duplicate
            assert jpn.receive(released.data, via="KOR", path="live").is_duplicate
    kor_seen = jpn.neighbours.get("KOR")
    assert (kor_seen.tick, kor_seen.clock_offset_s, kor_seen.last_heads_at) == (4, 0.0, START)
    assert {chain.audience: head.number for chain, head in kor_seen.heads.items()} == {"JPN-KOR-USA": 1, "JPN-KOR": 1}


def test_public_chains_have_heads_too(federation):
    kor, jpn = federation.exchange("KOR"), federation.exchange("JPN")
    kor.submit([detection("a", ["PUBLIC"])])
    carry({"JPN": jpn, "USA": federation.exchange("USA")}, "KOR", kor.heads().sends)
    assert [gap.up_to for gap in jpn.neighbours.missing(jpn.chains, START)] == [1]


def test_heads_count_even_where_the_clock_was_set_back(federation):
    clock = ManualClock(START + timedelta(days=30))
    kor, jpn = federation.exchange("KOR", clock=clock), federation.exchange("JPN")
    old = kor.heads(worlds=[("JPN-KOR", "test")]).sends[0].data
    jpn.receive(old, via="KOR", path="live")
    assert jpn.neighbours.get("KOR").clock_offset_s == 30 * 86_400
    clock.step_to(START + timedelta(seconds=1))
    new = kor.heads(worlds=[("JPN-KOR", "test")]).sends[0].data
    assert not jpn.receive(new, via="KOR", path="live").is_duplicate
    assert jpn.neighbours.get("KOR").clock_offset_s == 1.0
    varied = old.replace(b'"keyid"', b' "keyid"')
    assert jpn.receive(varied, via="KOR", path="live").is_duplicate
    assert jpn.neighbours.get("KOR").clock_offset_s == 1.0


def test_heads_that_come_late_are_no_news(federation):
    kor, jpn = federation.exchange("KOR"), federation.exchange("JPN")
    first, second = (kor.heads(worlds=[("JPN-KOR", "test")]).sends[0].data for _ in range(2))
    assert not jpn.receive(second, via="KOR", path="live").is_duplicate
    assert jpn.receive(first, via="KOR", path="live").is_duplicate


def test_what_is_missing_is_asked_for_and_given_back(federation):
    kor, jpn, usa = (federation.exchange(code) for code in ("KOR", "JPN", "USA"))
    everybody = {"KOR": kor, "JPN": jpn, "USA": usa}
    frames = [kor.submit([detection(f"a{number}")]).frames[0] for number in range(5)]
    kept = [usa.receive(data, via="KOR", path="live").frame for data in frames]
    for index in (0, 3):
        jpn.receive(frames[index], via="KOR", path="live")
    carry(everybody, "KOR", kor.heads().sends)
    assert not jpn.requests().sends  # it may still be under way
    federation.clock.advance(2.0)
    asked = jpn.requests().sends
    assert not jpn.requests().sends  # once in that time
    gaps = [
        usa.receive(released.data, via="JPN", path="live").request
        for released in asked
        if released.destination.code == "USA"
    ]
    assert [(request.after, request.up_to, asker) for _, request, asker in gaps] == [(1, 3, "JPN"), (4, 5, "JPN")]
    for chain, request, asker in gaps:
        found = [
            frame for frame in kept if frame.ref.chain == chain and request.after < frame.ref.number <= request.up_to
        ]
        for released in usa.give_back(found, asker):
            assert jpn.receive(released.data, via="USA", path="durable").frame.data in frames
    assert not list(jpn.neighbours.missing(jpn.chains, federation.clock.now()))
    assert usa.give_back(kept, "AUS") == []
    bilateral = kor.receive(kor.submit([detection("b", ["JPN"])]).frames[0], via="KOR", path="self").frame
    assert kor.give_back([bilateral], "USA") == []
    assert [released.destination.code for released in kor.give_back([bilateral], "JPN")] == ["JPN"]
    public = kor.receive(kor.submit([detection("c", ["PUBLIC"])]).frames[0], via="KOR", path="self").frame
    assert len(kor.give_back([public], "USA")) == 1


def test_without_a_key_nothing_is_asked_for(federation):
    kor = federation.exchange("KOR")
    keys = {KeyRole.LIVE: federation.keys["JPN"][KeyRole.LIVE]}
    jpn = Exchange("JPN", trust=federation.trust(), keys=keys, policy=RELEASE_ALL, clock=federation.clock)
    kor.submit([detection("a")])
    carry({"JPN": jpn, "USA": federation.exchange("USA")}, "KOR", kor.heads().sends)
    assert not jpn.requests().sends
    federation.clock.advance(5.0)
    assert not jpn.requests().sends


def test_a_tail_lost_in_a_crash_comes_back_though_the_next_epoch_has_begun():
    memory = MemoryFederation(make_federation())
    memory.submit("KOR", [detection("a1")])
    memory.sync("KOR")
    memory.submit("KOR", [detection("a2")])
    memory.deliver_live("KOR", "JPN")
    memory.deliver_live("KOR", "JPN")
    memory.crash("KOR")
    memory.restart("KOR")
    memory.submit("KOR", [detection("a3")])
    memory.sync("KOR")
    memory.deliver_durable("KOR", "JPN", 9)  # JPN reads the new epoch before it says how far it holds the old
    ids = [record.record.id for frame in memory.members["JPN"].kept.values() for record in frame.records]
    assert ids == ["a1", "a2", "a3"]
    memory.settle()
    for code in ALL:
        ids = {record.record.id for frame in memory.members[code].kept.values() for record in frame.records}
        assert ids == {"a1", "a2", "a3"}


def test_heads_betray_who_was_told_otherwise():
    """In a mesh each peer sees one frame only. What the others say they hold tells them that there are two."""
    federation = make_federation()
    jpn, usa, kor = (federation.exchange(code) for code in ("JPN", "USA", "KOR"))
    one = kor.submit([detection("a")]).frames[0]
    header = opened(one).header
    place = Place(header.chain, header.epoch, 1, "", None, START)
    other = seal_frame(place, [encode(detection("b"))], key_of("KOR", KeyRole.TEST), bytes).data
    assert jpn.receive(one, via="KOR", path="live").frame
    assert usa.receive(other, via="KOR", path="live").frame
    for time in (1, 2):
        heads = next(sent.data for sent in usa.heads().sends if sent.destination.code == "JPN")
        incoming = jpn.receive(heads, via="USA", path="live")
        alarms = [(rejected.reason, rejected.data) for rejected in incoming.refused]
        assert alarms == ([(Reason.EQUIVOCATION, heads)] if time == 1 else [])
        assert not incoming.is_duplicate


def test_heads_that_agree_sound_no_alarm(federation):
    jpn, usa, kor = (federation.exchange(code) for code in ("JPN", "USA", "KOR"))
    for number in range(3):
        data = kor.submit([detection(f"a{number}")]).frames[0]
        jpn.receive(data, via="KOR", path="live")
        if number < 2:
            usa.receive(data, via="KOR", path="live")
    for peer in (usa, kor):
        for released in peer.heads().sends:
            if released.destination.code == "JPN":
                assert not jpn.receive(released.data, via=peer.member, path="live").refused


def test_nobody_speaks_for_the_chains_of_another(federation):
    """A head of KOR's in heads that USA signed is no word of KOR's."""
    kor = ChainId("KOR", "JPN-KOR-USA", "test", Precedence.ROUTINE)
    usa = ChainId("USA", "JPN-KOR-USA", "test", Precedence.ROUTINE)
    body = Heads(clock_at=START, heads=(Head(originator="KOR", precedence=Precedence.FLASH, epoch="E", number=9),))
    record = with_body("exchange.heads", body, id="h", originator="USA", marking=marking_for(*ALL), status="test",
                       precedence=Precedence.ROUTINE, issued_at=START)  # fmt: skip
    data = seal_frame(Place(usa, "E", 0, "", None, START), [encode(record)], key_of("USA", KeyRole.TEST), bytes).data
    jpn = federation.exchange("JPN")
    assert not jpn.receive(data, via="USA", path="live").is_duplicate
    assert not jpn.neighbours.get("USA").heads
    assert not list(jpn.neighbours.missing(jpn.chains, START))
    assert kor not in jpn.neighbours.get("KOR").heads


def test_a_tick_is_reached_when_all_have_signed_it_and_all_they_name_is_held(federation):
    kor, usa, jpn = (federation.exchange(code) for code in ("KOR", "USA", "JPN"))
    everybody = {"KOR": kor, "USA": usa, "JPN": jpn}
    data = kor.submit([detection("a")]).frames[0]
    worlds = [("JPN-KOR-USA", "test")]
    carry(everybody, "KOR", kor.heads(tick=1).sends)
    assert not jpn.neighbours.is_level(jpn.chains, ("KOR", "USA"), 1)
    carry(everybody, "USA", usa.heads(tick=1, worlds=worlds).sends)
    assert not jpn.neighbours.is_level(jpn.chains, ("KOR", "USA"), 1)
    jpn.receive(data, via="KOR", path="live")
    assert jpn.neighbours.is_level(jpn.chains, ("KOR", "USA"), 1)
    assert not jpn.neighbours.is_level(jpn.chains, ("KOR", "USA"), 2)


# -- after a restart


def test_a_new_epoch_resumes_the_last_durable_head(federation):
    kor = federation.exchange("KOR")
    frames = [kor.receive(kor.submit([detection(f"a{n}")]).frames[0], via="KOR", path="self").frame for n in range(3)]
    chain, state = frames[0].ref.chain, Epoch()
    state.contiguous, state.contiguous_hash = 2, frames[1].ref.hash
    again = federation.exchange("KOR")
    again.restore(chain, kor.epoch, state)
    again.resume()
    (head,) = [head for released in again.heads().sends[:1] for head in decode_heads(released.data).heads]
    assert (head.number, head.epoch, head.resumes) == (0, again.epoch, (kor.epoch, 2, frames[1].ref.hash))
    header = opened(again.submit([detection("b")]).frames[0]).header
    assert (header.number, header.resumes) == (1, (kor.epoch, 2, frames[1].ref.hash))
    again.resume()
    assert opened(again.submit([detection("c")]).frames[0]).header.resumes is None
    for other in (ChainId("JPN", chain.audience, "test", Precedence.FLASH), chain):
        again.restore(other, "empty", Epoch())
    again.resume()


def decode_heads(data):
    return body_of(decode(opened(data).slips[0].record, Record))


def test_a_key_changes_within_an_epoch(federation):
    kor, jpn = federation.exchange("KOR"), federation.exchange("JPN")
    new = key_of("KOR", KeyRole.TEST, 1)
    jpn.receive(kor.submit([detection("a")]).frames[0], via="KOR", path="live")
    kor.use_key(new)
    data = kor.submit([detection("b")]).frames[0]
    assert jpn.receive(data, via="KOR", path="live").refused[0].reason is Reason.UNKNOWN_KEY
    jpn.trust.apply(
        federation.next_roster(federation.with_key(federation.document, federation.roster, "KOR", new)), now=START
    )
    assert not jpn.receive(data, via="KOR", path="durable").frame.chain_open


def test_what_was_seen_is_forgotten_in_the_order_it_came(federation, monkeypatch):
    monkeypatch.setattr("tocsin.exchange.inward.SEEN", 1)
    kor, jpn = federation.exchange("KOR"), federation.exchange("JPN")
    one, two = (kor.submit([detection(f"a{n}")]).frames[0] for n in range(2))
    assert jpn.receive(one, via="KOR", path="live").frame
    assert jpn.receive(two, via="KOR", path="live").frame
    assert jpn.receive(one, via="KOR", path="durable").is_duplicate  # by its place in the chain


def test_a_member_that_is_down_does_nothing():
    memory = MemoryFederation(make_federation())
    memory.crash("KOR")
    with pytest.raises(ConfigError, match=r"KOR is down\. Restart it first"):
        memory.submit("KOR", [detection("a")])
    assert memory.arrive("KOR", b"", via="JPN", path="live") is None


def test_what_waits_for_a_person_waits_through_a_crash():
    ask = Policy(release=(ReleaseRule(kinds=("*",), action="ask"),))
    memory = MemoryFederation(make_federation(), ask)
    memory.submit("KOR", [detection("a")])
    memory.crash("KOR")
    memory.restart("KOR")
    assert [released.destination.code for released in memory.approve("KOR", "a").sends] == ["JPN", "USA"]
    assert memory.members["KOR"].waiting == {}
    memory.settle()
    assert [frame.records[0].record.id for frame in memory.members["JPN"].kept.values()] == ["a"]


def test_nothing_makes_no_frame():
    assert list(batches([], RELEASE_ALL)) == []


def test_the_strictest_label_answers_to_all():
    wide, narrow = (Label(marking_for(*codes), "test", synthetic=False) for codes in (ALL, ["KOR"]))
    assert strictest([]) is None
    assert strictest([wide, narrow]) == narrow


def test_a_tail_that_only_one_of_two_outboxes_kept_reaches_all():
    """What one peer has for good, all get, though its originator lost it."""
    memory = MemoryFederation(make_federation(links="line"))
    for number in range(4):
        memory.submit("KOR", [detection(f"a{number}")])
        if number == 1:
            memory.sync("KOR")
    memory.deliver_live("KOR", "JPN")
    for _ in range(3):
        memory.deliver_live("KOR", "JPN")
    memory.sync("JPN")
    memory.crash("KOR", store_tail=True, outbox_tail=True)
    memory.settle()
    held = [{frame.records[0].record.id for frame in member.kept.values()} for member in memory.members.values()]
    assert held == [{"a0", "a1", "a2", "a3"}] * 3


def test_a_cut_link_costs_delay_and_no_data():
    memory = MemoryFederation(make_federation(links="hub"))
    memory.cut("JPN", "USA")
    for number in range(3):
        memory.submit("KOR", [detection(f"a{number}")])
    memory.deliver_all()
    assert len(memory.members["USA"].kept) == 3
    assert not memory.members["JPN"].kept
    memory.heal("JPN", "USA")
    memory.deliver_all()
    assert [frame.path for frame in memory.members["JPN"].kept.values()] == ["durable"] * 3


def test_a_crash_may_spare_the_store_or_the_outbox():
    for store_tail, outbox_tail, kept, acknowledged in (
        (True, True, 0, 0), (False, True, 1, 0), (True, False, 0, 1), (False, False, 1, 1),
    ):  # fmt: skip
        memory = MemoryFederation(make_federation())
        memory.submit("KOR", [detection("a")])
        memory.crash("KOR", store_tail=store_tail, outbox_tail=outbox_tail)
        assert len(memory.members["KOR"].kept) == kept
        assert len(memory.wires["KOR", "JPN"].outbox) == acknowledged


def test_two_new_records_with_one_id_count_both(federation):
    kor = federation.exchange("KOR")
    rests = detection("p", sources=(Source(record="a"),))
    with pytest.raises(NotReleasableError, match="its sources allow JPN-KOR"):
        kor.submit([detection("a"), detection("a", ["JPN"]), rests])


def test_a_frame_lost_on_the_live_path_comes_by_the_durable_one():
    memory = MemoryFederation(make_federation())
    memory.submit("KOR", [detection("a")])
    memory.wires["KOR", "JPN"].drop()
    memory.cut("JPN", "USA")
    memory.deliver_all()
    assert [frame.path for frame in memory.members["JPN"].kept.values()] == ["durable"]
    assert [frame.path for frame in memory.members["USA"].kept.values()] == ["live"]
    memory.crash("USA")
    memory.settle()
    assert len(memory.members["USA"].kept) == 1


def test_a_key_that_stands_twice_in_a_new_body_is_refused_before_it_is_signed():
    exchange = make_federation().exchange("KOR")
    good = detection("a")
    twice = msgspec.Raw(bytes(good.body)[:-1] + b',"sensor_id":"x"}')
    with pytest.raises(MalformedRecordError, match="stands twice"):
        exchange.submit([good, msgspec.structs.replace(detection("b"), body=twice)])
    assert exchange.outward.waiting(bulk=False) == 0


def test_our_own_frame_is_let_in_as_it_was_sealed_and_another_with_our_name_is_checked():
    exchange = make_federation().exchange("KOR")
    (data,) = exchange.submit([detection("a"), detection("b")]).frames
    forged = bytes(bytearray(data)).replace(b'"id":"b"', b'"id":"c"')
    assert [each.reason for each in exchange.receive(forged, via="KOR", path="self").refused] == [Reason.MALFORMED]
    frame = exchange.receive(data, via="KOR", path="self").frame
    assert frame is not None
    assert [admitted.record.id for admitted in frame.records] == ["a", "b"]
    other = make_federation().exchange("KOR", random_bytes=bytes)
    assert other.receive(bytes(bytearray(data)), via="KOR", path="self").frame == frame
