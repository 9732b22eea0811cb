from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.special import gammaincc

from tocsin.warning.matching import affordable_pairs, cheapest_pairs
from tocsin.warning.moment import chance_above


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_matching_costs_what_that_of_scipy_costs(rows, columns, seed, part_out_of_gate):
    random = np.random.default_rng(seed)
    costs = random.normal(10.0, 8.0, (rows, columns))
    costs[random.random((rows, columns)) < part_out_of_gate] = 1e9
    pairs = cheapest_pairs(costs)
    expected_rows, expected_columns = linear_sum_assignment(costs)
    assert [row for row, _ in pairs] == sorted({row for row, _ in pairs})
    assert len({column for _, column in pairs}) == len(pairs) == min(rows, columns)
    assert sum(costs[pair] for pair in pairs) == pytest.approx(costs[expected_rows, expected_columns].sum(), rel=1e-12)
    if not np.any(costs == 1e9):
        assert pairs == list(zip(expected_rows.tolist(), expected_columns.tolist(), strict=True))


@given(st.integers(0, 7), st.integers(0, 7), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_what_goes_together_is_matched_as_if_the_rest_were_very_dear(rows, columns, seed, part_apart):
    random = np.random.default_rng(seed)
    costs = random.normal(10.0, 8.0, (rows, columns))
    costs[random.random((rows, columns)) < part_apart] = np.inf
    dear = np.where(np.isfinite(costs), costs, 1e9)
    expected = [pair for pair in zip(*linear_sum_assignment(dear), strict=True) if dear[pair] < 1e9]
    assert affordable_pairs(costs) == expected


@pytest.mark.parametrize("cost", [np.nan, np.inf, -np.inf])
def test_costs_that_are_no_numbers_are_refused(cost):
    with pytest.raises(ValueError, match="no number"):
        cheapest_pairs(np.array([[1.0, 2.0], [cost, 1.0]]))


@given(st.integers(1, 2000), st.floats(0.01, 4.0))
def test_chance_is_that_of_the_incomplete_gamma_function(freedom, part):
    expected = gammaincc(0.5 * freedom, 0.5 * part * freedom)
    assert chance_above(part * freedom, freedom) == pytest.approx(expected, rel=1e-8, abs=1e-300)
