"""What is compiled before it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import gc
from numba.core.dispatcher import Dispatcher
from tocsin.calibration.compiling import compile_kernels, load_kernels
from tocsin.calibration.results import Trial
from tocsin.calibration.runs import run_trial

def compiled():
    kernels = [each for each in gc.get_objects() if isinstance(each, Dispatcher) and each.signatures]
    return {(each.py_func.__qualname__, str(kind)) for each in kernels for kind in each.signatures}

compile_kernels()
assert load_kernels()
before = compiled()
run_trial(Trial(case="nominal", flight_id="hs12over", variant=1, seed=7))
run_trial(Trial(case="pull-up", flight_id="kn25", variant=1, seed=7))
missing = compiled() - before
print(len(before), len(missing))
"""


def test_a_launch_finds_nearly_all_compiled_that_its_desks_compute_with() -> None:
    """A member that compiles in the middle of a launch answers nobody: the first replay on a machine ended so."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    before, missing = map(int, done.stdout.split())
    assert before > 20
    assert missing <= 4  # what only rival chains need compiles in a second or two


def test_what_lies_on_disk_is_loaded_and_nothing_else_compiled(tmp_path: Path) -> None:
    script = "from tocsin.calibration.compiling import load_kernels; print(load_kernels())"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "False\n"
    assert list(tmp_path.rglob("*.nbc")) == []
