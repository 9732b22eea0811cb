"""When a warning is about, and when full collections are held back."""

from __future__ import annotations

import asyncio
import gc
from datetime import UTC, datetime

import pytest

from tocsin.clock import ManualClock
from tocsin.node import process
from tocsin.node.pacing import ABOUT_S, CALM_FRAMES, Pacing
from tocsin.records import Precedence


def _clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("precedence", [Precedence.FLASH, Precedence.IMMEDIATE])
def test_a_warning_is_about_for_a_while(precedence: Precedence) -> None:
    clock = _clock()
    paced = Pacing(clock, waiting=lambda: 0)
    assert paced.is_calm
    paced.note(precedence)
    assert paced.is_warning_about
    assert not paced.is_calm
    clock.advance(2 * ABOUT_S)
    assert not paced.is_warning_about
    assert paced.is_calm


@pytest.mark.parametrize("precedence", [Precedence.ROUTINE, Precedence.BULK])
def test_what_can_wait_is_no_warning(precedence: Precedence) -> None:
    paced = Pacing(_clock(), waiting=lambda: 0)
    paced.note(precedence)
    assert not paced.is_warning_about


def test_a_backlog_is_no_calm_moment() -> None:
    assert not Pacing(_clock(), waiting=lambda: CALM_FRAMES + 1).is_calm


def test_full_collections_wait_for_calm_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gc.get_threshold()
    monkeypatch.setattr(process, "FULL_AT_THE_LATEST_S", 0.004)
    monkeypatch.setattr(process, "_LOOK_AGAIN_S", 0.001)
    asked, during = _until_collected(monkeypatch, is_calm=False)
    assert asked >= 4
    assert during[:2] == before[:2]
    assert during[2] > before[2]
    assert gc.get_threshold() == before


def test_a_calm_moment_is_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = _until_collected(monkeypatch, is_calm=True)
    assert asked == 1


def _until_collected(monkeypatch: pytest.MonkeyPatch, *, is_calm: bool) -> tuple[int, tuple[int, int, int]]:
    """Hold collections back until there is one; return how often it asked before, and the thresholds meanwhile."""
    asked = 0

    def ask() -> bool:
        nonlocal asked
        asked += 1
        return is_calm

    async def run() -> tuple[int, tuple[int, int, int]]:
        collected: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        monkeypatch.setattr(process, "FULL_EVERY_S", 0.0)
        monkeypatch.setattr(gc, "collect", lambda: collected.done() or collected.set_result(asked))
        task = asyncio.create_task(process.collect_when_calm(ask))
        asked_before, during = await collected, gc.get_threshold()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return asked_before, during

    return asyncio.run(run())
