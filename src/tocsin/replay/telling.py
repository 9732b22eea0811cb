"""A replay in words: a line for each stage as it comes, and what came of it all at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.geo.geodesic import distance_m
from tocsin.replay.federation import STATUS
from tocsin.replay.results import AgreementResult, ExchangeResult, GainResult, LaunchResult, ReplayResult, StageResult
from tocsin.replay.run import View
from tocsin.replay.summary import Issued
from tocsin.replay.view import area_name, clock_of, place_of

THE_END = "The replay has ended. The watch floors stay until Ctrl-C."


class PlainLines:
    """Writes a line whenever a member reaches a new stage or names other areas: for files, and where nothing can move.

    Args:
        write: Takes one line.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._launch = ""
        self._has_told_pages = self._has_told_end = False
        self._told: dict[str, tuple[str, ...]] = {}

    def show(self, view: View) -> None:
        """Tell what is new."""
        if view.pages and not self._has_told_pages:
            self._has_told_pages = True
            for code, address in view.pages.items():
                self._write(f"watch floor of {code}: {address}")
        if view.whole is not None and not self._has_told_end:
            self._has_told_end = True
            self._write(THE_END)
        scene = view.scene
        if scene is None:
            return
        if scene.row.launch_id != self._launch:
            self._launch, self._told = scene.row.launch_id, {}
            status = view.options.status
            word = "REPLAY" if status == STATUS else "EXERCISE EXERCISE EXERCISE"
            self._write(
                f"{word} (synthetic, status {status}, not a warning) {view.number} of {view.total}: {self._launch} "
                f"{scene.row.missile_name} from {scene.row.site_name}"
            )
        for code in view.codes:
            member = view.members.get(code)
            if member is None or not member.stages:
                continue
            issued = member.stages[-1]
            launch = issued.launch
            news = (launch.stage, *launch.areas, *(over.area for over in launch.overflown))
            if news != self._told.get(code):
                self._told[code] = news
                self._write(f"  T+{clock_of(issued.scenario_s)} {code} {_stage_words(issued)}")


def _stage_words(issued: Issued) -> str:
    launch = issued.launch
    words = [launch.stage.upper() + (f" ({launch.outcome.replace('_', ' ')})" if launch.outcome else "")]
    if launch.label:
        words.append(launch.label)
    if launch.impact is not None:
        longer, shorter = launch.impact.ellipse_95_km
        words.append(
            f"impact {place_of(launch.impact.lat_deg, launch.impact.lon_deg)} ±{longer:.1f} × {shorter:.1f} km"
        )
    if launch.areas:
        words.append("at risk " + ", ".join(map(area_name, launch.areas)))
    if launch.overflown:
        words.append("overflown " + ", ".join(area_name(over.area) for over in launch.overflown))
    return "; ".join(words)


def tell_result(result: ReplayResult) -> RenderableType:
    """Return what came of a replay."""
    return Group(tell_launches(result.launches), Text(""), tell_exchange(result.exchange))


def tell_launches(launches: Sequence[LaunchResult]) -> RenderableType:
    """Return what came of some launches: of one at length, of many in a table."""
    played = [launch for launch in launches if launch.skipped is None]
    skipped = [launch for launch in launches if launch.skipped is not None]
    parts: list[RenderableType] = [_one(played[0])] if len(played) == 1 else [_many(played)] if played else []
    if len(skipped) <= len(played) or len(skipped) <= 3:
        parts += [Text(f"{launch.launch_id} was skipped: {launch.skipped}", "yellow") for launch in skipped]
    else:
        parts.append(
            Text(f"{len(skipped)} launches were skipped: the record lacks figures (--json tells which)", "yellow")
        )
    return Group(*parts)


def tell_exchange(exchange: ExchangeResult) -> RenderableType:
    """Return what crossed between the members."""
    bad = exchange.lost or exchange.duplicated or exchange.leaked
    head = Text.assemble(
        ("exchange  ", "bold"), f"{exchange.sent} records sent, {exchange.admitted} admitted, ",
        (
            f"{exchange.lost} lost, {exchange.duplicated} duplicated, {exchange.leaked} leaked",
            "bold white on red" if bad else "bold green",
        ),
        f", {exchange.rejected} refused",
    )  # fmt: skip
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("delay, ms")
    for name in ("p50", "p95", "p99", "frames"):
        table.add_column(name, justify="right")
    for pair, found in exchange.latency_us.items():
        table.add_row(
            pair.replace("->", " → "), *(f"{us / 1e3:.1f}" for us in (found.p50, found.p95, found.p99)),
            str(found.frames),
        )  # fmt: skip
    return Group(head, table) if exchange.latency_us else head


