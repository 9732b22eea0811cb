"""What the warning desk computes with, compiled before it is needed and kept on disk by numba."""

from __future__ import annotations

from tocsin.calibration.results import Trial
from tocsin.calibration.runs import run_trial


def compile_kernels() -> None:
    """Have one flight seen by all members: a second if all is compiled, the better part of a minute if nothing is.

    What only crowds, rival chains and low flights need is left out: it is little, and compiles in a moment.
    """
    run_trial(Trial(case="nominal", flight_id="scudc", variant=0, seed=0))
