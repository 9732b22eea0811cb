"""What is compiled before it is needed."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import gc
from numba.core.dispatcher import Dispatcher
from tocsin.calibration.compiling import compile_kernels
from tocsin.calibration.results import Trial
from tocsin.calibration.runs import run_trial

def compiled():
    kernels = [each for each in gc.get_objects() if isinstance(each, Dispatcher) and each.signatures]
    return {(each.py_func.__qualname__, str(kind)) for each in kernels for kind in each.signatures}

compile_kernels()
before = compiled()
run_trial(Trial(case="nominal", flight_id="hs12over", variant=1, seed=7))
print(len(before), len(compiled() - before))
"""


def test_a_launch_finds_nearly_all_compiled_that_its_desks_compute_with() -> None:
    """A member that compiles in the middle of a launch answers nobody: the first replay on a machine ended so."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    before, missing = map(int, done.stdout.split())
    assert before > 20
    assert missing <= 4  # what only rival chains need compiles in a second or two
