"""Evidence of cargo: ``cargo list``, ``show`` and ``reach``. What they show is told by ``claims import``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter, Token

from tocsin.cli.ledgers import Status, find_in, ledger_of
from tocsin.cli.ordering import ask_node
from tocsin.cli.parameters import HERE, Codes, Config, Flag, Json, Moment, UsageError
from tocsin.cli.terminal import notice, output, write_json

if TYPE_CHECKING:
    from tocsin.cargo import ReachTest
    from tocsin.records import CargoPlace, RecordRef

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

cargo = App(
    name="cargo", help="Ships and their identities, movements of cargo, and whether a silent ship could have called."
)


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(cargo)


def _fix(_type: Any, tokens: Sequence[Token]) -> tuple[float, float, datetime, str]:
    text, _, source = tokens[0].value.partition("=")
    place, _, moment = text.partition("@")
    try:
        lat, lon = (float(each) for each in place.split(","))
        when = datetime.fromisoformat(moment)
    except ValueError:
        raise ValueError(
            f"{text!r} is no fix: use LAT,LON@TIME (degrees, UTC), such as 42.80,132.42@2023-09-01T00:00Z"
        ) from None
    return lat, lon, when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC), source


FixOption = Annotated[
    tuple[float, float, datetime, str],
    Parameter(converter=_fix, n_tokens=1, metavar="LAT,LON@TIME[=SOURCE]", negative=""),
]
NewFile = Annotated[Path | None, Parameter(metavar="FILE")]


@cargo.command(name="list")
def list_(
    *, topic: str = "", as_of: Moment = None, status: Status = "actual", config: Config = HERE, as_json: Json = False
) -> None:
    """List movements with who says so and who denies it, ships with what does not fit, counts, and reach tests.

    Args:
        topic: Only movements of this topic.
        as_of: As it was known here then: 2026-01-31T12:00Z, a date, or 30m, 2h, 7d ago.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object a line (tocsin.movement/1, tocsin.ship/1, tocsin.count/1, tocsin.reach/1).
    """
    from tocsin.cli import cargo_view

    ledger = ledger_of(config, status)
    found = cargo_view.everything(ledger, as_of, topic)
    if as_json:
        for each in cargo_view.lines(found):
            write_json(each)
    else:
        output().print(cargo_view.render_list(found))


@cargo.command
def show(
    record: str, /, *, as_of: Moment = None, status: Status = "actual", config: Config = HERE, as_json: Json = False
) -> None:
    """Show one movement (who says so, on what, who denies it, since when), ship, count or reach test.

    Args:
        record: Its key in the ledger file, its id, or MEMBER/id.
        as_of: As it was known here then: 2026-01-31T12:00Z, a date, or 30m, 2h, 7d ago.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.cli import cargo_view

    ledger = ledger_of(config, status)
    found = cargo_view.one(ledger, find_in(ledger, record), as_of)
    if as_json:
        write_json(cargo_view.line_of(found))
    else:
        output().print(cargo_view.render(found, ledger))


