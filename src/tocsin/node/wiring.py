"""From configuration and roster to what the bus and the exchange need."""

from __future__ import annotations

from pathlib import Path

from tocsin.bus import BusConfig, LaneKeys, PeerLink, read_seed
from tocsin.errors import ConfigError
from tocsin.node.config import MemberConfig
from tocsin.signing import KeyRole, PrivateKey, Roster, is_issued_by
from tocsin.store import Store

LANES = ("main", "bulk")
NATS_FOLDER = "data/nats"
"""Where the embedded server keeps its streams."""


def load_keys(config: MemberConfig, roster: Roster) -> dict[KeyRole, PrivateKey]:
    """Read this member's signing keys and see that the roster knows them.

    Raises:
        ConfigError: A key cannot be read, or the roster gives this member no such key.
    """
    member = roster.member(config.member.code)
    known = {key.keyid for key in member.keys} if member else set()
    keys = {}
    for role, relative in config.keys.paths().items():
        path = config.path(relative)
        key = PrivateKey.load(role, path)
        if key.keyid not in known:
            raise ConfigError(
                f"the roster gives {config.member.code} no {role.value} key {key.keyid[:16]}",
                path=str(path), advice="Use the key that the roster names, or agree on a new roster",
            )  # fmt: skip
        keys[role] = key
    return keys


def has_store(config: MemberConfig) -> bool:
    """Tell whether there may be something in the store: a file that is not there yet holds nothing."""
    return config.store.url is not None or config.path(config.store.file).exists()


def open_store(config: MemberConfig, *, read_only: bool = False) -> Store:
    """Open the store that the configuration names; a file and its folder are made if they are not there.

    Raises:
        StoreError: The store cannot be opened.
    """
    if config.store.url is None:
        path = config.path(config.store.file)
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        return Store.open(path, read_only=read_only)
    secret = config.store.password_file
    return Store.open(
        config.store.url, password_file=None if secret is None else config.path(secret), read_only=read_only
    )


def bus_config(config: MemberConfig, roster: Roster) -> BusConfig:
    """Say what the bus has to join: one link for each neighbour in the roster, in two lanes.

    Writes each neighbour's certificate authority to a file, since servers read authorities from files.

    Raises:
        ConfigError: The roster lacks what a link needs.
    """
    code = config.member.code
    authorities = config.path("tls/peers")
    authorities.mkdir(parents=True, exist_ok=True)
    peers = tuple(_peer_link(config, roster, peer, authorities) for peer in roster.neighbours(code))
    return BusConfig(
        member=code,
        server=config.bus.server,
        client_listen=config.bus.client_listen,
        leaf_listen=config.bus.leaf_listen,
        store_dir=str(config.path(NATS_FOLDER)),
        binary=config.bus.binary,
        app_seed_file=str(config.path("keys/app.nk")),
        system_seed_file=str(config.path("keys/system.nk")),
        certificate_file=str(config.path("tls/link.pem")),
        key_file=str(config.path("tls/link.key")),
        authority_file=str(config.path("tls/authority.pem")),
        replicas=config.bus.replicas,
        cluster=config.bus.cluster,
        peers=peers,
    )


def require_own_link(config: MemberConfig, roster: Roster) -> None:
    """See that the peers would believe this member's link certificate and the keys with which it dials.

    Raises:
        ConfigError: They would not.
    """
    code = config.member.code
    member = roster.member(code)
    if member is None:
        raise ConfigError(f"{code} is not in this roster")
    path = config.path("tls/link.pem")
    try:
        certificate = path.read_bytes()
        is_ours = is_issued_by(certificate, member.link.certificate.encode())
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(path)) from error
    except ValueError as error:
        raise ConfigError("is no certificate in PEM", path=str(path)) from error
    if not is_ours:
        raise ConfigError(
            f"this certificate is not issued by the authority that the roster names for {code}", path=str(path),
            advice="Issue it with the authority that the peers know",
        )  # fmt: skip
    for link in roster.links:
        if link.dialler != code:
            continue
        for lane in LANES:
            seed_file = config.path(f"keys/link-{link.listener}-{lane}.nk")
            known = member.link.nkeys.get(f"{link.listener}/{lane}", "").split()
            if read_seed(str(seed_file)).public not in known:
                raise ConfigError(
                    f"the roster does not name this key for {code} to dial {link.listener}", path=str(seed_file),
                    advice="Use the key that the roster names, or agree on a new roster",
                )  # fmt: skip


def _peer_link(config: MemberConfig, roster: Roster, peer: str, authorities: Path) -> PeerLink:
    code = config.member.code
    entry = roster.member(peer)
    if entry is None:
        raise ConfigError(f"the roster links {code} to {peer} and does not list {peer}")
    authority = authorities / f"{peer}.pem"
    if not authority.exists() or authority.read_text() != entry.link.certificate:
        authority.write_text(entry.link.certificate)
    dials = any((link.dialler, link.listener) == (code, peer) for link in roster.links)
    address = config.bus.dial.get(peer, entry.link.address) if dials else None
    if dials and not address:
        raise ConfigError(f"the roster gives no address for {peer}", advice=f"Set bus.dial.{peer} in the member's TOML")
    lanes = {
        lane: LaneKeys(
            seed_file=str(config.path(f"keys/link-{peer}-{lane}.nk")) if dials else None,
            peer_publics=() if dials else tuple(entry.link.nkeys.get(f"{code}/{lane}", "").split()),
        )
        for lane in LANES
    }
    return PeerLink(
        code=peer, dial=address, certificate_file=str(authority), main=lanes["main"],
        bulk=lanes["bulk"], max_age_s=config.bus.max_age_days * 86400, max_bytes=config.bus.max_bytes,
        bulk_max_bytes=config.bus.max_bytes,
    )  # fmt: skip
