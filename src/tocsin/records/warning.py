"""What partners tell each other of a launch: detections, the stages of an event, and when two events are one.

Positions are WGS 84 (EPSG:4979): degrees, and metres above the ellipsoid. Angles are degrees clockwise from true
north (azimuth, bearing) or above the local horizontal (elevation). Sigmas are one standard deviation.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.clock import require_utc


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A place, WGS 84."""

    lat_deg: float
    lon_deg: float
    altitude_m: float = 0.0
    """Above the ellipsoid."""

    def __post_init__(self) -> None:
        if not (-90 <= self.lat_deg <= 90 and -180 <= self.lon_deg <= 180 and math.isfinite(self.altitude_m)):
            raise ValueError(f"latitude {self.lat_deg}, longitude {self.lon_deg} is no place on the earth")


class Detection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One plot of one sensor (``warning.detection``); the record's ``observed_at`` is the time of measurement.

    It is either a measurement from ``sensor`` (azimuth, elevation, range and its rate if the sensor has them) or, in a
    sanitised copy, a coarsened ``position`` with its sigma and no sensor.
    """

    sensor_id: str = ""
    sensor: Position | None = None
    range_m: float | None = None
    azimuth_deg: float | None = None
    elevation_deg: float | None = None
    range_sigma_m: float | None = None
    angle_sigma_deg: float | None = None
    bias_sigma_deg: float = 0.0
    """Prior of the sensor's constant error in each angle."""
    range_rate_mps: float | None = None
    """How fast the range grows, by the shift of the echo's frequency; negative towards the sensor."""
    range_rate_sigma_mps: float | None = None
    revisit_s: float = 0.0
    """The sensor looks at one place once in this time: two plots less than four fifths of it apart are of two objects.
    0: not told."""
    position: Position | None = None
    position_sigma_m: float | None = None
    """Along each axis, of ``position``."""
    independence_group: str = ""
    """Two detections of one group rest on one measurement: nobody fuses both. Empty: stands alone."""

    def __post_init__(self) -> None:
        polar = (self.sensor, self.azimuth_deg, self.elevation_deg, self.angle_sigma_deg)
        placed = (self.position, self.position_sigma_m)
        if not ((None not in polar and placed == (None, None)) or (set(polar) == {None} and None not in placed)):
            raise ValueError("a detection has sensor, azimuth, elevation and angle sigma, or position and its sigma")
        self._check_range()
        for sigma in (self.range_sigma_m, self.angle_sigma_deg, self.position_sigma_m, self.range_rate_sigma_mps):
            if sigma is not None and not sigma > 0:
                raise ValueError("a sigma is greater than zero")
        if not (0 <= self.revisit_s < math.inf):
            raise ValueError("revisit_s is zero or more")
        if self.azimuth_deg is not None and not 0 <= self.azimuth_deg < 360:
            raise ValueError("azimuth_deg is at least 0 and below 360")
        if self.elevation_deg is not None and not -90 <= self.elevation_deg <= 90:
            raise ValueError("elevation_deg is from -90 to 90")

    def _check_range(self) -> None:
        if (self.range_m is None) != (self.range_sigma_m is None):
            raise ValueError("range_m and range_sigma_m come together")
        if self.range_m is not None and not self.range_m > 0:
            raise ValueError("range_m is greater than zero")
        if (self.range_rate_mps is None) != (self.range_rate_sigma_mps is None):
            raise ValueError("range_rate_mps and range_rate_sigma_mps come together")
        if self.range_rate_mps is not None and (self.range_m is None or not math.isfinite(self.range_rate_mps)):
            raise ValueError("range_rate_mps is a number and needs a range_m")


class LaunchPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where it rose from; the radius is at least 2 km, since the thrust law is not known (docs/explanation)."""

    lat_deg: float
    lon_deg: float
    radius_km: float


class TrackPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where the object is, by the fused track."""

    at: datetime
    lat_deg: float
    lon_deg: float
    altitude_m: float
    speed_mps: float
    """Over ground, earth-fixed frame."""
    heading_deg: float
    climb_deg: float
    """Flight-path angle above the horizontal."""
    sigma_m: float
    """Largest of the three position sigmas."""

    def __post_init__(self) -> None:
        require_utc(self.at)


class Impact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where and when it comes down if nothing but gravity and air acts on it."""

    lat_deg: float
    lon_deg: float
    ellipse_95_km: tuple[float, float]
    """Semi-axes, the longer first, of the 95 % ellipse (chi-square, 2 degrees of freedom, 5.991)."""
    ellipse_bearing_deg: float
    """Of the longer axis."""
    at: datetime
    at_sigma_s: float
    manoeuvre_km: float = 0.0
    """How far beyond the ellipse it may still stray if it uses the air, as low flights can; inside ``region``."""
    region: tuple[tuple[float, float], ...] = ()
    """Where it comes down with 95 % probability, lift allowed for by policy: corners, longitude and latitude (degrees),
    counter-clockwise, the first one again last; longitudes go on beyond 180. Empty: the ellipse is that region."""
    earliest_at: datetime | None = None
    """Before this, one impact in 200 comes, and after ``latest_at`` another one."""
    latest_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.at)
        for moment in (self.earliest_at, self.latest_at):
            if moment is not None:
                require_utc(moment)
        if self.region and (len(self.region) < 4 or self.region[0] != self.region[-1]):
            raise ValueError("a region has three corners or more, and its last is its first")

    @property
    def first_at(self) -> datetime:
        """Before when it will hardly come down; of older members, when it comes down."""
        return self.earliest_at or self.at

    @property
    def last_at(self) -> datetime:
        """After when it will hardly come down; of older members, when it comes down."""
        return self.latest_at or self.at


class Overflight(msgspec.Struct, frozen=True, kw_only=True):
    """An area that the object passes over."""

    area: str
    """Id of a warning area, such as ``JP-01``."""
    passes_at: datetime
    altitude_m: float

    def __post_init__(self) -> None:
        require_utc(self.passes_at)


class ClassProbability(msgspec.Struct, frozen=True, kw_only=True):
    """How probable it is that the object is of a class."""

    name: str
    """``ballistic``, ``space_launch``, ``aircraft`` or ``clutter``; other names may be added."""
    probability: float

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError("a probability is from 0 to 1")


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was found out about the object, and what it speaks for."""

    what: str
    """In a few words, such as ``falls freely, for``."""
    value: float | None = None
    unit: str = ""
    """Of ``value``."""
    speaks_for: str
    """The class that it makes more probable …"""
    speaks_against: str
    """… and the one that it makes least so."""
    times: float
    """How many times likelier it is in the one than in the other."""


