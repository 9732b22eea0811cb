"""A record leaves at once while the line is idle, and shares a frame while it is busy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tocsin.clock import SystemClock
from tocsin.exchange import Exchange
from tocsin.node.issuing import MOST_UNDER_WAY, Issuer
from tocsin.node.returning import OwnFrames
from tocsin.records import Precedence, Record
from tocsin.testing import make_federation
from tocsin.testing.federation import make_detection


class Line:
    """Where frames go; acknowledges when told to."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.unacknowledged: list[Any] = []

    def send(self, released: Any) -> None:
        self.sent.append(released)
        if released.destination.code == "JPN":
            self.unacknowledged.append(released)

    def under_way(self, *, bulk: bool) -> int:
        return sum((one.ref.chain.precedence is Precedence.BULK) is bulk for one in self.unacknowledged)


class Nothing:
    """Keeps nothing."""

    def held(self, items: list[Any]) -> None:
        assert items == []


def record(number: int, precedence: Precedence = Precedence.FLASH) -> Record:
    return make_detection(
        f"d{number}", "KOR", ("JPN", "KOR", "USA"), issued_at=SystemClock().now(), precedence=precedence
    )  # fmt: skip


def with_issuer(scenario: Callable[[Issuer, Line, Exchange], Any]) -> None:
    async def run() -> None:
        exchange = make_federation(clock=SystemClock()).exchange("KOR")
        line = Line()
        own = OwnFrames(lambda data, _is_new: exchange.receive(data, via="KOR", path="self") and None)
        issuer = Issuer(
            exchange, line, Nothing(), own=own, clock=SystemClock(), on_sealed=lambda _hash: None, batches=True
        )  # type: ignore[arg-type]  # all that an issuer asks of them
        await scenario(issuer, line, exchange)

    asyncio.run(run())


def test_while_the_line_is_idle_a_record_leaves_in_the_same_call() -> None:
    async def scenario(issuer: Issuer, line: Line, exchange: Exchange) -> None:
        for number in range(MOST_UNDER_WAY):
            outgoing = issuer.issue([record(number)], at_once=False)
            assert len(outgoing.frames) == 1
        assert len(line.unacknowledged) == MOST_UNDER_WAY
        assert exchange.outward.waiting(bulk=False) == 0

    with_issuer(scenario)


@pytest.mark.parametrize("bulk_first", [True, False])
def test_while_the_line_is_busy_records_share_the_next_frame(bulk_first: bool) -> None:
    async def scenario(issuer: Issuer, line: Line, exchange: Exchange) -> None:
        first = Precedence.BULK if bulk_first else Precedence.FLASH
        for number in range(MOST_UNDER_WAY):
            issuer.issue([record(number, first)], at_once=False)
        waiting = [issuer.issue([record(number, first)], at_once=False) for number in range(100, 140)]
        assert [outgoing.frames for outgoing in waiting] == [[]] * 40
        assert exchange.outward.waiting(bulk=bulk_first) == 40
        sent = len(line.sent)
        issuer.seal_due()
        assert len(line.sent) == sent
        line.unacknowledged.pop()
        while exchange.outward.waiting(bulk=bulk_first):  # our own frames have to come in as well
            await asyncio.sleep(0)
            issuer.seal_due()
        assert [released.destination.code for released in line.sent[sent:]] == ["JPN", "USA"]

    with_issuer(scenario)


def test_bulk_under_way_keeps_no_warning_waiting() -> None:
    async def scenario(issuer: Issuer, line: Line, exchange: Exchange) -> None:
        for number in range(MOST_UNDER_WAY + 3):
            issuer.issue([record(number, Precedence.BULK)], at_once=False)
        assert exchange.outward.waiting(bulk=True) == 3
        assert len(issuer.issue([record(1000)], at_once=False).frames) == 1
        assert exchange.outward.waiting(bulk=True) == 3
        assert line.sent[-1].ref.chain.precedence is Precedence.FLASH

    with_issuer(scenario)


def test_no_record_waits_for_ever_for_a_line_that_is_dead() -> None:
    async def scenario(issuer: Issuer, line: Line, exchange: Exchange) -> None:
        for number in range(MOST_UNDER_WAY + 5):
            issuer.issue([record(number)], at_once=False)
        assert exchange.outward.waiting(bulk=False) == 5
        async with asyncio.timeout(10):
            while exchange.outward.waiting(bulk=False):  # noqa: ASYNC110 - nobody tells when a frame is sealed
                await asyncio.sleep(0.001)
        assert len({released.ref.hash for released in line.sent}) == MOST_UNDER_WAY + 1

    with_issuer(scenario)


def test_a_full_frame_and_one_in_a_hurry_do_not_wait() -> None:
    async def scenario(issuer: Issuer, line: Line, exchange: Exchange) -> None:
        for number in range(MOST_UNDER_WAY):
            issuer.issue([record(number)], at_once=False)
        full = [record(number) for number in range(1000, 1000 + exchange.policy.max_frame_records)]
        assert len(issuer.issue(full, at_once=False).frames) == 1
        assert len(issuer.issue([record(5000)], at_once=True).frames) == 1
        assert len(line.unacknowledged) == MOST_UNDER_WAY + 2

    with_issuer(scenario)
