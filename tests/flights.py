"""A reconstructed flight that one member's sensors see as it happens, for tests with nodes that run on the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from msgspec import structs
from tests.launch_feed import START, detections, flight_of

from tocsin.clock import SystemClock
from tocsin.markings import marking_for
from tocsin.node import Node
from tocsin.records import Record

LAUNCH = "NK-20170828-01"
SEEN_FROM_S = 42.0
"""Seconds of flight from which on somebody sees it."""


def plots(originator: str, audience: Sequence[str], *, flown_s: float) -> list[Record]:
    """Return a flight's detections, all of one member, so that by now it has flown for some seconds."""
    start = SystemClock().now() - timedelta(seconds=flown_s)
    later = start - START
    marking = marking_for(*audience)
    return [
        structs.replace(
            record, id=f"{originator}-{number:05d}", originator=originator, marking=marking,
            issued_at=record.issued_at + later, observed_at=record.observed_at + later,
        )
        for number, record in enumerate(sorted(detections(flight_of(LAUNCH)), key=lambda record: record.observed_at))
        if record.observed_at is not None
    ]  # fmt: skip


async def fly(node: Node, records: Sequence[Record]) -> None:
    """Issue detections as their time comes; those of the past at once, by the second."""
    clock = SystemClock()
    for record in records:
        assert record.observed_at is not None
        wait_s = (record.observed_at - clock.now()).total_seconds()
        await asyncio.sleep(max(0.0, wait_s))
        node.issue([record])
