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
    stay = np.empty(2)
    for model in range(2):
        stay[model] = math.exp(-dt_s / sojourns_s[model])
    forward = np.empty((2, 2))
    forward[BOOST, BOOST], forward[BOOST, BALLISTIC] = stay[BOOST], 1.0 - stay[BOOST]
    forward[BALLISTIC, BALLISTIC], forward[BALLISTIC, BOOST] = stay[BALLISTIC], 1.0 - stay[BALLISTIC]
    old_states, old_covariances = states.copy(), covariances.copy()
    new_weights = weights @ forward
    block = slice(ACCELERATION, LOG_DRAG)
    for model in range(2):
        borrowed_state = old_states.copy()
        borrowed_covariance = old_covariances.copy()
        if model == BOOST:
            borrowed_state[BALLISTIC, block] = old_states[BOOST, block]
            borrowed_covariance[BALLISTIC, block, block] = old_covariances[BOOST, block, block]
        else:
            borrowed_state[BOOST, block] = 0.0
            borrowed_covariance[BOOST, block, :] = 0.0
            borrowed_covariance[BOOST, :, block] = 0.0
        shares = weights * forward[:, model] / max(new_weights[model], 1e-300)
        states[model] = shares[0] * borrowed_state[0] + shares[1] * borrowed_state[1]
        total = np.zeros((STATES, STATES))
        for source in range(2):
            offset = borrowed_state[source] - states[model]
            for i in range(STATES):
                for j in range(STATES):
                    total[i, j] += shares[source] * (borrowed_covariance[source, i, j] + offset[i] * offset[j])
        covariances[model] = total
    weights[:] = new_weights


@njit
def predict(states: Vector, covariances: Vector, dt_s: float, noises: Vector, single: bool) -> None:  # noqa: FBT001
    """Move both models (or the ballistic one alone) by ``dt_s``, in place.

    Args:
        states: Shape (2, STATES).
        covariances: Shape (2, STATES, STATES).
        dt_s: Zero or more.
        noises: Jerk density, ballistic noise, part of the drag; shape (3,).
        single: Keep the ballistic model alone.
    """
    if not single:
        predict_boost(states[BOOST], covariances[BOOST], dt_s, noises[0])
    predict_ballistic(states[BALLISTIC], covariances[BALLISTIC], dt_s, noises[1], noises[2])


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
