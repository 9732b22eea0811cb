"""What is said once of a whole flight: how soon, of how many launches, from where, and whether it stands in silence."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.calibration.results import Run
from tocsin.calibration.statistics import Share, median, share, views_of

GROWTH = 2.0
"""By which the ellipse may grow at most once plots have stopped."""


class FlightFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One view of one flight over all runs."""

    case: str
    flight_id: str
    who: str
    runs: int
    one_event: Share
    """Runs in which it spoke of one launch, of those in which it spoke at all."""
    useful: Share
    """Runs in which an ellipse of at most 10 km (longer semi-axis) was published while it was looked at."""
    useful_after_s: float | None
    """Median, after burnout; of runs in which it never was, the time counts as later than any."""
    origin_held: Share
    """Runs in which the radius around the last launch point held the site, of those with a launch point."""
    origin_error_km: float | None
    """Median."""
    origin_radius_km: float | None
    """Median."""
    kept: Share
    """Where plots stop: runs in which what stood then stood until it came back into the air."""
    calm: Share
    """Where plots stop: runs in which the ellipse grew at most ``GROWTH`` times."""
    growth: float | None
    """The greatest of all runs."""


def flight_figures(runs: Sequence[Run], *, case: str, flight_id: str, who: str) -> FlightFigures:
    """Bring together what runs say of one view.

    Args:
        runs: All there are; others are passed over.
        case: Name of the case.
        flight_id: Of the flight.
        who: The view.
    """
    views = views_of(runs, case=case, flight_id=flight_id, who=who)
    useful = sorted(view.first_useful_s for view in views if view.first_useful_s is not None)
    origins = [
        (view.origin_error_km, view.origin_radius_km)
        for view in views
        if view.origin_error_km is not None and view.origin_radius_km is not None
    ]
    silences = [view.silence for view in views if view.silence is not None]
    growths = [silence.longest_km / silence.longer_km for silence in silences]
    return FlightFigures(
        case=case,
        flight_id=flight_id,
        who=who,
        runs=len(views),
        one_event=share([view.events == 1 for view in views if view.events]),
        useful=share([view.first_useful_s is not None for view in views]),
        useful_after_s=useful[len(views) // 2] if len(useful) > len(views) // 2 else None,
        origin_held=share([error <= radius for error, radius in origins]),
        origin_error_km=median([error for error, _ in origins]),
        origin_radius_km=median([radius for _, radius in origins]),
        kept=share([silence.is_kept for silence in silences]),
        calm=share([growth <= GROWTH for growth in growths]),
        growth=max(growths, default=None),
    )
