"""The way in which numerical kernels are compiled, in one place and with their types kept.

Kernels are compiled at their first call and cached on disk. numba does not see that a function in *another* file
has changed: whoever edits a kernel that others call clears the ``__pycache__`` folders.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def njit(function: _Kernel) -> _Kernel:
    """Compile a function of numbers and float64 arrays, keeping its type for the checker.

    Floating point follows IEEE 754 strictly, so that the same input gives the same bits; a division by zero gives
    infinity or NaN and no exception. Kernels let other threads run, so their arguments are nobody else's to change
    meanwhile. Where no folder can be written, kernels are compiled anew in every process.
    """
    try:
        compiled = numba.njit(cache=True, error_model="numpy", nogil=True)(function)
    except RuntimeError:  # numba found no place for its cache
        compiled = numba.njit(error_model="numpy", nogil=True)(function)
    return cast("_Kernel", compiled)
