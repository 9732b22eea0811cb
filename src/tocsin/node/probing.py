"""Looks at a member's own NATS servers from outside: who answers, and whether it is what the configuration means."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import msgspec

from tocsin.bus import BusConfig
from tocsin.bus.server import OLDEST_VERSION
from tocsin.codec import decode
from tocsin.errors import RecordError

PATIENCE_S = 2.0
_GREETING = b"INFO "
_LONGEST_GREETING = 65_536


class _Greeting(msgspec.Struct, frozen=True):
    """What a server says of itself to whoever connects."""

    server_name: str = ""
    version: str = ""
    cluster: str = ""
    domain: str = ""
    jetstream: bool = False


def probe_servers(bus: BusConfig) -> Iterator[tuple[str, str]]:
    """Yield where one of the member's external servers is not what it has to be, and what is wrong there."""
    places = [(f"bus.cluster.{server.name}", server.name, server.client_listen, server.leaf_listen, server.route_listen)
              for server in bus.cluster]  # fmt: skip
    if not places:
        places = [("bus", "", bus.client_listen, bus.leaf_listen, "")]
    for where, name, client, leaf, route in places:
        for field, address in (("leaf_listen", leaf), ("route_listen", route)):
            if address and not answers(address):
                yield f"{where}.{field}", "the external server does not answer"
        greeting = _greeting(client)
        if greeting is None:
            yield f"{where}.client_listen", "the external server does not answer"
            continue
        for problem in _wrong(greeting, bus, name):
            yield f"{where}.client_listen", problem


def _wrong(greeting: _Greeting, bus: BusConfig, name: str) -> Iterator[str]:
    numbers = [int(part) for part in greeting.version.split(".")[:2] if part.isdecimal()]
    if tuple(numbers) < OLDEST_VERSION:
        yield f"this is nats-server {greeting.version[:20]}; {OLDEST_VERSION[0]}.{OLDEST_VERSION[1]} is needed"
    if not greeting.jetstream:
        yield "this server has no JetStream"
    elif greeting.domain != bus.member:
        yield f"its JetStream domain is {greeting.domain[:40]!r}, not {bus.member}"
    if name and greeting.server_name != name:
        yield f"this server is {greeting.server_name[:40]!r}, not {name}"
    if name and greeting.cluster != bus.member:
        yield f"it is of the cluster {greeting.cluster[:40]!r}, not {bus.member}"


def _greeting(address: str) -> _Greeting | None:
    with contextlib.suppress(OSError):
        for family, kind, protocol, _, where in resolve(address):
            with contextlib.suppress(OSError, RecordError), socket.socket(family, kind, protocol) as trial:
                trial.settimeout(PATIENCE_S)
                trial.connect(where)
                said = trial.makefile("rb").readline(_LONGEST_GREETING)
                if said.startswith(_GREETING):
                    return decode(said.removeprefix(_GREETING).strip(), _Greeting)
    return None


def answers(address: str) -> bool:
    """Tell whether anything listens at an address."""
    with contextlib.suppress(OSError):
        for family, kind, protocol, _, where in resolve(address):
            with socket.socket(family, kind, protocol) as trial:
                trial.settimeout(PATIENCE_S)
                if trial.connect_ex(where) == 0:
                    return True
    return False


def resolve(address: str) -> Iterator[tuple[int, int, int, str, tuple[str, int]]]:
    """Yield what a ``host:port`` means to sockets.

    Raises:
        OSError: The name is unknown.
        ValueError: The port is no number.
    """
    host, _, port = address.rpartition(":")
    found = socket.getaddrinfo(host.strip("[]") or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, name, where in found:
        yield family, kind, protocol, name, (str(where[0]), int(where[1]))
