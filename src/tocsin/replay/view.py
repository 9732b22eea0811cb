"""The live picture of a replay in a terminal: the members side by side, and a banner that says that it is none."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from rich import box
from rich.align import Align
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tocsin.bus import LinkState
from tocsin.errors import BusError
from tocsin.markings import status_class
from tocsin.records import Launch
from tocsin.replay.run import MemberView, Replay, View
from tocsin.warning import warning_areas

NARROWEST = 25
"""Characters that a member's panel needs."""
MOST_AREAS = 6
STAGE_STYLES = {
    "detected": "bold black on yellow",
    "assessed": "bold black on dark_orange",
    "predicted": "bold white on red",
    "closed": "bold white on green4",
}
BORDER_STYLES = {"detected": "yellow", "assessed": "dark_orange", "predicted": "red", "closed": "green4"}
_RECENT = 200

LinkBoard = dict[str, dict[str, LinkState]]
"""By member, then by peer."""


async def watch_links(replay: Replay, board: LinkBoard, *, every_s: float = 1.0) -> None:
    """Ask every member for the state of its links again and again, until cancelled."""
    while True:
        try:
            board.update(await replay.links())
        except BusError:
            board.clear()
        await asyncio.sleep(every_s)


class Picture:
    """What a terminal shows of a replay at one moment.

    Args:
        view: What there is to show.
        links: The state of the links as last asked for.
    """

    def __init__(self, view: View, links: LinkBoard) -> None:
        self._view = view
        self._links = links

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        view, width = self._view, options.max_width
        yield banner(self._view.options.status)
        scene = view.scene
        if scene is None:
            yield Text(f"Starting {len(view.codes)} members, each with a server of its own …", "dim")
            yield Text(
                "The first time on a machine, what they compute with is compiled as well: a minute or two.", "dim"
            )
            return
        yield from self._head(width)
        per_row = max(1, min(len(view.codes), width // NARROWEST))
        panel_width = width // per_row
        contents = {code: self._member(code) for code in view.codes}
        inner = options.update(width=panel_width - 4)
        height = 2 + max(len(console.render_lines(content, inner)) for content in contents.values())
        panels = [self._panel(code, contents[code], panel_width, height) for code in view.codes]
        for start in range(0, len(panels), per_row):
            row = Table.grid()
            row.add_row(*panels[start : start + per_row])
            yield row
        yield Text("plots: own + peers'; delay: median, sealing to desk; alone: own sensors", "dim", no_wrap=True)
        for note in scene.row.notes:
            yield Text(f"note: {note}", "dim")
        for code, address in view.pages.items():
            yield Text.assemble((f"watch floor of {code}  ", "bold"), address, overflow="fold")
        if view.whole is not None:
            yield Text("The replay has ended. The watch floors stay until Ctrl-C.", "bold")

    def _head(self, width: int) -> Iterator[RenderableType]:
        view = self._view
        if view.scene is None:
            return
        row, flight_s = view.scene.row, view.scene.flight.duration_s
        figures = [
            f"{name} {value:,.0f} km"
            for name, value in (("apogee", row.apogee_km), ("range", row.distance_km))
            if value is not None
        ]
        which = f"  launch {view.number} of {view.total}" if view.total > 1 else ""
        words = ", ".join([row.missile_name or "unnamed", *figures, row.site_name or "site not named"])
        yield Text.assemble((row.launch_id, "bold"), (which, "dim"), f"  {words}", overflow="ellipsis", no_wrap=True)
        line = Table.grid(padding=(0, 1))
        passed_s = max(0.0, min(view.scenario_s, flight_s))
        clock = Text(f"T+{clock_of(max(0.0, view.scenario_s))}", "bold")
        end = Text(f"down at {clock_of(flight_s)}", "dim")
        bar_width = max(10, width - clock.cell_len - end.cell_len - 2)
        line.add_row(clock, ProgressBar(total=flight_s, completed=passed_s, width=bar_width), end)
        yield line

    def _panel(self, code: str, content: RenderableType, width: int, height: int) -> Panel:
        member = self._view.members.get(code)
        stage = member.launch.stage if member is not None and member.launch is not None else ""
        return Panel(
            content, title=Text(code, "bold"), box=box.ROUNDED, border_style=BORDER_STYLES.get(stage, "dim"),
            width=width, height=height,
        )  # fmt: skip

    def _member(self, code: str) -> RenderableType:
        member = self._view.members.get(code, MemberView())
        peers = max(0, member.detections - member.own_detections)
        facts = _facts()
        for place, line in enumerate(self._links_of(code)):
            facts.add_row("" if place else "links", line)
        facts.add_row("plots", f"{member.own_detections} + {peers}")
        for place, delay in enumerate(self._delays(code)):
            facts.add_row("" if place else "delay", delay)
        if member.launch is None or self._view.scene is None:
            return Group(facts, Text("nothing yet", "dim"))
        lift_off = self._view.scene.lift_off
        now = lift_off + timedelta(seconds=self._view.scenario_s)
        since = next(entry for entry in member.stages if entry.launch.stage == member.launch.stage)
        stage = stage_text(member.launch)
        stage.append(f" since {clock_of(since.scenario_s)}", "dim")
        told = _facts()
        for label, words in launch_facts(member.launch, lift_off, now):
            told.add_row(label, words)
        told.add_row("alone", _alone(member))
        return Group(facts, stage, told)

    def _links_of(self, code: str) -> Iterator[Text]:
        states = self._links.get(code)
        if not states:
            yield Text("…", "dim")
            return
        for peer, state in sorted(states.items()):
            lag = state.main.copy_lag + state.bulk.copy_lag
            sign = ("●", "green") if state.connected else ("○", "bold red")
            yield Text.assemble(f"{peer} ", sign, f" lag {lag}")

    def _delays(self, code: str) -> list[str]:
        """Medians of the last frames from each peer, from sealing there to the desks here."""
        found = []
        for pair, delays_us in sorted(self._view.ledger.delays_us.items()):
            origin, _, here = pair.partition("->")
            if here == code and delays_us:
                found.append(f"{origin} {statistics.median(delays_us[-_RECENT:]) / 1e3:.1f} ms")
        return found or ["–"]


def banner(status: str) -> Align:
    """Return the line that keeps a replay from being taken for a warning."""
    if status_class(status) == "exercise":
        words = f" EXERCISE EXERCISE EXERCISE · {status.partition(':')[2].upper()} · SYNTHETIC · NOT A WARNING "
        return Align.center(Text(words, "bold black on bright_cyan"), style="on bright_cyan")
    words = " REPLAY · SYNTHETIC FLIGHT AND SENSORS · STATUS TEST · NOT A WARNING "
    return Align.center(Text(words, "bold black on bright_yellow"), style="on bright_yellow")


def stage_text(launch: Launch) -> Text:
    """Return a stage as a coloured word, with the outcome of a closed one."""
    text = Text.assemble((f" {launch.stage.upper()} ", STAGE_STYLES[launch.stage]))
    return text.append(f" {launch.outcome.replace('_', ' ')}") if launch.outcome is not None else text


def launch_facts(launch: Launch, lift_off: datetime, now: datetime) -> Iterator[tuple[str, Text]]:
    """Yield what one member holds of a launch, as labels with words.

    Args:
        launch: The newest stage.
        lift_off: When it rose.
        now: The scenario's time.
    """
    if launch.label:
        probability = launch.ballistic_probability
        yield "kind", Text(launch.label + (f" {probability:.0%}" if probability is not None else ""))
    impact = launch.impact
    if impact is not None:
        left_s = (impact.at - now) / timedelta(seconds=1)
        if launch.stage != "closed" and left_s > 0:
            yield "impact", Text.assemble("in ", (clock_of(left_s), "bold red"))
        else:
            yield "impact", Text(f"at {clock_of((impact.at - lift_off) / timedelta(seconds=1))}")
        longer, shorter = impact.ellipse_95_km
        yield "", Text(place_of(impact.lat_deg, impact.lon_deg))
        yield "", Text(f"±{longer:.1f}×{shorter:.1f} km")
    if launch.stage in ("predicted", "closed"):
        yield "at risk", _names(launch.areas, "bold red")
    if launch.overflown:
        first = launch.overflown[0]
        passes_s = (first.passes_at - lift_off) / timedelta(seconds=1)
        yield "over", _names([over.area for over in launch.overflown], "bold yellow")
        yield "", Text(f"{clock_of(passes_s)} at {first.altitude_m / 1e3:.0f} km", "dim")


def _alone(member: MemberView) -> Text:
    """Say what the member would know by now from its own sensors alone."""
    if not member.alone:
        return Text("nothing yet")
    launch = member.alone[-1].launch
    if launch.impact is None:
        return Text(launch.stage)
    longer, shorter = launch.impact.ellipse_95_km
    return Text(f"±{longer:.1f}×{shorter:.1f} km")


def _facts() -> Table:
    facts = Table.grid(padding=(0, 1))
    facts.add_column(style="dim", width=7)
    facts.add_column(ratio=1)
    return facts


def area_name(area: str) -> str:
    """Return the English name of a warning area with its member, or the id of one that is not known here."""
    found = _areas().get(area)
    return f"{found[0]} ({found[1]})" if found is not None else area


def clock_of(seconds: float) -> str:
    """Return a span as minutes and seconds, ``7:05``."""
    sign, whole = ("-" if seconds < 0 else ""), abs(round(seconds))
    return f"{sign}{whole // 60}:{whole % 60:02d}"


def place_of(lat_deg: float, lon_deg: float) -> str:
    """Return a place in degrees with its hemispheres."""
    return f"{abs(lat_deg):.2f}°{'N' if lat_deg >= 0 else 'S'} {abs(lon_deg):.2f}°{'E' if lon_deg >= 0 else 'W'}"


def _names(areas: Sequence[str], style: str) -> Text:
    if not areas:
        return Text("none")
    shown = ", ".join(area_name(area) for area in areas[:MOST_AREAS])
    more = f" and {len(areas) - MOST_AREAS} more" if len(areas) > MOST_AREAS else ""
    return Text.assemble((shown, style), more)


@lru_cache(maxsize=1)
def _areas() -> Mapping[str, tuple[str, str]]:
    return {area.id: (area.name_en, area.member) for area in warning_areas().areas}
