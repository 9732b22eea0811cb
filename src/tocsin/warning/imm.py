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
from tocsin.warning.models import (
    ACCELERATION,
    LOG_DRAG,
    STATES,
    VELOCITY,
    ballistic_acceleration,
    predict_ballistic,
    predict_boost,
)

BOOST = 0
BALLISTIC = 1


@njit
def mix(states: Vector, covariances: Vector, weights: Vector, dt_s: float, sojourns_s: Vector) -> float:
    """Let each model begin from the mixture that its past allows, in place.

    Args:
        states: Shape (2, STATES).
        covariances: Shape (2, STATES, STATES).
        weights: Probability of each model, shape (2,); holds those before the plot afterwards.
        dt_s: Since the last plot.
        sojourns_s: Mean time in each model, shape (2,).

    Returns:
        What part of the ballistic model comes from the one under thrust.
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
    burnt_out: float = from_boost[BALLISTIC] / max(weights[BALLISTIC], 1e-300)
    return burnt_out


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
    if single:
        predict_ballistic(states[BALLISTIC], covariances[BALLISTIC], dt_s, noise_mps2, drag_noise)
        return states, covariances, weights
    thrust = states[BOOST, ACCELERATION:LOG_DRAG] - ballistic_acceleration(states[BOOST])
    spread = covariances[BOOST, ACCELERATION:LOG_DRAG, ACCELERATION:LOG_DRAG].copy()
    burnt_out = mix(states, covariances, weights, dt_s, np.array([boost_sojourn_s, ballistic_sojourn_s]))
    predict_boost(states[BOOST], covariances[BOOST], dt_s, jerk_psd)
    predict_ballistic(states[BALLISTIC], covariances[BALLISTIC], dt_s, noise_mps2, drag_noise)
    burn_out(states[BALLISTIC], covariances[BALLISTIC], dt_s, thrust, spread, burnt_out)
    return states, covariances, weights


@njit
def burn_out(  # noqa: PLR0917 - compiled code takes its arguments by position
    state: Vector, covariance: Vector, dt_s: float, thrust: Vector, spread: Vector, share: float
) -> None:
    """Give the ballistic model, in place, what it still got of the thrust that ended at some time within ``dt_s``.

    The time t of burnout is uniform from 0 to T = ``dt_s``. Thrust a until then adds a t to the velocity and
    a (T t - t²/2) to the position: on average a T/2 and a T²/3, with variances a² T²/12 and a² T⁴/45 and covariance
    a² T³/24; where a itself is uncertain, its variance comes in by the second moments T²/3, 2 T⁴/15 and 5 T³/24.
    Without this neither model fits the plot after burnout, and a range rate of 2 m/s drove both astray.

    Args:
        state: Shape (STATES,), moved on already.
        covariance: Shape (STATES, STATES).
        dt_s: Above zero.
        thrust: Acceleration beyond that of free flight, shape (3,), m/s².
        spread: Its covariance, shape (3, 3).
        share: What part of the model comes from the one under thrust.
    """
    t2 = dt_s * dt_s
    for i in range(3):
        state[i] += share * thrust[i] * t2 / 3.0
        state[VELOCITY + i] += share * thrust[i] * dt_s / 2.0
    between = share * (1.0 - share)  # of those who burn out now and those who did before
    for i in range(3):
        for j in range(3):
            a2 = thrust[i] * thrust[j]
            place = share * (a2 / 45.0 + spread[i, j] * 2.0 / 15.0) + between * a2 / 9.0
            speed = share * (a2 / 12.0 + spread[i, j] / 3.0) + between * a2 / 4.0
            both = share * (a2 / 24.0 + spread[i, j] * 5.0 / 24.0) + between * a2 / 6.0
            covariance[i, j] += place * t2 * t2
            covariance[VELOCITY + i, VELOCITY + j] += speed * t2
            covariance[i, VELOCITY + j] += both * t2 * dt_s
            covariance[VELOCITY + j, i] += both * t2 * dt_s


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
