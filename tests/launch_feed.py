"""Detections of reconstructed flights as admitted records, and desks that exchange what they say."""

from __future__ import annotations

import functools
import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from tocsin.markings import marking_for
from tocsin.records import (
    Admitted,
    ChainId,
    FrameRef,
    Precedence,
    Source,
    body_of,
    with_body,
)
from tocsin.synthesis.flights import reconstruct
from tocsin.synthesis.launches import load_launches, select
from tocsin.synthesis.sensor_table import load_sensors
from tocsin.synthesis.sensors import observe
from tocsin.warning import WarningDesk, WarningSettings

ALL = ("JPN", "KOR", "USA")
START = datetime(2026, 3, 1, 6, tzinfo=UTC)


@functools.cache
def flight_of(launch_id):
    return reconstruct(select(load_launches().rows, launch_id)[0])


def admit(record, now):
    """What the door would hand over, without the frame."""
    chain = ChainId(record.originator, record.marking.audience, record.status, record.precedence)
    return Admitted(
        record=record, raw=b"", digest="", frame=FrameRef(chain, "e", 1, "h"), index=0,
        admitted_at=now, sealed_at=now, via=record.originator,
    )  # fmt: skip


def detection(body, *, id_, at, member="USA", marking=None, status="test", synthetic=True):
    return with_body(
        "warning.detection", body, id=id_, originator=member, marking=marking or marking_for(*ALL), status=status,
        precedence=Precedence.FLASH, issued_at=at, observed_at=at, synthetic=synthetic,
        sources=(Source(cites="a reconstructed flight"),),
    )  # fmt: skip


def detections(flight, *, seed=1, members=ALL, start=START, marking_of=None, status="test", tag=""):
    """One record a plot, in time order; ``marking_of(member, number)`` may mark them differently."""
    plots = observe(flight, [sensor for sensor in load_sensors() if sensor.member in members], seed)
    return [
        detection(
            plot.body,
            id_=f"{plot.member}-det{tag}-{number:05d}",
            at=start + timedelta(seconds=plot.time_s),
            member=plot.member,
            marking=marking_of(plot.member, number) if marking_of else None,
            status=status,
        )
        for number, plot in enumerate(plots)
    ]


def make_desk(member, *, audiences=(ALL,), settings=None, prefix=None, tracks=()):
    count = itertools.count()
    prefix = member if prefix is None else prefix
    settings = settings or WarningSettings()
    return WarningDesk(member, audiences, settings, lambda: f"{prefix}-{next(count)}", tracks=tracks)


def run(desk, records, *, until_s, start=START, step_s=1.0):
    """Feed a desk second by second; return (scenario second, record) of all it says."""
    said, position = [], 0
    records = sorted(records, key=lambda record: (record.observed_at, record.id))
    for tick in range(int(until_s / step_s) + 1):
        now = start + timedelta(seconds=tick * step_s)
        batch = []
        while position < len(records) and records[position].observed_at <= now:
            batch.append(admit(records[position], now))
            position += 1
        said += [(tick * step_s, record) for record in desk.take(batch, now) + desk.tick(now)]
    return said


def federate(desks, records, *, until_s, start=START):
    """Let desks exchange: every record reaches those who may have it, one second after it was issued."""
    said = defaultdict(list)
    waiting, position = [], 0
    records = sorted(records, key=lambda record: (record.observed_at, record.id))
    for tick in range(int(until_s) + 1):
        now = start + timedelta(seconds=tick)
        arrived, waiting = waiting, []
        while position < len(records) and records[position].observed_at <= now:
            arrived.append(records[position])
            position += 1
        for member, desk in desks.items():
            batch = [admit(record, now) for record in arrived if record.marking.allows([member])]
            for record in desk.take(batch, now) + desk.tick(now):
                said[member].append((float(tick), record))
                waiting.append(record)
    return said


def launches(said, audience=None):
    """(Second, body) of the launch records, of one audience or of all."""
    return [
        (second, body_of(record))
        for second, record in said
        if record.kind == "warning.launch" and (audience is None or record.marking.releasable_to == tuple(audience))
    ]
