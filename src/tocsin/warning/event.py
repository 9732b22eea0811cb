"""One event of ours: a confirmed track, what was said of it so far, and what is to be said next."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np

from tocsin.geo.earth import Vector, geodetic_from_ecef
from tocsin.records import Impact, Launch, LaunchPoint, Overflight, Stage
from tocsin.warning.announced import Notice
from tocsin.warning.areas import WarningAreas
from tocsin.warning.classification import AIRCRAFT, BALLISTIC_FLIGHT, CLUTTER, Classification, classify
from tocsin.warning.coverage import Coverage
from tocsin.warning.grading import Grading, grade_of
from tocsin.warning.impact import Fall, path_down, predict_fall
from tocsin.warning.initiation import combined
from tocsin.warning.launchpoint import Origin, better_origin
from tocsin.warning.plots import moment_of
from tocsin.warning.risk import Risk, areas_left, risk_of
from tocsin.warning.settings import WarningSettings
from tocsin.warning.stages import (
    ACCELERATING,
    MANOEUVRING,
    SPACE_LAUNCH,
    UNCLEAR,
    is_free,
    label_of,
    may_publish_impact,
    may_use_air,
    needs_revision,
    outcome_at,
    track_point,
)
from tocsin.warning.track import Track, combine_public

_ORIGIN_INTERVAL_S = 2.0
_ORIGIN_LONGEST_S = 90.0
_LABEL_INTERVAL_S = 5.0
_PATH_STEP_S = 5.0
_CLASSIFY_INTERVAL_S = 1.0
_DOUBTFUL = 0.5

Outcome = Literal["impact", "lost", "no_threat"]


@dataclass
class Event:
    """A launch as this picture sees it."""

    key: int
    """Within the picture."""
    event_id: str
    track: Track
    settings: WarningSettings
    areas: WarningAreas
    notices: tuple[Notice, ...] = ()
    """Announced launches that it may be one of."""
    coverage: Coverage = field(default_factory=Coverage)
    """What the sensors of the picture can see."""
    origin: Origin | None = None
    fall: Fall | None = None
    """The latest that passed the gate."""
    label: str = UNCLEAR
    classified: Classification = field(default_factory=Classification)
    """By the plots alone."""
    assessed: Classification = field(default_factory=Classification)
    """The same, with what is announced."""
    announced: tuple[Notice, ...] = ()
    """Those of ``notices`` that it fits; at most one."""
    grading: Grading = field(default_factory=Grading)
    revision: int = 0
    last: Launch | None = None
    last_record_id: str | None = None
    last_s: float = -math.inf
    """When the last record was issued, seconds since 1970."""
    predicted: Launch | None = None
    """The last record with an impact that still holds."""
    has_predicted: bool = False
    """A prediction was issued before."""
    counted: tuple[int, int] = (1, 1)
    """How many objects it is, at least and at most."""
    is_renamed: bool = False
    """The event id changed since the last record."""
    _origin_s: float = -math.inf
    _classified_s: float = -math.inf
    """Time of the newest plot that the classes rest on."""
    _impact_s: float = -math.inf
    """Time of the newest plot that the last impact rests on."""
    risk: Risk | None = None
    """Whom ``fall`` may concern."""

    def go_on(self, record_id: str, launch: Launch, said_at_s: float, *, has_predicted: bool) -> None:
        """Go on from a record that was issued before: what it says is not said again."""
        self.event_id = launch.event_id
        self.revision = launch.revision
        self.last, self.last_record_id, self.last_s = launch, record_id, said_at_s
        self.predicted = launch if launch.stage == "predicted" else None
        self.has_predicted = has_predicted
        self.is_renamed = False

    def forget_said(self) -> None:
        """Begin as one of which nothing was said."""
        self.event_id = ""
        self.revision = 0
        self.last, self.last_record_id, self.last_s = None, None, -math.inf
        self.predicted, self.has_predicted, self.is_renamed = None, False, False

    def follow(self) -> None:
        """Work out what the track's new plots tell: origin, impact, label."""
        now_s = self.track.time_s
        if now_s - self._origin_s >= _ORIGIN_INTERVAL_S and now_s - self._first_s <= _ORIGIN_LONGEST_S:
            self._origin_s = now_s
            self.origin = better_origin(self.origin, self.track)
        self._classify(now_s)
        self._foretell(now_s)
        if self._is_held:
            return
        had_impact = self.predicted is not None or self.label == MANOEUVRING
        self.label = label_of(self.track, self.apogee_m, self.assessed, self.settings, had_impact=had_impact)

    def _classify(self, now_s: float) -> None:
        """Weigh the classes and the grade anew, once a second; sooner while an impact waits for it."""
        is_waited_for = self.fall is None and is_free(self.track, self.settings)
        if now_s - self._classified_s < _CLASSIFY_INTERVAL_S and not is_waited_for:
            return
        self._classified_s = now_s
        self.classified = classified = classify(self.track, self.settings)
        is_doubtful = max(classified[AIRCRAFT], classified[CLUTTER]) >= _DOUBTFUL
        if self.grading.grade != "public" or is_doubtful:  # what was confirmed stays so, whatever it does later
            self.grading = grade_of(self.track, classified, self.settings)
        self.announced = self._as_announced() if self.notices else ()
        self.assessed = classified
        for notice in self.announced:
            falls_outside = self.fall is not None and not notice.holds(self.fall.lat_deg, self.fall.lon_deg)
            self.assessed = classified.given(notice.finding(falls_outside=falls_outside))

    def _as_announced(self) -> tuple[Notice, ...]:
        """Return the first announced launch that it fits, of those that would not narrow who may be warned."""
        track, origin = self.track, self.origin
        if origin is None:
            return ()
        lat_deg, lon_deg, _ = geodetic_from_ecef(combined(track.moment)[0])
        for notice in self.notices:
            if notice.record.synthetic and not track.is_synthetic:
                continue
            if combine_public(track.public_warning, notice.record.marking.public_warning) != track.public_warning:
                continue
            if notice.fits(origin, lat_deg, lon_deg):
                return (notice,)
        return ()

    @property
    def _said_label(self) -> str:
        """The label in words, with what is announced."""
        if self.label != SPACE_LAUNCH or not self.announced:
            return self.label
        return f"{SPACE_LAUNCH}, {self.announced[0].words}"

    @property
    def _is_ballistic(self) -> bool:
        """Whether its class allows an impact; once one was told it takes more than a doubt to keep silent."""
        gate = self.settings.ballistic_probability if self.fall is None else _DOUBTFUL
        return self.classified[BALLISTIC_FLIGHT] >= gate

    def _foretell(self, now_s: float, least_s: float = 0.0) -> None:
        """Work out the impact if that is due, and there are plots that the last one does not rest on."""
        settings = self.settings
        is_sharp = self.fall is not None and self.fall.semi_axes_km[0] <= settings.sharp_semi_axis_km
        interval_s = settings.sharp_impact_interval_s if is_sharp else settings.impact_interval_s
        if self.track.time_s <= self._impact_s or now_s - self._impact_s < max(interval_s, least_s):
            return
        if not is_free(self.track, settings) or not self._is_ballistic or self._is_held:
            return
        self._impact_s = self.track.time_s
        fall = predict_fall(self.track.moment, settings)
        if fall is None or not may_publish_impact(self.track, fall, settings):
            return
        is_low = may_use_air(max(self.track.top_m, fall.apogee_m), settings)
        risk = risk_of(self.track.moment, fall, self.areas, settings, is_low=is_low)
        if risk is not None:  # of a low flight the bare ellipse is never shown
            self.fall, self.risk = fall, risk

    @property
    def _is_held(self) -> bool:
        """Whether a region that allows for lift stands, and the body sinks through the air that may lift it.

        From there on a filter that knows no lift takes it for something else, and is wrong by more than it says. The
        region from before was made for this.
        """
        if self.risk is None or not self.risk.region:
            return False
        position, velocity, _ = combined(self.track.moment)
        altitude_m = geodetic_from_ecef(position)[2]
        return altitude_m < self.settings.lift_below_km * 1e3 and float(position @ velocity) < 0.0

    @property
    def _first_s(self) -> float:
        return self.track.early[0].time_s

    @property
    def apogee_m(self) -> float:
        """The highest point so far or foretold."""
        return max(self.track.top_m, self.fall.apogee_m if self.fall is not None else 0.0)

    def due(self, now_s: float) -> list[Launch]:
        """Return the records that are to be issued now, in their order; usually none.

        Args:
            now_s: Seconds since 1970.
        """
        self._foretell(now_s, self.settings.sharp_impact_interval_s)  # plots that ceased count, too
        due = []
        if self.last is None:
            due.append(self._say("detected", now_s))
        if self._is_assessment_due(now_s):
            due.append(self._say("assessed", now_s))
        prediction = self._prediction(now_s)
        if prediction is not None:
            due.append(prediction)
        if self.is_renamed and not due and self.last is not None:
            due.append(self._say(self.last.stage, now_s))
        self.is_renamed = False
        return due

    def _is_assessment_due(self, now_s: float) -> bool:
        if self.label == UNCLEAR or self.last is None:
            return False
        if self.last.stage == "detected":
            return True
        if self.label == MANOEUVRING:
            return self.predicted is not None
        if self.predicted is not None:
            return False
        age_s = now_s - self.last_s
        if self._said_label != self.last.label:
            return age_s >= _LABEL_INTERVAL_S
        # Where it is and whither it goes is all that can be told of one under thrust, and by it peers find each other.
        is_burning = self.label in (ACCELERATING, SPACE_LAUNCH)
        return is_burning and age_s >= self.settings.revise_interval_s and self._has_new_plots

    @property
    def _has_new_plots(self) -> bool:
        """Whether plots came since the last record."""
        return self.last is None or self.track.count > self.last.detections

    def _prediction(self, now_s: float) -> Launch | None:
        fall, risk = self.fall, self.risk
        if self.last is self.predicted and not (self._has_new_plots or self.is_renamed):
            return None
        if fall is None or risk is None or not may_publish_impact(self.track, fall, self.settings):
            return None
        impact = Impact(
            lat_deg=fall.lat_deg,
            lon_deg=fall.lon_deg,
            ellipse_95_km=fall.semi_axes_km,
            ellipse_bearing_deg=fall.bearing_deg,
            at=moment_of(fall.time_s),
            at_sigma_s=fall.time_sigma_s,
            manoeuvre_km=risk.beyond_km,
            region=risk.region,
            earliest_at=moment_of(risk.earliest_s),
            latest_at=moment_of(risk.latest_s),
        )
        last = self.predicted
        if last is not None and not self.is_renamed:
            age_s = now_s - self.last_s
            if not needs_revision(last, impact, risk.areas, age_s=age_s, settings=self.settings):
                return None
        return self._say("predicted", now_s, impact=impact, risk=risk, overflown=self._overflown(fall))

    def _overflown(self, fall: Fall) -> tuple[Overflight, ...]:
        flown, due_s = [], -math.inf
        ahead = path_down(fall)
        for waypoint in self.track.trail:
            if waypoint.time_s >= due_s and waypoint.time_s < ahead[0, 0]:
                due_s = waypoint.time_s + _PATH_STEP_S
                flown.append((waypoint.time_s, *geodetic_from_ecef(waypoint.position)))
        path: Vector = np.vstack([np.array(flown).reshape(-1, 4), ahead])
        return tuple(
            Overflight(area=area, passes_at=moment_of(time_s), altitude_m=altitude_m)
            for area, time_s, altitude_m in self.areas.passed(path)
        )

    def close(self, now_s: float) -> Launch | None:
        """Return the closing record if the event has ended."""
        latest_s = self.risk.latest_s if self.risk is not None and self.risk.region else None
        outcome = outcome_at(self.track, self.fall, self.label, now_s, self.settings, latest_s=latest_s)
        return None if outcome is None else self._say("closed", now_s, outcome=outcome)

    def _say(
        self,
        stage: Stage,
        now_s: float,
        *,
        impact: Impact | None = None,
        risk: Risk | None = None,
        overflown: tuple[Overflight, ...] | None = None,
        outcome: Outcome | None = None,
    ) -> Launch:
        held = self.predicted
        withdrawn = self.label == MANOEUVRING and stage == "assessed"
        if impact is None and held is not None and not withdrawn and stage in ("predicted", "closed"):
            impact = held.impact
        areas = () if withdrawn else risk.areas if risk is not None else () if held is None else held.areas
        self.revision += 1
        origin = self.origin
        launch = Launch(
            event_id=self.event_id,
            stage=stage,
            revision=self.revision,
            launch_point=None
            if origin is None
            else LaunchPoint(lat_deg=origin.lat_deg, lon_deg=origin.lon_deg, radius_km=origin.radius_km),
            launched_at=None if origin is None else moment_of(origin.time_s),
            track=track_point(self.track.moment),
            ballistic_probability=self.classified[BALLISTIC_FLIGHT],
            classes=self.assessed.classes,
            evidence=self.assessed.evidence,
            grade=self.grading.grade,
            grade_basis=self.grading.basis,
            label=self._said_label,
            impact=impact,
            areas=areas,
            at_risk=() if withdrawn else risk.at_risk if risk is not None else () if held is None else held.at_risk,
            left=areas_left(held.areas, areas, held.impact, impact) if held is not None and outcome is None else (),
            overflown=overflown if overflown is not None else () if held is None else held.overflown,
            outcome=outcome,
            count_low=self.counted[0],
            count_high=self.counted[1],
            detections=self.track.count,
            sensors=tuple(sorted(self.track.newest)),
            last_detection_at=moment_of(self.track.time_s),
        )
        if outcome == "lost":
            launch = msgspec.structs.replace(
                launch,
                lost_at=launch.track,
                lost_age_s=round(now_s - self.track.time_s, 3),
                lost_basis=self.coverage.why_lost(self.track, now_s),
            )
        self.last, self.last_s = launch, now_s
        if stage == "predicted":
            self.predicted = launch
        elif withdrawn:
            self.predicted = None
            self.fall = self.risk = None
        return launch
