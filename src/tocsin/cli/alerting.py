"""Alerts to the public: ``alerts list``, ``alerts end`` and ``alerts check``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Config, Json, Moment, UsageError, member_file
from tocsin.cli.terminal import output, write_json
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from cryptography import x509

    from tocsin.alerts import Territory
    from tocsin.cap import CapAlert, Checked, Reference

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

alerts = App(name="alerts", help="Alerts to the public: what waits, what was sent; and messages of CAP 1.2.")


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(alerts)


@alerts.command(name="list")
def list_(*, config: Config = HERE, as_json: Json = False) -> None:
    """List the alerts of the last two days: each message, who confirmed it, why it is held, what channels say.

    Before them stand the channels, with the last test that each has confirmed.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object (tocsin.alerts/2).
    """
    import msgspec

    from tocsin.cli.alerts_view import render_alerts
    from tocsin.node import read_config
    from tocsin.node.alerts_seen import see_alerts

    seen = see_alerts(read_config(member_file(config)), now=SystemClock().now())
    if as_json:
        write_json({"schema": "tocsin.alerts/2", **msgspec.structs.asdict(seen)})
    else:
        output().print(render_alerts(seen))


@alerts.command
def end(
    event: str,
    /,
    *,
    wrong: Literal["sent_in_error", "no_launch", "wrong_areas", "drill"] | None = None,
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Draft the end of an alert that was sent: an all-clear (it is over), or a cancel (it was wrong).

    The draft goes to every area and channel that had the alert, once people have approved it. A cancel for
    sent_in_error is kept ready for every message; this is for what the software does not see, or for another reason.

    Args:
        event: Id of the event or of the alert, as alerts list shows it.
        wrong: What was wrong; without it the alert was right and is over.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object: the id of the draft, which is what people approve.
    """
    import asyncio
    import logging

    from tocsin.cli.logs import log_to_stderr
    from tocsin.node import read_config
    from tocsin.node.alerts_end import draft_end

    log_to_stderr("auto", level=logging.WARNING)
    made = asyncio.run(draft_end(read_config(member_file(config)), event, wrong=wrong, clock=SystemClock()))
    if as_json:
        write_json({"record_id": made.id})
    else:
        output().print(f"drafted, and waits for confirmation: {made.id}")


@alerts.command
def check(
    *files: Path,
    known: Annotated[tuple[Path, ...], Parameter(negative="", show_default=False)] = (),
    territory: Annotated[str | None, Parameter(metavar="CODE")] = None,
    signed_by: Annotated[tuple[Path, ...], Parameter(negative="", show_default=False)] = (),
    at: Moment = None,
    as_json: Json = False,
) -> int:
    """Check CAP messages against the schema and against the rules that it misses. Ends with 1 if anything is wrong.

    Args:
        files: The messages (XML).
        known: A message that they may refer to, or a folder of such (.xml, .cap); may be given again. Without it,
            whether references lead to a message is not looked at.
        territory: Code of the member that alerts, such as JPN: its areas must be within that member's own.
        signed_by: A certificate of the sender (PEM); may be given again. The messages must then be signed by one of
            them, and only what was signed is read.
        at: When the certificate has to be valid, for messages of an archive: 2026-01-31T12:00Z or a date; else now.
        as_json: Write one JSON array: file, identifier, findings (rule, where, line, what, advice).
    """
    from tocsin.cap import check_cap

    if not files:
        raise UsageError("name at least one file")
    certificates = [each for file in signed_by for each in _certificates(file)] if signed_by else None
    others = _known(known) if known else None
    own = _territory(territory.upper()) if territory is not None else None
    moment = at or SystemClock().now()
    told, wrong = [], False
    for file in files:
        checked = check_cap(_read(file), known=others, territory=own, certificates=certificates, at=moment)
        wrong = wrong or bool(checked.findings)
        if as_json:
            told.append(_as_json(file, checked))
        else:
            _print(file, checked)
    if as_json:
        write_json(told)
    return int(wrong)


def _as_json(file: Path, checked: Checked) -> dict[str, Any]:
    identifier = checked.alert.identifier if checked.alert is not None else None
    return {"file": str(file), "identifier": identifier, "findings": checked.findings}


def _print(file: Path, checked: Checked) -> None:
    from rich.text import Text

    console = output()
    alert = checked.alert
    about = f"{alert.status} {alert.msg_type}, {alert.identifier}" if alert is not None else "cannot be used"
    verdict = Text("wrong" if checked.findings else "right", "red" if checked.findings else "green")
    console.print(Text.assemble(f"{file}: ", verdict, f"  {about}"), soft_wrap=True)
    for finding in checked.findings:
        place = finding.where + (f" (line {finding.line})" if finding.line else "")
        console.print(
            Text.assemble("  ", (place, "bold"), f" {finding.what} ", (f"[{finding.rule}]", "dim")), soft_wrap=True
        )
        console.print(Text(f"    {finding.advice}"), soft_wrap=True)


def _known(places: tuple[Path, ...]) -> dict[Reference, CapAlert]:
    from tocsin.cap import known_messages, read_cap
    from tocsin.cli.terminal import notice
    from tocsin.errors import CapError

    def readable() -> Iterator[CapAlert]:
        for place in places:
            for file in sorted([*place.glob("*.xml"), *place.glob("*.cap")]) if place.is_dir() else [place]:
                try:
                    yield read_cap(_read(file))
                except CapError as error:
                    notice(f"{file} is passed over: {error}")

    return known_messages(readable())


def _territory(code: str) -> Territory:
    from tocsin.node.home import home_of

    return home_of(code)


def _certificates(file: Path) -> list[x509.Certificate]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(_read(file))
    except ValueError as error:
        raise UsageError(f"{file} holds no certificate (PEM): {error}") from error


def _read(file: Path) -> bytes:
    from tocsin.cap import MAX_CAP_BYTES
    from tocsin.errors import CapError

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_CAP_BYTES + 1)  # one more is enough to refuse it
    except OSError as error:
        raise CapError(f"{file} cannot be read: {error.strerror}", advice="Name a file that exists") from error
