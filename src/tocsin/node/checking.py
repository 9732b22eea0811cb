"""Looks a member over and returns all that is wrong with it at once, each with the place and what to do."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tocsin.bus import BusConfig, server_config
from tocsin.bus.server import find_server
from tocsin.errors import BusUnavailableError, ConfigError, TocsinError
from tocsin.node.asking import ask_status
from tocsin.node.checking_rosters import PROPOSE, check_rosters
from tocsin.node.checking_store import store_findings
from tocsin.node.config import TABLES, MemberConfig, MemberTable, try_config
from tocsin.node.findings import Finding, Level
from tocsin.node.probing import probe_servers, resolve
from tocsin.node.rosters import load_trust
from tocsin.node.status import MemberStatus
from tocsin.node.wiring import bus_config
from tocsin.signing import KeyRole, PrivateKey, Trust, certificate_pin, expires_at, is_issued_by

SOON = timedelta(days=30)
ALERT_KINDS = ("alerts.alert", "alerts.sent", "alerts.delivery")
"""Kinds of the records by which others can check an alert."""


@dataclass
class _Member:
    """What the checks have found out so far."""

    config: MemberConfig
    now: datetime
    status: MemberStatus | None = None
    trust: Trust | None = None
    wired: BusConfig | None = None
    findings: list[Finding] = field(default_factory=list)

    def add(self, level: Level, about: str, what: str, *, where: str | Path = "", advice: str = "") -> None:
        self.findings.append(Finding(level=level, about=about, what=what, where=str(where), advice=advice))

    def failed(self, about: str, error: TocsinError, *, where: str | Path = "", level: Level = "error") -> None:
        path = error.path if isinstance(error, ConfigError) else ""
        what = str(error.args[0]).removeprefix(f"{path}: ") if path else str(error.args[0])
        self.add(level, about, what, where=path or where, advice=error.advice)


def check_member(file: Path, *, now: datetime) -> list[Finding]:
    """Look over a member's configuration, keys, roster, certificates, server, ports, store, clock and links.

    Args:
        file: The member's TOML.
        now: UTC.
    """
    config, problems = try_config(file)
    found = [
        Finding(
            level="error", about="configuration", what=str(problem.args[0]).removeprefix(f"{problem.path}: "),
            where=problem.path, advice=problem.advice or "See docs/reference/configuration.md",
        )
        for problem in problems
    ]  # fmt: skip
    config = config or _without_bad_tables(file)
    if config is None:
        return found
    member = _Member(config, now, findings=found)
    if not problems:
        member.add("ok", "configuration", f"{config.member.code}, every table reads well", where=file)
    with contextlib.suppress(BusUnavailableError, ValueError):  # whether a node runs is told with the ports
        member.status, _ = ask_status(config.health.listen)
    for check in (_keys, _roster, _certificate, _authorities, _server, _ports, _store, _clock, _links, _alerts):
        check(member)
    return member.findings


def _without_bad_tables(file: Path) -> MemberConfig | None:
    """Return the configuration with defaults for tables that cannot be read, so that the rest can be looked at."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    tables: dict[str, Any] = {}
    for name, shape in TABLES.items():
        try:
            tables[name] = msgspec.convert(data.get(name, {}), shape)
        except (msgspec.ValidationError, TocsinError):
            if shape is MemberTable:
                return None
    return MemberConfig(home=file.resolve().parent, **tables)


def _keys(member: _Member) -> None:
    config, good = member.config, []
    if not config.keys.paths():
        member.add("error", "keys", "no signing key is named", where="[keys]", advice="Set keys.live at least")
    try:
        roster = load_trust(config).roster
    except TocsinError:
        roster = None  # told with the roster
    entry = roster.member(config.member.code) if roster is not None else None
    for role, relative in config.keys.paths().items():
        path = config.path(relative)
        try:
            key = PrivateKey.load(role, path)
        except ConfigError as error:
            member.failed("keys", error, where=path)
            continue
        if entry is not None and key.keyid not in {known.keyid for known in entry.keys_of(role)}:
            member.add(
                "error", "keys", f"the roster gives {config.member.code} no {role.value} key {key.keyid[:16]}",
                where=path, advice=f"Use the key that the roster names; or {PROPOSE}",
            )  # fmt: skip
        else:
            good.append(role.value)
    if KeyRole.LIVE not in config.keys.paths() and config.keys.paths():
        member.add("warning", "keys", "without a live key nothing of status actual can be issued", where="[keys]")
    secrets = [config.path("tls/link.key"), *sorted(config.path("keys").glob("*.nk"))]
    for path in secrets:
        if path.exists() and path.stat().st_mode & 0o077:
            member.add("error", "keys", "others can read this key", where=path, advice=f"chmod 600 {path}")
    if good:
        member.add("ok", "keys", f"signing keys: {', '.join(good)}", where=config.path("keys"))


