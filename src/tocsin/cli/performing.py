"""Runs what people watch at a terminal until it is done, or until somebody stops it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvloop
from rich.text import Text

from tocsin.cli.logs import keep_log
from tocsin.cli.terminal import notices
from tocsin.errors import BusError

_T = TypeVar("_T")


def perform(work: Coroutine[Any, Any, _T], leave: Callable[[], bool]) -> _T | None:
    """Run something on a throw-away federation; return what comes of it, or None if SIGINT or SIGTERM ended it.

    Args:
        work: What.
        leave: Called at the signal: lets ``work`` come to its end if only its pages are still there, and tells whether
            it did.

    Raises:
        BusError: Something was lost on the way.
    """
    try:
        return uvloop.run(_until_done_or_stopped(work, leave))
    except TimeoutError as error:
        raise BusError(f"something was lost on the way: {error}", advice="Run it again with a lower --speed") from error


@contextmanager
def log_afterwards() -> Iterator[None]:
    """Keep the log aside while something is shown, and write it when that has ended."""
    kept = keep_log()
    try:
        yield
    finally:
        for line in dict.fromkeys(kept):
            notices().print(Text(line, "yellow"))


async def _until_done_or_stopped(work: Coroutine[Any, Any, _T], leave: Callable[[], bool]) -> _T | None:
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(work)
    stopped = asyncio.Event()

    def stop() -> None:
        if not leave() and not stopped.is_set():
            stopped.set()
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        return await running
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
        return None
