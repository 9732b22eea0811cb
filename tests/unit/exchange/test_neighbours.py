"""What others say of frames that we lack is followed up, and cannot be used to wear us out."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from tocsin.exchange import ForeignChains, NoMemory
from tocsin.exchange.neighbours import ENDS_PER_MEMBER, GAPS_PER_EPOCH, REQUESTS_AT_ONCE, Neighbours
from tocsin.markings import marking_for
from tocsin.records import Admitted, ChainId, FrameRef, Head, Heads, Precedence, with_body
from tocsin.testing.federation import START

ALL = ("JPN", "KOR", "USA")
FAR = 2**53 - 1
counts = itertools.count(1)


def heads_from(signer, *, heads=(), held=(), audience=ALL, status="test", tick=None):
    """Heads as they come through the door."""
    record = with_body(
        "exchange.heads", Heads(clock_at=START, heads=tuple(heads), held=tuple(held), count=next(counts), tick=tick),
        id=f"heads-{next(counts)}", originator=signer, marking=marking_for(*audience), status=status,
        precedence=Precedence.ROUTINE, issued_at=START,
    )  # fmt: skip
    chain = ChainId(signer, "-".join(audience), status, Precedence.ROUTINE)
    return Admitted(
        record=record, raw=b"", digest="", frame=FrameRef(chain, "e", 0, "h"), index=0, admitted_at=START,
        sealed_at=START, via=signer,
    )  # fmt: skip


def head(originator, epoch, number=FAR):
    return Head(originator=originator, precedence=Precedence.FLASH, epoch=epoch, number=number, hash="0" * 64)


@pytest.fixture
def chains():
    return ForeignChains(NoMemory())


def asked(neighbours, chains, seconds):
    due = neighbours.requests(chains, START + timedelta(seconds=seconds), after_s=2.0)
    return [(chain.originator, request.epoch) for chain, request in due]


def test_a_gap_is_asked_for_once_it_lasts_and_again_after_ever_longer_times(chains):
    neighbours = Neighbours("KOR")
    neighbours.take(heads_from("USA", heads=[head("USA", "e1", 3)]))
    turns = [second for second in range(1200) if asked(neighbours, chains, second)]
    assert turns == [2, 4, 8, 16, 32, 64, 128, 256, 512, 812, 1112]
    neighbours.ask_again()
    assert [second for second in range(1200, 1210) if asked(neighbours, chains, second)] == [1200, 1202, 1206]


def test_frames_that_do_not_exist_are_asked_for_in_turn_and_never_many_at_once(chains):
    """A real gap among them has its turn as well."""
    neighbours = Neighbours("KOR")
    neighbours.take(heads_from("JPN", held=[head("USA", f"never-{number}") for number in range(400)]))
    neighbours.take(heads_from("USA", heads=[head("USA", "real", 3)]))
    turns = [asked(neighbours, chains, second) for second in range(14)]
    assert max(map(len, turns)) == REQUESTS_AT_ONCE
    assert ("USA", "real") in itertools.chain.from_iterable(turns)


def test_what_is_remembered_on_one_members_word_is_bounded(chains):
    neighbours = Neighbours("KOR")
    neighbours.take(heads_from("USA", heads=[head("USA", "real", 3)]))
    for batch in range(5):
        fakes = [head("USA", f"never-{batch}-{number}") for number in range(ENDS_PER_MEMBER)]
        neighbours.take(heads_from("JPN", held=fakes))
    missing = list(neighbours.missing(chains, START))
    assert len(missing) == ENDS_PER_MEMBER + 1
    assert missing[0].epoch == "real"
    assert {gap.epoch for gap in missing[1:]} == {f"never-4-{number}" for number in range(ENDS_PER_MEMBER)}


def test_nobody_holds_chains_of_those_that_are_not_in_the_audience(chains):
    neighbours = Neighbours("KOR")
    neighbours.take(heads_from("JPN", held=[head("USA", "e1"), head("XYZ", "e1")], audience=("JPN", "KOR")))
    assert list(neighbours.missing(chains, START)) == []
    assert neighbours.get("JPN").holds == {}


def test_whoever_is_heard_again_after_a_silence_is_asked_at_once(chains):
    neighbours = Neighbours("KOR")
    neighbours.take(heads_from("USA", heads=[head("USA", "e1", 3)]))
    for second in range(2000):
        asked(neighbours, chains, second)
    assert asked(neighbours, chains, 2001) == []
    neighbours.take(heads_from("JPN"))
    assert asked(neighbours, chains, 2002) == [("USA", "e1")]


def test_worlds_chains_and_gaps_of_one_member_are_bounded(monkeypatch):
    for name in ("WORLDS_PER_MEMBER", "CHAINS_PER_MEMBER", "ENDS_PER_MEMBER"):
        monkeypatch.setattr(f"tocsin.exchange.neighbours.{name}", 20)
    chains = ForeignChains(NoMemory())
    neighbours = Neighbours("KOR")
    neighbours.take(heads_from("JPN", heads=[head("JPN", "real", 3)]))
    for number in range(200):
        admitted = heads_from(
            "USA", heads=[head("USA", f"e{number}")], held=[head("JPN", f"e{number}")], status=f"exercise:x{number}",
            tick=number,
        )  # fmt: skip
        assert neighbours.take(admitted)
        assert not neighbours.take(admitted)
    usa = neighbours.get("USA")
    assert [len(kept) for kept in (usa.heads, usa.holds, usa.counts, usa.ticks)] == [20, 20, 20, 20]
    assert len(list(neighbours.missing(chains, START))) == 21
    assert {gap.epoch for gap in neighbours.missing(chains, START)} >= {"real"}
    assert usa.tick == 180
    chain = ChainId("USA", "-".join(ALL), "test", Precedence.FLASH)
    for number in range(2, 1000, 2):
        chains.take(FrameRef(chain, "holes", number, f"h{number}"), f"h{number - 1}", None)
    neighbours.take(heads_from("USA", heads=[head("USA", "holes", 1000)]))
    assert sum(gap.epoch == "holes" for gap in neighbours.missing(chains, START)) == GAPS_PER_EPOCH
