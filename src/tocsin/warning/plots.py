"""Detections as the filter takes them: one plot each, in time order, never two of one measurement."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any, Generic, TypeVar

import numpy as np

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector, ecef_from_geodetic, enu_basis
from tocsin.markings import Marking
from tocsin.records import Admitted, Detection, Record
from tocsin.warning.measurement import ANGLES, FIGURES, PLACED, RANGED, RATED

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FURTHEST_M = 1e9
"""Beyond the moon: nothing that is warned of is so far, and no sensor so bad."""
FASTEST_MPS = 1e5
"""No rate is greater, nor a sigma of one."""
FINEST_M, FINEST_DEG, FINEST_MPS = 1.0, 1e-4, 0.1
"""No sensor is taken for better: the air alone bends its rays by more, and sums of such different size lose their
digits."""

ONE_LOOK = 0.8
"""Of the time between two looks of a sensor: it does not come round as evenly as a clock."""

Site = tuple[float, float, float]
Value = TypeVar("Value")

RANGE, RANGE_VARIANCE, ANGLE_VARIANCE, SITE = 0, 4, 5, 8
FORM, TIME, BIAS, PLACE_SIGMA, PLACE, LINE = 20, 21, 22, 23, 24, 27
"""Where in a packed plot they are; figures, variances, site and basis come before the form."""
PACKED = 30
"""Length of a packed plot."""


@njit
def unpacked(plot: Vector) -> tuple[Vector, Vector, int, Vector, Vector]:
    """Return figures, variances, form, site and basis of a packed plot, as in ``Plot``."""
    return plot[:4], plot[4:8], int(plot[FORM]), plot[8:11], plot[11:20].reshape(3, 3)


def seconds_of(moment: datetime) -> float:
    """Return seconds since 1970, UTC, exact to a microsecond."""
    return (moment - EPOCH) / timedelta(seconds=1)


def moment_of(seconds: float) -> datetime:
    """Return the time of so many seconds since 1970, UTC."""
    return EPOCH + timedelta(seconds=seconds)


@lru_cache(maxsize=1024)
def _frame_at(site: Site) -> tuple[Vector, Vector]:
    return ecef_from_geodetic(*site), enu_basis(site[0], site[1])


class once(Generic[Value]):  # noqa: N801 - as ``property`` is written
    """A property that is worked out once, without the lock of Python 3.11's ``cached_property``."""

    def __init__(self, work: Callable[[Any], Value]) -> None:
        self._work = work

    def __get__(self, instance: object, owner: type) -> Value:
        """Work it out; from then on it is found before this is asked."""
        value = instance.__dict__[self._work.__name__] = self._work(instance)
        return value


@dataclass(frozen=True, eq=False)
class Plot:
    """One plot: figures in SI units and radians, and the record it came in."""

    record: Record
    time_s: float
    """Of measurement, seconds since 1970."""
    sensor: str
    """Originator and sensor id; for a placed copy the originator and ``placed``."""
    form: int
    """As in ``measurement``."""
    figures: Vector
    """Shape (FIGURES,), as in ``measurement.predicted_figures``."""
    variances: Vector
    """Shape (FIGURES,)."""
    site: Vector
    """Of the sensor, ECEF, shape (3,), metres; zero for a placed copy."""
    basis: Vector
    """East, north, up at the sensor, shape (3, 3)."""
    bias_sigma_rad: float
    group: str
    """``independence_group``, with the originator before it; empty if it stands alone."""
    look_s: float = 0.0
    """Two plots of the sensor that are at most so long apart come from one look of it."""

    @once
    def key(self) -> tuple[float, str, str]:
        """The order in which plots are fused; the same whatever order they came in."""
        return (self.time_s, self.sensor, self.record.id)

    def shares_look_with(self, other: Plot) -> bool:
        """Tell whether one look of one sensor gave both, so that they are of two objects.

        Coarse copies tell nothing: those of several sensors share a time on the grid.
        """
        return (
            self.sensor == other.sensor
            and self.form != PLACED
            and abs(self.time_s - other.time_s) <= max(self.look_s, other.look_s)
        )

    @property
    def is_ranged(self) -> bool:
        """Whether it fixes a place by itself."""
        return self.form != ANGLES

    @once
    def line(self) -> Vector:
        """Unit vector from the sensor along its line of sight, ECEF, shape (3,)."""
        azimuth, elevation = self.figures[1], self.figures[2]
        level = math.cos(elevation)
        local = np.array([level * math.sin(azimuth), level * math.cos(azimuth), math.sin(elevation)])
        along: Vector = local @ self.basis
        return along

    @once
    def place(self) -> Vector:
        """Where the measurement itself puts the object, ECEF, shape (3,), metres; without range, the sensor's site."""
        return self.figures[:3] if self.form == PLACED else self.site + self.figures[0] * self.line

    @once
    def place_sigma_m(self) -> float:
        """Largest error of ``place``, bias included."""
        if self.form == PLACED:
            return math.sqrt(float(self.variances[0]))
        across = float(self.figures[0]) * math.sqrt(float(self.variances[1]) + self.bias_sigma_rad**2)
        return max(across, math.sqrt(float(self.variances[0])))

    @once
    def packed(self) -> Vector:
        """All that compiled code asks of a plot, shape (PACKED,)."""
        whole = np.empty(PACKED)
        whole[:4], whole[4:8], whole[8:11], whole[11:20] = self.figures, self.variances, self.site, self.basis.ravel()
        whole[FORM:PLACE] = self.form, self.time_s, self.bias_sigma_rad, self.place_sigma_m
        whole[PLACE:LINE] = self.place
        whole[LINE:] = self.line
        return whole

    @property
    def marking(self) -> Marking:
        """Of its record."""
        return self.record.marking


