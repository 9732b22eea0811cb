"""How many plots make a track that people are told of, and how far two tracks are apart.

The rule is 3 of 5 scans of one sensor, or two plots from each of two sensors; ``chains`` asks for more where plots
stand close. Feeds hand over what a sensor has itself confirmed, so there is no clutter to speak of; with 10 false plots
a scan inside the gate of a track 3 of 5 would be wrong 17,000 times a radar-year and 5 of 8 is the one to set. It is
loose because ``detected`` alone warns nobody in public: a predicted impact asks for more (``stages``).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tocsin.warning.moment import combined
from tocsin.warning.plots import ONE_LOOK, Plot
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Track


def is_enough(plots: Sequence[Plot], settings: WarningSettings, *, more: int = 0) -> bool:
    """Tell whether plots suffice to show a track: M of N scans of one sensor, or two sensors twice each.

    Args:
        plots: In the order of time.
        settings: For M and N.
        more: So many plots more are asked for, in as many scans more.
    """
    needed, scans = settings.confirm_plots + more, settings.confirm_scans + more
    times: dict[str, set[float]] = defaultdict(set)
    revisits_s: dict[str, float] = {}
    for plot in plots:
        if plot.time_s > plots[-1].time_s - settings.confirm_window_s:
            times[plot.sensor].add(plot.time_s)
            revisits_s[plot.sensor] = plot.look_s / ONE_LOOK
    counts = Counter({sensor: len(found) for sensor, found in times.items()})
    if sum(count >= settings.confirm_plots_two_sensors + more for count in counts.values()) >= 2:
        return True
    for sensor, found in times.items():
        ordered = sorted(found)
        if len(ordered) < needed:
            continue
        interval_s = min(later - earlier for earlier, later in pairwise(ordered)) if len(ordered) > 1 else 0.0
        interval_s = revisits_s[sensor] or interval_s
        latest = ordered[-needed:]
        if latest[-1] - latest[0] <= (scans - 1) * interval_s + 1e-6:
            return True
    return False


def distance2_of(first: Track, second: Track) -> float:
    """Return the squared normalised distance of two tracks, six figures; infinite if it cannot be told."""
    time_s = max(first.time_s, second.time_s)
    one, other = first.at(time_s), second.at(time_s)
    if one is None or other is None:
        return math.inf
    p1, v1, c1 = combined(one)
    p2, v2, c2 = combined(other)
    difference = np.concatenate([p1 - p2, v1 - v2])
    try:
        apart = float(difference @ np.linalg.solve(c1 + c2, difference))
    except np.linalg.LinAlgError:  # without a distance the two stay two: a launch too many is better than one lost
        return math.inf
    return apart if apart >= 0.0 else math.inf
