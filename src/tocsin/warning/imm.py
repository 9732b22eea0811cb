"""The interacting multiple model estimator: two models side by side, weighed by how well each foretells the plots.

Source:
    Blom and Bar-Shalom (1988); unbiased mixing of states of unequal size after Yuan, Bar-Shalom, Willett et al.:
    the ballistic model has no acceleration of its own and borrows the boost model's, or mixing would pull thrust
    towards zero.
"""

from __future__ import annotations

import math

import numpy as np

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning.measurement import absorb
from tocsin.warning.models import ACCELERATION, LOG_DRAG, STATES, predict_ballistic, predict_boost

BOOST = 0
BALLISTIC = 1


@njit
def mix(states: Vector, covariances: Vector, weights: Vector, dt_s: float, sojourns_s: Vector) -> None:
    """Let each model begin from the mixture that its past allows, in place.

    Args:
        states: Shape (2, STATES).
        covariances: Shape (2, STATES, STATES).
        weights: Probability of each model, shape (2,); holds those before the plot afterwards.
        dt_s: Since the last plot.
        sojourns_s: Mean time in each model, shape (2,).
    """
    leave_boost = 1.0 - math.exp(-dt_s / sojourns_s[BOOST])
    leave_ballistic = 1.0 - math.exp(-dt_s / sojourns_s[BALLISTIC])
    from_boost = np.empty(2)
    from_boost[BOOST], from_boost[BALLISTIC] = weights[BOOST] * (1.0 - leave_boost), weights[BOOST] * leave_boost
    from_ballistic = np.empty(2)
    from_ballistic[BOOST] = weights[BALLISTIC] * leave_ballistic
    from_ballistic[BALLISTIC] = weights[BALLISTIC] * (1.0 - leave_ballistic)
    old_states, old_covariances = states.copy(), covariances.copy()
    for model in range(2):
        total = from_boost[model] + from_ballistic[model]
        weights[model] = total
        one, other = from_boost[model] / max(total, 1e-300), from_ballistic[model] / max(total, 1e-300)
        for i in range(STATES):
            for j in range(STATES):
                is_thrust_i = ACCELERATION <= i < LOG_DRAG
                is_thrust_j = ACCELERATION <= j < LOG_DRAG
                if not is_thrust_i and not is_thrust_j:
                    offset_i = old_states[BOOST, i] - old_states[BALLISTIC, i]
                    offset_j = old_states[BOOST, j] - old_states[BALLISTIC, j]
                    covariances[model, i, j] = (
                        one * old_covariances[BOOST, i, j]
                        + other * old_covariances[BALLISTIC, i, j]
                        + one * other * offset_i * offset_j
                    )
                elif model == BALLISTIC:
                    covariances[model, i, j] = 0.0
                elif is_thrust_i and is_thrust_j:  # the ballistic model's is borrowed, so that both are the same
                    covariances[model, i, j] = old_covariances[BOOST, i, j]
                else:
                    covariances[model, i, j] = one * old_covariances[BOOST, i, j]
            if ACCELERATION <= i < LOG_DRAG:
                states[model, i] = old_states[BOOST, i] if model == BOOST else 0.0
            else:
                states[model, i] = one * old_states[BOOST, i] + other * old_states[BALLISTIC, i]


@njit
def advance(  # noqa: PLR0917 - compiled code takes its arguments by position
    states: Vector,
    covariances: Vector,
    weights: Vector,
    dt_s: float,
    boost_sojourn_s: float,
    ballistic_sojourn_s: float,
    jerk_psd: float,
    noise_mps2: float,
    drag_noise: float,
    single: bool,  # noqa: FBT001
) -> tuple[Vector, Vector, Vector]:
    """Return both models (or the ballistic one alone) mixed and moved on by ``dt_s``; what is given stays as it is.

    Args:
        states: Shape (2, STATES).
        covariances: Shape (2, STATES, STATES).
        weights: Shape (2,).
        dt_s: Above zero.
        boost_sojourn_s: As in ``mix``.
        ballistic_sojourn_s: As in ``mix``.
        jerk_psd: As in ``predict_boost``.
        noise_mps2: As in ``predict_ballistic``.
        drag_noise: As in ``predict_ballistic``.
        single: Keep the ballistic model alone.
    """
    states, covariances, weights = states.copy(), covariances.copy(), weights.copy()
    if not single:
        mix(states, covariances, weights, dt_s, np.array([boost_sojourn_s, ballistic_sojourn_s]))
        predict_boost(states[BOOST], covariances[BOOST], dt_s, jerk_psd)
    predict_ballistic(states[BALLISTIC], covariances[BALLISTIC], dt_s, noise_mps2, drag_noise)
    return states, covariances, weights


@njit
def update(  # noqa: PLR0917 - compiled code takes its arguments by position
    states: Vector,
    covariances: Vector,
    weights: Vector,
    figures: Vector,
    variances: Vector,
    form: int,
    site: Vector,
    basis: Vector,
    slot: int,
    single: bool,  # noqa: FBT001
) -> float:
    """Update both models by one plot and weigh them anew, in place (arguments as in ``measurement.absorb``).

    Returns:
        The smaller of the two squared normalised distances; the ballistic one when it is alone.
    """
    ballistic2, ballistic_log = absorb(
        states[BALLISTIC], covariances[BALLISTIC], figures, variances, form, site, basis, slot
    )
    if single:
        return ballistic2
    boost2, boost_log = absorb(states[BOOST], covariances[BOOST], figures, variances, form, site, basis, slot)
    top = max(boost_log, ballistic_log)
    boost = max(weights[BOOST], 1e-12) * math.exp(boost_log - top)
    ballistic = max(weights[BALLISTIC], 1e-12) * math.exp(ballistic_log - top)
    weights[BOOST] = boost / (boost + ballistic)
    weights[BALLISTIC] = ballistic / (boost + ballistic)
    return min(boost2, ballistic2)
