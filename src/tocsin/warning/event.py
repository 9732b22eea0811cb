"""One event of ours: a confirmed track, what was said of it so far, and what is to be said next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from tocsin.geo.earth import geodetic_from_ecef
from tocsin.markings import PublicWarning
from tocsin.records import Impact, Launch, MemberTrack, Overflight, Stage
from tocsin.warning.announced import Notice, as_announced
from tocsin.warning.areas import WarningAreas
from tocsin.warning.classification import AIRCRAFT, BALLISTIC_FLIGHT, CLUTTER, Classification, classify
from tocsin.warning.coverage import Coverage
from tocsin.warning.grading import Grading, grade_of
from tocsin.warning.impact import Fall, predict_fall
from tocsin.warning.launchpoint import Origin, better_origin
from tocsin.warning.moment import Moment
from tocsin.warning.peers import Peers, carry_on, method_of
from tocsin.warning.plots import moment_of
from tocsin.warning.risk import Risk, areas_left, areas_overflown, risk_of
from tocsin.warning.settings import WarningSettings
from tocsin.warning.stages import (
    ACCELERATING,
    MANOEUVRING,
    SPACE_LAUNCH,
    UNCLEAR,
    is_free,
    is_of_use,
    label_of,
    may_use_air,
    needs_revision,
    outcome_at,
    track_point,
)
from tocsin.warning.telling import Telling
from tocsin.warning.told import Told
from tocsin.warning.track import Track, combine_public

_ORIGIN_INTERVAL_S = 2.0
_ORIGIN_LONGEST_S = 90.0
_LABEL_INTERVAL_S = 5.0
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
    """Fed with plots; without any if there are only tracks of peers."""
    settings: WarningSettings
    areas: WarningAreas
    peers: Peers
    """What peers' tracks add."""
    telling: Telling
    """How the own track is told to peers."""
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

    @property
    def has_plots(self) -> bool:
        """Whether it rests on plots, and not on tracks of peers alone."""
        return self.track.count > 0

    @property
    def newest_s(self) -> float:
        """When something was last seen of it, seconds since 1970."""
        return max(self.track.time_s, self.peers.newest_s)

    @property
    def is_synthetic(self) -> bool:
        """Whether something that it rests on was simulated."""
        return self.track.is_synthetic or self.peers.is_synthetic

    @property
    def public_warning(self) -> PublicWarning:
        """The narrowest of what it rests on."""
        if not self.has_plots and not self.peers.used:
            return PublicWarning.NO
        return combine_public(self.track.public_warning, self.peers.public_warning)

    @property
    def rests_on(self) -> frozenset[tuple[str, str]]:
        """Originators and ids of its plots, the first and the latest, and of the tracks of peers."""
        plots = (plot.record for plot in (*self.track.early, *self.track.newest.values()))
        return frozenset((record.originator, record.id) for record in plots) | self.peers.names

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
        self.event_id, self.revision = "" if self.has_plots else self.event_id, 0
        self.last, self.last_record_id, self.last_s = None, None, -math.inf
        self.predicted, self.has_predicted, self.is_renamed = None, False, False

    def succeed(self, elder: Event) -> None:
        """Take the place of an event that tracks of peers alone had made, now that there are plots of it."""
        self.event_id, self.fall, self.risk, self.peers = elder.event_id, elder.fall, elder.risk, elder.peers
        self.revision, self.last, self.last_s = elder.revision, elder.last, elder.last_s
        self.last_record_id, self.predicted = elder.last_record_id, elder.predicted
        self.has_predicted = elder.has_predicted
        self.peers.told = ()  # to be heard anew, beside the plots

    def hear(self, told: Sequence[Told]) -> None:
        """Work out what peers' tracks of it tell, if they are new.

        Those of a member whose plots are in the own track are passed over: they tell what is known already.
        """
        ours = {plot.record.originator for plot in self.track.newest.values()}
        fresh = tuple(each for each in told if each.record.originator not in ours)
        if fresh == self.peers.told:
            return
        self.peers.told = fresh
        if not self.has_plots:
            carry_on(self.track, fresh)
        self.follow()

    def follow(self) -> None:
        """Work out what new plots and tracks of peers tell: origin, impact, label."""
        self.peers.join(self.track, self.settings)
        now_s = self.newest_s
        is_early = self.has_plots and now_s - self.track.early[0].time_s <= _ORIGIN_LONGEST_S
        if is_early and now_s - self._origin_s >= _ORIGIN_INTERVAL_S:
            self._origin_s = now_s
            self.origin = better_origin(self.origin, self.track)
        self._classify(now_s)
        self._foretell(now_s)
        if self._is_held:
            return
        had, joint = self.predicted is not None or self.label == MANOEUVRING, self.peers.moment
        self.label = label_of(self.track, self.apogee_m, self.assessed, self.settings, had_impact=had, joint=joint)

    @property
    def _free_moment(self) -> Moment | None:
        """What an impact may be foretold from; None while it is not known to fly free."""
        if self.peers.moment is not None:
            return self.peers.moment
        return self.track.moment if self.has_plots and is_free(self.track, self.settings) else None

    def _classify(self, now_s: float) -> None:
        """Weigh the classes and the grade anew, once a second; sooner while an impact waits for it."""
        is_waited_for = self.fall is None and self._free_moment is not None
        if now_s - self._classified_s < _CLASSIFY_INTERVAL_S and not is_waited_for:
            return
        self._classified_s = now_s
        told = self.peers.classes(has_plots=self.has_plots)
        self.classified = classified = classify(self.track, self.settings) if told is None else told
        is_doubtful = max(classified[AIRCRAFT], classified[CLUTTER]) >= _DOUBTFUL
        if self.grading.grade != "public" or is_doubtful:  # what was confirmed stays so, whatever it does later
            self.grading = grade_of(self.track, classified, self.settings, self.peers.joined)
        self.announced = as_announced(self.notices, self.track, self.origin)
        self.assessed = classified
        for notice in self.announced:
            falls_outside = self.fall is not None and not notice.holds(self.fall.lat_deg, self.fall.lon_deg)
            self.assessed = classified.given(notice.finding(falls_outside=falls_outside))

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
        if self.newest_s <= self._impact_s or now_s - self._impact_s < max(interval_s, least_s):
            return
        moment = self._free_moment
        if moment is None or not self._is_ballistic or self._is_held:
            return
        self._impact_s = self.newest_s
        fall = predict_fall(moment, settings)
        if fall is None or not is_of_use(fall, settings):
            return
        is_low = may_use_air(max(self._highest_m, fall.apogee_m), settings)
        before = () if self.predicted is None else self.predicted.areas
        risk = risk_of(moment, fall, self.areas, settings, is_low=is_low, before=before)
        if risk is not None:  # of a low flight the bare ellipse is never shown
            self.fall, self.risk = fall, risk
            self.peers.use()

    @property
    def _is_held(self) -> bool:
        """Whether a region that allows for lift stands, and the body sinks through the air that may lift it.

        From there on a filter that knows no lift takes it for something else, and is wrong by more than it says. The
        region from before was made for this.
        """
        if self.risk is None or not self.risk.region:
            return False
        position, velocity, _ = self.track.motion
        altitude_m = geodetic_from_ecef(position)[2]
        return altitude_m < self.settings.lift_below_km * 1e3 and float(position @ velocity) < 0.0

    @property
    def _highest_m(self) -> float:
        return max(self.track.top_m, self.peers.highest_m)

    @property
    def apogee_m(self) -> float:
        """The highest point so far or foretold."""
        return max(self._highest_m, self.fall.apogee_m if self.fall is not None else 0.0)

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
        """Whether plots, or newer tracks of peers, came since the last record."""
        last = self.last
        if last is None or last.last_detection_at is None or self.track.count > last.detections:
            return True
        return moment_of(self.newest_s) > last.last_detection_at

    def _prediction(self, now_s: float) -> Launch | None:
        fall, risk = self.fall, self.risk
        if self.last is self.predicted and not (self._has_new_plots or self.is_renamed):
            return None
        if fall is None or risk is None or self._free_moment is None or not is_of_use(fall, self.settings):
            return None
        impact = risk.impact(fall)
        last = self.predicted
        if last is not None and not self.is_renamed:
            age_s = now_s - self.last_s
            if not needs_revision(last, impact, risk.areas, age_s=age_s, settings=self.settings):
                return None
        overflown = areas_overflown(self.areas, self.track.trail, fall)
        return self._say("predicted", now_s, impact=impact, risk=risk, overflown=overflown)

    def track_due(self, now_s: float) -> MemberTrack | None:
        """Return the own track as it is to be told now, if it is."""
        if self.last is None or not self.has_plots:
            return None
        return self.telling.due(self.track, self.event_id, self.classified, self.settings, now_s)

    def close(self, now_s: float) -> Launch | None:
        """Return the closing record if the event has ended."""
        latest_s = self.risk.latest_s if self.risk is not None and self.risk.region else None
        heard_s, is_placed = self.newest_s, self.track.ranged_plots > 0
        outcome = outcome_at(
            heard_s, self.fall, self.label, now_s, self.settings, latest_s=latest_s, is_placed=is_placed
        )
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
        overflown = overflown if overflown is not None else () if held is None else held.overflown
        passed = {each.area for each in overflown if each.passes_at <= moment_of(self.newest_s)}
        origin = self.origin
        contributors = self.peers.contributors if impact is not None else ()
        shown = self.track.moment if self.has_plots or self.peers.moment is None else self.peers.moment
        launch = Launch(
            event_id=self.event_id,
            stage=stage,
            revision=self.revision,
            launch_point=None if origin is None else origin.point,
            launched_at=None if origin is None else moment_of(origin.time_s),
            track=track_point(shown),
            ballistic_probability=self.classified[BALLISTIC_FLIGHT],
            classes=self.assessed.classes,
            evidence=self.assessed.evidence,
            grade=self.grading.grade,
            grade_basis=self.grading.basis,
            label=self._said_label,
            impact=impact,
            method=method_of(contributors),
            contributors=contributors,
            areas=areas,
            at_risk=() if withdrawn else risk.at_risk if risk is not None else () if held is None else held.at_risk,
            left=() if held is None or outcome else areas_left(held.areas, areas, held.impact, impact, passed),
            overflown=overflown,
            outcome=outcome,
            count_low=self.counted[0],
            count_high=self.counted[1],
            detections=self.track.count,
            sensors=tuple(sorted(self.track.newest)),
            last_detection_at=moment_of(self.newest_s),
        )
        if outcome == "lost":
            launch = msgspec.structs.replace(
                launch,
                lost_at=launch.track,
                lost_age_s=round(now_s - self.newest_s, 3),
                lost_basis=self.coverage.why_lost(self.track, now_s),
            )
        self.last, self.last_s = launch, now_s
        if stage == "predicted":
            self.predicted = launch
        elif withdrawn:
            self.predicted = None
            self.fall = self.risk = None
        return launch
