"""Laws of covariance intersection: safe whatever the estimates have in common, and no worse than the best of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.warning.intersection import distance2, intersect

UNITS = np.array([3e2, 2e2, 5e2, 4.0, 6.0, 2.0, 0.3])
"""About the sigmas of a track: metres, m/s, and the logarithm of drag over mass."""
SEEDS = st.integers(0, 2**32 - 1)


def spread(rng, size=7, *, scale=1.0):
    root = rng.standard_normal((size, size)) + 0.1 * np.eye(size)
    units = UNITS[:size] * scale * np.exp(rng.uniform(-1.0, 1.0, size))
    return units[:, None] * (root @ root.T / size + 0.05 * np.eye(size)) * units


def estimates(seed, count):
    rng = np.random.default_rng(seed)
    means = 6.4e6 + rng.standard_normal((count, 7)) * UNITS
    return means, np.array([spread(rng, scale=np.exp(rng.uniform(-2.0, 2.0))) for _ in range(count)])


@given(SEEDS, st.integers(2, 4))
def test_it_is_never_surer_than_the_error_is_whatever_the_estimates_have_in_common(seed, count):
    rng = np.random.default_rng(seed)
    # Errors of all estimates together, hanging together in any way: what each says of itself is a block of it.
    root = rng.standard_normal((7 * count, rng.integers(7, 7 * count + 8)))
    joint = root @ root.T + 1e-3 * np.eye(7 * count)
    units = np.tile(UNITS, count)
    joint *= np.outer(units, units)
    parts = [slice(7 * i, 7 * i + 7) for i in range(count)]
    covariances = np.array([joint[part, part] for part in parts])
    found = intersect(np.zeros((count, 7)), covariances)
    gains = np.hstack([
        weight * found.covariance @ np.linalg.inv(own)
        for weight, own in zip(found.weights, covariances, strict=True)
    ])  # fmt: skip
    left = (found.covariance - gains @ joint @ gains.T) / np.outer(UNITS, UNITS)
    assert np.linalg.eigvalsh(left)[0] >= -1e-6 * np.linalg.eigvalsh(found.covariance / np.outer(UNITS, UNITS))[-1]
    assert found.weights.sum() == pytest.approx(1.0)
    assert (found.weights >= 0.0).all()


@given(SEEDS, st.integers(1, 4))
def test_an_estimate_with_itself_is_itself(seed, count):
    means, covariances = estimates(seed, 1)
    found = intersect(np.repeat(means, count, axis=0), np.repeat(covariances, count, axis=0))
    assert found.mean == pytest.approx(means[0], rel=1e-12, abs=1e-3)
    assert (found.covariance / covariances[0]) == pytest.approx(np.ones((7, 7)), rel=1e-6)


@given(SEEDS, st.permutations(range(4)))
def test_the_order_of_the_estimates_does_not_matter(seed, order):
    means, covariances = estimates(seed, 4)
    found, turned = intersect(means, covariances), intersect(means[order], covariances[order])
    sigmas = np.sqrt(np.diagonal(found.covariance))
    assert (turned.mean - found.mean) / sigmas == pytest.approx(np.zeros(7), abs=1e-6)
    assert turned.covariance / np.outer(sigmas, sigmas) == pytest.approx(
        found.covariance / np.outer(sigmas, sigmas), abs=1e-6
    )
    assert turned.weights == pytest.approx(found.weights[list(order)], abs=1e-6)


@given(SEEDS, st.integers(2, 4))
def test_it_is_no_larger_than_the_best_of_them(seed, count):
    means, covariances = estimates(seed, count)
    sizes = [np.linalg.slogdet(covariance)[1] for covariance in covariances]
    assert np.linalg.slogdet(intersect(means, covariances).covariance)[1] <= min(sizes) + 1e-9


@given(SEEDS)
def test_two_of_one_state_lie_within_the_gate_although_their_errors_hang_together(seed):
    """The worst that can be: the one errs as the other does, the other way round."""
    rng = np.random.default_rng(seed)
    covariance = spread(rng, 6)
    errors = np.linalg.cholesky(covariance) @ rng.standard_normal((6, 200))
    apart = [distance2(error, -error, covariance, covariance) for error in errors.T]
    assert 3.5 < np.mean(apart) < 9.0  # chi-square with six degrees of freedom


def test_what_is_no_covariance_is_refused_and_never_near():
    means = np.zeros((2, 7))
    for broken in (np.zeros((7, 7)), -np.eye(7), np.full((7, 7), np.nan)):
        with pytest.raises(np.linalg.LinAlgError):
            intersect(means, np.array([np.eye(7), broken]))
    assert distance2(means[0], means[1], -np.eye(7), np.zeros((7, 7))) == np.inf
