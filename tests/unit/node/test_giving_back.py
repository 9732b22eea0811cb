"""Frames given back to who asks: all of them, in slices, within the quota, and nobody waits behind a greedy one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from tocsin.clock import ManualClock
from tocsin.exchange import Quotas, Rate
from tocsin.node.giving_back import FRAMES_AT_ONCE, REQUESTS, GivingBack
from tocsin.records import ChainId, Precedence, Request
from tocsin.store import Batch, Store
from tocsin.testing import make_federation
from tocsin.testing.federation import RELEASE_ALL, START, make_detection

COUNT = 5 * FRAMES_AT_ONCE + 3
ALL = ("JPN", "KOR", "USA")
CHAIN = ChainId("KOR", "JPN-KOR-USA", "test", Precedence.FLASH)


class Desk:
    """KOR with some frames in its store, and what it gives back."""

    def __init__(self, store: Store, quotas: Quotas) -> None:
        self.clock = ManualClock(START)
        policy = msgspec.structs.replace(RELEASE_ALL, quotas=quotas)
        self.exchange = make_federation(clock=self.clock).exchange("KOR", policy=policy)
        for number in range(COUNT):
            (data,) = self.exchange.submit([make_detection(f"r{number}", "KOR", ALL)]).frames
            frame = self.exchange.receive(data, via="KOR", path="self").frame
            assert frame is not None
            store.commit(Batch(frames=(frame,)))
        self.given: list[tuple[str, int]] = []
        self.passed_over: list[str] = []
        self.giving = GivingBack(
            self.exchange, store, lambda one: self.given.append((one.destination.code, one.ref.number)),
            self.passed_over.append,
        )  # fmt: skip

    def ask(self, code: str, after: int, up_to: int, epoch: str | None = None) -> None:
        epoch = epoch or self.exchange.epoch
        request = Request(originator="KOR", precedence=Precedence.FLASH, epoch=epoch, after=after, up_to=up_to)
        self.giving.ask(CHAIN, request, code)

    def run(self, *stages: Callable[[], bool]) -> None:
        """Work until each of these has come true, one after the other."""

        async def scenario() -> None:
            running = asyncio.create_task(self.giving.run())
            async with asyncio.timeout(30):
                for is_done in stages:
                    while not is_done():  # noqa: ASYNC110 - what a test asks for sets no event
                        await asyncio.sleep(0.001)
            running.cancel()

        asyncio.run(scenario())


@pytest.fixture
def desk(tmp_path) -> Callable[..., Desk]:
    with Store.open(tmp_path / "store.db") as store:
        yield lambda quotas=None: Desk(store, quotas or Quotas())


def test_all_that_is_asked_for_is_given_once_however_often_it_is_asked(desk) -> None:
    here = desk()
    for _ in range(3):
        here.ask("JPN", 2, COUNT)
    here.ask("USA", 0, 4)
    here.ask("JPN", 0, 9, "none")
    here.ask("AUS", 0, 9)
    assert here.giving.waiting == 3
    here.run(lambda: here.giving.waiting == 0)
    assert [number for code, number in here.given if code == "JPN"] == list(range(3, COUNT + 1))
    assert [number for code, number in here.given if code == "USA"] == [1, 2, 3, 4]
    assert here.given.index(("USA", 1)) <= FRAMES_AT_ONCE  # not behind all that the other asked for
    assert here.passed_over == []


def test_whoever_asks_without_end_waits_and_is_named(desk) -> None:
    rate = Rate(frames_per_s=FRAMES_AT_ONCE, bytes_per_s=1e9)
    here = desk(Quotas(given_back=rate, burst_s=1.0))
    for number in range(REQUESTS + 7):
        here.ask("JPN", number, COUNT)
    assert here.giving.waiting == REQUESTS
    assert here.passed_over == ["JPN"] * 7
    assert here.exchange.ledger._account("JPN", "JPN").lanes["control"].shed.total == 7
    here.ask("USA", 0, COUNT)
    ledger = here.exchange.ledger

    def is_in_debt() -> bool:
        if len(here.given) < 4 * FRAMES_AT_ONCE or not ledger.wait_to_give_s("USA"):
            return False
        for code in ("JPN", "USA"):  # what may come at once, and the slice that goes into debt
            assert sum(one == code for one, _ in here.given) == 2 * FRAMES_AT_ONCE
            assert ledger.wait_to_give_s(code) == pytest.approx(1.0)
        here.clock.advance(1.5)
        return True

    here.run(is_in_debt, lambda: len(here.given) >= 6 * FRAMES_AT_ONCE)
