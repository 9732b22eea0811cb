"""When a handful of plots becomes a track that people are told of, and when two tracks are one object.

The rule is 3 of 5 scans of one sensor, or two plots from each of two sensors. Feeds hand over what a sensor has
itself confirmed, so there is no clutter to speak of; with 10 false plots a scan the rule would be wrong 17,000 times
a radar-year and 5 of 8 is the one to set. It is loose because ``detected`` alone warns nobody in public: a predicted
impact asks for more (``stages``).
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from tocsin.geo.earth import Vector
from tocsin.warning import imm
from tocsin.warning.models import POSITION, VELOCITY
from tocsin.warning.moment import Moment
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Track

_MERGE_CHI2 = 22.5
"""Six figures, 0.1 %."""


def is_confirmed(track: Track, settings: WarningSettings) -> bool:
    """Tell whether the plots so far suffice to show the track."""
    window = [plot for plot in track.early if plot.time_s > track.time_s - settings.confirm_window_s]
    counts = Counter(plot.sensor for plot in window)
    agreeing = [sensor for sensor, count in counts.items() if count >= settings.confirm_plots_two_sensors]
    enough = len(agreeing) >= 2
    for sensor in counts:
        times = sorted({plot.time_s for plot in window if plot.sensor == sensor})
        if len(times) < settings.confirm_plots:
            continue
        interval_s = min(later - earlier for earlier, later in pairwise(times)) if len(times) > 1 else 0.0
        latest = times[-settings.confirm_plots :]
        enough = enough or latest[-1] - latest[0] <= (settings.confirm_scans - 1) * interval_s + 1e-6
    if not enough:
        return False
    _, velocity, covariance = combined(track.moment)
    speed = float(np.linalg.norm(velocity))
    sigma = float(np.sqrt(np.trace(covariance[3:, 3:])))
    return speed + sigma >= settings.min_speed_mps


def combined(moment: Moment) -> tuple[Vector, Vector, Vector]:
    """Return position, velocity, shape (3,), and their covariance, shape (6, 6), over both models."""
    part = slice(POSITION, VELOCITY + 3)
    states, covariances = moment.states[:, part], moment.covariances[:, part, part]
    weights = np.array([0.0, 1.0]) if moment.is_single else moment.weights
    mean = weights @ states
    total = np.zeros((6, 6))
    for model in (imm.BOOST, imm.BALLISTIC):
        offset = states[model] - mean
        total += weights[model] * (covariances[model] + np.outer(offset, offset))
    return mean[:3], mean[3:], total


def is_duplicate(younger: Track, elder: Track) -> bool:
    """Tell whether two tracks follow one object: alike in state, and no sensor ever saw both at one instant."""
    if younger.shares_scan_with(elder):
        return False
    time_s = max(younger.time_s, elder.time_s)
    one, other = younger.at(time_s), elder.at(time_s)
    if one is None or other is None:
        return False
    p1, v1, c1 = combined(one)
    p2, v2, c2 = combined(other)
    difference = np.concatenate([p1 - p2, v1 - v2])
    try:
        apart = float(difference @ np.linalg.solve(c1 + c2, difference))
    except np.linalg.LinAlgError:  # without a distance the two stay two: a launch too many is better than one lost
        return False
    return apart < _MERGE_CHI2
