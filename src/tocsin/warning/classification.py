"""What a track is taken for: a ballistic flight, a space launch, an aircraft, or clutter, and what speaks for each.

Bayes' rule over independent findings. Each finding says how likely it would be in every class; the table of chances
is below, where a specialist can read and change it. They are judgements, not counts: there is no record of many flights
of each class to count from. What they are worth is tried on simulated flights of each class
(docs/explanation/warning-stages.md). A finding is taken to hold by the chance that the filter's figures give it, so
that what is not yet known counts for nothing.

Source:
    Virtual evidence: Pearl, Probabilistic Reasoning in Intelligent Systems, 2.2.2. The chance of a run of plots under
    clutter: facts of M-of-N initiation, Bar-Shalom, Willett, Tian, Tracking and Data Fusion, 7.2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from tocsin.geo.earth import Vector, enu_basis, geodetic_from_ecef
from tocsin.records import ClassProbability, Evidence
from tocsin.warning import imm
from tocsin.warning.models import ACCELERATION, LOG_DRAG, VELOCITY, ballistic_acceleration
from tocsin.warning.moment import Moment, chance_above
from tocsin.warning.orbit import osculating
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Track

BALLISTIC_FLIGHT, SPACE, AIRCRAFT, CLUTTER = CLASSES = ("ballistic", "space_launch", "aircraft", "clutter")

Chances = tuple[float, float, float, float]
"""One for each of ``CLASSES``."""

PRIOR: Chances = (0.6, 0.1, 0.3, 0.0)
"""Of what flies and is seen to rise; clutter is in ``WarningSettings.clutter_starts``."""

FAST_MPS = 1_000.0
"""No aircraft is faster, and no cruise missile of the record."""
HIGH_M = 25_000.0
"""No aircraft flies higher."""
STEEP_DEG = 20.0
THRUST_MPS2 = 8.0
"""Along its way; aircraft speed up by 3 at most, the upper stages of space launches by 10 to 20."""
SPACE_PERIGEE_M = -1_500_000.0
"""A flight of 10,000 km on the way that needs least speed has its perigee 3,200 km below ground."""
ORBIT_PERIGEE_M = 100_000.0

_FAST: Chances = (0.75, 0.80, 0.001, 0.5)
_HIGH: Chances = (0.80, 0.85, 0.002, 0.7)
_STEEP: Chances = (0.75, 0.60, 0.03, 0.6)
_UNDER_THRUST: Chances = (0.48, 0.85, 0.003, 0.3)
_BURN_S: Chances = (200.0, 550.0, 200.0, 200.0)
_BURN_SPREAD_S: Chances = (30.0, 80.0, 30.0, 30.0)
"""By when half of them have burnt out, counted from the first plot, and how sharply (logistic law)."""
_FREE: Chances = (0.50, 0.12, 0.007, 0.3)
_CARRIED: Chances = (0.02, 0.03, 0.99, 0.4)
"""Neither pushed nor falling: lifted by wings, or no motion at all."""
_COAST_S, _COAST_AGAIN = 20.0, 0.005
"""Between two stages a space launch falls freely for some 20 s; only few for longer."""
_SUBORBITAL: Chances = (0.994, 0.55, 1.0, 0.95)
_NEARLY_IN_ORBIT: Chances = (0.006, 0.30, 1e-4, 0.04)
_IN_ORBIT: Chances = (1e-5, 0.15, 1e-6, 0.01)
_MISFITTING: Chances = (0.02, 0.02, 0.02, 0.9)
_MISFIT_TAIL = 1e-3
_FIT_TAIL = 0.01
"""Motion like a launch's asks for more than not to misfit."""
_LEAST_FIGURES = 8
_DETECTION = 0.8
_PERIGEE_SIGMA_M = 200_000.0
_PLACED_SIGMA_M = 20_000.0
_TOLD_FROM = 3.0
_ALIKE = 1.9
_MOST_TOLD = 6


@dataclass(frozen=True)
class Finding:
    """One thing found out about a track."""

    what: str
    value: float
    unit: str
    chances: Chances
    """How likely it would be in each class."""

    def evidence(self, probabilities: Chances) -> Evidence:
        """Say for which class it speaks and against which; of classes that it hardly tells apart, for the likelier."""
        best = max(self.chances)
        likely = [index for index, chance in enumerate(self.chances) if chance * _ALIKE >= best]
        index = max(likely, key=lambda index: probabilities[index])
        worst = min(range(len(CLASSES)), key=lambda index: self.chances[index])
        times = min(self.chances[index] / max(self.chances[worst], 1e-12), 1e6)
        return Evidence(
            what=self.what, value=float(f"{self.value:.4g}"), unit=self.unit, speaks_for=CLASSES[index],
            speaks_against=CLASSES[worst], times=float(f"{times:.3g}"),
        )  # fmt: skip


