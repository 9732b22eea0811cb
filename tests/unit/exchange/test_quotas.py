"""How much of us one peer may use (spec 15): what is shed, what waits, and that nobody pays for another."""

from __future__ import annotations

import random

import msgspec
import pytest

from tocsin.clock import ManualClock
from tocsin.codec import encode
from tocsin.exchange import Policy, Quotas, Rate, Reason
from tocsin.exchange.epochs import RUNS
from tocsin.exchange.ledger import DAY_WAIT_S, UNVERIFIED, Claim, Ledger, Meter, claim_of
from tocsin.exchange.quotas import TRAFFIC
from tocsin.records import Precedence
from tocsin.testing import make_federation
from tocsin.testing.federation import RELEASE_ALL, START, make_detection

ALL = ("JPN", "KOR", "USA")
TEN = Rate(frames_per_s=10.0, bytes_per_s=1e6)
SMALL = Quotas(
    flash=TEN, immediate=TEN, routine=TEN, bulk=TEN, control=TEN, burst_s=1.0, catch_up=2.0, refused_per_s=5.0
)  # fmt: skip
FLASH, BULK, ROUTINE = (Claim("USA", traffic) for traffic in ("flash", "bulk", "routine"))


@pytest.fixture
def clock():
    return ManualClock(START)


@pytest.fixture
def ledger(clock):
    return Ledger(SMALL, clock, lambda: ALL)


def let_in(ledger, claim, count, *, via="USA", size=100):
    return sum(ledger.lets_in(claim, size, via=via) for _ in range(count))


def test_live_beyond_the_quota_is_shed_until_time_has_passed(ledger, clock):
    assert let_in(ledger, FLASH, 30) == 10
    clock.advance(0.5)
    assert let_in(ledger, FLASH, 30) == 5
    clock.advance(3600)
    assert let_in(ledger, FLASH, 30) == 10  # no more than the burst is saved up


def test_bytes_count_as_frames_do_and_a_frame_beyond_all_bounds_still_passes_alone(ledger, clock):
    assert let_in(ledger, FLASH, 3, size=3_000_000) == 1
    clock.advance(1.9)
    assert let_in(ledger, FLASH, 1, size=1) == 0  # the debt is not paid yet
    clock.advance(0.2)
    assert let_in(ledger, FLASH, 1, size=1) == 1


def test_nobody_pays_for_another_link_originator_or_precedence(ledger):
    assert let_in(ledger, BULK, 1000) == 10
    assert let_in(ledger, FLASH, 10) == 10
    assert let_in(ledger, Claim("KOR", "bulk"), 10, via="USA") == 10  # a hub's spoke has an account of its own
    assert let_in(ledger, Claim("KOR", "bulk"), 10, via="KOR") == 10


def test_names_that_nobody_has_share_one_account(ledger):
    assert sum(let_in(ledger, Claim(f"X{n:02}"[:3], "flash"), 1) for n in range(50)) == 10
    assert {usage.originator for usage in ledger.usage()} == {UNVERIFIED}


def test_durable_beyond_the_quota_waits_as_long_as_it_takes_and_is_never_turned_away(ledger, clock):
    waits_s = [ledger.wait_s(BULK, 100, via="USA") for _ in range(40)]
    assert waits_s[:20] == [0.0] * 20  # catch_up 2: twice ten frames
    assert waits_s[20:23] == pytest.approx([0.05, 0.1, 0.15])
    clock.advance(1.0)
    assert ledger.wait_s(BULK, 100, via="USA") == pytest.approx(0.05)
    assert ledger.wait_s(ROUTINE, 100, via="USA") == 0.0


def test_live_frames_take_their_share_of_our_time_and_no_more(ledger, clock):
    ledger.note_work("USA", "USA", 0.2, size=2_000_000)
    assert ledger.wait_s(FLASH, 100, via="USA") == 0.0  # an honest peer that catches up has all our time
    assert let_in(ledger, FLASH, 1) == 0
    assert let_in(ledger, Claim("KOR", "flash"), 1, via="KOR") == 1
    assert ledger.wait_s(FLASH, 100, via="USA") == pytest.approx(0.5)  # one that floods has its share
    clock.advance(0.49)
    assert let_in(ledger, FLASH, 1) == 0
    clock.advance(0.02)
    assert let_in(ledger, FLASH, 1) == 1


def test_a_frame_that_this_machine_was_slow_with_is_not_laid_to_its_peer(ledger):
    ledger.note_work("USA", "USA", 30.0, size=1000)
    assert let_in(ledger, FLASH, 1) == 1


