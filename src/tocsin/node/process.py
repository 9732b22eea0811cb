"""How a process that runs a node deals with its threads and its memory."""

from __future__ import annotations

import asyncio
import gc
import os
import sys

import structlog

_SWITCH_S = 0.0001
"""How long the loop waits for a thread that computes. Python's own 5 ms, several times a turn, would stand between
a warning and the desks whenever the store or a desk is at work."""


_PATIENCE_S = 2.0

log = structlog.get_logger()


def prefer_the_loop() -> None:
    """Let the loop go before threads, and spare the collector what the start has made: call it once a node runs."""
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()


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
