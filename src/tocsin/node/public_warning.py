"""Whether a member may open its channels to the public: looked over by ``tocsin check --public-warning``.

Channels are off until that has passed. It leaves a mark in the member's folder that names the settings it passed for;
when these change, channels are off again.
"""

from __future__ import annotations

import hashlib
import os
import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tocsin.alerts import DUTIES, Facts, Territory, texts_for
from tocsin.cap import CapAlert, check_cap, render_rehearsal, sign_cap, write_cap
from tocsin.channels import ChannelTable
from tocsin.codec import decode, encode
from tocsin.errors import ConfigError, TocsinError
from tocsin.node.config import MemberConfig
from tocsin.node.findings import Finding, Level
from tocsin.node.home import home_of
from tocsin.node.signer import load_signer
from tocsin.records import MESSAGES, Alert, AlertSent, Person
from tocsin.web import People

MARK = "data/public-warning.json"
_TIMEOUT_S = 5.0
_SOON = timedelta(days=30)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """That a check has passed, and for what."""

    digest: str
    passed_at: datetime


def is_open(config: MemberConfig) -> bool:
    """Tell whether the check has passed for these settings."""
    try:
        mark = decode(config.path(MARK).read_bytes(), Mark)
    except (OSError, TocsinError):
        return False
    return mark.digest == _digest(config)


def check_public_warning(config: MemberConfig, *, now: datetime) -> list[Finding]:
    """Look over all that an alert needs to reach the public; open the channels if nothing is an error, else close them.

    Args:
        config: The member's TOML.
        now: UTC.
    """
    found: list[Finding] = []
    for check in (_alerts, _signer, _people, _rehearsal, _channels):
        found += check(config, now)
    path = config.path(MARK)
    if any(each.level == "error" for each in found):
        path.unlink(missing_ok=True)
        found.append(
            _finding("error", "channels to the public are off", advice="Mend what is an error, and check again")
        )
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(Mark(digest=_digest(config), passed_at=now)))
        found.append(
            _finding("ok", "channels to the public are open, until [alerts] or the certificate changes", where=path)
        )
    return found


def _alerts(config: MemberConfig, _now: datetime) -> Iterator[Finding]:
    if config.alerts.run == "off":
        yield _finding("error", "alerts do not run", where="[alerts] run", advice='Set run = "here"')
    if config.keys.live is None:
        yield _finding("error", "without a live key no alert can be real", where="[keys] live", advice="Set keys.live")
    if config.alerts.confirmations.alert < 2:
        yield _finding(
            "warning", "one person alone can alert the public", where="[alerts] confirmations",
            advice="Ask for two: a mistake of one person is what has gone wrong before",
        )  # fmt: skip
    if not config.alerts.passkeys:
        yield _finding(
            "warning", "confirmations count without the person's own signature", where="[alerts] passkeys",
            advice="Set passkeys = true once people have passkeys",
        )  # fmt: skip


def _signer(config: MemberConfig, now: datetime) -> Iterator[Finding]:
    try:
        signer = load_signer(config)
    except TocsinError as error:
        yield _finding("error", str(error.args[0]), advice=error.advice)
        return
    if signer is None:
        yield _finding(
            "error", "messages would not be signed", where="[alerts] key, certificate",
            advice="Name a certificate that others can check messages by, and its key",
        )  # fmt: skip
        return
    until = signer[1].not_valid_after_utc
    level: Level = "error" if until <= now else "warning" if until - now < _SOON else "ok"
    yield _finding(level, f"messages are signed; the certificate is good until {until:%Y-%m-%d}")


def _people(config: MemberConfig, _now: datetime) -> Iterator[Finding]:
    if config.web.run == "off":
        yield _finding(
            "error", "nobody can confirm: the watch floor is off", where="[web] run", advice='Set run = "here"'
        )
        return
    accounts = [
        each for each in People(config.path(config.web.people)).all() if each.passkeys or not config.alerts.passkeys
    ]
    needed = max(map(config.alerts.confirmations.of, MESSAGES))
    able = {each.pseudonym: set(each.roles) & DUTIES["confirm"] for each in accounts}
    roles = set().union(*able.values()) if able else set()
    if min(sum(map(bool, able.values())), len(roles)) < needed or not roles & DUTIES["send"]:
        having = " with a passkey" if config.alerts.passkeys else ""
        yield _finding(
            "error", f"too few people{having} to confirm: {needed} of different roles, an alert officer among them",
            where=config.path(config.web.people),
            advice="tocsin people add … --role alert_officer; --role watch_officer",
        )  # fmt: skip
    else:
        yield _finding("ok", f"{sum(map(bool, able.values()))} people can confirm, as {' and '.join(sorted(roles))}")