def test_refusals_close_the_live_path_of_the_link_that_brings_what_nobody_signed(ledger, clock):
    for _ in range(5):
        ledger.note_refused("USA", UNVERIFIED)
    assert let_in(ledger, FLASH, 1) == 0
    assert let_in(ledger, Claim("KOR", "flash"), 1, via="USA") == 0  # names are anybody's to write
    assert let_in(ledger, Claim("KOR", "flash"), 1, via="KOR") == 1
    assert ledger.wait_s(FLASH, 100, via="USA") == 0.0
    ledger.note_refused("USA", UNVERIFIED)
    assert ledger.wait_s(FLASH, 100, via="USA") == pytest.approx(0.2)
    clock.advance(0.5)
    assert let_in(ledger, FLASH, 1) == 1


def test_refusals_that_a_signature_vouches_for_are_its_originators(ledger):
    for _ in range(6):
        ledger.note_refused("USA", "KOR")
    assert let_in(ledger, Claim("KOR", "flash"), 1, via="USA") == 0
    assert let_in(ledger, FLASH, 1, via="USA") == 1
    assert ledger.refused["USA", "KOR"] == 6


@pytest.mark.parametrize(
    ("used", "lets_in"), [(0.4, "flash immediate routine bulk"), (0.6, "flash immediate routine"),
                          (0.8, "flash immediate"), (0.95, "flash"), (3.0, "flash")],
)  # fmt: skip
def test_the_days_bytes_end_for_bulk_first_and_for_flash_never(clock, used, lets_in):
    quotas = msgspec.structs.replace(
        SMALL, bytes_per_day=1_000_000, bulk=Rate(frames_per_s=10.0, bytes_per_s=1e9)
    )  # fmt: skip
    ledger = Ledger(quotas, clock, lambda: ALL)
    ledger.wait_s(BULK, int(used * 1_000_000), via="USA")
    assert " ".join(t for t in TRAFFIC[:4] if let_in(ledger, Claim("USA", t), 1)) == lets_in
    assert ledger.wait_s(FLASH, 1, via="USA") == 0.0
    assert ledger.wait_s(ROUTINE, 1, via="USA") == (DAY_WAIT_S if used > 0.75 else 0.0)
    assert (ledger.wait_s(BULK, 1, via="USA") > DAY_WAIT_S) == (used > 0.5)


def test_one_peer_may_have_other_figures_and_keeps_the_general_ones_for_the_rest(clock):
    quotas = msgspec.convert(
        {**msgspec.to_builtins(SMALL), "peers": {"KOR": {"flash": {"frames_per_s": 30, "bytes_per_s": 1e6}}}}, Quotas
    )
    ledger = Ledger(quotas, clock, lambda: ALL)
    assert let_in(ledger, Claim("KOR", "flash"), 100, via="KOR") == 30
    assert let_in(ledger, Claim("KOR", "bulk"), 100, via="KOR") == 10
    assert let_in(ledger, FLASH, 100) == 10
    ledger.renew(SMALL)
    assert let_in(ledger, Claim("KOR", "flash"), 100, via="KOR") == 10
    ledger.renew(SMALL)
    assert let_in(ledger, Claim("KOR", "flash"), 100, via="KOR") == 0  # the same table changes nothing


@pytest.mark.parametrize(
    "wrong", [{"burst_s": 0}, {"kinds": -1}, {"flash": {"frames_per_s": 0, "bytes_per_s": 1}},
              {"peers": {"KOR": {"catch_up": 0.0}}}, {"burst_s": float("nan")}],
)  # fmt: skip
def test_figures_that_let_nothing_in_are_refused(wrong):
    with pytest.raises((ValueError, msgspec.ValidationError), match="greater than zero"):
        msgspec.convert(wrong, Quotas)


def test_what_a_frame_claims_is_read_from_its_beginning_alone():
    federation = make_federation()
    kor = federation.exchange("KOR")
    for precedence in Precedence:
        data = kor.submit([make_detection(f"a-{precedence.value}", "KOR", ALL, precedence=precedence)]).frames[0]
        assert claim_of(data) == Claim("KOR", precedence.value)
    assert claim_of(kor.heads(worlds=[("JPN-KOR-USA", "test")]).sends[0].data) == Claim("KOR", "control")
    spaced = b'{ "header" : { "originator" : "USA", "precedence" : "flash", "number" : 12 } }'
    assert claim_of(spaced) == Claim("USA", "flash")
    assert claim_of(b"\xff" * 4000 + data) == Claim(UNVERIFIED, "bulk")
    assert claim_of(b"") == Claim(UNVERIFIED, "bulk")


def test_rates_are_of_the_last_seconds():
    meter = Meter(0.0)
    for second in range(100):
        meter.add(7, float(second))
    assert meter.per_s(100.0) == pytest.approx(7.0, rel=0.2)
    assert meter.per_s(500.0) == 0.0
    assert meter.total == 700


