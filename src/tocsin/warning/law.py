"""The settings that compiled code asks for."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tocsin.warning.settings import WarningSettings


class Law(NamedTuple):
    """Numbers of ``WarningSettings``, in SI units."""

    boost_sojourn_s: float
    ballistic_sojourn_s: float
    jerk_psd: float
    noise_mps2: float
    coast_noise_mps2: float
    drag_noise: float
    single_model_probability: float
    single_model_s: float
    manoeuvre_window_s: float
    manoeuvre_tail: float
    ballistic_probability: float
    discerning_sigma_mps2: float
    gate_chi2: float
    first_range_m2: float
    """Added to the variance of the place of what infrared alone has built, for its first plot with a range."""


@lru_cache(maxsize=16)
def law_of(settings: WarningSettings) -> Law:
    """Return the numbers of settings, all of one type, or each would be compiled for anew."""
    return Law(
        boost_sojourn_s=float(settings.boost_sojourn_s),
        ballistic_sojourn_s=float(settings.ballistic_sojourn_s),
        jerk_psd=float(settings.jerk_psd),
        noise_mps2=float(settings.ballistic_noise_mps2),
        coast_noise_mps2=float(settings.coast_noise_mps2),
        drag_noise=float(settings.drag_noise),
        single_model_probability=float(settings.single_model_probability),
        single_model_s=float(settings.single_model_s),
        manoeuvre_window_s=float(settings.manoeuvre_window_s),
        manoeuvre_tail=float(settings.manoeuvre_tail),
        ballistic_probability=float(settings.ballistic_probability),
        discerning_sigma_mps2=float(settings.discerning_sigma_mps2),
        gate_chi2=float(settings.gate_chi2),
        first_range_m2=(settings.first_range_sigma_km * 1e3) ** 2,
    )