def plot_of(admitted: Admitted) -> Plot | None:
    """Read a detection; None if it says no time of measurement, or figures that no sensor of the earth gives."""
    record, body = admitted.record, admitted.body
    if record.observed_at is None or not isinstance(body, Detection) or not _is_plausible(body):
        return None
    group = f"{record.originator}:{body.independence_group}" if body.independence_group else ""
    time_s = seconds_of(record.observed_at)
    if body.position is not None:
        place = body.position
        sigma_m = max(body.position_sigma_m or 1.0, FINEST_M)
        return Plot(
            record=record,
            time_s=time_s,
            sensor=f"{record.originator}:placed",
            form=PLACED,
            figures=np.append(ecef_from_geodetic(place.lat_deg, place.lon_deg, place.altitude_m), 0.0),
            variances=np.full(FIGURES, sigma_m**2),
            site=np.zeros(3),
            basis=np.eye(3),
            bias_sigma_rad=0.0,
            group=group,
        )
    if body.sensor is None or body.azimuth_deg is None or body.elevation_deg is None or body.angle_sigma_deg is None:
        return None
    site, basis = _frame_at((float(body.sensor.lat_deg), float(body.sensor.lon_deg), float(body.sensor.altitude_m)))
    angle_variance = math.radians(max(body.angle_sigma_deg, FINEST_DEG)) ** 2
    range_sigma_m = max(body.range_sigma_m or 1.0, FINEST_M)
    rate_sigma_mps = max(body.range_rate_sigma_mps or 1.0, FINEST_MPS)
    ranged = RANGED if body.range_rate_mps is None else RATED
    azimuth_rad, elevation_rad = math.radians(body.azimuth_deg), math.radians(body.elevation_deg)
    return Plot(
        record=record,
        time_s=time_s,
        sensor=f"{record.originator}:{body.sensor_id}",
        form=ANGLES if body.range_m is None else ranged,
        figures=np.array([body.range_m or 0.0, azimuth_rad, elevation_rad, body.range_rate_mps or 0.0]),
        variances=np.array([range_sigma_m**2, angle_variance, angle_variance, rate_sigma_mps**2]),
        site=site,
        basis=basis,
        bias_sigma_rad=math.radians(body.bias_sigma_deg),
        group=group,
        look_s=ONE_LOOK * body.revisit_s,
    )


def _is_plausible(body: Detection) -> bool:
    """Tell whether figures are such that their squares and inverses can be reckoned with."""
    sensor, place = body.sensor, body.position
    return (
        _is_within(body.range_m, 1.0, FURTHEST_M)
        and _is_within(body.range_sigma_m, 1e-3, FURTHEST_M)
        and _is_within(body.range_rate_mps, -FASTEST_MPS, FASTEST_MPS)
        and _is_within(body.range_rate_sigma_mps, 1e-3, FASTEST_MPS)
        and _is_within(body.angle_sigma_deg, 1e-9, 180.0)
        and 0.0 <= body.bias_sigma_deg <= 180.0
        and (sensor is None or -FURTHEST_M <= sensor.altitude_m <= FURTHEST_M)
        and (place is None or -FURTHEST_M <= place.altitude_m <= FURTHEST_M)
        and _is_within(body.position_sigma_m, 1e-3, FURTHEST_M)
    )


def _is_within(value: float | None, low: float, high: float) -> bool:
    return value is None or low <= value <= high


def independent(plots: Iterable[Plot], already: dict[str, float]) -> Iterator[Plot]:
    """Yield the plots that rest on a measurement of their own, the measured one before its coarse copy.

    Args:
        plots: Of one batch, in any order.
        already: Groups fused before, with the time of the plot; those of this batch are added.
    """
    for plot in sorted(plots, key=lambda plot: (plot.form == PLACED, plot.key)):
        if plot.group and plot.group in already:
            continue
        if plot.group:
            already[plot.group] = plot.time_s
        yield plot


def scans(plots: Iterable[Plot]) -> Iterator[list[Plot]]:
    """Yield the plots in time order, together those that one sensor made at one instant."""
    for _, scan in groupby(sorted(plots, key=lambda plot: plot.key), key=lambda plot: (plot.time_s, plot.sensor)):
        yield list(scan)
