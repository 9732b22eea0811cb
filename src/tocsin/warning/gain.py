"""What sharing bought: how much sooner a useful prediction stood, and how much smaller its area was."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from tocsin.records import Launch

USEFUL_SEMI_AXIS_KM = 10.0
"""A prediction whose longer semi-axis is at most this is one that can be acted on by name of place."""

History = Sequence[tuple[float, Launch]]
"""Scenario seconds and the record issued then, in the order of time."""


class SharingGain(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between what a member knew with its peers and what it would have known alone."""

    alone_s: float | None
    """Scenario time of the first useful prediction alone; None if there was none."""
    shared_s: float | None
    """The same with the peers' detections."""
    seconds: float | None
    """``alone_s`` minus ``shared_s``; None if either is missing."""
    km2: float | None
    """Area of the 95 % ellipse alone minus shared, when the first useful shared prediction stood (or the last shared
    one, if none was useful); None if one of the two had no prediction by then."""


def sharing_gain(alone: History, shared: History) -> SharingGain:
    """Compare two histories of one launch.

    Args:
        alone: Of a picture fed by the member's own sensors.
        shared: Of a picture fed by all that was released to it.
    """
    alone_s, shared_s = first_useful_s(alone), first_useful_s(shared)
    compared_s = shared_s if shared_s is not None else max((time_s for time_s, _ in shared), default=None)
    return SharingGain(
        alone_s=alone_s,
        shared_s=shared_s,
        seconds=None if alone_s is None or shared_s is None else alone_s - shared_s,
        km2=None if compared_s is None else _difference(alone, shared, compared_s),
    )


def first_useful_s(history: History) -> float | None:
    """Return when the first useful prediction stood; None if none did."""
    return next((time_s for time_s, launch in history if is_useful(launch)), None)


def is_useful(launch: Launch) -> bool:
    """Tell whether a record predicts an impact narrowly enough to be acted on."""
    impact = launch.impact
    return launch.stage == "predicted" and impact is not None and impact.ellipse_95_km[0] <= USEFUL_SEMI_AXIS_KM


def area_km2(history: History, by_s: float) -> float | None:
    """Return the area of the 95 % ellipse that stood at a time; None if none did."""
    area = None
    for time_s, launch in history:
        if time_s > by_s:
            break
        if launch.stage == "predicted" and launch.impact is not None:
            longer, shorter = launch.impact.ellipse_95_km
            area = math.pi * longer * shorter
        elif launch.stage == "assessed":  # withdrawn: it manoeuvres
            area = None
    return area


def _difference(alone: History, shared: History, by_s: float) -> float | None:
    alone_km2, shared_km2 = area_km2(alone, by_s), area_km2(shared, by_s)
    return None if alone_km2 is None or shared_km2 is None else alone_km2 - shared_km2
