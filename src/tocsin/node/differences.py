"""What is different between two rosters or two configurations, in words, and what of it a running node can take up."""

from __future__ import annotations

import msgspec

from tocsin.errors import ConfigError
from tocsin.node.config import TABLES, MemberConfig
from tocsin.signing import Roster, RosterMember

CHANGEABLE = frozenset({"member.name", "keys", "exchange", "bus.dial", "bus.max_age_days", "bus.max_bytes"})
"""Tables and fields that take effect while the node runs; all others need it started anew."""


def require_changeable(former: MemberConfig, config: MemberConfig) -> None:
    """Refuse a configuration that a running node cannot take up.

    Raises:
        ConfigError: The first field that cannot change, or a signing key that is named no more.
    """
    for name in _changed_fields(former, config):
        table = name.partition(".")[0]
        if name not in CHANGEABLE and table not in CHANGEABLE:
            raise ConfigError(
                f"{name} cannot change while the node runs; nothing was changed",
                path=str(config.home / "member.toml"), advice="Put it back, or stop the node and start it again",
            )  # fmt: skip
    gone = former.keys.paths().keys() - config.keys.paths().keys()
    if gone:
        role = min(role.value for role in gone)
        raise ConfigError(
            f"keys.{role} cannot go while the node runs; nothing was changed",
            path=str(config.home / "member.toml"), advice="Name a key, or stop the node and start it again",
        )  # fmt: skip


def config_changes(former: MemberConfig, config: MemberConfig) -> list[str]:
    """Say in words what is different between two configurations of one member."""
    told = []
    for name in _changed_fields(former, config):
        table, _, field = name.partition(".")
        value = msgspec.to_builtins(getattr(getattr(config, table), field))
        told.append(f"{name} is now {msgspec.json.encode(value).decode()}")
    return told


def roster_changes(former: Roster, roster: Roster) -> list[str]:
    """Say in words what is different between two rosters of one federation."""
    if roster is former:
        return []
    told = [f"roster version {roster.version} is in force, until {roster.expires_at:%Y-%m-%d}"]
    told += [f"{code} joins" for code in roster.codes if code not in former.codes]
    told += [f"{code} leaves" for code in former.codes if code not in roster.codes]
    for member in roster.members:
        before = former.member(member.code)
        if before is not None:
            told += _member_changes(before, member)
    links, were = ({(link.dialler, link.listener) for link in each.links} for each in (roster, former))
    told += [f"{dialler} dials {listener}" for dialler, listener in sorted(links - were)]
    told += [f"{dialler} no longer dials {listener}" for dialler, listener in sorted(were - links)]
    return told


def _member_changes(before: RosterMember, member: RosterMember) -> list[str]:
    had, has = ({key.keyid: key for key in each.keys} for each in (before, member))
    told = [f"{member.code} has a new {has[one].role.value} key {one[:16]}" for one in has if one not in had]
    told += [f"the {had[one].role.value} key {one[:16]} of {member.code} is retired" for one in had if one not in has]
    if before.link != member.link:
        fields = [
            name.replace("nkeys", "link keys")
            for name in before.link.__struct_fields__
            if getattr(before.link, name) != getattr(member.link, name)
        ]
        told.append(f"{member.code} has another {', '.join(fields)} for its links")
    return told


def _changed_fields(former: MemberConfig, config: MemberConfig) -> list[str]:
    return [
        f"{table}.{field}"
        for table, shape in TABLES.items()
        for field in shape.__struct_fields__
        if getattr(getattr(former, table), field) != getattr(getattr(config, table), field)
    ]
