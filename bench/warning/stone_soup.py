"""The ballistic filter in Stone Soup: its extended Kalman filter around our motion, our sensor and our derivatives.

With the same compiled motion and exact derivatives on both sides what differs is the framework alone. (Its own
finite differences would be slower, and badly scaled for metres on the earth.)
"""

from __future__ import annotations

import time
from datetime import timedelta

import numpy as np
from stonesoup.base import Property
from stonesoup.models.base import GaussianModel
from stonesoup.models.measurement.base import MeasurementModel
from stonesoup.models.transition.nonlinear import GaussianTransitionModel
from stonesoup.predictor.kalman import ExtendedKalmanPredictor
from stonesoup.types.angle import Bearing, Elevation
from stonesoup.types.array import CovarianceMatrix, StateVector
from stonesoup.types.detection import Detection
from stonesoup.types.hypothesis import SingleHypothesis
from stonesoup.types.state import GaussianState
from stonesoup.updater.kalman import ExtendedKalmanUpdater

from bench.warning.filtering import SIGMAS, STATE, STEPS, Problem
from bench.warning.scene import START
from tocsin.geo.earth import Vector
from tocsin.warning import WarningSettings
from tocsin.warning.measurement import RANGED, predicted_figures
from tocsin.warning.models import KINEMATIC, STATES, predict_ballistic
from tocsin.warning.plots import Plot

_MARKS = np.zeros((STATES, STATES))
for _mark, _element in enumerate(STATE):
    _MARKS[_element, KINEMATIC + _mark] = _MARKS[KINEMATIC + _mark, _element] = 1.0


def whole(vector: Vector) -> Vector:
    """Return our state vector of Stone Soup's seven numbers."""
    state = np.zeros(STATES)
    state[STATE] = np.asarray(vector, dtype=np.float64).ravel()
    return state


class FreeFlight(GaussianTransitionModel):
    """Gravity with J2, rotation, drag: the compiled motion, its derivative and its noise."""

    noise_mps2: float = Property(doc="Square root of the power spectral density of the acceleration noise.")
    drag_noise: float = Property(doc="Part of the drag that is added to it.")

    @property
    def ndim_state(self) -> int:
        return len(STATE)

    def _moved(self, state, interval: timedelta) -> tuple[Vector, Vector, Vector]:
        """State, transition and noise, worked out once for one state: marked columns show where each element goes."""
        held = getattr(self, "_held", None)
        if held is None or held[0] is not state or held[1] != interval:
            moved, spread = whole(state.state_vector), _MARKS.copy()
            predict_ballistic(moved, spread, interval.total_seconds(), self.noise_mps2, self.drag_noise)
            transition = spread[STATE, KINEMATIC : KINEMATIC + len(STATE)]
            held = (state, interval, (moved[STATE], transition, spread[np.ix_(STATE, STATE)]))
            self._held = held
        return held[2]

    def function(self, state, noise=False, **kwargs):  # noqa: ARG002, FBT002
        return StateVector(self._moved(state, kwargs["time_interval"])[0])

    def jacobian(self, state, **kwargs):
        return self._moved(state, kwargs["time_interval"])[1]

    def covar(self, **kwargs):  # noqa: ARG002
        return CovarianceMatrix(self._held[2][2])  # it is asked for right after the state that it belongs to


class Radar(MeasurementModel, GaussianModel):
    """Azimuth, elevation and range from one place, by the compiled function and its derivative."""

    site: Vector = Property(doc="Of the sensor, ECEF, metres.")
    basis: Vector = Property(doc="East, north, up at the sensor as rows.")
    noise: Vector = Property(doc="Variances of range, azimuth, elevation.")

    @property
    def ndim_meas(self) -> int:
        return 3

    def function(self, state, noise=False, **kwargs):  # noqa: ARG002, FBT002
        figures, _ = predicted_figures(whole(state.state_vector), RANGED, self.site, self.basis, -1)
        return StateVector([figures[0], Bearing(figures[1]), Elevation(figures[2])])

    def jacobian(self, state, **kwargs):  # noqa: ARG002
        return predicted_figures(whole(state.state_vector), RANGED, self.site, self.basis, -1)[1][:3, STATE]

    def covar(self, **kwargs):  # noqa: ARG002
        return CovarianceMatrix(np.diag(self.noise))


class StoneSoup:
    """One extended Kalman filter a track, in Stone Soup."""

    def __init__(self, settings: WarningSettings) -> None:
        motion = FreeFlight(noise_mps2=settings.ballistic_noise_mps2, drag_noise=settings.drag_noise)
        self._predictor = ExtendedKalmanPredictor(motion)
        self._updater = ExtendedKalmanUpdater(None)
        self._radars: dict[str, Radar] = {}

    def start(self, state: Vector, covariance: Vector, time_s: float) -> GaussianState:
        """Return a track's state; vectors of the seven numbers."""
        return GaussianState(StateVector(state), CovarianceMatrix(covariance), START + timedelta(seconds=time_s))

    def detection(self, plot: Plot, time_s: float) -> Detection:
        """Return a plot as Stone Soup has it."""
        radar = self._radars.get(plot.sensor)
        if radar is None:
            radar = Radar(ndim_state=7, mapping=(0, 1, 2), site=plot.site, basis=plot.basis, noise=plot.variances[:3])
            self._radars[plot.sensor] = radar
        figures = StateVector([plot.figures[0], Bearing(plot.figures[1]), Elevation(plot.figures[2])])
        return Detection(figures, timestamp=START + timedelta(seconds=time_s), measurement_model=radar)

    def update(self, state: GaussianState, detection: Detection) -> GaussianState:
        """Predict and update."""
        prediction = self._predictor.predict(state, timestamp=detection.timestamp)
        return self._updater.update(SingleHypothesis(prediction, detection))


def follow(asked: Problem, settings: WarningSettings) -> tuple[Vector, float]:
    """Return what Stone Soup finds, places of shape (STEPS, count, 3), and processor seconds."""
    filter_ = StoneSoup(settings)
    tracks = [filter_.start(state, np.diag(SIGMAS**2), 0.0) for state in asked.first]
    scans = [
        [filter_.detection(plot, time_s) for plot in scan]
        for scan, time_s in zip(asked.plots, asked.times_s, strict=True)
    ]
    found = np.empty((STEPS, len(asked.first), 3))
    begin = time.process_time()
    for number, scan in enumerate(scans):
        tracks = [filter_.update(track, detection) for track, detection in zip(tracks, scan, strict=True)]
        found[number] = [np.asarray(track.state_vector, dtype=float).ravel()[:3] for track in tracks]
    return found, time.process_time() - begin
