"""New certificates for a member's link, from its own authority; and a new authority, in two steps.

A new authority is first named beside the old one in a roster. Once that roster is in force everywhere, the member's
certificate is issued by it, and the roster after that names it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.errors import ConfigError
from tocsin.node.config import MemberConfig
from tocsin.node.introducing import own_introduction, replaced_link
from tocsin.node.rosters import load_trust, write_file
from tocsin.signing import expires_at, hosts_of, issue_link, make_authority

AUTHORITY, NEXT = "tls/authority", "tls/authority-next"


@dataclass(frozen=True)
class Renewed:
    """What was issued."""

    expires_at: datetime
    """UTC; of the link certificate."""
    pin: str
    is_new_key: bool
    """The roster pins another key than this: it should name this one."""
    is_new_authority: bool
    """The link certificate is now issued by the authority that was new."""


def renew_link(config: MemberConfig, *, now: datetime, new_key: bool = False) -> Renewed:
    """Issue a new link certificate; from the new authority, if one waits and the roster in force names it.

    The key stays, so that the pin does, unless a new one is asked for. The certificate names the hosts of the former
    one, those that the server or each of a cluster listens on, and those under which the introduction says that it is
    reached.

    Raises:
        ConfigError: The authority's key is not here, a file cannot be read or written, or the authority has expired.
    """
    certificate, key = _read(config, "tls/link.pem"), _read(config, "tls/link.key")
    switches = (config.path(f"{NEXT}.key")).exists()
    if switches:
        _require_named(config, _read(config, f"{NEXT}.pem"))
    base = NEXT if switches else AUTHORITY
    authority, authority_key = _read(config, f"{base}.pem"), _read(config, f"{base}.key")
    try:
        if expires_at(authority) <= now:
            raise ConfigError(
                f"this authority expired on {expires_at(authority):%Y-%m-%d}", path=str(config.path(f"{base}.pem")),
                advice="Make a new one: tocsin renew --new-authority",
            )  # fmt: skip
        cluster = (at for server in config.bus.cluster for at in (server.leaf_listen, server.route_listen))
        named = (config.bus.leaf_listen, *cluster, *own_introduction(config).link.address.split(","))
        hosts = tuple(dict.fromkeys((*hosts_of(certificate), *(_host(address) for address in named if address))))
        issued = issue_link(
            config.member.code, authority, authority_key, hosts=hosts, now=now, key=None if new_key else key
        )
    except ValueError as error:
        raise ConfigError(f"no certificate can be issued: {error}", path=str(config.path("tls"))) from error
    if new_key:
        write_file(config.path("tls/link.key"), issued.key, mode=0o600)
    write_file(config.path("tls/link.pem"), issued.certificate)
    if switches:
        for end in ("key", "pem"):
            config.path(f"{AUTHORITY}.{end}").replace(config.path(f"{AUTHORITY}-old.{end}"))
            config.path(f"{NEXT}.{end}").replace(config.path(f"{AUTHORITY}.{end}"))
    if switches:
        replaced_link(config, certificate=authority.decode(), pins=(issued.pin,))
    elif new_key:
        replaced_link(config, pins=(issued.pin,))
    return Renewed(expires_at(issued.certificate), issued.pin, new_key, switches)


def add_authority(config: MemberConfig, *, now: datetime) -> datetime:
    """Make a new authority and introduce it beside the old one.

    Returns:
        When it ends, UTC.

    Raises:
        ConfigError: One waits already, or a file cannot be read or written.
    """
    if config.path(f"{NEXT}.key").exists():
        raise ConfigError(
            "a new authority waits already", path=str(config.path(f"{NEXT}.pem")),
            advice="Once the roster in force names it: tocsin renew",
        )  # fmt: skip
    authority, key = make_authority(config.member.code, now=now)
    former = own_introduction(config).link.certificate
    write_file(config.path(f"{NEXT}.pem"), authority)
    write_file(config.path(f"{NEXT}.key"), key, mode=0o600)
    replaced_link(config, certificate=former.rstrip("\n") + "\n" + authority.decode())
    return expires_at(authority)


def _require_named(config: MemberConfig, authority: bytes) -> None:
    entry = load_trust(config).roster.member(config.member.code)
    if entry is None or authority.decode().strip() not in entry.link.certificate:
        raise ConfigError(
            "the roster in force does not name this new authority yet", path=str(config.path(f"{NEXT}.pem")),
            advice="First: tocsin roster propose --replace introduction.json, sign it, apply it at every member",
        )  # fmt: skip


def _read(config: MemberConfig, relative: str) -> bytes:
    path = config.path(relative)
    try:
        return path.read_bytes()
    except OSError as error:
        where = "Bring it here while you renew" if relative.endswith("authority.key") else ""
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(path), advice=where) from error


def _host(address: str) -> str:
    return address.strip().rpartition(":")[0].strip("[]")