def _one(launch: LaunchResult) -> RenderableType:
    parts: list[RenderableType] = [Text.assemble((launch.launch_id, "bold"), f"  {launch.missile}")]
    table = Table(box=None, pad_edge=False, header_style="dim")
    compared = ("alone", "shared", "sooner", "smaller") if launch.sharing_gain else ("first impact",)
    for name in ("", *compared, "last impact", "off by"):
        table.add_column(name, justify="left" if name in ("", "last impact") else "right")
    for code, member in launch.members.items():
        gain, last = launch.sharing_gain.get(code), _last_predicted(member.stages)
        first = next((stage.scenario_s for stage in member.stages if stage.stage == "predicted"), None)
        cells = _gain_cells(gain) if gain is not None else ["never" if first is None else clock_of(first)]
        table.add_row(Text(code, "bold"), *cells, *_impact_cells(launch, last))
    parts.append(table)
    if launch.sharing_gain:
        parts.append(
            Text("alone, shared: first impact area, after lift-off, from its own sensors and from all;", "dim")
        )
        parts.append(Text("sooner: known to 10 km; smaller: the 95 % ellipse by then", "dim"))
    last = next((found for member in launch.members.values() if (found := _last_predicted(member.stages))), None)
    if last is not None:
        parts.append(_areas_line("at risk", list(last.areas)))
        parts.append(_areas_line("overflown", [over.area for over in last.overflown]))
    if launch.agreement is not None:
        parts.append(_agreement_line(launch.agreement))
    return Group(*parts)


def _areas_line(label: str, areas: Sequence[str]) -> Text:
    return Text.assemble((f"{label}  ", "bold"), ", ".join(map(area_name, areas)) or "none")


def _agreement_line(found: AgreementResult) -> Text:
    if found.widest_km is None:
        return Text.assemble(("agreement  ", "bold"), "no two members have published an impact")
    apart = f"impact points at most {found.widest_km:.3f} km and {found.widest_s or 0.0:.3f} s apart"
    events = f", in {len(found.event_ids)} events" if len(found.event_ids) > 1 else ""
    return Text.assemble(
        ("agreement  ", "bold"), ("the members agree", "green") if found.agree else ("they do not agree", "bold red"),
        f": {apart}{events}",
    )  # fmt: skip


def _many(launches: Sequence[LaunchResult]) -> RenderableType:
    codes = sorted({code for launch in launches for code in launch.members})
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("launch")
    table.add_column("missile", overflow="fold")
    table.add_column("first impact", justify="right")
    table.add_column("agree")
    for code in codes:
        table.add_column(f"{code} sooner", justify="right")
    for launch in launches:
        first = min(
            (s.scenario_s for member in launch.members.values() for s in member.stages if s.stage == "predicted"),
            default=None,
        )
        agree = launch.agreement
        table.add_row(
            launch.launch_id, launch.missile, "never" if first is None else clock_of(first),
            "–" if agree is None or agree.widest_km is None else "yes" if agree.agree else Text("no", "bold red"),
            *(_seconds(launch.sharing_gain.get(code)) for code in codes),
        )  # fmt: skip
    return Group(table, Text("sooner: how much, than alone, the impact was known to 10 km", "dim"))


def _gain_cells(gain: GainResult) -> list[str]:
    alone = "never" if gain.alone_predicted_s is None else clock_of(gain.alone_predicted_s)
    shared = "never" if gain.shared_predicted_s is None else clock_of(gain.shared_predicted_s)
    return [alone, shared, _seconds(gain), "–" if gain.km2 is None else f"{gain.km2:,.0f} km²"]


def _seconds(gain: GainResult | None) -> str:
    return "–" if gain is None or gain.seconds is None else f"{gain.seconds:.0f} s"


def _impact_cells(launch: LaunchResult, last: StageResult | None) -> list[str]:
    if last is None or last.impact is None:
        return ["none", "–"]
    place = place_of(last.impact.lat_deg, last.impact.lon_deg)
    if launch.truth is None:
        return [place, "–"]
    made = launch.truth.reconstructed_impact
    off_km = distance_m(last.impact.lat_deg, last.impact.lon_deg, made.lat_deg, made.lon_deg) / 1e3
    return [place, f"{off_km:.1f} km"]


def _last_predicted(stages: Sequence[StageResult]) -> StageResult | None:
    return next((stage for stage in reversed(stages) if stage.stage == "predicted"), None)
