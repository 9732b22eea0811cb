"""What a member tells of its own track where it does not release the detections that the track rests on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from tocsin.clock import require_utc
from tocsin.records.warning import ClassProbability

GEOCENTRIC = "EPSG:4978"
"""WGS 84, turning with the earth: x towards 0 N 0 E, z towards the pole, metres."""
FIGURES = 7
"""Of a state: three of position, three of velocity, and the logarithm of drag over mass."""
PACKED = FIGURES * (FIGURES + 1) // 2


class MemberTrack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One object as a member's own filter sees it (``warning.track``); each supersedes the one before.

    It rests on plots alone, never on a track of a peer, so that nobody gets back what it told. Which plots it shares
    with another's track nobody knows: only what needs no such knowledge, as covariance intersection, may join the two.
    """

    track_id: str
    """The same for as long as the originator follows the object, whatever becomes of ``event_id``."""
    event_id: str
    """As in the originator's ``warning.launch``."""
    at: datetime
    """Of the state."""
    frame: str
    """Of position and velocity, such as ``EPSG:4978``; a reader that does not know it leaves the track aside."""
    position_m: tuple[float, float, float]
    velocity_mps: tuple[float, float, float]
    """Relative to the frame."""
    log_drag: float
    """Natural logarithm of drag coefficient times area over mass, m²/kg."""
    covariance: Annotated[tuple[float, ...], msgspec.Meta(min_length=PACKED, max_length=PACKED)]
    """Of position, velocity and ``log_drag``, in the units of these: the upper triangle, row after row. That it is
    positive definite is for whoever uses it to see."""
    highest_m: float
    """Greatest altitude so far, above the ellipsoid."""
    free_probability: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """That it flies free of thrust, by the weights of the filter's models."""
    is_free: bool = False
    """Whether free flight has held for as long as the originator asks for before it tells of an impact."""
    classes: tuple[ClassProbability, ...] = ()
    """What it may be, as in ``warning.launch``; by the plots alone."""
    is_launch_like: bool = False
    """Surely faster and higher than aircraft, and the plots fit one motion."""
    sensors: Annotated[int, msgspec.Meta(ge=1)]
    """How many sensors it rests on, whoever they are of …"""
    detections: Annotated[int, msgspec.Meta(ge=1)]
    """… and how many of their plots."""
    own_sensors: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many of these sensors are the originator's own …"""
    own_detections: Annotated[int, msgspec.Meta(ge=0)] = 0
    """… and how many plots of theirs are in it, at least."""
    first_detection_at: datetime
    last_detection_at: datetime

    def __post_init__(self) -> None:
        for moment in (self.at, self.first_detection_at, self.last_detection_at):
            require_utc(moment)
