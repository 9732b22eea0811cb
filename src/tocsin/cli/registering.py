"""Compares sensors with each other: ``warning registration``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Config, Json, UsageError, member_file
from tocsin.cli.terminal import output, write_json

if TYPE_CHECKING:
    from tocsin.warning.plots import Plot

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

_AFTER_BURNOUT_S = 5.0


def add_to(app: App) -> None:
    """Add these commands to ``warning``."""
    app.command(registration)


def registration(
    *,
    config: Config = HERE,
    status: str = "actual",
    launch: Annotated[str | None, Parameter(metavar="ID")] = None,
    sensors: Path | None = None,
    seed: int = 1,
    as_json: Json = False,
) -> int:
    """Tell each sensor's constant errors, from objects in free flight that several sensors saw.

    Without --launch it looks at what the member's store holds. An error that all sensors share cannot be told from
    another path, and is said to be unknown. Ends with 1 if an error is significant.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        status: Of the records to look at: actual, test or exercise:ID; they are never mixed.
        launch: Instead of the store, simulate this launch of the public record, such as NK-20170828-01.
        sensors: With --launch, a table of sensors (CSV or TOML); their true errors are told beside.
        seed: With --launch, of all noise.
        as_json: Write one JSON object (tocsin.registration/1).
    """
    from tocsin.cli.warning_view import render_registration
    from tocsin.warning.registration import register

    if launch is None and sensors is not None:
        raise UsageError("--sensors goes with --launch")
    truth: Mapping[tuple[str, str], float] | None
    paths, truth = _simulated(launch, sensors, seed) if launch is not None else (_stored(config, status), None)
    found = register(paths)
    if as_json:
        write_json({"schema": "tocsin.registration/1", "status": status if launch is None else "test", "found": found})
    else:
        output().print(render_registration(found, truth))
    return int(any(error.is_significant for error in found.errors))


def _stored(config: Config, status: str) -> list[list[Plot]]:
    """Return, for each launch that the store holds, the plots of its free flight.

    Raises:
        ConfigError: The store holds no launch in free flight.
    """
    import numpy as np

    from tocsin.errors import ConfigError
    from tocsin.node import read_config
    from tocsin.node.wiring import open_store
    from tocsin.store import RecordQuery
    from tocsin.warning.events import state_of
    from tocsin.warning.plots import plot_of, seconds_of
    from tocsin.warning.registration import by_path

    member = read_config(member_file(config))
    with open_store(member, read_only=True) as store:
        states = {}
        for stored in store.records(RecordQuery(kinds=("warning.launch",), status=status)):
            body = stored.admitted.body
            if body.stage == "predicted" and body.track is not None and body.event_id not in states:
                states[body.event_id] = (np.concatenate(state_of(body.track)), seconds_of(body.track.at))
        detections = store.records(RecordQuery(kinds=("warning.detection",), status=status))
        plots = [plot for stored in detections if (plot := plot_of(stored.admitted)) is not None]
    if not states:
        raise ConfigError(
            f"the store holds no launch of status {status} that was foretold", path=str(member.home),
            advice="Name another --status, or try it on a simulated flight: --launch NK-20170828-01",
        )  # fmt: skip
    return by_path(plots, states)


def _simulated(launch: str, table: Path | None, seed: int) -> tuple[list[list[Plot]], dict[tuple[str, str], float]]:
    from tocsin.calibration.door import LIFT_OFF, Door
    from tocsin.synthesis.flights import reconstruct
    from tocsin.synthesis.launches import load_launches, select
    from tocsin.synthesis.sensor_table import load_sensors
    from tocsin.synthesis.sensors import constant_errors, observe
    from tocsin.synthesis.truth import fly
    from tocsin.warning.plots import plot_of, seconds_of
    from tocsin.warning.registration import FIGURES, in_free_flight

    rows = select(load_launches(None).rows, launch)
    if len(rows) != 1:
        raise UsageError(f"--launch {launch} names {len(rows)} launches; errors are drawn anew for each, so name one")
    sensors = load_sensors(table)
    truth = fly(reconstruct(rows[0]))
    begin_s = truth.burnout_s + _AFTER_BURNOUT_S
    admitted = Door(sorted({sensor.member for sensor in sensors})).admit(observe(truth, sensors, seed))
    plots = [plot for entry in admitted if (plot := plot_of(entry)) is not None]
    path = in_free_flight(plots, truth.state_at(begin_s), seconds_of(LIFT_OFF) + begin_s)
    errors: dict[tuple[str, str], float] = {
        (f"{sensor.member}:{sensor.sensor_id}", figure): value
        for sensor in sensors
        for figure, value in zip(
            FIGURES, constant_errors(sensor, event_id=truth.launch.event_id, seed=seed), strict=True
        )
    }
    return [path], errors
