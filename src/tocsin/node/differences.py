"""What is different between two configurations of one member, and what of it a running node can take up."""

from __future__ import annotations

import msgspec

from tocsin.errors import ConfigError
from tocsin.node.config import TABLES, MemberConfig

CHANGEABLE = frozenset({"member.name", "keys", "exchange", "warning", "bus.dial", "bus.max_age_days", "bus.max_bytes"})
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


def _changed_fields(former: MemberConfig, config: MemberConfig) -> list[str]:
    return [
        f"{table}.{field}"
        for table, shape in TABLES.items()
        for field in shape.__struct_fields__
        if getattr(getattr(former, table), field) != getattr(getattr(config, table), field)
    ]