class AreaRisk(msgspec.Struct, frozen=True, kw_only=True):
    """How likely an impact is in one warning area, and between when."""

    area: str
    """Id of a warning area, such as ``JP-01``."""
    probability: float
    """Of an impact within it, debris and margin not counted; from 0 to 1."""
    earliest_at: datetime
    latest_at: datetime

    def __post_init__(self) -> None:
        require_utc(self.earliest_at)
        require_utc(self.latest_at)
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError("a probability is from 0 to 1")


class AreaLeft(msgspec.Struct, frozen=True, kw_only=True):
    """A warning area that is at risk no longer, and why."""

    area: str
    reason: str
    """``narrowed``: more data, smaller region; ``moved``: the region lies elsewhere; ``passed_over``: the object has
    flown over it and left it behind; ``withdrawn``: no impact holds. Others may be added."""


class Contributor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One estimate of several that an impact was foretold from."""

    member: str
    """Whose filter it comes from."""
    record: str = ""
    """Id of its ``warning.track``; empty: the originator's own filter, fed with ``detections``."""
    weight: float
    """Its part of the averaged information; the parts add up to 1."""
    detections: int
    """How many plots went into it, as its member says."""


Stage = Literal["detected", "assessed", "predicted", "closed"]
Grade = Literal["member", "public"]


class Launch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One stage of one event as one member sees it (``warning.launch``); each supersedes the one before.

    ``detected``: confirmed by M of N plots, with a launch point. ``assessed``: under thrust or no longer,
    and what it is taken for. ``predicted``: impact point, areas. ``closed``: impact, lost, or no threat.
    """

    event_id: str
    stage: Stage
    revision: int
    """1 for the first record of the event by this member, then upwards."""
    launch_point: LaunchPoint | None = None
    launched_at: datetime | None = None
    track: TrackPoint | None = None
    ballistic_probability: float | None = None
    """That it is of class ``ballistic``, by the plots alone; no impact is told below 0.9."""
    classes: tuple[ClassProbability, ...] = ()
    """What it may be; the probabilities add up to 1. Announced launches count here."""
    evidence: tuple[Evidence, ...] = ()
    """What ``classes`` rest on, the strongest first."""
    grade: Grade = "member"
    """Whether it is confirmed well enough to warn the public of it (``public``), or for members' eyes only."""
    grade_basis: str = ""
    """Why it has that grade, or what it lacks for the higher one."""
    label: str = ""
    """What it is taken for, in words, such as ``ballistic`` or ``possible space launch``."""
    impact: Impact | None = None
    method: str = ""
    """How ``impact`` was foretold if not from one filter fed with ``detections``: ``covariance_intersection`` of the
    ``contributors``, or ``peer_track`` if there is one of them alone, a peer's."""
    contributors: tuple[Contributor, ...] = ()
    """What ``method`` joined."""
    areas: tuple[str, ...] = ()
    """Ids of the warning areas that the impact region touches."""
    at_risk: tuple[AreaRisk, ...] = ()
    """The same with how likely each is, the likeliest first."""
    left: tuple[AreaLeft, ...] = ()
    """Areas of the record before that are at risk no longer."""
    overflown: tuple[Overflight, ...] = ()
    outcome: Literal["impact", "lost", "no_threat"] | None = None
    """With ``closed``."""
    lost_at: TrackPoint | None = None
    """With outcome ``lost``: where it was last known to be; nothing is told of where it went from there."""
    lost_age_s: float | None = None
    """How old that is, as this is said."""
    lost_basis: str = ""
    """Whether a sensor should have seen more of it, in words."""
    count_low: int = 1
    """How many objects it is at least, such as the 2 of "2 to 5 objects": a group whose members stand too close to be
    told apart is one event …"""
    count_high: int = 1
    """… and at most."""
    detections: int = 0
    """How many plots went into it."""
    sensors: tuple[str, ...] = ()
    last_detection_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.outcome is not None) != (self.stage == "closed"):
            raise ValueError("an outcome stands with stage closed and nowhere else")
        if not 1 <= self.count_low <= self.count_high:
            raise ValueError("count_low is at least 1 and at most count_high")
        if self.stage == "predicted" and self.impact is None:
            raise ValueError("stage predicted needs an impact")
        for moment in (self.launched_at, self.last_detection_at):
            if moment is not None:
                require_utc(moment)


class SameEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Two event ids mean one launch (``warning.same_event``); the lower in byte order goes on."""

    event_id: str
    alias: str
    gate: str
    """The rule and figures by which they were held to be one."""

    def __post_init__(self) -> None:
        if not self.event_id < self.alias:
            raise ValueError("event_id is the lower of the two ids")
