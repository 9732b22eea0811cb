from __future__ import annotations

import math

from tocsin.geo.compiled import njit


@njit
def ratio(a: float, b: float) -> float:
    return a / b


def test_division_by_zero_is_infinite_and_no_error():
    assert ratio(1.0, 0.0) == math.inf
    assert math.isnan(ratio(0.0, 0.0))


def test_kernel_that_has_no_place_for_its_cache_is_compiled_all_the_same():
    homeless = njit(eval("lambda x: 3.0 * x"))  # code without a file has no cache folder
    assert homeless(2.0) == 6.0
