"""What a member's configuration says about its bus: server, leaf listener, and one link per peer."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from tocsin.errors import ConfigError

Lane = Literal["main", "bulk"]
"""``main`` carries flash, immediate and routine; ``bulk`` has streams, link and connection of its own."""

LANES: tuple[Lane, ...] = ("main", "bulk")

_MEMBER = re.compile(r"[A-Z]{3}")
_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):(\d{1,5})")
_SERVER_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PUBLIC_NKEY = re.compile(r"U[A-Z2-7]{55}")
_GIB = 1024**3


class LaneKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may open one lane of a link."""

    seed_file: str | None = None
    """Path of our own seed; needed if we dial."""
    peer_publics: tuple[str, ...] = ()
    """The peer's public keys; needed if the peer dials us. Two while a key is being changed."""


class PeerLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The link to one peer.

    Raises:
        ConfigError: A field contradicts another or is malformed.
    """

    code: str
    """ISO 3166-1 alpha-3."""
    dial: str | None = None
    """``host:port`` of the peer's leaf listener, several with commas between if it is a cluster; none: it dials us."""
    certificate_file: str
    """Path of what the peer's certificate is held against, PEM.

    Either the peer's own authority, which lets the peer renew without us, or its leaf certificate if that signs
    itself, which pins exactly that one. Nothing else is believed for this peer. The server's own list of pins is not
    used, because a reload cannot change it and would shut out a member that joins.
    """
    main: LaneKeys
    bulk: LaneKeys
    max_age_s: float = 14 * 86400.0
    """How long outbox and copy keep a frame: longer than the longest outage that is to be survived."""
    max_bytes: int = 2 * _GIB
    """Size of the outbox and of the copy of ``main``; the oldest frames go first."""
    bulk_max_bytes: int = 2 * _GIB
    """The same for ``bulk``."""

    def __post_init__(self) -> None:
        where = f"bus.peers.{self.code[:16]}"
        if not _MEMBER.fullmatch(self.code):
            raise ConfigError("a member's code is three capital letters", path=where)
        for address in self.addresses:
            split_address(address, path=f"{where}.dial")
        for lane in LANES:
            keys = self.keys(lane)
            if self.dial is not None and keys.seed_file is None:
                raise ConfigError("we dial this peer and so need a seed", path=f"{where}.{lane}.seed_file")
            if self.dial is None and not keys.peer_publics:
                raise ConfigError(
                    "this peer dials us and so its public link key must be known",
                    path=f"{where}.{lane}.peer_publics",
                    advice="Take it from the peer's introduction, or set dial",
                )
            if not all(_PUBLIC_NKEY.fullmatch(public) for public in keys.peer_publics):
                raise ConfigError("a public NATS user key is U and 55 more letters", path=f"{where}.{lane}")
        if self.max_age_s <= 0 or self.max_bytes <= 0 or self.bulk_max_bytes <= 0:
            raise ConfigError("max_age_s, max_bytes and bulk_max_bytes are greater than zero", path=where)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where we dial the peer, any of which will do; empty if it dials us."""
        return () if self.dial is None else split_addresses(self.dial)

    def keys(self, lane: Lane) -> LaneKeys:
        """Return the keys of one lane."""
        return self.main if lane == "main" else self.bulk

    def lane_max_bytes(self, lane: Lane) -> int:
        """Return the size of one lane's outbox, bytes."""
        return self.max_bytes if lane == "main" else self.bulk_max_bytes


class ClusterServer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One server of a member that runs a cluster of them.

    Raises:
        ConfigError: A field is malformed.
    """

    name: str
    """Told from the others by this: letters, digits, ``-`` and ``_``."""
    client_listen: str
    """``host:port`` for the member's own applications."""
    leaf_listen: str
    """``host:port`` for peers that dial us."""
    route_listen: str
    """``host:port`` for the other servers of the cluster."""
    folder: str = ""
    """Where its files lie on its machine; empty: where ``tocsin config nats --write`` puts them."""

    def __post_init__(self) -> None:
        where = f"bus.cluster.{self.name[:40]}"
        if not _SERVER_NAME.fullmatch(self.name):
            raise ConfigError("a server's name is letters, digits, - and _", path=where)
        for field in ("client_listen", "leaf_listen", "route_listen"):
            split_address(getattr(self, field), path=f"{where}.{field}")


class BusConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bus of one member. Paths are used as they stand; secrets are in files of their own.

    Raises:
        ConfigError: A field contradicts another or is malformed.
    """

    member: str
    """ISO 3166-1 alpha-3; also the JetStream domain and the name of the home account."""
    server: Literal["embedded", "external"] = "embedded"
    """``embedded``: the node starts and watches it; ``external``: the member runs it with ``tocsin config nats``."""
    client_listen: str = "127.0.0.1:4222"
    """``host:port`` for the member's own applications."""
    leaf_listen: str = "127.0.0.1:7422"
    """``host:port`` for peers that dial us; always open, so that a peer can be added by a reload."""
    store_dir: str
    """Directory for streams, generated configuration and the server's log."""
    binary: str | None = None
    """Path of ``nats-server``; none: the one that came with this installation, else the one on PATH."""
    app_seed_file: str
    """Path of the seed with which the node connects."""
    system_seed_file: str
    """Path of the seed for the system account: state of links, and cutting one off."""
    certificate_file: str
    """Path of our leaf certificate, PEM."""
    key_file: str
    """Path of its private key, PEM."""
    authority_file: str = ""
    """Path of the authority that issued it, PEM: the servers of a cluster know each other by it."""
    max_file_bytes: int = 64 * _GIB
    """Limit of all streams together; what outboxes and copies may grow to is reserved in it."""
    max_payload_bytes: int = 1024 * 1024
    """Limit of one frame."""
    replicas: int = 1
    """Copies of every stream within the member's own cluster; more than 1 only with an external server."""
    cluster: tuple[ClusterServer, ...] = ()
    """The member's servers, the nearest to the node first; none: one, at ``client_listen`` and ``leaf_listen``."""
    peers: tuple[PeerLink, ...] = ()

    def __post_init__(self) -> None:
        if not _MEMBER.fullmatch(self.member):
            raise ConfigError("a member's code is three capital letters", path="bus.member")
        split_address(self.client_listen, path="bus.client_listen")
        split_address(self.leaf_listen, path="bus.leaf_listen")
        codes = [peer.code for peer in self.peers]
        if len(set(codes)) != len(codes):
            raise ConfigError("a peer stands twice in the list", path="bus.peers")
        if self.member in codes:
            raise ConfigError("a member is not its own peer", path="bus.peers")
        if not 1024 <= self.max_payload_bytes <= 64 * 1024 * 1024:
            raise ConfigError("must be between 1 kB and 64 MB", path="bus.max_payload_bytes")
        needed = sum(2 * peer.lane_max_bytes(lane) for peer in self.peers for lane in LANES)
        if needed > self.max_file_bytes:
            raise ConfigError(
                f"outboxes and copies of all peers reserve {needed} bytes, more than {self.max_file_bytes}",
                path="bus.max_file_bytes",
                advice="Raise it, or lower max_bytes and bulk_max_bytes of the peers",
            )
        if self.replicas not in (1, 3, 5) or (self.server == "embedded" and self.replicas != 1):
            raise ConfigError("replicas is 1, or 3 or 5 with an external cluster", path="bus.replicas")
        self._check_cluster()

    def _check_cluster(self) -> None:
        if not self.cluster:
            return
        if self.server == "embedded":
            raise ConfigError("a cluster is the member's own", path="bus.cluster", advice='Set bus.server = "external"')
        if len(self.cluster) < max(3, self.replicas):
            raise ConfigError(
                f"{len(self.cluster)} servers are too few for {max(3, self.replicas)} copies", path="bus.cluster",
                advice="A cluster is three servers or more, of which more than half must be up",
            )  # fmt: skip
        for field in ("name", "client_listen", "leaf_listen", "route_listen"):
            values = [getattr(server, field) for server in self.cluster]
            if len(set(values)) != len(values):
                raise ConfigError(f"two servers have the same {field}", path="bus.cluster")
        if not self.authority_file:
            raise ConfigError("the servers need the authority of their certificates", path="bus.authority_file")

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the node can connect to, the nearest first."""
        return tuple(f"nats://{server.client_listen}" for server in self.cluster) or (f"nats://{self.client_listen}",)

    @property
    def url(self) -> str:
        """The same for people."""
        return ", ".join(self.urls)

    def peer(self, code: str) -> PeerLink:
        """Return the link to a peer.

        Raises:
            ConfigError: There is none.
        """
        for link in self.peers:
            if link.code == code:
                return link
        raise ConfigError(f"{self.member} has no link to {code[:16]}", path="bus.peers")


def split_address(address: str, *, path: str) -> tuple[str, int]:
    """Split ``host:port``.

    Raises:
        ConfigError: The text is something else.
    """
    match = _HOST_PORT.fullmatch(address)
    if match is None or not 0 < int(match[2]) < 65536:
        raise ConfigError(f"{address[:80]!r} is not host:port", path=path)
    return match[1], int(match[2])


def split_addresses(addresses: str) -> tuple[str, ...]:
    """Split a list of ``host:port`` with commas between."""
    return tuple(address.strip() for address in addresses.split(","))
