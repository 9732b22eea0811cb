"""What warnings rest on, as people read it at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from rich.console import Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tocsin.calibration.gains import AFTER_S, Interval, MemberGain
from tocsin.calibration.statistics import Figures, Share
from tocsin.calibration.summary import Calibration
from tocsin.cli.terminal import notices
from tocsin.synthesis.sensors import Sensor
from tocsin.synthesis.survey import Surveyed
from tocsin.warning.registration import Registration

STYLES = {"met": "green", "refused": "red", "incomplete": "dim"}

_Item = TypeVar("_Item")


def with_progress(items: Iterable[_Item], *, total: int, words: str) -> Iterator[_Item]:
    """Yield items, with a bar on standard error while they come."""
    console = notices()
    bar = Progress(
        TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        yield from bar.track(items, total=total)


def render_flights(found: Sequence[Surveyed], counts: Mapping[str, int]) -> RenderableType:
    """Return a row for each launch, and how many were met."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("launch", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("apogee", justify="right", no_wrap=True)
    table.add_column("range, km", justify="right", no_wrap=True)
    table.add_column("off by", justify="right", no_wrap=True)
    table.add_column("missile; what to know", overflow="fold", ratio=1)
    for each in found:
        table.add_row(
            each.launch_id, Text(each.verdict, STYLES[each.verdict]), _figure(each.apogee_km), _figure(each.range_km),
            _off_by(each), "; ".join(part for part in (each.missile, each.reason, *each.notes) if part),
        )  # fmt: skip
    complete = counts["met"] + counts["refused"]
    total = f"{counts['met']} of {complete} complete launches met within 1 %; {counts['incomplete']} are incomplete."
    return Group(table, Text(""), Text(total), Text("A match is no proof that a flight was ballistic.", "yellow"))


def render_registration(found: Registration, truth: Mapping[tuple[str, str], float] | None) -> RenderableType:
    """Return a row for each constant error of each sensor; with the true ones beside if they are known."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("sensor", no_wrap=True)
    table.add_column("plots", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("error", justify="right", no_wrap=True)
    table.add_column("95 %", justify="right", no_wrap=True)
    if truth is not None:
        table.add_column("true", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    last = ""
    for error in found.errors:
        digits = 0 if error.unit == "m" else 3
        verdict = Text("significant", "bold red") if error.is_significant else Text("", "dim")
        if not error.is_known:
            verdict = Text("cannot be told", "yellow")
        head = (error.sensor, f"{found.plots[error.sensor]}") if error.sensor != last else ("", "")
        cells = [
            *head, error.figure, f"{error.value:+.{digits}f} {error.unit}", f"±{1.96 * error.sigma:.{digits}f}",
        ]  # fmt: skip
        if truth is not None:
            cells.append(f"{truth[error.sensor, error.figure]:+.{digits}f}")
        table.add_row(*cells, verdict)
        last = error.sensor
    words = (
        f"From {found.paths} free flight{'s' if found.paths > 1 else ''}. Residuals are {found.misfit:.2f} times what "
        "the sensors claim. An error that all sensors share looks like another path, and widens the figures."
    )
    return Group(table, Text(""), Text(words, "dim"))


def render_gains(found: Sequence[MemberGain]) -> RenderableType:
    """Return a row for each member: what it gains by its peers."""
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="dim")
    table.add_column("", no_wrap=True)
    for each in found:
        table.add_column(each.member, justify="right", no_wrap=True)
    table.add_row("runs", *(f"{each.runs}" for each in found))
    table.add_row("useful only with its peers", *(f"{each.never_alone}" for each in found))
    table.add_row("useful in neither", *(f"{each.never}" for each in found))
    table.add_row("sooner, s", *(_interval(each.sooner_s, 0) for each in found))
    for index, after_s in enumerate(AFTER_S):
        table.add_row(f"area shared / alone, +{after_s:.0f} s", *(_interval(each.ratio[index], 2) for each in found))
    words = (
        "useful: a 95 % ellipse of 10 km; sooner: to the first one, with its peers against alone. area: of the ellipse "
        "so many seconds after burnout. Medians, with 95 % intervals over launches."
    )
    return Group(table, Text(""), Text(words, "dim"))


def _interval(value: Interval | None, places: int) -> str:
    return "" if value is None else f"{value.median:.{places}f} ({value.low:.{places}f}–{value.high:.{places}f})"


def render_calibration(told: Calibration) -> RenderableType:
    """Return a row for each flight, view and time after burnout, and what that makes of each promise."""
    promises = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("promise", "promised", "reached", ""):
        promises.add_column(heading)
    for each in told.promises:
        promises.add_row(each.name, each.promised, each.reached, "holds" if each.holds else Text("does not", "bold"))
    return Group(_render_figures(told.figures), Text(""), promises)


def _render_figures(found: Sequence[Figures]) -> RenderableType:
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="dim")
    table.add_column("flight", no_wrap=True)
    table.add_column("view", no_wrap=True)
    for heading in ("after", "open", "covered", "off", "ellipse", "NEES", "NIS", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    last = ""
    for each in found:
        place = f"{each.flight_id} {each.who}"
        table.add_row(
            each.flight_id if place != last else "", each.who if place != last else "", f"+{each.after_s:.0f} s",
            f"{each.open.hits}/{each.runs}", _covered(each.covered), _decimal(each.error_km),
            f"{_decimal(each.longer_km)} × {_decimal(each.shorter_km)}" if each.covered.of else "",
            _decimal(each.nees), _decimal(each.nis, 2), _decimal(each.at_rms_s),
        )  # fmt: skip
        last = place
    words = (
        "after: burnout. open: runs in which the gate allowed an impact area; the rest is of these. covered: in which "
        "the 95 % ellipse held the truth, and what chance allows. off, ellipse: medians, km. NEES should be 6, NIS 1. "
        "time: rms error of the foretold time of impact, s."
    )
    return Group(table, Text(""), Text(words, "dim"))


def _covered(share: Share) -> str:
    low, high = share.interval
    return f"{share.part:.2f} ({low:.2f}–{high:.2f})" if share.of else ""


def _decimal(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def render_sensors(sensors: Sequence[Sensor]) -> RenderableType:
    """Return a row for each sensor, and the peculiarities of those that have some."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("sensor", "place", "sees", "each", "noise"):
        table.add_column(column, no_wrap=column == "sensor", overflow="fold")
    table.add_column("besides", overflow="fold", ratio=1)
    for sensor in sensors:
        place = sensor.position
        table.add_row(
            sensor.sensor_id, f"{_degrees(place.lat_deg, 'NS')} {_degrees(place.lon_deg, 'EW')}", _coverage(sensor),
            f"{sensor.update_interval_s:g} s", _noise(sensor), "; ".join(_besides(sensor)),
        )  # fmt: skip
    return table