@dataclass(frozen=True)
class Classification:
    """Probabilities of the classes, and the findings they rest on."""

    probabilities: Chances = PRIOR
    findings: tuple[Finding, ...] = ()
    launch_like: bool = False
    """Surely faster than ``FAST_MPS`` and higher than ``HIGH_M``, and its plots fit one motion."""
    prior: Chances = field(default=PRIOR, repr=False)

    def __getitem__(self, name: str) -> float:
        """Return the probability of a class."""
        return self.probabilities[CLASSES.index(name)]

    def given(self, finding: Finding) -> Classification:
        """Return what it becomes with one finding more."""
        findings = (*self.findings, finding)
        return replace(self, probabilities=_posterior(self.prior, findings), findings=findings)

    @property
    def classes(self) -> tuple[ClassProbability, ...]:
        """For the record, to four places."""
        rounded = [round(probability, 4) for probability in self.probabilities]
        top = rounded.index(max(rounded))
        rounded[top] = round(1.0 - sum(rounded) + rounded[top], 4)
        return tuple(ClassProbability(name=name, probability=p) for name, p in zip(CLASSES, rounded, strict=True))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What speaks most strongly, for the record; what hardly tells the classes apart is left out."""
        told = [finding.evidence(self.probabilities) for finding in self.findings]
        told = [evidence for evidence in told if evidence.times >= _TOLD_FROM]
        return tuple(sorted(told, key=lambda evidence: -evidence.times)[:_MOST_TOLD])


def classify(track: Track, settings: WarningSettings) -> Classification:
    """Weigh what the plots of a track say of what it is.

    Args:
        track: With its present state.
        settings: How much clutter there is.
    """
    moment = track.moment
    position, velocity, covariance = track.motion
    spread_m, spread_mps = math.sqrt(np.trace(covariance[:3, :3])), math.sqrt(np.trace(covariance[3:, 3:]))
    lat_deg, lon_deg, altitude_m = geodetic_from_ecef(position)
    highest_m = max(altitude_m, track.top_m)
    speed_mps = float(np.linalg.norm(velocity))
    climb_mps = float((enu_basis(lat_deg, lon_deg) @ velocity)[2])
    climb_deg = math.degrees(math.asin(max(-1.0, min(1.0, climb_mps / max(speed_mps, 1e-9)))))
    climb_sigma_deg = math.degrees(spread_mps / max(speed_mps, 1.0)) + 1.0
    is_fast = _above(speed_mps, FAST_MPS, spread_mps + 20.0)
    is_high = _above(highest_m, HIGH_M, spread_m + 500.0)
    is_steep = _above(abs(climb_deg), STEEP_DEG, climb_sigma_deg)
    chance = _chance_of_fit(moment)
    findings = [
        Finding(_either("speed", is_fast), speed_mps * 1e-3, "km/s", _soft(_FAST, is_fast)),
        Finding(_either("altitude", is_high), highest_m * 1e-3, "km", _soft(_HIGH, is_high)),
        Finding("steep" if is_steep > 0.5 else "level", climb_deg, "degrees", _soft(_STEEP, is_steep)),
        _run_of_plots(track, settings),
    ]
    if moment.is_discerning:
        findings.append(_motion(moment, moment.time_s - track.early[0].time_s))
    if spread_m < _PLACED_SIGMA_M:
        findings.append(_perigee(position, velocity))
    if chance is not None:
        findings.append(_fit(moment, chance))
    starts = settings.clutter_starts
    prior: Chances = (
        PRIOR[0] / (1.0 + starts), PRIOR[1] / (1.0 + starts), PRIOR[2] / (1.0 + starts), starts / (1.0 + starts),
    )  # fmt: skip
    return Classification(
        probabilities=_posterior(prior, findings),
        findings=tuple(findings),
        launch_like=is_fast > 0.95 and is_high > 0.95 and chance is not None and chance >= _FIT_TAIL,
        prior=prior,
    )


def _posterior(prior: Chances, findings: Sequence[Finding]) -> Chances:
    logs = [
        math.log(chance) + sum(math.log(max(finding.chances[index], 1e-12)) for finding in findings)
        for index, chance in enumerate(prior)
    ]
    odds = [math.exp(log - max(logs)) for log in logs]
    one, two, three, four = (odd / sum(odds) for odd in odds)
    return one, two, three, four


def _soft(chances: Chances, holds: float) -> Chances:
    """Return the chances of what holds by so much, and by the rest does not."""
    one, two, three, four = (holds * chance + (1.0 - holds) * (1.0 - chance) for chance in chances)
    return one, two, three, four


def _mixed(parts: Iterable[tuple[float, Chances]]) -> Chances:
    """Return the chances of a finding with several values, each of which holds by a part."""
    held = list(parts)
    one, two, three, four = (sum(part * chances[index] for part, chances in held) for index in range(4))
    return one, two, three, four


def _above(value: float, limit: float, sigma: float) -> float:
    """Return the chance that a normal number is above a limit."""
    return 0.5 * math.erfc((limit - value) / (math.sqrt(2.0) * sigma))


def _either(what: str, holds: float) -> str:
    return f"{what} beyond aircraft" if holds > 0.5 else what


def _run_of_plots(track: Track, settings: WarningSettings) -> Finding:
    """Weigh how many plots came in how many scans: clutter falls into a gate seldom, and not again and again."""
    found, missed = 0, 0
    by_sensor: dict[str, list[float]] = {}
    for plot in track.early:
        by_sensor.setdefault(plot.sensor, []).append(plot.time_s)
    for times in by_sensor.values():
        ordered = sorted(times)
        found += len(ordered)
        gaps = [later - earlier for earlier, later in pairwise(ordered) if later > earlier]
        if gaps:
            missed += max(0, round((ordered[-1] - ordered[0]) / min(gaps)) + 1 - len(ordered))
    gate = settings.clutter_per_gate
    real = _DETECTION ** (found - 1) * (1.0 - _DETECTION) ** missed
    false = gate ** (found - 1) * (1.0 - gate) ** missed
    whole = max(real + false, 1e-300)
    fits, stray = max(real / whole, 1e-12), max(false / whole, 1e-12)
    sensors = f"{len(by_sensor)} sensors" if len(by_sensor) > 1 else "one sensor"
    return Finding(f"plots in turn, {sensors}", found, "", (fits, fits, fits, stray))


def _motion(moment: Moment, seen_s: float) -> Finding:
    """Weigh whether it is pushed along its way, and after how long still; or falls freely, or neither."""
    boost, free = (0.0, 1.0) if moment.is_single else (float(moment.weights[0]), float(moment.weights[1]))
    state = moment.states[imm.BOOST]
    velocity = state[VELOCITY : VELOCITY + 3]
    along = velocity / max(float(np.linalg.norm(velocity)), 1e-9)
    push_mps2 = float(along @ (state[ACCELERATION:LOG_DRAG] - ballistic_acceleration(state)))
    spread = moment.covariances[imm.BOOST, ACCELERATION:LOG_DRAG, ACCELERATION:LOG_DRAG]
    sigma_mps2 = math.sqrt(max(float(along @ spread @ along), 0.0)) + 1.0
    pushed = 0.0 if moment.is_single else _above(push_mps2, THRUST_MPS2, sigma_mps2)
    held_s = 0.0 if moment.gate_since_s is None else moment.time_s - moment.gate_since_s
    coasting = (_FREE[0], _FREE[1] * math.exp(-held_s / _COAST_S) + _COAST_AGAIN, _FREE[2], _FREE[3])
    burning = _burning(seen_s)
    thrust, carried = boost * pushed, boost * (1.0 - pushed)
    chances = _mixed([(thrust, burning), (free, coasting), (carried, _CARRIED)])
    if free >= max(thrust, carried):
        return Finding("falls freely, for", held_s, "s", chances)
    return Finding("under thrust" if thrust >= carried else "carried, not falling", push_mps2, "m/s2", chances)


def _burning(seen_s: float) -> Chances:
    one, two, three, four = (
        chance / (1.0 + math.exp(min((seen_s - half_s) / spread_s, 50.0)))
        for chance, half_s, spread_s in zip(_UNDER_THRUST, _BURN_S, _BURN_SPREAD_S, strict=True)
    )
    return one, two, three, four


def _perigee(position: Vector, velocity: Vector) -> Finding:
    """Weigh how near to an orbit it is."""
    perigee_m = osculating(position, velocity).perigee_m
    nearly = _above(perigee_m, SPACE_PERIGEE_M, _PERIGEE_SIGMA_M)
    there = min(nearly, _above(perigee_m, ORBIT_PERIGEE_M, 0.1 * _PERIGEE_SIGMA_M))
    chances = _mixed([(1.0 - nearly, _SUBORBITAL), (nearly - there, _NEARLY_IN_ORBIT), (there, _IN_ORBIT)])
    what = "perigee in orbit" if there > 0.5 else "perigee near orbit" if nearly > 0.5 else "perigee under ground"
    return Finding(what, perigee_m * 1e-3, "km", chances)


def _chance_of_fit(moment: Moment) -> float | None:
    """Return the chance that plots of one motion lie as far from what was expected; None while they are too few."""
    freedom = round(moment.residual_figures)
    if freedom < _LEAST_FIGURES:
        return None
    return chance_above(moment.residual2, freedom) if moment.residual2 > freedom else 1.0


def _fit(moment: Moment, chance: float) -> Finding:
    is_misfitting = 1.0 if chance < _MISFIT_TAIL else 0.0
    what = "plots do not fit one motion" if is_misfitting else "plots fit one motion"
    return Finding(what, moment.residual2 / moment.residual_figures, "chi2/dof", _soft(_MISFITTING, is_misfitting))
