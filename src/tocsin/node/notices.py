"""What an operator announces of space launches: a TOML file read and checked, and the record that is made of it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tocsin.errors import ConfigError, DomainError
from tocsin.markings import PublicWarning, marking_for
from tocsin.node.node import Node
from tocsin.records import Admitted, HazardArea, LaunchNotice, Position, Precedence, Record, Source, with_body

KIND = "orbit.launch_notice"
_MOST_BYTES = 200_000
_LONGEST_DAYS = 60.0
_FIELDS = {
    "": LaunchNotice.__struct_fields__,
    "site": Position.__struct_fields__,
    "hazard_areas": HazardArea.__struct_fields__,
}


def read_notice(file: Path) -> LaunchNotice:
    """Read a notice from a TOML file with the fields of ``orbit.launch_notice``.

    Raises:
        ConfigError: It cannot be read, or is no notice; the field is named.
    """
    try:
        with file.open("rb") as opened:
            text = opened.read(_MOST_BYTES + 1)  # one more is enough to refuse it
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(file)) from error
    if len(text) > _MOST_BYTES:
        raise ConfigError(
            f"has more than {_MOST_BYTES} bytes", path=str(file), advice="See docs/how-to/announce-a-launch.md"
        )
    try:
        data = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(
            f"is no TOML: {error}", path=str(file), advice="See docs/how-to/announce-a-launch.md"
        ) from error
    _refuse_unknown(data, file)
    try:
        return msgspec.convert(data, LaunchNotice)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigError(str(error), path=str(file), advice="See docs/how-to/announce-a-launch.md") from error


def _refuse_unknown(data: dict[str, Any], file: Path) -> None:
    """Refuse a field that is misspelt, which a record from a newer member may well have."""
    for place, known in _FIELDS.items():
        tables = data if not place else data.get(place)
        for table in tables if isinstance(tables, list) else [tables]:
            for name in table if isinstance(table, dict) else ():
                if name not in known:
                    where = f"{place}.{name}" if place else name
                    raise ConfigError(f"unknown field {where}", path=str(file), advice=f"There are: {', '.join(known)}")


def require_sense(notice: LaunchNotice, now: datetime) -> None:
    """Refuse a notice that no launch could ever be recognised by.

    Args:
        notice: As it is about to be issued.
        now: UTC.

    Raises:
        DomainError: Its window is over or far too long, or it does not say whither the launch goes.
    """
    if notice.closes_at < now:
        raise DomainError(
            f"the window closed at {notice.closes_at:%Y-%m-%d %H:%M} UTC", advice="Announce what is still to come"
        )
    days = (notice.closes_at - notice.opens_at).total_seconds() / 86_400.0
    if days > _LONGEST_DAYS:
        raise DomainError(
            f"the window is {days:.0f} days long; whatever rises from there would pass for announced",
            advice=f"Give one of at most {_LONGEST_DAYS:g} days, and another notice when it is over",
        )
    if notice.azimuth_deg is None and not notice.hazard_areas:
        raise DomainError(
            "it says neither azimuth nor hazard areas: nothing could be recognised by it", advice="Give one of them"
        )


def notice_record(
    node: Node, notice: LaunchNotice, *, to: Sequence[str], status: str, source: str = "", replaces: str = ""
) -> Record:
    """Return the record of a notice.

    Args:
        node: Whose it is.
        notice: Sensible or not; that is asked here.
        to: Codes of the members that may have it; this one is always among them.
        status: ``actual``, ``test`` or ``exercise:<id>``.
        source: Where it was published; may be empty.
        replaces: Id of a notice of ours that it takes the place of; may be empty.

    Raises:
        DomainError: It makes no sense (``require_sense``), or one of ``to`` is not in the roster.
    """
    now = node.clock.now()
    require_sense(notice, now)
    node.exchange.trust.roster.require(to)
    return with_body(
        KIND,
        notice,
        id=node.new_id(),
        originator=node.member,
        marking=marking_for(node.member, *to, public_warning=PublicWarning.YES),  # it is announced to everybody
        status=status,
        precedence=Precedence.ROUTINE,
        issued_at=now,
        sources=(Source(cites=source),) if source else (),
        supersedes=replaces or None,
    )


def withdrawn(node: Node, notice: Admitted) -> Record:
    """Return the record that calls a notice of ours off: the same again, taking it back.

    Raises:
        DomainError: The record is no notice.
    """
    record = notice.record
    if record.kind != KIND:
        raise DomainError(f"{record.id} is a {record.kind}, no announced launch")
    return msgspec.structs.replace(
        record, id=node.new_id(), issued_at=node.clock.now(), supersedes=None, cancels=record.id, sources=()
    )