def _rehearsal(config: MemberConfig, now: datetime) -> Iterator[Finding]:
    """Write, sign and check a message of status Test for every area: what cannot be told today cannot be told then."""
    try:
        home = home_of(config.member.code)
        data = write_cap(_sample(config, home, now.replace(microsecond=0)))
        signer = None
        with suppress(ConfigError):  # that is told by itself
            signer = load_signer(config)
        if signer is not None:
            data = sign_cap(data, key=signer[0], certificate=signer[1])
        checked = check_cap(data, territory=home, certificates=None if signer is None else [signer[1]], at=now)
    except TocsinError as error:
        yield _finding("error", f"no alert can be written: {error.args[0]}", advice=error.advice)
        return
    if checked.findings:
        first = checked.findings[0]
        yield _finding("error", f"an alert would break the rule {first.rule}: {first.what}", advice=first.advice)
    else:
        yield _finding("ok", f"an alert for {len(home.areas)} areas in {', '.join(home.languages)} is right")


def _channels(config: MemberConfig, _now: datetime) -> Iterator[Finding]:
    probes: dict[str, Callable[[MemberConfig, ChannelTable], str]] = {
        "feed": _probe_feed, "folder": _probe_folder, "webhook": _probe_webhook, "mail": _probe_mail,
    }  # fmt: skip
    for table in config.alerts.channels:
        try:
            said = probes[table.kind](config, table)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            yield _finding(
                "error",
                f"the channel {table.name} does not answer: {error}",
                advice="Start what it leads to, or correct its [[alerts.channels]]",
            )
        else:
            yield _finding("ok", f"the channel {table.name} {said}")


def _probe_feed(_config: MemberConfig, table: ChannelTable) -> str:
    host, _, port = (table.listen or "").rpartition(":")
    try:
        with socket.create_server((host.strip("[]"), int(port))):
            return f"can be served at {table.listen}"
    except OSError:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_TIMEOUT_S):
            return f"answers at {table.listen}"


def _probe_folder(config: MemberConfig, table: ChannelTable) -> str:
    folder = config.path(table.path or "")
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{folder} cannot be written to")
    return f"can be written to: {folder}"


def _probe_webhook(_config: MemberConfig, table: ChannelTable) -> str:
    parts = urlsplit(table.url or "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with socket.create_connection((parts.hostname or "", port), timeout=_TIMEOUT_S):
        return f"can be reached: {parts.hostname}"


def _probe_mail(_config: MemberConfig, table: ChannelTable) -> str:
    host, _, port = (table.server or "").rpartition(":")
    with smtplib.SMTP(host.strip("[]"), int(port), timeout=_TIMEOUT_S) as server:
        server.ehlo()
        if table.is_encrypted and not server.has_extn("starttls"):
            raise ValueError(f"{table.server} offers no STARTTLS")
    return f"answers: {table.server}"


def _sample(config: MemberConfig, home: Territory, now: datetime) -> CapAlert:
    facts = Facts(
        world="test", areas=home.described(home.areas), zones=home.zones_of(home.areas),
        senders=config.alerts.sender_names, launched_at=now, earliest_at=now, latest_at=now,
    )  # fmt: skip
    body = Alert(
        alert_id="rehearsal", event_id="rehearsal", message="alert", number=1, areas=facts.areas,
        texts=texts_for("alert", home.languages, facts), confirmations=2, urgency="Immediate", severity="Extreme",
        channels=tuple(channel.name for channel in config.alerts.channels), certainty="Likely", earliest_at=now,
        latest_at=now, expires_at=now + timedelta(minutes=1),
    )  # fmt: skip
    sent = AlertSent(
        alert="rehearsal", digest="", approvals=(), by=Person(role="", pseudonym=""), identifier="rehearsal",
        sender=config.alerts.sender, sent_at=now,
    )  # fmt: skip
    return render_rehearsal(body, sent)


def _digest(config: MemberConfig) -> str:
    certificate = b""
    if config.alerts.certificate is not None:
        try:
            certificate = config.path(config.alerts.certificate).read_bytes()
        except OSError:
            certificate = b"missing"
    return hashlib.sha256(encode(config.alerts) + certificate).hexdigest()


def _finding(level: Level, what: str, *, where: str | Path = "", advice: str = "") -> Finding:
    return Finding(level=level, about="public warning", what=what, where=str(where), advice=advice)
