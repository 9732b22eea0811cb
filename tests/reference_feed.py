"""Plots of the reference flights, as the filter takes them, and a track made of them."""

from __future__ import annotations

from datetime import timedelta

from launch_feed import ALL, START, admit, detection
from tocsin.calibration.reference import reference_flight, reference_sensors
from tocsin.synthesis.sensors import observe
from tocsin.synthesis.truth import fly
from tocsin.warning import WarningSettings
from tocsin.warning.plots import plot_of, seconds_of
from tocsin.warning.track import begin

SETTINGS = WarningSettings()


def truth_of(flight_id, seed):
    """What flies: every seed by one of the four laws of thrust and drag."""
    return fly(reference_flight(flight_id, seed % 4))


def plots_of(truth, seed, members=ALL):
    """In the order of measurement, each with the time of its arrival in seconds after lift-off."""
    sensors = [sensor for sensor in reference_sensors() if sensor.member in members]
    return [
        (
            seen.arrives_s,
            plot_of(
                admit(
                    detection(
                        seen.body, id_=f"d{number:05d}", at=START + timedelta(seconds=seen.time_s), member=seen.member
                    ),
                    START,
                )
            ),
        )
        for number, seen in enumerate(observe(truth, sensors, seed))
    ]


def after_lift_off(time_s):
    """Seconds after lift-off of a time of the filter."""
    return time_s - seconds_of(START)


def follow(plots, track=None):
    """Feed plots that pass the gate; the track at their end, begun anew if none is given."""
    for plot in plots:
        if track is None:
            track = begin(plot, SETTINGS)
            continue
        moment = track.at(plot.time_s)
        if moment is not None and track.distance(moment, plot)[0] <= SETTINGS.gate_chi2:
            track.add(plot)
    return track