def _roster(member: _Member) -> None:
    config, now = member.config, member.now
    path = config.path(config.roster.file)
    try:
        member.trust = load_trust(config)
    except ConfigError as error:
        member.failed("roster", error, where=path)
        return
    roster = member.trust.roster
    renew = "tocsin roster propose, sign it, apply it at every member"
    if member.trust.is_stale(now):
        member.add("warning", "roster", f"expired on {roster.expires_at:%Y-%m-%d}", where=path, advice=renew)
    elif roster.expires_at - now < SOON:
        member.add("warning", "roster", f"expires on {roster.expires_at:%Y-%m-%d}", where=path, advice=renew)
    else:
        member.add(
            "ok", "roster", f"{roster.federation}, version {roster.version}, until {roster.expires_at:%Y-%m-%d}; "
            f"fingerprint {member.trust.document.fingerprint}", where=path,
        )  # fmt: skip
    if not roster.neighbours(config.member.code):
        member.add("warning", "roster", "no link leads to another member", where=path)
    member.findings += check_rosters(config, member.trust, member.status, now=now)


def _certificate(member: _Member) -> None:
    path = member.config.path("tls/link.pem")
    try:
        certificate = path.read_bytes()
        pin, end = certificate_pin(certificate), expires_at(certificate)
    except OSError as error:
        member.add("error", "certificates", f"cannot be read: {error.strerror}", where=path)
        return
    except ValueError:
        member.add("error", "certificates", "is no certificate in PEM", where=path)
        return
    renew = "tocsin renew, then tocsin reload"
    if end <= member.now:
        member.add("error", "certificates", f"expired on {end:%Y-%m-%d}", where=path, advice=renew)
    elif end - member.now < SOON:
        member.add("warning", "certificates", f"expires on {end:%Y-%m-%d}", where=path, advice=renew)
    else:
        member.add("ok", "certificates", f"link certificate until {end:%Y-%m-%d}", where=path)
    entry = member.trust.roster.member(member.config.member.code) if member.trust is not None else None
    if entry is None:
        return
    if pin not in entry.link.pins:
        member.add(
            "warning", "certificates", "the roster pins another key for this link than this certificate's",
            where=path, advice=f"Peers take what our authority issued; still, {PROPOSE}",
        )  # fmt: skip
    if not is_issued_by(certificate, entry.link.certificate.encode()):
        member.add(
            "error", "certificates", "is not issued by the authority that the roster names for this member",
            where=path, advice="tocsin renew, then tocsin reload",
        )  # fmt: skip


def _authorities(member: _Member) -> None:
    if member.trust is None:
        return
    for peer in member.trust.roster.members:
        authority = f"the link authority of {peer.code} in the roster"
        try:
            end = expires_at(peer.link.certificate.encode())
        except ValueError:
            member.add("error", "certificates", f"{authority} is no certificate", where=member.config.roster.file)
            continue
        if end <= member.now:
            member.add(
                "error", "certificates", f"{authority} expired on {end:%Y-%m-%d}", where=member.config.roster.file
            )


def _server(member: _Member) -> None:
    config = member.config
    if member.trust is None:
        return
    try:
        member.wired = bus_config(config, member.trust.roster)
        server_config(member.wired)
    except TocsinError as error:
        member.failed("server", error)
        return
    except OSError as error:
        member.add("error", "server", f"cannot be written: {error.strerror}", where=config.path("tls/peers"))
        return
    if config.bus.server == "external":
        _external_servers(member, member.wired)
        return
    try:
        binary = find_server(member.wired)
    except ConfigError as error:
        member.failed("server", error)
        return
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False, timeout=10)
    member.add("ok", "server", said.stdout.strip() or "nats-server", where=binary)


def _external_servers(member: _Member, wired: BusConfig) -> None:
    wrong = list(probe_servers(wired))
    for where, problem in wrong:
        member.add(
            "error", "server", problem, where=where, advice="Start it with the configuration of: tocsin config nats"
        )
    if not wrong:
        member.add("ok", "server", "answers as configured", where=wired.url)


