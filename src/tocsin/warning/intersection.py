"""Covariance intersection: estimates of one state whose errors may hang together in a way that nobody knows.

The inverse covariances are averaged with weights that add up to 1, not summed. What comes of it is never surer than the
error really is, whatever the estimates have in common: plots that reached both by a third party, the same prior, the
same model. An estimate joined with itself stays what it is. That caution costs area: plots fused in one filter give
less than half of it (docs/explanation/tracks-of-peers.md).

Source:
    Julier and Uhlmann (1997), A non-divergent estimation algorithm in the presence of unknown correlations, Proc.
    American Control Conference. Several at once, with weights that make the determinant least: Franken and Hupper
    (2005), Improved fast covariance intersection for distributed data fusion, Proc. FUSION; found here by the
    multiplicative rule for D-optimal designs, Silvey, Titterington and Torsney (1978), which raises the determinant of
    the information at every step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.geo.earth import Vector

_MOST_STEPS = 400
_NEAR = 1e-5
"""The logarithm of the determinant is then at most so much per figure above the least."""


@dataclass(frozen=True, eq=False)
class Intersection:
    """What several estimates give together."""

    mean: Vector
    """Shape (d,)."""
    covariance: Vector
    """Shape (d, d): at least as large as the covariance of the error of ``mean``."""
    weights: Vector
    """Of each estimate, shape (n,); they add up to 1."""


def intersect(means: Vector, covariances: Vector) -> Intersection:
    """Join estimates whose errors may be correlated in any way.

    Args:
        means: Shape (n, d), n at least 1.
        covariances: Shape (n, d, d), each positive definite; units may differ from figure to figure.

    Returns:
        The same, but for rounding, in whatever order the estimates stand. Its determinant is at most that of the best.

    Raises:
        LinAlgError: A covariance is not positive definite.
    """
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    if not bool((variances > 0.0).all()):  # also if it is no number
        raise np.linalg.LinAlgError("a variance is not above zero")
    unit = np.sqrt(variances.min(axis=0))
    informations = np.array([_inverse(covariance / np.outer(unit, unit)) for covariance in covariances])
    weights = _weights(informations)
    covariance = _inverse(np.tensordot(weights, informations, axes=1))
    origin = means[int(np.argmax(weights))]  # so that metres of the earth's radius cost no digits
    pull = np.einsum("n,nij,nj->i", weights, informations, (means - origin) / unit)
    return Intersection(
        mean=origin + unit * (covariance @ pull),
        covariance=covariance * np.outer(unit, unit),
        weights=weights,
    )


def _weights(informations: Vector) -> Vector:
    """Return the weights of the greatest determinant of the averaged information, shape (n,)."""
    count, size, _ = informations.shape
    weights = np.full(count, 1.0 / count)
    for _ in range(_MOST_STEPS):
        covariance = _inverse(np.tensordot(weights, informations, axes=1))
        gains = np.einsum("ij,nji->n", covariance, informations) / size
        if float(gains.max()) <= 1.0 + _NEAR:
            break
        weights *= gains  # they still add up to 1
    weights /= weights.sum()
    alone = np.array([np.linalg.slogdet(information)[1] for information in informations])
    best = int(np.argmax(alone))
    if np.linalg.slogdet(np.tensordot(weights, informations, axes=1))[1] < alone[best]:
        weights = np.zeros(count)  # the last digits of the rule, where one estimate says it all
        weights[best] = 1.0
    return weights


def _inverse(matrix: Vector) -> Vector:
    """Invert a symmetric positive definite matrix."""
    root = np.linalg.inv(np.linalg.cholesky(matrix))
    inverse: Vector = root.T @ root
    return inverse


def distance2(first: Vector, second: Vector, one: Vector, other: Vector) -> float:
    """Return the squared normalised distance of two estimates whose errors may be correlated in any way.

    The covariance of the difference is at most twice the sum of both, whatever they have in common (the same bound,
    with equal weights), so that the distance of estimates of one state is at most chi-square.

    Args:
        first: Shape (d,).
        second: Shape (d,).
        one: Covariance of ``first``, shape (d, d).
        other: Of ``second``.

    Returns:
        Infinite if it cannot be told.
    """
    spread = 2.0 * (one + other)
    if not bool((np.diagonal(spread) > 0.0).all()):
        return np.inf
    unit = np.sqrt(np.diagonal(spread))
    try:
        root = np.linalg.cholesky(spread / np.outer(unit, unit))
    except np.linalg.LinAlgError:
        return np.inf
    apart = np.linalg.solve(root, (first - second) / unit)
    return float(apart @ apart)