def test_accounts_stay_as_few_as_there_are_links_and_members(ledger):
    chance = random.Random(7)
    for _ in range(20_000):
        data = b'{"header":{"originator":"%b","precedence":"%b","number":%d}}' % (
            bytes(chance.choices(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=3)),
            chance.choice((b"flash", b"bulk", b"routine")), chance.randrange(3),
        )  # fmt: skip
        ledger.lets_in(claim_of(data), len(data), via="USA")
        ledger.note_refused("USA", data[25:28].decode())
    assert len(ledger._accounts) <= len(ALL) + 1
    assert len(ledger.refused) <= len(ALL) + 1


# -- at the door


def policy(**quotas):
    return msgspec.structs.replace(RELEASE_ALL, quotas=msgspec.structs.replace(SMALL, **quotas))


def test_a_frame_that_was_shed_comes_in_by_its_durable_copy():
    federation = make_federation()
    usa, jpn = federation.exchange("USA"), federation.exchange("JPN", policy=policy())
    frames = [usa.submit([make_detection(f"USA-{n}", "USA", ALL)]).frames[0] for n in range(12)]
    live = [jpn.receive(data, via="USA", path="live") for data in frames]
    assert [incoming.is_shed for incoming in live] == [False] * 10 + [True] * 2
    assert jpn.wait_s(frames[0], via="USA") == 0.0  # held already, so it costs nothing
    durable = [jpn.receive(data, via="USA", path="durable") for data in frames]
    assert [incoming.is_duplicate for incoming in durable] == [True] * 10 + [False] * 2
    assert [(usage.traffic, usage.shed) for usage in jpn.ledger.usage()] == [("flash", 2)]


def test_live_frames_beyond_more_gaps_than_are_remembered_wait_for_their_durable_copies():
    wide = Rate(frames_per_s=1e6, bytes_per_s=1e9)
    federation = make_federation()
    usa, jpn = federation.exchange("USA"), federation.exchange("JPN", policy=policy(flash=wide, work_share=1e3))
    frames = [usa.submit([make_detection(f"USA-{n}", "USA", ALL)]).frames[0] for n in range(2 * RUNS + 12)]
    live = [jpn.receive(data, via="USA", path="live") for data in frames[2::2]]
    assert [incoming.is_shed for incoming in live] == [False] * RUNS + [True] * 5
    assert [(usage.traffic, usage.shed) for usage in jpn.ledger.usage()] == [("flash", 5)]
    durable = [jpn.receive(data, via="USA", path="durable") for data in frames]
    assert sum(incoming.is_duplicate for incoming in durable) == RUNS
    assert jpn.receive(frames[-1], via="USA", path="live").is_duplicate
    following = usa.submit([make_detection("USA-next", "USA", ALL)]).frames[0]
    assert not jpn.receive(following, via="USA", path="live").is_shed


def test_unknown_kinds_beyond_their_number_are_refused_one_by_one_and_known_kinds_never():
    federation = make_federation()
    usa, jpn = federation.exchange("USA"), federation.exchange("JPN", policy=policy(kinds=2))
    records = [
        msgspec.structs.replace(make_detection(f"USA-{n}", "USA", ALL), kind=f"rogue.kind{n}", body=msgspec.Raw(b"{}"))
        for n in range(3)
    ]
    incoming = jpn.receive(
        usa.submit([*records, make_detection("USA-9", "USA", ALL)]).frames[0], via="USA", path="live"
    )
    assert [admitted.record.id for admitted in incoming.frame.records] == ["USA-0", "USA-1", "USA-9"]
    (refused,) = incoming.refused
    assert (refused.reason, refused.detail) == (Reason.QUOTA, "record 2: rogue.kind2 is one kind too many")
    assert encode(records[2]) == refused.data


def test_own_frames_have_no_quota():
    federation = make_federation()
    usa = federation.exchange("USA", policy=policy())
    frames = [usa.submit([make_detection(f"USA-{n}", "USA", ALL)]).frames[0] for n in range(50)]
    assert all(usa.receive(data, via="USA", path="self").frame for data in frames)
    assert usa.ledger.usage() == ()


def test_what_is_received_may_be_larger_than_what_is_sealed():
    federation = make_federation()
    usa = federation.exchange("USA", policy=msgspec.structs.replace(RELEASE_ALL, max_frame_bytes=1_000_000))
    jpn = federation.exchange("JPN", policy=msgspec.structs.replace(RELEASE_ALL, max_frame_bytes=8192))
    kor = federation.exchange("KOR", policy=msgspec.structs.replace(RELEASE_ALL, max_received_bytes=8192))
    large = msgspec.structs.replace(
        make_detection("USA-1", "USA", ALL), kind="rogue.large", body=msgspec.Raw(b'{"a":"%b"}' % (b"x" * 900_000))
    )
    data = usa.submit([large]).frames[0]
    assert jpn.receive(data, via="USA", path="live").frame
    assert kor.receive(data, via="USA", path="live").refused[0].reason is Reason.TOO_LARGE
    with pytest.raises(ValueError, match="max_received_bytes is 8192 to 1000000"):
        Policy(max_received_bytes=1)
