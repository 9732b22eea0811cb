"""How large a region is against the smallest that would have done."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import shapely
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

from tocsin.calibration.results import FUSED, Run
from tocsin.calibration.statistics import Share, median, share, views_of
from tocsin.geo.earth import Vector

PART = 0.95
"""Of the truths, that the smallest region holds."""
_FEWEST = 20
"""With fewer truths nothing can be left out, and nothing is told."""


class RegionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The region that stood published at one time after burnout, over all runs of one flight."""

    case: str
    flight_id: str
    after_s: float
    held: Share
    """Runs in which the region as published held the truth."""
    held_with_margin: Share
    """The same with the margin, by which areas are named."""
    km2: float
    """Median size of the region as published …"""
    smallest_km2: float
    """… and of the smallest that holds ``PART`` of the truths."""
    km2_with_margin: float
    smallest_km2_with_margin: float
    """The smallest region with the same margin around it."""

    @property
    def ratio(self) -> float:
        """Of the two sizes; infinite if the truths are all in one line."""
        return self.km2 / self.smallest_km2 if self.smallest_km2 else math.inf

    @property
    def ratio_with_margin(self) -> float:
        """Of the two sizes with the margin."""
        return self.km2_with_margin / self.smallest_km2_with_margin


def region_figures(
    runs: Sequence[Run], *, case: str, flight_id: str, epoch: int, margin_km: float
) -> RegionFigures | None:
    """Bring together the regions of the shared picture.

    Args:
        runs: All there are; others are passed over.
        case: Name of the case.
        flight_id: Of the flight.
        epoch: Which of the samples.
        margin_km: That was around the region.

    Returns:
        None of fewer than twenty runs with a region.
    """
    samples = [view.samples[epoch] for view in views_of(runs, case=case, flight_id=flight_id, who=FUSED)]
    told = [sample.published for sample in samples if sample.published is not None]
    if len(told) < _FEWEST:
        return None
    hull = smallest_region(np.array([each.off_km for each in told]), PART)
    return RegionFigures(
        case=case,
        flight_id=flight_id,
        after_s=round(samples[0].after_s),
        held=share([each.is_in_bare for each in told]),
        held_with_margin=share([each.is_in_region for each in told]),
        km2=median([each.bare_km2 for each in told]) or 0.0,
        smallest_km2=hull.area,
        km2_with_margin=median([each.region_km2 for each in told]) or 0.0,
        smallest_km2_with_margin=hull.buffer(margin_km).area,
    )


def smallest_region(places_km: Vector, part: float) -> BaseGeometry:
    """Return the smallest convex region that holds a part of some places, found by peeling.

    Beginning with the convex hull of all, the corner without which the hull is smallest is left out, again and again,
    until no more may be. That a region fitted to few places is smaller than one that would hold as many of new ones
    speaks against what it is compared with.

    Args:
        places_km: Shape (n, 2): each run's truth as seen from the point that was foretold in it.
        part: Of the places, that must stay.

    Source:
        After Green (1981), Peeling bivariate data, in Barnett (ed.), Interpreting Multivariate Data; one corner at a
        time instead of a whole hull.
    """
    kept, fewest = places_km, math.ceil(part * len(places_km))
    while len(kept) > fewest:
        corners = shapely.get_coordinates(MultiPoint(kept).convex_hull)
        rests = [np.delete(kept, np.flatnonzero((kept == corner).all(axis=1))[0], axis=0) for corner in corners]
        kept = min(rests, key=lambda rest: float(MultiPoint(rest).convex_hull.area))
    return MultiPoint(kept).convex_hull
