"""How a process that runs a node deals with its threads and its memory."""

from __future__ import annotations

import gc
import sys

_SWITCH_S = 0.0001
"""How long the loop waits for a thread that computes. Python's own 5 ms, several times a turn, would stand between
a warning and the desks whenever the store or a desk is at work."""


def prefer_the_loop() -> None:
    """Let the loop go before threads, and spare the collector what the start has made: call it once a node runs."""
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
