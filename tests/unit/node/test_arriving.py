"""What comes in live: taken at once while little comes, and in turns by link when one brings much."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from tocsin.clock import ManualClock
from tocsin.exchange import Incoming
from tocsin.node import arriving
from tocsin.node.arriving import Arriving
from tocsin.testing.federation import START

FRAME_S = 0.0004


class Door:
    """Takes 0.4 ms for each frame, and remembers whose it was."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.taken: list[str] = []

    def receive(self, data: bytes, *, via: str, path: str) -> Incoming:
        assert path == "live"
        self.clock.advance(FRAME_S)
        self.taken.append(f"{via} {data.decode()}")
        return Incoming(is_duplicate=True)


@pytest.fixture
def here():
    clock, shed = ManualClock(START), []
    door = Door(clock)
    made = Arriving(
        door, SimpleNamespace(backlog_bytes=0), lambda _incoming: None, clock=clock,
        metrics=SimpleNamespace(shed=shed.append), are_desks_behind=lambda: False,
    )  # fmt: skip
    return SimpleNamespace(arriving=made, door=door, shed=shed)


def test_a_warning_waits_for_a_moment_of_another_peers_flood_and_no_more(here) -> None:
    async def scenario() -> None:
        here.arriving.on_live(b"0", "KOR")
        assert here.door.taken == ["KOR 0"]  # at once
        await asyncio.sleep(0)
        for number in range(200):
            here.arriving.on_live(b"%d" % number, "JPN")
        here.arriving.on_live(b"1", "KOR")
        here.arriving.on_live(b"2", "KOR")
        taken = len(here.door.taken)
        assert taken * FRAME_S <= 3 * arriving.SLICE_S
        await asyncio.sleep(0)
        assert here.door.taken.index("KOR 1") <= taken + 1  # one of the flood's stands before it
        while len(here.door.taken) < 203:
            before = len(here.door.taken)
            await asyncio.sleep(0)
            assert (len(here.door.taken) - before) * FRAME_S <= arriving.SLICE_S + FRAME_S

    asyncio.run(scenario())
    by_peer = {peer: [one[4:] for one in here.door.taken if one[:3] == peer] for peer in ("JPN", "KOR")}
    assert by_peer == {"JPN": [str(number) for number in range(200)], "KOR": ["0", "1", "2"]}
    assert here.shed == []


def test_only_so_many_wait(here, monkeypatch) -> None:
    monkeypatch.setattr(arriving, "LIVE_WAITING", 10)

    async def scenario() -> None:
        for number in range(40):
            here.arriving.on_live(b"%d" % number, "JPN")
        while len(here.door.taken) + len(here.shed) < 40:  # noqa: ASYNC110 - a turn of the loop is what is waited for
            await asyncio.sleep(0)

    asyncio.run(scenario())
    assert set(here.shed) == {"JPN"}
    assert len(here.door.taken) < 20
