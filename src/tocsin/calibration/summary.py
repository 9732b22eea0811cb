"""All that many runs say, in one value: what the report is written from, and what ``--json`` gives."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.calibration.cases import CASES
from tocsin.calibration.flights import FlightFigures, flight_figures
from tocsin.calibration.promises import Promise, promises
from tocsin.calibration.reference import LOWER, flight_ids, reference_flight
from tocsin.calibration.regions import RegionFigures, region_figures
from tocsin.calibration.reliability import Reliability, reliability
from tocsin.calibration.results import EPOCHS_S, FUSED, Run
from tocsin.calibration.statistics import Figures, all_figures
from tocsin.warning import WarningSettings

_POLICY = WarningSettings()


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of many runs."""

    promises: tuple[Promise, ...]
    figures: tuple[Figures, ...]
    """Of every case, flight, view and time."""
    flights: tuple[FlightFigures, ...]
    """Of every case, flight and view."""
    reliability: tuple[Reliability, ...]
    """Of every case in which areas were named: the shared picture, and the members alone together."""
    regions: tuple[RegionFigures, ...]
    """Of flights that are so low that policy allows for lift, in the case that lifts them."""


def calibration(runs: Sequence[Run]) -> Calibration:
    """Bring runs of any cases together, in whatever order they were made; those of unknown cases are passed over."""
    order = {name: number for number, name in enumerate(CASES)}
    flight_order = {flight: number for number, flight in enumerate((*LOWER, *flight_ids()))}
    known = [run for run in runs if run.trial.case in order]
    runs = sorted(
        known, key=lambda run: (order[run.trial.case], flight_order.get(run.trial.flight_id, 0), run.trial.seed)
    )
    figures = tuple(all_figures(runs))
    kinds = list(dict.fromkeys((each.case, each.flight_id, each.who) for each in figures))
    flights = tuple(flight_figures(runs, case=case, flight_id=flight, who=who) for case, flight, who in kinds)
    members = sorted({who for _, _, who in kinds} - {FUSED})
    cases = dict.fromkeys(case for case, _, _ in kinds)
    said = [
        reliability(runs, case=case, who=who, views=views)
        for case in cases
        for who, views in (("shared", [FUSED]), ("alone", members))
    ]
    regions = [
        region_figures(runs, case=case, flight_id=flight, epoch=epoch, margin_km=_POLICY.margin_km)
        for case, flight, who in kinds
        if case == "pull-up" and who == FUSED and _is_low(flight)
        for epoch in range(len(EPOCHS_S))
    ]
    held = tuple(each for each in regions if each is not None)
    return Calibration(
        promises=promises(figures, flights, held),
        figures=figures,
        flights=flights,
        reliability=tuple(each for each in said if each is not None),
        regions=held,
    )


def _is_low(flight_id: str) -> bool:
    return bool(reference_flight(flight_id, 0).apogee_km < _POLICY.manoeuvre_apogee_km)
