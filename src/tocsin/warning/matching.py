"""The cheapest one-to-one matching of rows with columns, of all of them or of those that go together.

scipy has the same, but to import it takes three quarters of a second in every process, as long as all the rest of the
room; a test compares the two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector

_OUT_OF_REACH = 1e9
"""Dearer than any matching of what goes together."""


@njit
def _columns_of(costs: Vector) -> NDArray[np.int64]:
    """Return the column of each row; there are at least as many columns as rows.

    Row after row is matched along the shortest augmenting path; index 0 stands for "none".
    """
    rows, columns = costs.shape
    row_price, column_price = np.zeros(rows + 1), np.zeros(columns + 1)
    row_of = np.zeros(columns + 1, np.int64)
    for row in range(1, rows + 1):
        row_of[0] = row
        _make_room(costs, row_price, column_price, row_of)
    found = np.zeros(rows, np.int64)
    for column in range(1, columns + 1):
        if row_of[column] != 0:
            found[row_of[column] - 1] = column - 1
    return found


@njit
def _make_room(costs: Vector, row_price: Vector, column_price: Vector, row_of: NDArray[np.int64]) -> None:
    """Match the row that column 0 holds, moving others where that is cheapest, in place."""
    columns = costs.shape[1]
    least, before = np.full(columns + 1, math.inf), np.zeros(columns + 1, np.int64)
    is_used = np.zeros(columns + 1, np.bool_)
    here = 0
    while row_of[here] != 0:
        is_used[here] = True
        row, step, there = row_of[here], math.inf, 0
        for column in range(1, columns + 1):
            if not is_used[column]:
                reduced = costs[row - 1, column - 1] - row_price[row] - column_price[column]
                if reduced < least[column]:
                    least[column], before[column] = reduced, here
                if least[column] < step:
                    step, there = least[column], column
        for column in range(columns + 1):
            if is_used[column]:
                row_price[row_of[column]] += step
                column_price[column] -= step
            else:
                least[column] -= step
        here = there
    while here != 0:
        row_of[here] = row_of[before[here]]
        here = before[here]


def cheapest_pairs(costs: Vector) -> list[tuple[int, int]]:
    """Match as many rows and columns as there are of the fewer, at the least sum of costs.

    Args:
        costs: Shape (rows, columns).

    Returns:
        Row and column of each pair, in the order of the rows.

    Raises:
        ValueError: A cost is infinite or no number.

    Source:
        Kuhn (1955), Munkres (1957), with potentials and shortest augmenting paths: Jonker and Volgenant (1987).
    """
    if not np.isfinite(costs).all():
        raise ValueError("a cost is infinite or no number")
    rows, columns = costs.shape
    if 0 in {rows, columns}:
        return []
    if rows == 1:
        return [(0, int(np.argmin(costs[0])))]
    if columns == 1:
        return [(int(np.argmin(costs[:, 0])), 0)]
    if rows <= columns:
        return list(enumerate(_columns_of(np.ascontiguousarray(costs)).tolist()))
    turned = _columns_of(np.ascontiguousarray(costs.T)).tolist()
    return sorted((row, column) for column, row in enumerate(turned))


NO_FIT = 1e6
"""Cost of a pair that cannot be."""
_AMBIGUOUS_FACTOR = 3.0


def clear_pairs(costs: Vector) -> list[tuple[int, int]]:
    """Match one to one, and hold a pair to be one only if no other would fit nearly as well.

    Args:
        costs: Shape (rows, columns): at most 1 for what fits; what cannot be compared may be infinite.

    Returns:
        Row and column of each pair, in the order of the rows.
    """
    bounded = np.where(costs < NO_FIT, costs, NO_FIT)
    pairs = []
    for row, column in cheapest_pairs(bounded):
        cost = bounded[row, column]
        rivals = np.concatenate([np.delete(bounded[row], column), np.delete(bounded[:, column], row)])
        is_rivalled = rivals.size and rivals.min() <= min(1.0, _AMBIGUOUS_FACTOR * cost + 0.1)
        if cost <= 1.0 and not is_rivalled:
            pairs.append((row, column))
    return pairs


def affordable_pairs(costs: Vector) -> list[tuple[int, int]]:
    """Match as many rows and columns as go together, and of those matchings take the one at the least sum of costs.

    Args:
        costs: Shape (rows, columns); infinite where a row and a column do not go together.

    Returns:
        Row and column of each pair, in the order of the rows.
    """
    goes = np.isfinite(costs)
    rows, columns = np.nonzero(goes)
    if len(rows) <= 1:
        return list(zip(rows.tolist(), columns.tolist(), strict=True))
    is_alone = (goes.sum(axis=1)[rows] == 1) & (goes.sum(axis=0)[columns] == 1)
    pairs = list(zip(rows[is_alone].tolist(), columns[is_alone].tolist(), strict=True))
    if is_alone.all():
        return pairs
    rows, columns = np.unique(rows[~is_alone]), np.unique(columns[~is_alone])
    rest = costs[np.ix_(rows, columns)]
    found = cheapest_pairs(np.where(np.isfinite(rest), rest, _OUT_OF_REACH))
    return sorted(pairs + [(int(rows[i]), int(columns[j])) for i, j in found if math.isfinite(rest[i, j])])