def _degrees(value: float, letters: str) -> str:
    return f"{abs(value):g} {letters[value < 0]}"


def _coverage(sensor: Sensor) -> str:
    lowest = "" if sensor.min_elevation_deg is None else f" above {sensor.min_elevation_deg:g}°"
    if sensor.kind == "infrared_satellite":
        return f"burning engines{lowest}"
    width = sensor.azimuth_coverage_deg
    round_ = "all round" if width == 360 else f"{width:g}° about {sensor.boresight:.0f}°"
    return f"{(sensor.nominal_range_m or 0) / 1000:g} km, {round_}{lowest}"


def _noise(sensor: Sensor) -> str:
    figures = [f"{sensor.angle_sigma_deg:g}°"]
    if sensor.range_sigma_m is not None:
        figures.append(f"{sensor.range_sigma_m:g} m")
    if sensor.range_rate_sigma_mps is not None:
        figures.append(f"{sensor.range_rate_sigma_mps:g} m/s")
    return ", ".join(figures)


def _besides(sensor: Sensor) -> Iterator[str]:
    yield f"detects {sensor.detection_probability:.0%}"
    if sensor.latency_s:
        yield f"late by {sensor.latency_s:g} s"
    for start_s, end_s in sensor.outages_s:
        yield f"silent {start_s:g} to {end_s:g} s"
    if sensor.clutter_per_scan:
        yield f"{sensor.clutter_per_scan:g} false plots a scan"
    wrong_deg = max(abs(sensor.azimuth_bias_deg), abs(sensor.elevation_bias_deg))
    if wrong_deg > 3.0 * sensor.bias_sigma_deg:
        yield f"always wrong by {wrong_deg:g}°, more than the {sensor.bias_sigma_deg:g}° that it admits"
    elif wrong_deg:
        yield f"always wrong by {wrong_deg:g}°"
    if sensor.range_bias_m:
        yield f"always wrong by {sensor.range_bias_m:g} m"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _off_by(each: Surveyed) -> str:
    errors = (each.apogee_error, each.range_error, each.bearing_error)
    known = [abs(error) for error in errors if error is not None]
    return f"{max(known):.0e}" if known else ""
