"""How a process that runs a node deals with its threads and its memory."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable

import structlog

_SWITCH_S = 0.0001
"""How long the loop waits for a thread that computes. Python's own 5 ms, several times a turn, would stand between
a warning and the desks whenever the store or a desk is at work."""

FULL_EVERY_S = 10.0
"""Between two full collections, if the second finds a calm moment."""

FULL_AT_THE_LATEST_S = 60.0
"""After so long it no longer waits for one: memory has a bound, whatever goes on."""

_LOOK_AGAIN_S = 0.25
_RARELY = 1000
"""Collections of the middle generation, of some 7,000 objects each, before Python begins a full one by itself."""

_PATIENCE_S = 2.0

log = structlog.get_logger()


def prefer_the_loop() -> None:
    """Let the loop go before threads, and spare the collector what the start has made: call it once a node runs."""
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()


async def collect_when_calm(is_calm: Callable[[], bool]) -> None:
    """Until cancelled, hold full collections back for a moment when nobody waits.

    A full collection looks at everything made since the start while all threads stand still: with a backlog of records
    in memory for some 40 ms, and Python begins it just then, because much was made. The young are collected as ever.

    Args:
        is_calm: Whether this is such a moment.
    """
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, _RARELY)
    try:
        while True:
            await asyncio.sleep(FULL_EVERY_S)
            for _ in range(int((FULL_AT_THE_LATEST_S - FULL_EVERY_S) / _LOOK_AGAIN_S)):
                if is_calm():
                    break
                await asyncio.sleep(_LOOK_AGAIN_S)
            gc.collect()
    finally:
        gc.set_threshold(young, middle, old)


async def leave_threads() -> None:
    """Wait a moment for threads that still compute, then end the process with 0: nothing they make is needed any more.

    Python would wait for them for ever, and a desk that compiles its kernels for the first time takes half a minute.
    """
    ending = asyncio.ensure_future(asyncio.get_running_loop().shutdown_default_executor())
    done, _ = await asyncio.wait([ending], timeout=_PATIENCE_S)
    if not done:
        log.info("a desk still computes, and is not waited for")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
