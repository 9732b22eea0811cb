"""When a launch is confirmed well enough that the public may be warned of it.

Clutter, a fault of one sensor or one feed must not reach the public. So either sensors of two members agree, or one's
own have confirmed it by the longer rule. Grade ``public`` warns nobody: it is what a warning of the public needs
beside an impact, a marking that allows it and a person (``alerts``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.records import Grade
from tocsin.warning.classification import BALLISTIC_FLIGHT, CLUTTER, Classification
from tocsin.warning.settings import WarningSettings
from tocsin.warning.told import Told
from tocsin.warning.track import Track

LEAST_CLUTTER = 0.01
"""Of what two members' sensors see, the probability of clutter must be below this."""


@dataclass(frozen=True)
class Grading:
    """A grade, and why."""

    grade: Grade = "member"
    basis: str = "not yet looked at"


def grade_of(track: Track, classified: Classification, settings: WarningSettings, told: Sequence[Told] = ()) -> Grading:
    """Tell the grade of a launch.

    Args:
        track: What was seen; only its first ``EARLY_PLOTS`` plots are counted.
        classified: What it may be, by the plots alone.
        settings: For the gates.
        told: Peers' tracks of it: each counts for as many plots of its member's own as it says.
    """
    by_member = Counter(plot.record.originator for plot in track.early)
    for each in told:
        member = each.record.originator
        by_member[member] = max(by_member[member], each.body.own_detections)
    agreeing = sorted(member for member, count in by_member.items() if count >= settings.public_plots_each)
    ballistic = classified[BALLISTIC_FLIGHT]
    lacks = []
    if not classified.launch_like:
        lacks.append("motion like a launch's")
    if len(agreeing) >= 2 and classified[CLUTTER] < LEAST_CLUTTER and not lacks:
        return Grading("public", f"sensors of {' and '.join(agreeing)} agree, {settings.public_plots_each} plots each")
    if track.count < settings.public_plots:
        lacks.append(f"{settings.public_plots} plots, has {track.count}")
    if ballistic < settings.ballistic_probability:
        lacks.append(f"P(ballistic) {settings.ballistic_probability:g}, has {ballistic:.2f}")
    if not lacks:
        basis = f"{track.count} plots, motion like a launch's, P(ballistic) {ballistic:.2f}"
        return Grading("public", f"confirmed by the longer rule: {basis}")
    return Grading("member", f"one member's sensors alone, or too few; lacks {'; '.join(lacks)}")
