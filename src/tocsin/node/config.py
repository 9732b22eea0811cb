"""One member's configuration: a TOML file whose tables are named after the rooms that read them.

Secrets are paths of files, never values. Relative paths are relative to the folder of the TOML file.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from tocsin.bus import ClusterServer
from tocsin.errors import ConfigError, MarkingError, TocsinError
from tocsin.exchange import Policy
from tocsin.markings import Marking
from tocsin.node.alerts_table import AlertsTable
from tocsin.signing import KeyRole
from tocsin.store import postgres_url
from tocsin.warning import WarningSettings

HALFWAY_ROUND_KM = 20_015.0
"""From any place of the earth to the one opposite."""


class MemberTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[member]``: who this is."""

    code: str
    """ISO 3166-1 alpha-3."""
    name: str = ""
    """In full, for people."""


class KeysTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[keys]``: signing keys by role, as paths; a node needs only those of the statuses that it signs."""

    live: str | None = None
    """Signs what is of status ``actual``."""
    exercise: str | None = None
    """Signs what is of an exercise."""
    test: str | None = None
    """Signs what is of status ``test``."""

    def paths(self) -> dict[KeyRole, str]:
        """Return the paths that are set."""
        named = {KeyRole.LIVE: self.live, KeyRole.EXERCISE: self.exercise, KeyRole.TEST: self.test}
        return {role: path for role, path in named.items() if path is not None}


class RosterTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[roster]``: the signed roster in force."""

    file: str = "roster.json"
    """Path of it, as JSON."""


class BusTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[bus]``: this member's NATS server; its peers come from the roster."""

    server: Literal["embedded", "external"] = "embedded"
    """``external``: the member runs its own, with the fragment of ``tocsin config nats``."""
    client_listen: str = "127.0.0.1:4222"
    """``host:port`` for this node and the member's own applications."""
    leaf_listen: str = "127.0.0.1:7422"
    """``host:port`` for peers that dial us."""
    binary: str | None = None
    """Path of ``nats-server``, in place of the one that is installed beside this program."""
    replicas: int = 1
    """Copies of every stream within the member's own cluster: 3 or 5 only with an external one."""
    cluster: tuple[ClusterServer, ...] = ()
    """The servers of an external cluster, the nearest to the node first, in place of the two addresses above."""
    dial: dict[str, str] = {}
    """Other addresses (``host:port``, several with commas between) for peers that we dial, by code."""
    max_age_days: float = 14.0
    """How long an outbox keeps frames: longer than the longest outage that is to be survived."""
    max_bytes: int = 2 * 1024**3
    """Size of each outbox and of each copy."""


class StoreTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[store]``: where records are kept."""

    file: str = "data/store.db"
    """Path of the database; made if it is not there."""
    url: str | None = None
    """``postgresql://user@host:port/database`` in place of the file; never with a password."""
    password_file: str | None = None
    """Path of a file with the password in its first line; without one libpq looks (PGPASSFILE, ``.pgpass``)."""

    def __post_init__(self) -> None:
        if self.url is not None:
            postgres_url(self.url)
        elif self.password_file is not None:
            raise ValueError("password_file goes with url")


class WarningTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[warning]``: for whom this member fuses, and how."""

    audiences: tuple[tuple[str, ...], ...] = ()
    """Audiences to which assessments are published, each fused apart; this member is in each."""
    tracks: tuple[tuple[str, ...], ...] = ()
    """Those of ``audiences`` to whom this member's tracks are told once a second, as ``warning.track``: for peers who
    do not get its detections. Whether they leave is for ``[[exchange.release]]`` to say, as ever."""
    settings: WarningSettings = WarningSettings()
    """Gates, times and policy numbers of the fusion."""


class NodeTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[node]``: what runs in which process."""

    desks: Literal["here", "apart"] = "here"
    """``apart``: the desks run in a process of their own, ``tocsin up --part desks``."""
    resume_s: float = 1200.0
    """How far back in the store desks look for running events when they start, seconds; 0: not at all."""

    def __post_init__(self) -> None:
        if not 0 <= self.resume_s <= 86_400:
            raise ValueError("resume_s is from 0 to 86400 seconds")


class OutletTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[web.outlets]]``: another program that reads the picture."""

    name: str
    """Small letters, digits and hyphens; part of its address."""
    audience: tuple[str, ...]
    """Everyone who may look at what it shows, sorted, or ``PUBLIC``: it gets what all of them may have."""
    format: Literal["features", "cot"]
    """``features``: OGC API - Features and KML at ``/outlets/<name>``; ``cot``: Cursor on Target for TAK clients."""
    token_file: str | None = None
    """For ``features``: path of a file with the token in its first line, 32 characters or more."""
    listen: str | None = None
    """For ``cot``: ``host:port``; other than loopback only with the three paths below."""
    certificate: str | None = None
    """For ``cot``: path of the server's certificate chain (PEM)."""
    key: str | None = None
    """For ``cot``: path of its private key (PEM)."""
    clients: str | None = None
    """For ``cot``: path of the authority that clients' certificates are of (PEM)."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", self.name):
            raise ValueError("name of an outlet is small letters, digits and hyphens")
        try:
            Marking(releasable_to=self.audience)
        except MarkingError as error:
            raise ValueError(f"audience of {self.name}: {error}") from error
        if (self.format == "features") != (self.token_file is not None):
            raise ValueError(f"{self.name}: token_file goes with format features, and is needed there")
        if (self.format == "cot") != (self.listen is not None):
            raise ValueError(f"{self.name}: listen goes with format cot, and is needed there")
        if len({self.certificate is None, self.key is None, self.clients is None}) > 1:
            raise ValueError(f"{self.name}: certificate, key and clients come together")


class SensorTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[web.sensors]]``: a sensor of this member, with what it covers, for the map.

    It stays with the member: partners learn of a sensor by its plots alone.
    """

    id: str
    """As its plots name it (``sensor_id``)."""
    lat_deg: float
    lon_deg: float
    altitude_m: float = 0.0
    range_km: float
    """Over ground."""
    from_deg: float = 0.0
    """It looks clockwise from this azimuth …"""
    to_deg: float = 360.0
    """… to this one; 0 and 360: all around."""
    audience: tuple[str, ...] = ()
    """Who may see on a screen of ours what it covers: it counts for the marking of the screen. Empty: this member."""

    def __post_init__(self) -> None:
        if not (-90 <= self.lat_deg <= 90 and -180 <= self.lon_deg <= 180):
            raise ValueError(f"{self.id}: latitude {self.lat_deg}, longitude {self.lon_deg} is no place on the earth")
        if not 0 < self.range_km <= HALFWAY_ROUND_KM:
            raise ValueError(f"{self.id}: range_km is above 0 and at most {HALFWAY_ROUND_KM:.0f}")
        if not (0 <= self.from_deg <= 360 and 0 <= self.to_deg <= 360 and self.from_deg != self.to_deg):
            raise ValueError(f"{self.id}: from_deg and to_deg are from 0 to 360 and differ")
        if self.audience:
            try:
                Marking(releasable_to=self.audience)
            except MarkingError as error:
                raise ValueError(f"audience of {self.id}: {error}") from error


class NamingTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[web.naming]``: the words on this member's map for what neighbours name differently.

    Records hold codes and places, never such names. What is ``none`` is not named at all.
    """

    east_sea: Literal["none", "sea_of_japan", "east_sea", "both"] = "none"
    """The sea between the Korean peninsula and Japan."""
    yellow_sea: Literal["none", "yellow_sea", "west_sea", "both"] = "none"
    """The sea between China and the Korean peninsula."""
    liancourt_rocks: Literal["none", "liancourt_rocks", "dokdo", "takeshima", "both"] = "none"
    """The islets at 37.24 N 131.87 E."""
    southern_kurils: Literal["none", "southern_kurils", "northern_territories", "both"] = "none"
    """The islands north-east of Hokkaido."""


_ORIGIN = re.compile(r"(https://[a-z0-9.-]*[a-z][a-z0-9.-]*|http://localhost)(:\d{1,5})?")
"""Passkeys are for names, not for addresses, and for TLS everywhere but on the machine itself."""


class WebTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[web]``: the watch floor, a page for the member's people."""

    run: Literal["off", "here", "apart"] = "off"
    """``here``: in the process that runs the exchange; ``apart``: in one of its own, ``tocsin up --part web``."""
    listen: str = "127.0.0.1:8823"
    """``host:port``; other than loopback only with a certificate."""
    certificate: str | None = None
    """Path of the server's certificate chain (PEM)."""
    key: str | None = None
    """Path of its private key (PEM)."""
    people: str = "data/people.json"
    """Path of the accounts; see ``tocsin people``."""
    origin: str | None = None
    """The address under which people open the page, such as ``https://watch.example``: passkeys are bound to it. On
    loopback it is ``http://localhost`` with the port unless it is set."""
    rp_id: str | None = None
    """The domain that passkeys are for: the host of ``origin``, which it is unless it is set, or a domain above it."""
    outlets: tuple[OutletTable, ...] = ()
    """Other programs that read the picture."""
    sensors: tuple[SensorTable, ...] = ()
    """This member's own, drawn with what they cover."""
    naming: NamingTable = NamingTable()
    """Words for what neighbours name differently."""

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key come together")
        if len({outlet.name for outlet in self.outlets}) < len(self.outlets):
            raise ValueError("two outlets have one name")
        if len({sensor.id for sensor in self.sensors}) < len(self.sensors):
            raise ValueError("two sensors have one id")
        if self.origin is not None and not _ORIGIN.fullmatch(self.origin):
            raise ValueError("origin is https:// and a host name, or http://localhost; a port may follow, and no path")
        host = self.host
        if self.rp_id is not None and not (host == self.rp_id or host.endswith(f".{self.rp_id}")):
            raise ValueError("rp_id is the host of origin, or a domain above it")

    @property
    def page_origin(self) -> str:
        """``origin``, or what it is on loopback; empty if nobody can know."""
        if self.origin is not None:
            return self.origin
        host, _, port = self.listen.rpartition(":")
        is_here = host.strip("[]") in ("127.0.0.1", "::1", "localhost")
        return f"{'https' if self.certificate else 'http'}://localhost:{port}" if is_here else ""

    @property
    def host(self) -> str:
        """The host in ``page_origin``."""
        return urlsplit(self.page_origin).hostname or ""


class HealthTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[health]``: health, status and metrics over HTTP, on loopback unless told otherwise."""

    listen: str = "127.0.0.1:8822"
    """``host:port``; whoever reaches it reads the status, so it is for the member's own people."""


class MemberConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    home: Path
    """Folder of the TOML file."""
    member: MemberTable
    keys: KeysTable = KeysTable()
    roster: RosterTable = RosterTable()
    bus: BusTable = BusTable()
    store: StoreTable = StoreTable()
    exchange: Policy = Policy()
    warning: WarningTable = WarningTable()
    node: NodeTable = NodeTable()
    web: WebTable = WebTable()
    alerts: AlertsTable = AlertsTable()
    health: HealthTable = HealthTable()

    def path(self, relative: str) -> Path:
        """Return a path of the file as one that can be opened."""
        return self.home / relative


TABLES: dict[str, type[msgspec.Struct]] = {
    "member": MemberTable,
    "keys": KeysTable,
    "roster": RosterTable,
    "bus": BusTable,
    "store": StoreTable,
    "exchange": Policy,
    "warning": WarningTable,
    "node": NodeTable,
    "web": WebTable,
    "alerts": AlertsTable,
    "health": HealthTable,
}


def read_config(file: Path) -> MemberConfig:
    """Read a member's TOML.

    Raises:
        ConfigError: The first thing that is wrong with it.
    """
    config, problems = try_config(file)
    if config is None:
        raise problems[0]
    return config


def try_config(file: Path) -> tuple[MemberConfig | None, list[ConfigError]]:
    """Read a member's TOML and return all that is wrong with it, table by table."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        advice = "Make one with: tocsin init" if isinstance(error, FileNotFoundError) else ""
        return None, [ConfigError(f"cannot be read: {error.strerror}", path=str(file), advice=advice)]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None, [ConfigError(f"is not TOML: {error}", path=str(file))]
    problems = [
        ConfigError(f"unknown table [{name}]", path=str(file), advice=f"Known are {', '.join(TABLES)}")
        for name in data
        if name not in TABLES
    ]
    tables: dict[str, Any] = {}
    for name, shape in TABLES.items():
        if name not in data and name != "member":
            continue
        try:
            tables[name] = msgspec.convert(data.get(name, {}), shape)
        except msgspec.ValidationError as error:
            problems.append(ConfigError(f"[{name}] {error}", path=str(file)))
        except TocsinError as error:
            problems.append(ConfigError(f"[{name}] {error}", path=str(file)))
    if problems:
        return None, problems
    return MemberConfig(home=file.resolve().parent, **tables), []
