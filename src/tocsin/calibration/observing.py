"""One picture fed as the product feeds it, second by second, and compared with the truth.

All that this room knows of the inside of ``warning`` is in this module.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import shapely
from shapely import affinity

from tocsin.calibration.door import LIFT_OFF, STATUS
from tocsin.calibration.results import AreaSaid, Forecast, Sample, Silence, View
from tocsin.geo.geodesic import distance_m, initial_bearing_deg
from tocsin.records import Admitted, Impact, Launch, body_of
from tocsin.synthesis.truth import Truth
from tocsin.warning import Picture, WarningSettings, region_of, warning_areas
from tocsin.warning.gain import USEFUL_SEMI_AXIS_KM
from tocsin.warning.impact import Fall, predict_fall
from tocsin.warning.measurement import figures_of
from tocsin.warning.moment import combined
from tocsin.warning.picture import id_stream
from tocsin.warning.plots import plot_of
from tocsin.warning.stages import may_publish_impact
from tocsin.warning.track import Track

TICK_S = 1.0
"""Between two batches; the product hands over what came in since."""


def moment(after_lift_off_s: float) -> datetime:
    """Return the time of so many seconds after lift-off."""
    return LIFT_OFF + timedelta(seconds=after_lift_off_s)


def seconds(at: datetime) -> float:
    """Return the seconds after lift-off of a time."""
    return (at - LIFT_OFF) / timedelta(seconds=1)


class Observer:
    """Follows one picture through one flight.

    Args:
        who: Name of the view.
        members: Whose picture it is.
        truth: What really flies.
        settings: Of the picture.

    Raises:
        ValueError: What flies does not come down.
    """

    def __init__(self, who: str, members: Sequence[str], truth: Truth, settings: WarningSettings) -> None:
        self.who = who
        self.picture = Picture(
            member=min(members),
            audience=tuple(sorted(members)),
            status=STATUS,
            settings=settings,
            areas=warning_areas(),
            new_id=id_stream(who),
        )
        self.said: list[tuple[float, Launch]] = []
        """Seconds after lift-off, and what was published then."""
        self._truth = truth
        if truth.impact is None:
            raise ValueError(f"{truth.name} does not come down: there is no impact to compare with")
        self._impact = truth.impact
        self._hit = frozenset(warning_areas().touched(shapely.Point(truth.impact[1], truth.impact[0])))
        self._site = (truth.burn.site_lat_deg, truth.burn.site_lon_deg)
        self._settings = settings
        self._samples: list[Sample] = []
        self._innovations = [0.0, 0]
        self.detections = 0

    def take(self, batch: Sequence[Admitted], now_s: float) -> None:
        """Hand over what came in until now, seconds after lift-off."""
        now = moment(now_s)
        self.detections += len(batch)
        self._test(batch)
        records = self.picture.take(batch, (), now) + self.picture.tick((), now)
        self.said += [(now_s, body_of(record)) for record in records if record.kind == "warning.launch"]

    def _test(self, batch: Sequence[Admitted]) -> None:
        """Take note of how far plots lie from what the track expects of them, before it has them."""
        track = self.track
        if track is None:
            return
        for entry in batch:
            plot = plot_of(entry)
            expected = None if plot is None else track.at(plot.time_s)
            if plot is None or expected is None:
                continue
            distance2, _ = track.distance(expected, plot)
            if math.isfinite(distance2):
                self._innovations[0] += distance2
                self._innovations[1] += figures_of(plot.form)

    @property
    def track(self) -> Track | None:
        """The confirmed track with the most plots."""
        shown = [track for track in self.picture.fusion.tracks if track.is_confirmed]
        return max(shown, key=lambda track: track.count) if shown else None

    def sample(self, now_s: float) -> None:
        """Compare the picture as it stands with the truth, so many seconds after lift-off."""
        innovations, figures = self._innovations
        self._innovations = [0.0, 0]
        after_s = now_s - self._truth.burnout_s
        published, age_s = self._published(now_s)
        track = self.track
        if track is None:
            self._samples.append(Sample(after_s=after_s, published=published, published_age_s=age_s))
            return
        fall = predict_fall(track.moment, self._settings)
        is_open = may_publish_impact(track, fall, self._settings)
        self._samples.append(
            Sample(
                after_s=after_s,
                ballistic_probability=track.ballistic_probability,
                is_open=is_open,
                newest=self._of_fall(fall) if is_open and fall is not None else None,
                published=published,
                published_age_s=age_s,
                nees=self._nees(track),
                innovations=float(innovations),
                innovation_figures=int(figures),
            )
        )

    def _nees(self, track: Track) -> float | None:
        at_s = track.time_s - LIFT_OFF.timestamp()
        if not 0.0 <= at_s <= self._truth.duration_s:
            return None
        position, velocity, covariance = combined(track.moment)
        error = np.concatenate([position, velocity]) - self._truth.state_at(at_s)
        return float(error @ np.linalg.solve(covariance, error))

    def _published(self, now_s: float) -> tuple[Forecast | None, float]:
        standing: tuple[float, Launch, Impact] | None = None
        for said_s, launch in self.said:
            if launch.stage == "predicted" and launch.impact is not None:
                standing = (said_s, launch, launch.impact)
            elif launch.stage == "assessed":  # withdrawn
                standing = None
        return (None, 0.0) if standing is None else (self._of_launch(*standing[1:]), now_s - standing[0])

    def _of_fall(self, fall: Fall) -> Forecast:
        off_km, reach = self._miss(fall.lat_deg, fall.lon_deg, fall.semi_axes_km, fall.bearing_deg)
        return Forecast(
            error_km=math.hypot(*off_km),
            semi_axes_km=fall.semi_axes_km,
            reach=reach,
            off_km=off_km,
            at_error_s=fall.time_s - LIFT_OFF.timestamp() - self._truth.duration_s,
            at_sigma_s=fall.time_sigma_s,
        )

    def _of_launch(self, launch: Launch, impact: Impact) -> Forecast:
        off_km, reach = self._miss(impact.lat_deg, impact.lon_deg, impact.ellipse_95_km, impact.ellipse_bearing_deg)
        outline, bare = region_of(impact, self._settings.margin_km).outline(), region_of(impact).outline()
        lon_deg = impact.lon_deg + (self._impact[1] - impact.lon_deg + 180.0) % 360.0 - 180.0
        truth = shapely.Point(lon_deg, self._impact[0])
        said = {risk.area: risk.probability for risk in launch.at_risk}
        return Forecast(
            error_km=math.hypot(*off_km),
            semi_axes_km=impact.ellipse_95_km,
            reach=reach,
            at_error_s=seconds(impact.at) - self._truth.duration_s,
            at_sigma_s=impact.at_sigma_s,
            off_km=off_km,
            manoeuvre_km=impact.manoeuvre_km,
            is_in_region=bool(outline.covers(truth)),
            region_km2=_area_km2(outline, impact),
            bare_km2=_area_km2(bare, impact),
            is_in_bare=bool(bare.covers(truth)),
            areas=tuple(AreaSaid(area, said.get(area, 0.0), area in self._hit) for area in launch.areas),
            is_unnamed=not self._hit.issubset(launch.areas),
        )

    def _miss(
        self, lat_deg: float, lon_deg: float, semi_axes_km: tuple[float, float], bearing_deg: float
    ) -> tuple[tuple[float, float], float]:
        """Where the truth lies, east and north of a foretold point (km), and how far in units of its ellipse."""
        away_km = distance_m(lat_deg, lon_deg, *self._impact) * 1e-3
        if away_km == 0.0:
            return (0.0, 0.0), 0.0
        course = math.radians(initial_bearing_deg(lat_deg, lon_deg, *self._impact))
        angle = course - math.radians(bearing_deg)
        longer, shorter = semi_axes_km
        reach = math.hypot(away_km * math.cos(angle) / longer, away_km * math.sin(angle) / shorter)
        return (away_km * math.sin(course), away_km * math.cos(course)), reach

    def _silence(self, from_s: float) -> Silence | None:
        """What became of the impact that stood at a time, seconds after lift-off, in all that was said since."""
        before = [body.impact for at_s, body in self.said if at_s <= from_s and body.stage == "predicted"]
        after = [body for at_s, body in self.said if at_s > from_s]
        if not before or before[-1] is None:
            return None
        axes_km = [body.impact.ellipse_95_km[0] for body in after if body.impact is not None]
        longer_km = before[-1].ellipse_95_km[0]
        return Silence(
            longer_km=longer_km,
            longest_km=max([longer_km, *axes_km]),
            is_kept=all(body.impact is not None for body in after),
        )

    def result(self, *, silent_from_s: float | None = None) -> View:
        """Return all that was seen.

        Args:
            silent_from_s: When the last plot was in, after lift-off, if they stopped.
        """
        burnout_s = self._truth.burnout_s
        predicted = [(at_s, body) for at_s, body in self.said if body.stage == "predicted" and body.impact is not None]
        useful = [
            at_s for at_s, body in predicted if body.impact and body.impact.ellipse_95_km[0] <= USEFUL_SEMI_AXIS_KM
        ]
        origin = next((body.launch_point for _, body in reversed(self.said) if body.launch_point is not None), None)
        return View(
            who=self.who,
            detections=self.detections,
            events=len({body.event_id for _, body in self.said}),
            first_predicted_s=predicted[0][0] - burnout_s if predicted else None,
            first_useful_s=useful[0] - burnout_s if useful else None,
            samples=tuple(self._samples),
            origin_error_km=None if origin is None else distance_m(origin.lat_deg, origin.lon_deg, *self._site) * 1e-3,
            origin_radius_km=None if origin is None else origin.radius_km,
            silence=None if silent_from_s is None else self._silence(silent_from_s),
        )


def _area_km2(outline: shapely.Polygon, impact: Impact) -> float:
    """Size of a region in degrees: drawn flat around the point, good to a percent up to some hundred kilometres."""
    per_lat = distance_m(impact.lat_deg - 0.5, impact.lon_deg, impact.lat_deg + 0.5, impact.lon_deg) * 1e-3
    per_lon = distance_m(impact.lat_deg, impact.lon_deg - 0.5, impact.lat_deg, impact.lon_deg + 0.5) * 1e-3
    return float(affinity.scale(outline, per_lon, per_lat, origin=(0.0, 0.0)).area)
