"""Follows a member's records as a part of its own beside the node."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

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
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(part.run())
        async for found in part.follow(query=query):
            show(found)
