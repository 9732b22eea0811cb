"""What the warning desk computes with, compiled before it is needed and kept on disk by numba.

As a program (``python -m tocsin.calibration.compiling``) it fills the folders on disk: numba's compiler lets no other
thread of its process run, so that whoever has something else to do has it done by a process of its own.
"""

from __future__ import annotations

import signal
import threading

import numpy as np
from numba.core import event

from tocsin.calibration.results import FUSED, Trial
from tocsin.calibration.runs import run_trial
from tocsin.geo.earth import WGS84_A_M
from tocsin.synthesis import departures
from tocsin.synthesis.trajectory import Burn, boost, burn_array, launch_frame
from tocsin.warning.matching import cheapest_pairs

_FLIGHT_ID = "kn25"
"""It stays so low that lift is allowed for, which the others of the reference set are too high for."""


def compile_kernels() -> None:
    """Have one flight seen by all members: a second if all is compiled, the better part of a minute if nothing is.

    What only rival chains need is left out: it is little, and compiles in a moment.
    """
    run_trial(Trial(case="nominal", flight_id=_FLIGHT_ID, variant=0, seed=0), views=(FUSED,))
    cheapest_pairs(np.eye(2))  # of a crowd
    _depart()


def _depart() -> None:
    """Fly what exercises let fly besides: something lifted, something that breaks, a rocket into orbit."""
    rows = np.empty((64, 7))
    falling = np.array([WGS84_A_M + 1000.0, 0.0, 0.0, -100.0, 0.0, 0.0])
    departures.descend(falling, 0.0, 1e-3, 0.5, 40_000.0, rows)
    burn = Burn(
        site_lat_deg=0.0, site_lon_deg=0.0, bearing_deg=0.0, burn_s=30.0, tilt_along_rad=0.1, tilt_across_rad=0.0
    )  # fmt: skip
    boost(launch_frame(burn), burn_array(burn), 10.0, rows)
    departures.ascend(launch_frame(burn), burn_array(burn), 15.0, 200_000.0, 1.0, rows)


def load_kernels() -> bool:
    """Do what ``compile_kernels`` does with what lies on disk, and tell whether that was all; compile nothing."""
    try:
        with event.install_listener("numba:compile", _Refusal()):
            compile_kernels()
    except _NotOnDiskError:
        return False
    return True


class _NotOnDiskError(Exception):
    """A kernel would have to be compiled."""


class _Refusal(event.Listener):
    """Lets the thread that made it compile nothing; others may."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def on_start(self, event: event.Event) -> None:  # noqa: ARG002 - as numba calls it
        if threading.get_ident() == self._thread:
            raise _NotOnDiskError

    def on_end(self, event: event.Event) -> None:
        """Do nothing: what was refused did not begin."""


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever waits for this to answer
    compile_kernels()
