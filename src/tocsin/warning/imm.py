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
def mix(  # noqa: PLR0917 - compiled code takes its arguments by position
    states: Vector, covariances: Vector, weights: Vector, dt_s: float, sojourns_s: Vector, used: int = STATES
) -> float:
    """Let each model begin from the mixture that its past allows, in place.

    Args:
        states: Shape (2, STATES).
        covariances: Shape (2, STATES, STATES).
        weights: Probability of each model, shape (2,); holds those before the plot afterwards.
        dt_s: Since the last plot.
        sojourns_s: Mean time in each model, shape (2,).
        used: How many of the states are in use; the others are zero and stay so.

    Returns:
        What part of the ballistic model comes from the one under thrust.
    """
    leave_boost = 1.0 - math.exp(-dt_s / sojourns_s[BOOST])
    leave_ballistic = 1.0 - math.exp(-dt_s / sojourns_s[BALLISTIC])
    boost_stays, burns_out = weights[BOOST] * (1.0 - leave_boost), weights[BOOST] * leave_boost
    lights_up, ballistic_stays = weights[BALLISTIC] * leave_ballistic, weights[BALLISTIC] * (1.0 - leave_ballistic)
    weights[BOOST], weights[BALLISTIC] = boost_stays + lights_up, burns_out + ballistic_stays
    under_thrust, free = max(weights[BOOST], 1e-300), max(weights[BALLISTIC], 1e-300)
    boost_stays, lights_up = boost_stays / under_thrust, lights_up / under_thrust
    burns_out, ballistic_stays = burns_out / free, ballistic_stays / free  # of each model, what comes from where
    offset = np.empty(used)
    for i in range(used):
        offset[i] = states[BOOST, i] - states[BALLISTIC, i]
    boost, ballistic = covariances[BOOST], covariances[BALLISTIC]
    for i in range(used):
        if ACCELERATION <= i < LOG_DRAG:  # thrust is borrowed, not mixed
            for j in range(used):
                boost[i, j] *= 1.0 if ACCELERATION <= j < LOG_DRAG else boost_stays
                ballistic[i, j] = 0.0
            continue
        boost_offset, ballistic_offset = boost_stays * lights_up * offset[i], burns_out * ballistic_stays * offset[i]
        for part in range(2):
            for j in range(0 if part == 0 else LOG_DRAG, ACCELERATION if part == 0 else used):
                one, other = boost[i, j], ballistic[i, j]
                boost[i, j] = boost_stays * one + lights_up * other + boost_offset * offset[j]
                ballistic[i, j] = burns_out * one + ballistic_stays * other + ballistic_offset * offset[j]
        for j in range(ACCELERATION, LOG_DRAG):
            boost[i, j] *= boost_stays
            ballistic[i, j] = 0.0
    for i in range(used):
        one, other = states[BOOST, i], states[BALLISTIC, i]
        if ACCELERATION <= i < LOG_DRAG:
            states[BALLISTIC, i] = 0.0
        else:
            states[BOOST, i] = boost_stays * one + lights_up * other
            states[BALLISTIC, i] = burns_out * one + ballistic_stays * other
    burnt_out: float = burns_out
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
    used: int = STATES,
) -> None:
    """Mix both models and move them on by ``dt_s``, or the ballistic one alone, in place.

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
        used: How many of the states are in use; the others are zero and stay so.
    """
    if single:
        predict_ballistic(states[BALLISTIC], covariances[BALLISTIC], dt_s, noise_mps2, drag_noise, used)
        return
    thrust = states[BOOST, ACCELERATION:LOG_DRAG] - ballistic_acceleration(states[BOOST])
    spread = covariances[BOOST, ACCELERATION:LOG_DRAG, ACCELERATION:LOG_DRAG].copy()
    sojourns_s = np.empty(2)
    sojourns_s[BOOST], sojourns_s[BALLISTIC] = boost_sojourn_s, ballistic_sojourn_s
    burnt_out = mix(states, covariances, weights, dt_s, sojourns_s, used)
    predict_boost(states[BOOST], covariances[BOOST], dt_s, jerk_psd, used)
    predict_ballistic(states[BALLISTIC], covariances[BALLISTIC], dt_s, noise_mps2, drag_noise, used)
    burn_out(states[BALLISTIC], covariances[BALLISTIC], dt_s, thrust, spread, burnt_out)


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
    used: int = STATES,
) -> float:
    """Update both models by one plot and weigh them anew, in place (arguments as in ``measurement.absorb``).

    Returns:
        The smaller of the two squared normalised distances; the ballistic one when it is alone.
    """
    ballistic2, ballistic_log = absorb(
        states[BALLISTIC], covariances[BALLISTIC], figures, variances, form, site, basis, slot, used
    )
    if single:
        return ballistic2
    boost2, boost_log = absorb(states[BOOST], covariances[BOOST], figures, variances, form, site, basis, slot, used)
    top = max(boost_log, ballistic_log)
    boost = max(weights[BOOST], 1e-12) * math.exp(boost_log - top)
    ballistic = max(weights[BALLISTIC], 1e-12) * math.exp(ballistic_log - top)
    weights[BOOST] = boost / (boost + ballistic)
    weights[BALLISTIC] = ballistic / (boost + ballistic)
    return min(boost2, ballistic2)