def _ports(member: _Member) -> None:
    config = member.config
    addresses = {
        "bus.client_listen": config.bus.client_listen,
        "bus.leaf_listen": config.bus.leaf_listen,
        "health.listen": config.health.listen,
    }
    doubled = {name for name, address in addresses.items() if list(addresses.values()).count(address) > 1}
    if doubled:
        member.add("error", "ports", "the same address stands twice", where=" and ".join(sorted(doubled)))
    if member.status is not None and member.status.member == config.member.code:
        member.add("ok", "ports", f"the node of {config.member.code} is running", where=config.health.listen)
        return
    if member.status is not None:
        member.add(
            "error", "ports", f"the node of {member.status.member} answers here", where="health.listen",
            advice="Give every member an address of its own",
        )  # fmt: skip
        addresses.pop("health.listen")
    if config.bus.server == "external":
        for name in ("bus.client_listen", "bus.leaf_listen"):
            addresses.pop(name)
    taken = [(name, address, why) for name, address in addresses.items() if (why := _not_free(address))]
    for name, address, why in taken:
        member.add(
            "error",
            "ports",
            f"{address}: {why}",
            where=name,
            advice="Stop the other program, or choose an address of this machine that is free",
        )
    if not taken and not doubled:
        member.add("ok", "ports", "free; the node is not running", where=", ".join(addresses.values()))


def _store(member: _Member) -> None:
    member.findings += store_findings(member.config, now=member.now)


def _clock(member: _Member) -> None:
    if member.trust is not None and member.now < member.trust.roster.issued_at - timedelta(minutes=5):
        member.add(
            "error", "clock", f"it is {member.now:%Y-%m-%d %H:%M}Z here, before the roster was issued",
            advice="Set this machine's clock",
        )  # fmt: skip
        return
    tolerance_s = member.config.exchange.clock_tolerance_s
    off = [
        link
        for link in (member.status.links if member.status else ())
        if link.clock_offset_s is not None and abs(link.clock_offset_s) > tolerance_s
    ]
    for link in off:
        member.add(
            "warning", "clock", f"the clock of {link.member} is {link.clock_offset_s:+.1f} s from ours",
            advice="Compare both with a time server; what comes from there is marked clock_suspect",
        )  # fmt: skip
    if not off:
        compared = (
            f"within {tolerance_s:g} s of the peers'" if member.status else "plausible; peers compare when linked"
        )
        member.add("ok", "clock", f"{member.now:%Y-%m-%d %H:%M}Z, {compared}")


def _links(member: _Member) -> None:
    status = member.status
    if status is None or status.member != member.config.member.code:
        return
    for link in status.links:
        if link.problem:
            member.add("error", "links", f"{link.member}: {link.problem}", advice=_advice_for(link.problem))
        elif link.is_neighbour:
            member.add("ok", "links", f"{link.member}: up, {link.lag} behind")
    for problem in status.problems:
        if not problem.startswith("link to ") and "expired" not in problem:
            member.add("error", "links", problem)


def _alerts(member: _Member) -> None:
    """Peers check an alert by its records, which older files of members do not release."""
    if member.config.alerts.run == "off":
        return
    rules = member.config.exchange.release
    kept = [kind for kind in ALERT_KINDS if not any(rule.fits(kind) for rule in rules)]
    if not kept:
        member.add("ok", "alerts", "what this member tells of its alerts is in its rules of release")
        return
    first = next((rule for rule in rules if rule.action == "release"), None)
    kinds = ", ".join(f'"{kind}"' for kind in (*(first.kinds if first is not None else ()), "alerts.*"))
    member.add(
        "warning", "alerts", f"no rule releases {kept[0]}: it waits for a person, and peers cannot check an alert",
        where="[[exchange.release]]", advice=f'Let a rule whose action is "release" say: kinds = [{kinds}]',
    )  # fmt: skip


def _advice_for(problem: str) -> str:
    if "expired" in problem:
        return "The certificate's owner renews it: tocsin renew, then tocsin reload"
    if "key" in problem or "certificate" in problem or "authority" in problem:
        return "Compare the roster's fingerprint with the peer's over another channel"
    return "Ask the peer whether its node runs, and whether the way between is open"


def _not_free(address: str) -> str:
    try:
        for family, kind, protocol, _, where in resolve(address):
            with socket.socket(family, kind, protocol) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(where)
    except (OSError, ValueError, OverflowError) as error:
        return (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ""
