"""Follows a member's records as a part of its own beside the node."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from tocsin.cli.logs import log_to_stderr
from tocsin.cli.parameters import member_file
from tocsin.clock import SystemClock
from tocsin.node import read_config
from tocsin.node.attached import AttachedPart
from tocsin.node.part_words import SOCKET
from tocsin.store import RecordQuery, StoredRecord


def attached(config: Path) -> AttachedPart | None:
    """Return a part that can follow a member's node; none if no node takes parts in on this machine."""
    member = read_config(member_file(config))
    if not member.path(SOCKET).exists():
        return None
    return AttachedPart(member, f"follow-{os.getpid()}", clock=SystemClock())


async def follow_attached(
    part: AttachedPart, query: RecordQuery, show: Callable[[Sequence[StoredRecord]], None]
) -> None:
    """Show what comes in until cancelled; waits where the node is gone for a while.

    Raises:
        StoreError: The store cannot be read.
    """
    log_to_stderr("auto", level=logging.WARNING)
    attaching = asyncio.create_task(part.run())
    try:
        async for found in part.follow(query=query):
            show(found)
    finally:
        attaching.cancel()
        await asyncio.gather(attaching, return_exceptions=True)
