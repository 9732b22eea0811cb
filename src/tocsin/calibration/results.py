"""What one run of the calibration yields: figures of each view at each time, as they are kept and written."""

from __future__ import annotations

import msgspec

FUSED = "fused"
"""The view of one who has everybody's detections."""

EPOCHS_S = (10.0, 30.0, 60.0, 120.0)
"""After burnout, when a run is looked at."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One run: all that determines its result."""

    case: str
    """Name of a case in ``cases``."""
    flight_id: str
    variant: int
    """Which law of thrust and drag it flies by."""
    seed: int

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What tells it from others."""
        return (self.case, self.flight_id, self.variant, self.seed)


class AreaSaid(msgspec.Struct, frozen=True, array_like=True):
    """What was said of one warning area, and what came."""

    area: str
    probability: float
    """Of an impact in it, as it was published."""
    is_hit: bool
    """Whether it came down there."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """A foretold impact beside the true one."""

    error_km: float
    semi_axes_km: tuple[float, float]
    """Of the 95 % ellipse, the longer first."""
    reach: float
    """Distance of the truth from the centre, in units of the ellipse: at most 1 is inside."""
    at_error_s: float
    """Foretold time of impact minus the true one."""
    at_sigma_s: float
    off_km: tuple[float, float] = (0.0, 0.0)
    """Where the truth lies, east and north of the foretold point."""
    manoeuvre_km: float = 0.0
    """Allowance along the course, in what is published."""
    is_in_region: bool = False
    """Whether the truth lies in what is published: ellipse, allowance and margin."""
    region_km2: float = 0.0
    """Size of that …"""
    bare_km2: float = 0.0
    """… and without the margin."""
    is_in_bare: bool = False
    """Whether the truth lies in it without the margin."""
    areas: tuple[AreaSaid, ...] = ()
    """Every area that was named."""
    is_unnamed: bool = False
    """Whether the truth lies in an area that was not named."""

    @property
    def is_inside(self) -> bool:
        """Whether the ellipse holds the truth."""
        return self.reach <= 1.0


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One view at one time."""

    after_s: float
    """After burnout."""
    ballistic_probability: float | None = None
    """None: nothing is followed."""
    is_open: bool = False
    """Whether the gate allows an impact area."""
    newest: Forecast | None = None
    """From the filter as it stands, if the gate is open."""
    published: Forecast | None = None
    """The last that was published and not withdrawn."""
    published_age_s: float = 0.0
    nees: float | None = None
    """Squared normalised error of position and velocity over both models, 6 degrees of freedom."""
    innovations: float = 0.0
    """Sum of the squared normalised innovations since the sample before …"""
    innovation_figures: int = 0
    """… and of how many figures."""


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """What stood published when plots stopped, and what became of it until it came back into the air."""

    longer_km: float
    """Longer semi-axis when the last plot was in."""
    longest_km: float
    """The greatest after that."""
    is_kept: bool
    """Whether an impact stood all that time."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What one view made of one flight."""

    who: str
    """``FUSED`` or a member's code."""
    detections: int
    events: int
    """How many launches it spoke of; one is right."""
    first_predicted_s: float | None = None
    """After burnout."""
    first_useful_s: float | None = None
    """After burnout: the first whose longer semi-axis is at most 10 km."""
    samples: tuple[Sample, ...] = ()
    origin_error_km: float | None = None
    """Of the last launch point that was published."""
    origin_radius_km: float | None = None
    silence: Silence | None = None
    """Where all plots stop before it is down."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run with all its views."""

    trial: Trial
    views: tuple[View, ...]