@cargo.command
def reach(
    *,
    last: FixOption,
    next_: Annotated[FixOption, Parameter(name="--next")],
    port: Annotated[tuple[str, ...], Parameter(negative="", metavar="PORT")],
    most_kn: float,
    most_reason: str = "assumed",
    shown_kn: float | None = None,
    shown_reason: str = "",
    hours: float = 8.0,
    vessel: str = "",
    svg: NewFile = None,
    geojson: NewFile = None,
    tell: Annotated[str, Parameter(metavar="KEY")] = "",
    to: Codes = (),
    status: Status = "actual",
    synthetic: Flag = False,
    config: Config = HERE,
    as_json: Json = False,
) -> int:
    """Could a ship that was silent between two fixes have called at a port? Every other port in reach stands beside it.

    impossible: even straight through and at the most speed there is no time. possible: a way over water fits at the
    speed that the ship has shown. unclear: neither. That a call was possible is no evidence that it happened.

    Args:
        last: The last fix before the silence, and after = who received it, and how.
        next_: The first one after.
        port: That is asked about, may be given again: number in the World Port Index, UN/LOCODE, site, name, or
            NAME=LAT,LON.
        most_kn: No ship of this kind is faster.
        most_reason: Why that is so.
        shown_kn: A speed that the ship has kept up; without it nothing is called possible.
        shown_reason: Where it did.
        hours: For which it would have lain at the port, at least.
        vessel: The ship's name, or MEMBER/id of its record.
        svg: Draw a map of it into this new file.
        geojson: Write it into this new file as GeoJSON, with the areas in reach.
        tell: Tell it as a record under this key (cargo.reach); a node must be running.
        to: With --tell, codes of the members that may have it, separated by commas.
        status: With --tell: actual, test or exercise:ID.
        synthetic: With --tell: it is invented, for an exercise or a test.
        config: With --tell or MEMBER/id, the member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object (tocsin.reach/1).
    """
    import msgspec

    from tocsin.cargo import Silence, collection, draw, features_of_test, known_ports, reach_test, sea
    from tocsin.cli.cargo_view import reach_json, render_reach
    from tocsin.errors import DomainError
    from tocsin.records import Fix

    ship, name = _ship(vessel, config, status)
    suspected = [_port(each) for each in port]
    try:
        begin, end = (Fix(at=at, lat_deg=lat, lon_deg=lon, source=source) for lat, lon, at, source in (last, next_))
        silence = Silence(
            begin=begin, end=end, hours_alongside=hours, most_kn=most_kn, most_reason=most_reason, shown_kn=shown_kn,
            shown_reason=shown_reason or "as told", vessel=ship, vessel_name=name,
        )  # fmt: skip
        test = reach_test(sea(), silence, known_ports(), suspected)
    except ValueError as error:
        raise DomainError(str(error), advice="See docs/how-to/test-whether-a-ship-could-have-called.md") from error
    _write(svg, lambda: draw(test).encode())
    _write(geojson, lambda: msgspec.json.encode(collection(features_of_test(test))))
    if tell:
        return _tell(test, tell, to=to, status=status, synthetic=synthetic, config=config, as_json=as_json)
    if as_json:
        write_json(reach_json(test.reach))
    else:
        output().print(render_reach(test.reach))
    return 0


def _ship(text: str, config: Path, status: str) -> tuple[RecordRef | None, str]:
    """Return the record of a ship and its names; what is no MEMBER/id is a name."""
    from tocsin.records import RecordRef, Vessel

    if "/" not in text:
        return None, text
    ledger = ledger_of(config, status)
    version = ledger.at(find_in(ledger, text))
    if version is None or not isinstance(version.body, Vessel):
        raise UsageError(f"{text!r} is no vessel that is held here: give its name, or MEMBER/id of its record")
    ref = RecordRef(originator=version.ref[0], record=version.ref[1])
    return ref, " or ".join(version.body.values("name"))


def _port(text: str) -> CargoPlace:
    """Return the port that is meant: one that is known, or NAME=LAT,LON."""
    from tocsin.cargo import find_port
    from tocsin.cargo.ports import PORT_WITHIN_KM
    from tocsin.records import CargoPlace

    name, is_own, place = text.partition("=")
    if not is_own:
        return find_port(text)
    try:
        lat, lon = (float(each) for each in place.split(","))
        return CargoPlace(name=name, lat_deg=lat, lon_deg=lon, within_km=PORT_WITHIN_KM)
    except ValueError as error:
        raise UsageError(f"{text!r} is no NAME=LAT,LON: {error}") from error


def _write(file: Path | None, made: Callable[[], bytes]) -> None:
    from tocsin.errors import ConfigError

    if file is None:
        return
    data = made()
    try:
        with file.open("xb") as sink:
            sink.write(data)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=str(file), advice="Name a new file") from error
    notice(f"written: {file}")


def _tell(test: ReachTest, key: str, *, config: Path, as_json: bool, **order: Any) -> int:
    import msgspec

    from tocsin.claims import Entry, require_key
    from tocsin.markings import status_class
    from tocsin.node.claiming import Tell

    status_class(order["status"])
    body = msgspec.Raw(msgspec.json.encode(test.reach))
    refs = () if test.reach.vessel is None else (test.reach.vessel,)
    entry = Entry(kind="cargo.reach", key=require_key(key), line=None, body=body, refs=refs)
    return ask_node(Tell(entries=(entry,), **order), config, as_json=as_json)
