"""Laws of starting and of being told to stop meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from tocsin.cli.serving import done_unless


async def _takes(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def _goes_on_when_cancelled() -> None:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(0)


async def _stopped_while(work) -> bool:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, stop.set)
    return await done_unless(stop, work)


def test_what_is_given_up_was_not_done() -> None:
    assert asyncio.run(_stopped_while(_takes(60))) is False


def test_what_ends_first_was_done() -> None:
    assert asyncio.run(_stopped_while(_takes(0))) is True


def test_what_gets_done_although_it_was_given_up_was_done() -> None:
    assert asyncio.run(_stopped_while(_goes_on_when_cancelled())) is True


def test_what_fails_first_fails() -> None:
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(_stopped_while(fails()))
