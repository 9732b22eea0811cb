"""What a person announces of space launches: ``warning notice``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from tocsin.cli.ordering import ask_node
from tocsin.cli.parameters import HERE, Codes, Config, Flag, Json, UsageError, member_file
from tocsin.cli.terminal import output, write_json

if TYPE_CHECKING:
    from tocsin.node.config import MemberConfig
    from tocsin.records import LaunchNotice

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415


def add_to(warning: App) -> None:
    """Add this command to ``warning``."""
    warning.command(notice)


def notice(
    file: Path | None = None,
    /,
    *,
    to: Codes = (),
    status: str = "actual",
    source: str = "",
    replaces: str = "",
    call_off: str = "",
    check: Flag = False,
    config: Config = HERE,
    as_json: Json = False,
) -> int:
    """Announce a space launch, so that a rocket that rises as announced is not taken for something else.

    Window, site, direction and hazard areas stand in a TOML file (docs/how-to/announce-a-launch.md). A notice keeps no
    warning silent: what comes down outside its areas is warned of like anything else.

    Args:
        file: The notice, TOML.
        to: Codes of the members that may have it, separated by commas; without any, the largest of the audiences in
            [warning].
        status: actual, test or exercise:ID.
        source: Where it was published: a navigation warning's number, a URL.
        replaces: Id of an earlier notice of ours whose place it takes.
        call_off: Id of a notice of ours that is taken back; without a file.
        check: Read it, say what it says, and issue nothing.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.clock import SystemClock
    from tocsin.markings import status_class
    from tocsin.node import read_config
    from tocsin.node.control import Announce, CallOff
    from tocsin.node.notices import read_notice, require_sense

    if (file is None) == (not call_off):
        raise UsageError("give a file, or --call-off and the id of a notice")
    if file is None:
        if check or replaces:
            raise UsageError("--call-off goes with neither --check nor --replaces")
        return ask_node(CallOff(record_id=call_off), config, as_json=as_json)
    read = read_notice(file)
    require_sense(read, SystemClock().now())
    status_class(status)
    members = to or _widest(read_config(member_file(config)))
    if check:
        _show(read, members, as_json=as_json)
        return 0
    order = Announce(notice=read, to=members, status=status, source=source, replaces=replaces)
    return ask_node(order, config, as_json=as_json)


def _widest(config: MemberConfig) -> tuple[str, ...]:
    return max(config.warning.audiences, key=len, default=(config.member.code,))


def _show(notice: LaunchNotice, to: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        write_json({"notice": notice, "to": to})
        return
    console = output()
    vehicle = f", {notice.vehicle}" if notice.vehicle else ""
    console.print(
        f"{notice.authority}{vehicle}: {notice.opens_at:%Y-%m-%d %H:%M} to {notice.closes_at:%Y-%m-%d %H:%M} UTC"
    )
    site = notice.site
    console.print(f"from {site.lat_deg:g}, {site.lon_deg:g}, within {notice.site_radius_km:g} km")
    whither = "towards its hazard areas" if notice.azimuth_deg is None else f"azimuth {notice.azimuth_deg:g} degrees"
    console.print(f"{whither}, give or take {notice.azimuth_within_deg:g} degrees")
    for area in notice.hazard_areas:
        corners = " ".join(f"{lat:g},{lon:g}" for lat, lon in area.outline)
        console.print(f"hazard area {area.name}: {corners}")
    console.print(f"for {', '.join(to)}; nothing was issued")
